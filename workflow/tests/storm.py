"""Everybody who has a part in a campaign, acting in an order drawn at random.

Workers do single units of work; launch scripts get leave, submit, or die; jobs process files, and
agents report them late, twice, or out of order; the data service gives no answer now and then; and
people press buttons. While somebody is waiting for the data service's answer, the others go on:
so the orders that only concurrent workers would show are tried by one process.
"""

from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta

from django.db import connection
from django.db.models import Min, Q, Value
from django.utils import timezone

from campaigns.models import CampaignStage
from campaigns.splits import SplitError
from datahandling.base import DatasetConflict, QueryError, Unknown
from submissions.launchers import Found, Launcher, ScriptState, ScriptStatus
from submissions.launching.leave import NoLeave, grant
from submissions.models import Feed, Pass, Submission
from submissions.registering import AlreadyHappened
from submissions.reports.reading import Report
from submissions.reports.recording import record
from workflow import controls, holds, passes
from workflow.models import Hold, Join
from workflow.requesting import (
    CannotLaunch,
    NoMoreSlices,
    Wish,
    request_campaign_launch,
    request_launch,
)
from workflow.tasks import TASKS
from workflow.wrapup import WRAPPED_UP

REFUSALS = (
    controls.Refused,
    CannotLaunch,
    NoMoreSlices,
    AlreadyHappened,
    Unknown,
    QueryError,
    DatasetConflict,
    SplitError,
)
DEEPEST = 2  # how far events may happen within events


@dataclass
class Script:
    """A launch script that was started."""

    submission: int
    token: str
    code: int | None = None


@dataclass
class Cluster:
    """The jobs of a submission."""

    submission: int
    running: bool = True
    late_reports: list = field(default_factory=list)


class Hosts(Launcher):
    """The launch hosts of a storm."""

    storm: "Storm"

    def start(self, folder):
        token = (folder / "launch-token").read_text()
        self.storm.scripts[folder] = Script(int(folder.parent.name), token)

    def status(self, folder):
        script = self.storm.scripts.get(folder)
        if script is None:
            return ScriptStatus(ScriptState.NOT_STARTED)
        return ScriptStatus(
            ScriptState.RUNNING if script.code is None else ScriptState.ENDED, script.code
        )

    def find_jobs(self, submission):
        self.storm.listen()
        return Found(f"{submission}@storm", 1) if submission in self.storm.clusters else None

    def control(self, act, submission):
        return ""


