"""What condor_q and condor_history print becomes reports: the shapes are those of 23.9.6."""

import itertools

import pytest

from poms_client.agents.condor import CondorSource
from poms_client.agents.source import CantSee
from poms_client.tests.agents.condor_ads import (
    COMPLETED,
    EMPTY,
    HELD,
    IDLE,
    REMOVED,
    ad,
    ended,
    leader,
    look,
    only,
)


@pytest.fixture
def condor(commands):
    commands = commands("condor_q", "condor_history")
    commands.print("condor_history", EMPTY)
    return commands


def test_jobs_in_the_queue_and_in_the_history_are_one_submission(condor):
    queue = [ad(proc=0), ad(proc=1, status=IDLE), ad(proc=2, status=IDLE)]
    history = [ended(proc=3)]

    report = only(look(condor, queue, history))

    assert report["submission_id"] == 1234
    assert report["jobsub_job_id"] == "7@vm"
    assert report["status"] == "Running"
    assert report["pct_complete"] == 25.0
    counts = {key: report["jobs"][key] for key in ("submitted", "running", "idle", "completed")}
    assert counts == {"submitted": 4, "running": 1, "idle": 2, "completed": 1}


def test_all_jobs_in_the_history_are_an_end(condor):
    assert only(look(condor, [], [ended(0), ended(1)]))["status"] == "Completed"


def test_exit_codes_wall_and_cpu_time_are_summed(condor):
    history = [
        ended(0, 0, wall=100.0, cpu=80.0),
        ended(1, 65, wall=50.0, cpu=20.0, RemoteSysCpu=5.0),
        ended(2, 65, wall=50.0, cpu=0.0),
        ad(proc=3, status=COMPLETED, ExitBySignal=True, ExitSignal=9),
    ]

    jobs = only(look(condor, [], history))["jobs"]

    assert jobs["by_exit_code"] == {"0": 1, "65": 2, "signal 9": 1}
    assert (jobs["completed"], jobs["failed"]) == (1, 3)
    assert (jobs["wall_seconds"], jobs["cpu_seconds"], jobs["efficiency"]) == (200, 105, 0.525)


def test_held_jobs_say_why(condor):
    credentials = {"HoldReason": "Job credentials are not available", "HoldReasonCode": 4}
    queue = [ad(proc=n, status=HELD, **credentials) for n in range(3)]
    queue.append(ad(proc=3, status=HELD, HoldReason="by hand\0", HoldReasonCode=1))

    report = only(look(condor, queue))

    assert report["status"] == "Held"
    assert report["jobs"]["held_reasons"] == {
        "Job credentials are not available (code 4)": 3,
        "by hand (code 1)": 1,
    }


@pytest.mark.parametrize(
    ("number", "state"),
    [(0, "idle"), (1, "idle"), (2, "running"), (3, "running"), (6, "running"), (7, "running")],
)
def test_what_is_in_the_queue_is_not_over(condor, number, state):
    report = only(look(condor, [ad(status=number)]))

    assert report["jobs"][state] == 1
    assert report["status"] == state.capitalize()


def test_a_completed_job_that_stays_in_the_queue_counts_as_completed(condor):
    assert only(look(condor, [ended()]))["status"] == "Completed"


@pytest.mark.parametrize(
    ("reason", "status"),
    [
        ("via condor_rm (by user poms)", "Removed"),
        (
            "removed because <OtherJobRemoveRequirements = DAGManJobId =?= 6> fired when …",
            "Removed",
        ),
        ("The job attribute PeriodicRemove expression '…' evaluated to TRUE", "Failed"),
        ("The system macro SYSTEM_PERIODIC_REMOVE expression '…' evaluated to TRUE", "Failed"),
        (None, "Removed"),
    ],
)
def test_removed_by_a_person_or_by_a_rule(condor, reason, status):
    history = [ad(status=REMOVED, RemoveReason=reason)]

    assert only(look(condor, [], history))["status"] == status


# An empty, failed or partial answer never completes anything


def test_jobs_that_are_nowhere_are_not_over(condor):
    source = CondorSource()
    look(condor, [ad(0), ad(0, 1)], source=source)

    found = look(condor, source=source)

    assert found.reports == []
    assert "neither in the queue nor in the history" in found.notes[0]


