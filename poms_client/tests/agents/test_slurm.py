"""What squeue and sacct print becomes reports: the shapes are those of 22.05 and of 24.11."""

import pytest

from poms_client.agents.slurm import SlurmSource
from poms_client.agents.source import CantSee

TAG = "POMS4_SUBMISSION_ID=77"
SUBMITTED = 1_795_316_482


def number(value):
    return {"set": value is not None, "infinite": False, "number": value or 0}


class Old:
    """Slurm 22.05: bare numbers and words."""

    @staticmethod
    def queued(job, state, reason="None", array=0, tasks="", comment=TAG, code=0):
        return {
            "job_id": job,
            "array_job_id": array,
            "array_task_string": tasks,
            "cluster": "local",
            "comment": comment,
            "exit_code": code,
            "job_state": state,
            "state_reason": reason,
            "submit_time": SUBMITTED,
        }

    @staticmethod
    def account(job, state, code=0, array=0, tasks=None, wall=10, cpu=4.5, comment=TAG):
        return {
            "job_id": job,
            "array": {"job_id": array, "task": tasks, "task_id": None},
            "cluster": "local",
            "comment": {"administrator": None, "job": comment, "system": None},
            "exit_code": {"status": "SUCCESS" if code == 0 else "ERROR", "return_code": code},
            "state": {"current": state, "reason": "None"},
            "time": {
                "elapsed": wall,
                "submission": SUBMITTED,
                "total": {"seconds": int(cpu), "microseconds": int(cpu % 1 * 1e6)},
            },
        }


class New(Old):
    """Slurm 24.11: states are lists, numbers say whether they are set."""

    @staticmethod
    def queued(job, state, reason="None", array=0, tasks="", comment=TAG, code=0):
        said = Old.queued(job, [state], reason, number(array), tasks, comment)
        exited = {"status": ["SUCCESS"], "return_code": number(code >> 8)}
        exited["signal"] = {"id": number(code & 127 or None), "name": ""}
        return {**said, "exit_code": exited, "submit_time": number(SUBMITTED)}

    @staticmethod
    def account(job, state, code=0, array=0, tasks=None, wall=10, cpu=4.5, comment=TAG):
        said = Old.account(job, [state], code, array, tasks, wall, cpu, comment)
        return {**said, "exit_code": {"status": ["SUCCESS"], "return_code": number(code)}}


@pytest.fixture(params=[Old, New], ids=["22.05", "24.11"])
def shapes(request):
    return request.param


@pytest.fixture
def slurm(commands):
    slurm = commands("squeue", "sacct")
    slurm.print("squeue", {"jobs": [], "errors": []})
    slurm.print("sacct", {"jobs": [], "errors": []})
    return slurm


def look(slurm, queue=(), accounts=(), source=None):
    slurm.print("squeue", {"meta": {}, "errors": [], "jobs": list(queue)})
    slurm.print("sacct", {"meta": {}, "errors": [], "jobs": list(accounts)})
    return (source or SlurmSource()).look()


def only(found):
    (report,) = found.reports
    return report


def test_an_array_is_one_submission(slurm, shapes):
    queue = [
        shapes.queued(5, "PENDING", "Resources", array=5, tasks="3-5,9"),
        shapes.queued(6, "RUNNING", array=5),
    ]
    accounts = [
        shapes.account(7, "COMPLETED", array=5),
        shapes.account(8, "FAILED", 1, array=5, wall=30, cpu=1.5),
        shapes.account(6, "RUNNING", array=5),
    ]

    report = only(look(slurm, queue, accounts))

    assert (report["submission_id"], report["jobsub_job_id"]) == (77, "5@local")
    assert report["status"] == "Running"
    jobs = report["jobs"]
    counts = [jobs[key] for key in ("submitted", "idle", "running", "completed", "failed")]
    assert counts == [7, 4, 1, 1, 1]
    assert jobs["by_exit_code"] == {"0": 1, "1": 1}
    assert (jobs["wall_seconds"], jobs["cpu_seconds"], jobs["efficiency"]) == (40, 6, 0.15)


@pytest.mark.parametrize(
    ("tasks", "count"), [("0-2", 3), ("[0-2]", 3), ("0-8:2%3", 5), ("7", 1), ("1,3,5-6", 4)]
)
def test_tasks_that_wait_are_counted(slurm, shapes, tasks, count):
    report = only(look(slurm, [shapes.queued(5, "PENDING", array=5, tasks=tasks)]))

    assert (report["jobs"]["idle"], report["status"]) == (count, "Idle")


@pytest.mark.parametrize(
    ("state", "status"),
    [
        ("COMPLETED", "Completed"),
        ("FAILED", "Failed"),
        ("TIMEOUT", "Failed"),
        ("NODE_FAIL", "Failed"),
        ("OUT_OF_MEMORY", "Failed"),
        ("CANCELLED", "Removed"),
    ],
)
def test_an_end_is_seen_in_the_accounts_or_the_queue(slurm, shapes, state, status):
    assert only(look(slurm, [], [shapes.account(5, state)]))["status"] == status
    assert only(look(slurm, [shapes.queued(5, state)]))["status"] == status