class Storm:
    def __init__(self, rng, drawn, handler, clock):
        self.rng, self.drawn, self.handler, self.clock = rng, drawn, handler, clock
        self.scripts, self.clusters = {}, {}
        self.hopeless, self.unlocated = set(), []
        self.raging, self.depth = True, 0
        self.transactions = len(connection.savepoint_ids)
        self.person = drawn.campaign.creator
        handler.listen, handler.rewrite = self.listen, self.must_be_nobodys

    # time and interruptions

    def tick(self, **step):
        self.clock.shift(timedelta(**step) if step else timedelta(milliseconds=1))

    def chance(self, probability):
        return self.rng.random() < probability

    def listen(self):
        """Somebody asks outside: others act meanwhile, and there may be no clear answer."""
        assert len(connection.savepoint_ids) == self.transactions, (
            "asked outside with a transaction open"
        )
        if self.depth < DEEPEST and self.chance(0.2):
            self.event()
        if self.raging and self.chance(0.03):
            raise Unknown("the storm")

    def must_be_nobodys(self, dataset):
        """A frozen list may change only while nothing runs on it."""
        fed, given = (
            Feed.objects.filter(dataset=dataset),
            Submission.objects.filter(dataset=dataset),
        )
        assert not fed.exists(), f"{dataset} changes after it was fed"
        assert not given.exists(), f"{dataset} changes after it was given to a submission"

    def event(self):
        self.depth += 1
        try:
            self.tick()
            happens = EVENTS if self.raging else EVENTS[:BY_THEMSELVES]
            self.rng.choices(happens, WEIGHTS[: len(happens)])[0](self)
        finally:
            self.depth -= 1

    # what happens

    def queues(self):
        """Return each task that has something to do, now or later, and when first."""
        waiting = Submission.objects.filter(replaced_by=None)
        rows = {
            "completed": waiting.filter(status__in=WRAPPED_UP),
            "launches": waiting.filter(status="New"),
            "passes": Pass.objects,
            "joins": Join.objects,
        }
        firsts = [
            queue.order_by().values(task=Value(task)).annotate(first=Min("due_at"))
            for task, queue in rows.items()
        ]
        found = firsts[0].union(*firsts[1:], all=True).values_list("task", "first")
        return sorted((task, first) for task, first in found if first is not None)

    def work(self, queues=None):
        """Have a worker do one thing that is due, if there is any."""
        due = [task for task, at in queues or self.queues() if at <= timezone.now()]
        return bool(due) and TASKS[self.rng.choice(due)]()

    def script_goes_on(self):
        running = [script for script in self.scripts.values() if script.code is None]
        if not running:
            return False
        script = self.rng.choice(running)
        if self.raging and self.chance(0.06):
            script.code = self.rng.choice((1, -9))
            return True
        try:
            grant(script.submission, script.token)
        except NoLeave:
            script.code = 1
            return True
        if self.raging and self.chance(0.08):
            script.code = self.rng.choice((1, -9))
            return True
        assert script.submission not in self.clusters, "a second cluster for one submission"
        assert not self._beside(script.submission), "jobs of one chain beside each other"
        self.clusters[script.submission] = Cluster(script.submission)
        script.code = 0
        if not self.raging or self.chance(0.9):
            self.report(
                script.submission,
                "Idle",
                source="wrapper",
                jobsub_job_id=f"{script.submission}@storm",
            )
        return True

    def _beside(self, pk):
        """Return the clusters of the same chain, or of what it replaces, that still run."""
        submission = Submission.objects.get(pk=pk)
        chain = Q(pk=submission.chain_id) | Q(original=submission.chain_id)
        family = Submission.objects.filter(chain | Q(replaced_by=pk)).values_list("pk", flat=True)
        return [
            other for other in family if other in self.clusters and self.clusters[other].running
        ]

    def jobs_go_on(self):
        running = [cluster for cluster in self.clusters.values() if cluster.running]
        if not running:
            return False
        cluster = self.rng.choice(running)
        submission = Submission.objects.select_related("stage").get(pk=cluster.submission)
        job = f"{cluster.submission}@storm"
        if self.raging and self.chance(0.3):
            seen = self.rng.choice(("Idle", "Running", "Held", "Running", "Unknown"))
            self.report(
                cluster.submission,
                seen,
                jobsub_job_id=job,
                pct_complete=self.rng.choice((0, 60, 99)),
            )
            return True
        good = self.process(submission)
        cluster.running = False
        said = (
            "Completed"
            if good or not self.chance(0.3)
            else self.rng.choice(("Failed", "Failed", "Cancelled"))
        )
        self.report(cluster.submission, said, jobsub_job_id=job)
        return True

    def process(self, submission):
        """Run the jobs over what is left of the project; return whether any of them did well."""
        if not submission.project:
            jobs = self.rng.randint(0 if self.raging else 1, 3)
            self.report(submission.pk, "Running", jobs={"submitted": jobs})
            for number in range(jobs):
                self.make(submission, f"{submission.stage.name}.{submission.pk}.{number}", ())
            return True
        states = self.handler.world.projects[submission.project]
        for name, state in list(states.items()):
            if state in ("initial", "reserved"):
                states[name] = self.fate(name, recovery=submission.original_id is not None)
                if states[name] == "done" and not self.chance(0.03):
                    self.make(submission, f"{name}.{submission.pk}", (name,))
        return "done" in states.values()

    def fate(self, name, *, recovery):
        if name in self.hopeless:
            return "failed"
        draw = self.rng.random()
        if draw < 0.04:
            self.hopeless.add(name)
            return "failed"
        if recovery or draw < 0.85:
            return "done"
        return self.rng.choice(("failed", "reserved", "initial"))

    def make(self, submission, stem, parents):
        for kind in self.rng.choice(("a", "b", "ab", "ab")):
            located = self.chance(0.75)
            file = self.handler.declare(
                f"{stem}.{kind}",
                parents=parents,
                submission=submission.pk,
                located=located,
            )
            if not located:
                self.unlocated.append(file)

    def files_arrive(self):
        for file in self.unlocated:
            file.located = True
        self.unlocated.clear()
        return True

    def report(self, submission, status, source="agent", **said):
        report = Report(submission, status, source=source, observed_at=timezone.now(), **said)
        cluster = self.clusters.get(submission)
        if self.raging and cluster is not None and self.chance(0.3):
            cluster.late_reports.append(report)
            if status in ("Idle", "Running", "Held", "Unknown"):
                return  # it comes later, or never
        record([report])

    def late_reports_come(self):
        for cluster in self.clusters.values():
            self.rng.shuffle(cluster.late_reports)
            record(cluster.late_reports)
            cluster.late_reports.clear()
        return False

    def time_passes(self):
        self.tick(seconds=self.rng.choice((1, 5, 40, 130, 700)))

    # people

    def press(self):
        with suppress(*REFUSALS):
            self.rng.choice(PRESSED)(self)

    def launch(self):
        request_campaign_launch(self.drawn.campaign, Wish(who=self.person))

    def launch_stage(self):
        stage = CampaignStage.objects.get(pk=self.rng.choice(self.drawn.stages).pk)
        request_launch(stage, Wish(who=self.person))

    def some_submission(self, **where):
        found = list(
            Submission.objects.filter(stage__campaign=self.drawn.campaign, **where).order_by("pk")
        )
        if not found:
            raise controls.Refused
        return self.rng.choice(found)

    def press_control(self):
        name = self.rng.choice(
            ("approve", "unapprove", "kick", "let-go", "cancel", "relaunch", "relaunch")
        )
        controls.CONTROLS[name](self.some_submission(), self.person)

    def cancel(self):
        controls.cancel(self.some_submission(finished_at=None), self.person)

    def relaunch(self):
        controls.relaunch(self.some_submission(status__in=["Failed", "LaunchFailed"]), self.person)

    def recover(self):
        controls.recover(
            self.some_submission(),
            self.rng.choice(("consumed_status", "pending_files")),
            self.person,
        )

    def hold(self):
        scope = self.rng.choice((None, self.drawn.campaign, self.rng.choice(self.drawn.stages)))
        holds.hold(scope, "storm", self.person)

    def lift(self):
        for held in Hold.objects.filter(lifted_at=None):
            holds.release(held, self.person)

    def reset(self):
        stage = self.rng.choice(
            [stage for stage in self.drawn.stages if stage.split_type] or [None]
        )
        if stage is not None and not self.drawn.fed(self.drawn.stages.index(stage)):
            passes.reset(stage, test=False)

    def resume(self):
        for walk in Pass.objects.filter(state="stopped").order_by("pk"):
            passes.resume(walk, walk.run)

    # from storm to calm

    def rage(self, steps):
        for _ in range(steps):
            self.event()

    def calm(self, most=400):
        """Let everything that goes on by itself come to its end."""
        self.raging = False
        for _ in range(most):
            self.tick()
            queues = self.queues()
            if self.work(queues) or self._all_go_on():
                continue
            if not queues:
                return
            self.clock.move_to(max(timezone.now(), *(at for _, at in queues)))
        raise AssertionError("it never comes to rest")

    def _all_go_on(self):
        self.late_reports_come()
        moved = bool(self.unlocated) and self.files_arrive()
        while self.script_goes_on() or self.jobs_go_on():
            moved = True
        return moved

    def put_right(self):
        """Have people do what only they can; return whether there was anything to do."""
        waiting = list(Submission.objects.filter(status="Awaiting Approval").order_by("pk"))
        for submission in waiting:
            controls.approve(submission, self.person)
        broken = list(Submission.objects.broken().order_by("pk"))
        for submission in broken:
            try:
                controls.relaunch(submission, self.person)
            except controls.Refused:
                controls.cancel(submission, self.person)
        held = list(Hold.objects.filter(lifted_at=None))
        for hold in held:
            holds.release(hold, self.person)
        return bool(waiting or broken or held)


EVENTS = (
    Storm.work,
    Storm.script_goes_on,
    Storm.jobs_go_on,
    Storm.files_arrive,
    Storm.late_reports_come,
    Storm.time_passes,
    Storm.press,
)
BY_THEMSELVES = 4  # of these events happen without a storm, too
WEIGHTS = (40, 10, 12, 4, 3, 5, 9)
PRESSED = (
    Storm.launch,
    Storm.launch_stage,
    Storm.cancel,
    Storm.press_control,
    Storm.press_control,
    Storm.relaunch,
    Storm.relaunch,
    Storm.recover,
    Storm.hold,
    Storm.lift,
    Storm.lift,
    Storm.reset,
    Storm.resume,
)