def test_some_jobs_that_are_nowhere_keep_a_submission_open(condor):
    source = CondorSource()
    look(condor, [ad(proc=0), ad(proc=1)], source=source)

    found = look(condor, [], [ended(0)], source)
    assert found.reports == []

    assert only(look(condor, [], [ended(0), ended(1)], source))["status"] == "Completed"


def test_the_number_of_jobs_that_were_submitted_is_known_from_any_of_them(condor):
    part = [ended(0, TotalSubmitProcs=3), ended(1, TotalSubmitProcs=3)]

    assert look(condor, [], part).reports == []
    whole = [*part, ended(2, TotalSubmitProcs=3)]
    assert only(look(condor, [], whole))["status"] == "Completed"


@pytest.mark.parametrize("program", ["condor_q", "condor_history"])
@pytest.mark.parametrize("said", ["exit 1", "[{", "{}", "[1]", '[{"ClusterId": 1}', "null"])
def test_an_answer_that_is_not_whole_is_none(condor, program, said):
    source = CondorSource()
    look(condor, [ad()], source=source)
    condor.print("condor_q", "")
    condor.print("condor_history", [ended()])
    if said == "exit 1":
        condor.break_down(program)
    else:
        condor.print(program, said)

    with pytest.raises(CantSee):
        source.look()


def test_a_history_that_prints_nothing_at_all_did_not_answer(condor):
    condor.print("condor_q", [ad()])
    condor.print("condor_history", "")

    with pytest.raises(CantSee, match="no whole JSON"):
        CondorSource().look()


def test_an_empty_queue_and_an_empty_history_say_nothing(condor):
    found = look(condor)

    assert (found.reports, found.problems, found.notes) == ([], [], [])