@pytest.mark.parametrize("state", ["RUNNING", "COMPLETING", "SUSPENDED", "CONFIGURING", "STOPPED"])
def test_what_is_on_its_way_runs(slurm, shapes, state):
    assert only(look(slurm, [shapes.queued(5, state)]))["status"] == "Running"


def test_a_held_job_says_why(slurm, shapes):
    report = only(look(slurm, [shapes.queued(5, "PENDING", "JobHeldUser")]))

    assert report["status"] == "Held"
    assert report["jobs"]["held_reasons"] == {"JobHeldUser": 1}


def test_a_signal_is_told_from_an_exit_code(slurm, shapes):
    queue = [shapes.queued(5, "FAILED", code=9), shapes.queued(6, "FAILED", code=3 << 8)]

    assert only(look(slurm, queue))["jobs"]["by_exit_code"] == {"3": 1, "signal 9": 1}


def test_exit_codes_are_of_the_queue_and_words_of_the_accounts_that_lose_them(slurm, shapes):
    """sacct --json of 22.05 says 0 of each."""
    queue = [shapes.queued(5, "FAILED", code=3 << 8)]
    accounts = [shapes.account(5, "FAILED", wall=7), shapes.account(6, "TIMEOUT", wall=8)]

    jobs = only(look(slurm, queue, accounts))["jobs"]

    assert jobs["by_exit_code"] == {"3": 1, "timeout": 1}
    assert jobs["wall_seconds"] == 15


def test_jobs_of_others_are_left_alone(slurm, shapes):
    queue = [shapes.queued(5, "RUNNING", comment=c) for c in ("", None, "XPOMS4_SUBMISSION_ID=7")]

    assert look(slurm, queue).reports == []


def test_a_comment_may_say_more(slurm, shapes):
    queue = [shapes.queued(5, "RUNNING", comment="a=1,POMS4_SUBMISSION_ID=12,POMS_ATTEMPT=2")]

    assert only(look(slurm, queue))["submission_id"] == 12


def test_the_accounts_do_not_revive_what_the_queue_saw_end(slurm, shapes):
    report = only(look(slurm, [shapes.queued(5, "COMPLETED")], [shapes.account(5, "RUNNING")]))

    assert report["status"] == "Completed"


# An empty, failed or partial answer never completes anything


def test_jobs_that_are_nowhere_are_not_over(slurm, shapes):
    source = SlurmSource()
    look(slurm, [shapes.queued(5, "RUNNING"), shapes.queued(6, "RUNNING")], source=source)

    assert look(slurm, [], [], source).reports == []
    assert look(slurm, [], [shapes.account(5, "COMPLETED")], source).reports == []
    ended = [shapes.account(job, "COMPLETED") for job in (5, 6)]
    assert only(look(slurm, [], ended, source))["status"] == "Completed"


def test_what_the_accounts_call_running_is_not_over(slurm, shapes):
    source = SlurmSource()
    look(slurm, [shapes.queued(5, "RUNNING")], source=source)

    assert look(slurm, [], [shapes.account(5, "RUNNING")], source).reports == []


@pytest.mark.parametrize("program", ["squeue", "sacct"])
@pytest.mark.parametrize(
    "said", ["exit 1", "", "[]", "{}", '{"jobs": {}}', '{"jobs": [], "errors": [{"error": "no"}]}']
)
def test_an_answer_that_is_not_whole_is_none(slurm, shapes, program, said):
    slurm.print("squeue", {"jobs": [], "errors": []})
    slurm.print("sacct", {"jobs": [shapes.account(5, "COMPLETED")], "errors": []})
    if said == "exit 1":
        slurm.break_down(program)
    else:
        slurm.print(program, said)

    with pytest.raises(CantSee):
        SlurmSource().look()


def test_accounts_without_a_job_are_empty_though_sacct_calls_that_an_error(slurm, shapes):
    nothing = {
        "description": "Nothing found",
        "error_number": 9003,
        "error": "Nothing found with query",
        "source": "slurmdb_jobs_get",
    }
    slurm.print("squeue", {"jobs": [shapes.queued(5, "RUNNING")], "errors": []})
    slurm.print("sacct", {"jobs": [], "errors": [nothing]})

    assert only(SlurmSource().look())["status"] == "Running"


def test_without_accounting_only_the_queue_is_asked(slurm, shapes):
    slurm.break_down("sacct")
    slurm.print("squeue", {"jobs": [shapes.queued(5, "COMPLETED")]})

    assert only(SlurmSource(accounting=False).look())["status"] == "Completed"
