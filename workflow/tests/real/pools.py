"""Real batch systems as sites and launches find them, and what they have for a submission."""

import os
from abc import ABC, abstractmethod
from collections import Counter
from pathlib import Path
from types import MappingProxyType

from poms_client.testing.pools import jobsub
from workflow.tests.crash.site import POMS

WORDS = {"1": "idle", "2": "running", "3": "removed", "4": "completed", "5": "held"}
EVER = ("--starttime=1971-01-01T00:00:00", "--endtime=2100-01-01T00:00:00")


class Pool(ABC):
    """:ivar system: as ``POMS_BATCH_SYSTEM`` has it; ``agent`` is the kind of agent that sees it.

    :ivar also: what else a login setup says; ``around`` is what else the agent finds around it.
    """

    system: str
    agent: str
    also = "true"
    around = MappingProxyType({})

    def __init__(self, batch):
        self.batch = batch
        self.path = str(batch.path)

    @property
    def site(self):
        """What a site needs to watch it; submits take longer than those of the local batch."""
        path = f"{Path(POMS).parent}:{self.path}:{os.environ['PATH']}"
        return {
            "settings": {"PATH": path, "POMS_TIME_TO_SUBMIT": "8", **self.around},
            "agent": [POMS, "agent", self.agent, "--every", "0.5"],
        }

    @property
    def setup(self):
        """The line of a login setup; its jobs are submitted from the account's home."""
        return f"export PATH={self.path}:$PATH POMS_BATCH_SYSTEM={self.system}; {self.also}; cd"

    @abstractmethod
    def clusters(self, submission):
        """Return the job ids of everything that it ever took for a submission."""

    @abstractmethod
    def states(self, submission):
        """Return how many jobs of a submission are in which state, of those it ever had."""


class Condor(Pool):
    system = agent = "condor"

    def __init__(self, batch):
        super().__init__(batch)
        self.around = batch.bindings

    def clusters(self, submission):
        found = self.batch.clusters(f"POMS4_SUBMISSION_ID == {submission}")
        return [f"{number}@{self.batch.schedd}" for number in found]

    def states(self, submission):
        jobs = f"POMS4_SUBMISSION_ID == {submission} && JobUniverse != 7"
        found = {}
        for command in ("condor_q", "condor_history"):
            said = self.batch.run(
                *(command, "-constraint", jobs, "-af", "ClusterId", "ProcId", "JobStatus")
            )
            rows = (line.split() for line in said.stdout.splitlines())
            found.update({(cluster, job): WORDS.get(state, state) for cluster, job, state in rows})
        return Counter(found.values())

    def evict(self, submission):
        """Throw the jobs of a submission off the machines they are on; they start again."""
        about = f"POMS4_SUBMISSION_ID == {submission} && JobStatus == 2"
        self.batch.run("condor_vacate_job", "-fast", "-constraint", about)

    def starts(self, submission):
        """Return how often each job of a submission was started."""
        about = f"POMS4_SUBMISSION_ID == {submission}"
        asked = ("-constraint", about, "-af", "NumJobStarts")
        said = [self.batch.run(which, *asked).stdout for which in ("condor_q", "condor_history")]
        return [int(word) for word in "".join(said).split() if word.isdecimal()]


class Jobsub(Condor):
    system = "jobsub"

    def __init__(self, batch):
        super().__init__(batch)
        self.path = f"{jobsub.install(batch)}:{batch.path}"
        self.also = f"export POMS_CONDOR_SCHEDDS={batch.schedd}"


class Slurm(Pool):
    system = agent = "slurm"

    def clusters(self, submission):
        arrays = {task.partition("_")[0] for task in self._of(submission)}
        return [f"{number}@{self.batch.cluster}" for number in sorted(arrays)]

    def states(self, submission):
        return Counter(state.split()[0].lower() for state in self._of(submission).values())

    def evict(self, submission):
        """Throw the tasks of a submission off the node; two minutes later they start again."""
        running = [task for task, state in self._of(submission).items() if state == "RUNNING"]
        self.batch.run("scontrol", "requeue", ",".join(running))

    def starts(self, submission):
        """Return how often each task of a submission that is in the queue was started."""
        asked = (
            "squeue",
            "--noheader",
            "--array",
            "--states=all",
            "--Format=RestartCnt:9,Comment:200",
        )
        rows = [line.split(None, 1) for line in self.batch.run(*asked).stdout.splitlines()]
        tag = f"POMS4_SUBMISSION_ID={submission}"
        return [1 + int(row[0]) for row in rows if len(row) == 2 and tag in row[1].split()]

    def _of(self, submission):
        """Return the state of each task; accounts come late, and the queue forgets in minutes."""
        tag = f"POMS4_SUBMISSION_ID={submission}"
        found = {}
        for command in (
            ("squeue", "--noheader", "--states=all", "--array", "--format=%i|%T|%k"),
            ("sacct", "-nPX", "--format=JobID,State,Comment", *EVER),
        ):
            rows = (line.split("|", 2) for line in self.batch.run(*command).stdout.splitlines())
            ours = {task: state for task, state, said in rows if tag in said.split()}
            found.update({task: state for task, state in ours.items() if "[" not in task})
        return found