def test_without_the_commands_nothing_is_seen(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(CantSee, match="condor_history can't be started"):
        CondorSource().look()


def test_ads_without_a_number_are_left_out(condor):
    broken = [ad(submission="<expr>"), ad(submission=None), {"ClusterId": 3}]

    assert only(look(condor, [*broken, ad(submission=5)]))["submission_id"] == 5


# DAGs


def test_the_leader_of_a_dag_is_no_job_and_names_the_submission(condor):
    report = only(look(condor, [leader(), ad(7), ad(8, status=IDLE)]))

    assert report["jobsub_job_id"] == "6@vm"
    assert (report["jobs"]["running"], report["jobs"]["idle"]) == (1, 1)
    assert report["jobs"]["submitted"] == 3  # as the leader announced


def test_while_the_leader_lives_more_jobs_may_come(condor):
    report = only(look(condor, [leader()], [ended()]))

    assert report["status"] == "Running"
    assert report["pct_complete"] == 33.3


def test_a_held_leader_holds_the_submission(condor):
    assert only(look(condor, [leader(HELD)]))["status"] == "Held"


def test_a_dag_ends_with_its_leader_whatever_it_announced(condor):
    source = CondorSource()
    look(condor, [leader(), ad(7)], source=source)

    report = only(look(condor, [], [leader(COMPLETED, ExitCode=1), ended()], source))

    assert (report["status"], report["jobs"]["submitted"]) == ("Completed", 1)


@pytest.mark.parametrize(
    ("end", "status"),
    [
        ({"status": COMPLETED, "ExitCode": 0}, "Completed"),
        ({"status": COMPLETED, "ExitCode": 1}, "Failed"),
        ({"status": REMOVED, "RemoveReason": "via condor_rm (by user poms)"}, "Removed"),
    ],
)
def test_a_dag_that_submitted_nothing_ends_as_its_leader(condor, end, status):
    assert only(look(condor, [], [leader(**end)]))["status"] == status


# Several looks, several schedds


def test_a_job_that_leaves_between_the_questions_counts_once(condor):
    report = only(look(condor, [ad()], [ended()]))

    assert (report["status"], report["jobs"]["submitted"]) == ("Completed", 1)


def test_what_is_over_is_not_told_from_the_rest_of_the_history(condor):
    source = CondorSource()
    look(condor, [], [ended(0), ended(1)], source)

    found = look(condor, [], [ended(1)], source)

    assert (found.reports, found.problems) == ([], [])


def test_what_was_over_goes_on_when_it_has_jobs_again(condor):
    source = CondorSource()
    look(condor, [], [ended()], source)

    report = only(look(condor, [ad(9)], [ended()], source))

    assert (report["status"], report["jobs"]["submitted"]) == ("Running", 2)


def test_each_schedd_is_asked_and_one_that_fails_spoils_nothing_of_the_others(condor):
    for place, submission in (("one", 1), ("two", 2)):
        condor.print("condor_q", [ad(submission=submission, schedd=place)], place)
        condor.print("condor_history", EMPTY, place)
    source = CondorSource(["one", "two"], pool="pool:9618")
    assert [r["jobsub_job_id"] for r in source.look().reports] == ["7@one", "7@two"]
    for place, submission in (("one", 1), ("two", 2)):
        condor.print("condor_q", "", place)
        condor.print("condor_history", [ended(submission=submission, schedd=place)], place)
    condor.break_down("condor_q", "one")

    found = source.look()

    assert [(r["submission_id"], r["status"]) for r in found.reports] == [(2, "Completed")]
    assert "schedd one" in found.problems[0]
    condor.mend("condor_q", "one")
    assert only(source.look())["submission_id"] == 1
    assert "-pool pool:9618 -name one" in condor.asked("condor_q")[0]


def test_a_submission_on_two_schedds_waits_for_both(condor):
    for place in ("one", "two"):
        condor.print("condor_q", [ad(schedd=place)], place)
        condor.print("condor_history", EMPTY, place)
    source = CondorSource(["one", "two"])
    assert only(source.look())["jobs"]["running"] == 2
    condor.print("condor_q", "", "one")
    condor.print("condor_history", [ended(schedd="one")], "one")
    condor.break_down("condor_history", "two")

    assert source.look().reports == []


def test_a_submission_of_which_a_part_is_out_of_sight_is_not_counted(condor):
    for place in ("one", "two"):
        condor.print("condor_q", [ad(schedd=place)], place)
        condor.print("condor_history", EMPTY, place)
    source = CondorSource(["one", "two"])
    source.look()
    condor.break_down("condor_q", "two")

    assert source.look().reports == []


def test_jobs_of_one_number_on_two_schedds_are_two(condor):
    for place in ("one", "two"):
        condor.print("condor_q", [ad(schedd=place)], place)
        condor.print("condor_history", EMPTY, place)

    assert only(CondorSource(["one", "two"]).look())["jobs"]["submitted"] == 2


def test_an_agent_started_again_knows_how_many_jobs_there_were(condor, agent, poms):
    condor.print("condor_q", [ad(proc=0), ad(proc=1)])
    agent(CondorSource()).once()
    condor.print("condor_q", "")
    condor.print("condor_history", [ended(0)])

    assert agent(CondorSource()).once()
    condor.print("condor_history", [ended(0), ended(1)])
    assert agent(CondorSource()).once()

    assert poms.statuses(1234) == ["Running", "Completed"]


def test_jobs_of_others_can_be_left_out(condor):
    look(condor, source=CondorSource(constraint='Owner == "novapro"'))

    asked = condor.asked("condor_q")[-1]
    assert '-constraint POMS4_SUBMISSION_ID =!= undefined && (Owner == "novapro")' in asked


@pytest.mark.parametrize(
    ("said", "project"),
    [
        ({"Args": "--sam_project p1 x"}, "p1"),
        ({"Environment": "A=1 SAM_PROJECT_NAME=p2 SAM_PROJECT=p3"}, "p2"),
        ({"Environment": "A=1 'SAM_PROJECT=p3' B=2"}, "p3"),
        ({"Environment": "MY_SAM_PROJECT=p4"}, None),
    ],
    ids=str,
)
def test_the_project_is_in_the_arguments_or_the_environment(condor, said, project):
    assert only(look(condor, [ad(**said)])).get("project") == project


def test_every_mixture_of_answers_over_three_looks_completes_only_what_ended(condor):
    """Whatever is cut out of the answers on the way, Completed is only said with all jobs seen."""
    jobs = [ended(n) for n in range(3)]
    for keep in itertools.product([True, False], repeat=3):
        source = CondorSource()
        look(condor, [ad(proc=n) for n in range(3)], source=source)
        seen = [job for job, kept in zip(jobs, keep, strict=True) if kept]

        said = [report["status"] for report in look(condor, [], seen, source).reports]

        assert said == (["Completed"] if all(keep) else [])
