"""The agent beside a real HTCondor: what it really prints, in queue and history."""

import itertools
import os
import socket

import pytest

from poms_client.agents import programs, schedds
from poms_client.agents.ads import ATTRIBUTES
from poms_client.agents.condor import CondorSource
from poms_client.agents.source import CantSee
from poms_client.tests.fake_poms import until

pytestmark = [pytest.mark.real, pytest.mark.slow]
NEVER, AT_ONCE = "ClusterId < 0", "ClusterId > 0"  # stop reading a history
numbers = itertools.count(30_001)
JOBS = """\
executable = /bin/sh
arguments = "{arguments}"
transfer_executable = False
should_transfer_files = NO
+POMS4_SUBMISSION_ID = {submission}
{more}
queue {count}
"""


@pytest.fixture
def submission(condor):
    number = next(numbers)
    yield number
    condor.run("condor_rm", "-constraint", f"POMS4_SUBMISSION_ID == {number}", check=False)


@pytest.fixture
def submit(submission, tmp_path):
    """Submit jobs of the submission that run this shell command."""
    tmp_path.chmod(0o777)

    def _submit(shell, count=1, more="", name="jobs"):
        description = tmp_path / f"{name}.sub"
        description.write_text(
            JOBS.format(arguments=f"-c '{shell}'", submission=submission, more=more, count=count)
        )
        return description

    return _submit


@pytest.fixture(params=schedds.KINDS)
def by(request, condor, monkeypatch):
    """A way to ask schedds that has all it needs."""
    for name, value in {**condor.bindings, "PATH": f"{condor.path}:{os.environ['PATH']}"}.items():
        monkeypatch.setenv(name, value)
    return request.param


@pytest.fixture
def seen(by, submission):
    """Look until the agent says that status of the submission, and return the report."""
    source = CondorSource(constraint=f"POMS4_SUBMISSION_ID == {submission}", by=by)

    def _seen(status):
        def said():
            return next((r for r in source.look().reports if r["status"] == status), None)

        return until(said, 60)

    return _seen


def test_jobs_are_followed_from_the_queue_to_their_exit_codes(condor, submit, seen, submission):
    condor.run("condor_submit", str(submit("sleep 5; exit $(Process)", count=3)))

    running = seen("Running")
    ended = seen("Failed")

    assert running["jobs"]["submitted"] == 3
    assert running["jobsub_job_id"].endswith(f"@{condor.schedd}")
    assert ended["submission_id"] == submission
    assert ended["pct_complete"] == 100.0
    assert ended["jobs"]["by_exit_code"] == {"0": 1, "1": 1, "2": 1}
    assert ended["jobs"]["wall_seconds"] >= 2


def test_held_and_removed_jobs_are_told(condor, submit, seen, submission):
    condor.run("condor_submit", str(submit("sleep 600", more="hold = True")))
    held = seen("Held")

    condor.run("condor_rm", "-constraint", f"POMS4_SUBMISSION_ID == {submission}")

    assert "submitted on hold" in next(iter(held["jobs"]["held_reasons"]))
    assert seen("Removed")["jobs"]["cancelled"] == 1


def test_a_job_that_its_own_rule_removes_has_failed(condor, submit, seen):
    rule = "periodic_remove = JobStatus == 1\n"
    condor.run("condor_submit", str(submit("true", more=rule + "requirements = False")))
    condor.run("condor_reschedule", check=False)

    assert seen("Failed")["jobs"]["by_exit_code"] == {"removed": 1}


def test_a_dag_is_its_nodes_and_not_its_leader(condor, submit, seen, submission, tmp_path):
    first, second = submit("true", name="first"), submit("true", name="second")
    dag = tmp_path / "both.dag"
    dag.write_text(f"JOB A {first}\nJOB B {second}\nPARENT A CHILD B\n")
    tag = f"+POMS4_SUBMISSION_ID = {submission}"
    said = condor.run("condor_submit_dag", "-append", tag, str(dag), cwd=tmp_path).stdout
    leader = said.rpartition("submitted to cluster ")[2].split(".")[0]

    report = seen("Completed")

    assert report["jobsub_job_id"] == f"{leader}@{condor.schedd}"
    assert (report["jobs"]["submitted"], report["jobs"]["completed"]) == (2, 2)


def test_bindings_and_commands_say_the_same(condor, by, submit, seen, submission):
    queued = "hold = true\n+Expression = 1 + 1\n"
    condor.run("condor_submit", str(submit("sleep 600", count=2, more=queued, name="held")))
    condor.run("condor_submit", str(submit("exit 3", name="ended")))
    seen("Held")
    about = f"POMS4_SUBMISSION_ID == {submission}"
    commands, other = schedds.Commands(), schedds.KINDS[by]()
    until(lambda: commands.history("", about, NEVER), 30)

    for place in ("", condor.schedd):
        queue = commands.queue(place, about)
        assert [len(queue), alike(queue)] == [2, alike(other.queue(place, about))]
        for stop, left in ((NEVER, 1), (AT_ONCE, 0)):
            history = commands.history(place, about, stop)
            assert [len(history), alike(history)] == [
                left,
                alike(other.history(place, about, stop)),
            ]


def test_a_history_is_read_back_to_the_job_that_had_left_last(condor, by, submit, seen, submission):
    about = f"POMS4_SUBMISSION_ID == {submission}"
    schedd = schedds.KINDS[by]()
    first = condor.run("condor_submit", str(submit("true", name="first"))).stdout
    seen("Completed")
    for place in ("", condor.schedd):
        left = schedd.newest(place)
        second = condor.run("condor_submit", str(submit("true", name="second"))).stdout

        def news(place=place, left=left):
            return schedd.history(place, about, f'GlobalJobId =?= "{left}"')

        until(news, 30)
        assert [number(ad) for ad in news()] == [number_in(second)]
    assert number_in(first) in [number(ad) for ad in schedd.history("", about, NEVER)]


def number(ad):
    return str(ad["ClusterId"])


def number_in(said):
    return said.split()[-1].rstrip(".")


def alike(ads):
    """The ads without what a schedd adds to each answer, in order of the jobs."""
    kept = [{name: ad[name] for name in ATTRIBUTES if name in ad} for ad in ads]
    return sorted(kept, key=lambda ad: (ad["ClusterId"], ad["ProcId"]))


def test_nobody_answers_in_the_place_of_a_schedd_that_is_not_there(by):
    asked = schedds.KINDS[by]()

    with pytest.raises(CantSee):
        asked.queue("jobsub02.test.local", "true")
    with pytest.raises(CantSee):
        asked.history("jobsub02.test.local", "true", NEVER)


@pytest.mark.parametrize("constraint", ["((", 'regexp("x"'])
def test_a_question_that_makes_no_sense_has_no_answer(by, constraint):
    asked = schedds.KINDS[by]()

    with pytest.raises(CantSee):
        asked.queue("", constraint)
    with pytest.raises(CantSee):
        asked.history("", constraint, NEVER)


def test_whoever_takes_too_long_gave_no_answer(by, monkeypatch):
    monkeypatch.setattr(programs, "PATIENCE", 1.0)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        pool = f"127.0.0.1:{silent.getsockname()[1]}"

        with pytest.raises(CantSee, match="gave no answer in 1 seconds"):
            schedds.KINDS[by](pool).queue("jobsub01.test.local", "true")
