"""A schedd's history is read once: what was in it is kept while a submission is open."""

import json
import time
from datetime import timedelta

import pytest

from poms_client.agents.ads import ATTRIBUTES
from poms_client.agents.condor import CondorSource
from poms_client.tests.agents.condor_ads import (
    COMPLETED,
    EMPTY,
    QDATE,
    RUNNING,
    ad,
    ended,
    leader,
    look,
    only,
)

OVERLAP = 600


@pytest.fixture
def condor(commands):
    commands = commands("condor_q", "condor_history")
    commands.print("condor_history", EMPTY)
    return commands


@pytest.fixture
def reads_from(condor):
    """Tell from when on the history was read last, in seconds since the epoch."""

    def _reads_from(place=""):
        asked = [said for said in condor.asked("condor_history") if place in said]
        return int(asked[-1].partition("EnteredCurrentStatus < ")[2].split()[0])

    return _reads_from


def just_now(since):
    return abs(time.time() - OVERLAP - since) < 60


def test_the_history_is_read_back_to_the_oldest_job_once(condor, reads_from):
    source = CondorSource()
    look(condor, source=source)

    look(condor, [ad()], source=source)
    assert reads_from() == QDATE - OVERLAP
    look(condor, [ad()], source=source)
    assert just_now(reads_from())

    assert ",".join(ATTRIBUTES) in condor.asked("condor_history")[-1]


def test_a_submission_that_is_new_has_the_history_read_back_to_its_oldest_job(condor, reads_from):
    source = CondorSource()
    look(condor, [ad()], source=source)
    look(condor, [ad()], source=source)

    look(condor, [ad(), ad(8, submission=5, QDate=QDATE - 7200)], source=source)

    assert reads_from() == QDATE - 7200 - OVERLAP


def test_jobs_that_ended_are_counted_when_the_history_shows_them_no_more(condor):
    source = CondorSource()
    look(condor, [ad(proc=0), ad(proc=1), ad(proc=2)], source=source)
    look(condor, [ad(proc=1), ad(proc=2)], [ended(0, wall=7.0)], source)
    look(condor, [ad(proc=2)], [ended(1, 3)], source)

    report = only(look(condor, [], [ended(2)], source))

    assert report["status"] == "Completed"
    assert report["jobs"]["by_exit_code"] == {"0": 2, "3": 1}
    assert report["jobs"]["wall_seconds"] == 207


def test_a_job_that_the_history_shows_again_counts_once(condor):
    source = CondorSource()
    look(condor, [ad(proc=0), ad(proc=1)], source=source)
    look(condor, [ad(proc=1)], [ended(0)], source)

    report = only(look(condor, [ad(proc=1)], [ended(0)], source))

    assert (report["jobs"]["completed"], report["jobs"]["submitted"]) == (1, 2)


def test_an_agent_started_again_reads_what_is_new_and_knows_the_rest(
    condor, agent, poms, reads_from
):
    condor.print("condor_q", [ad(proc=0), ad(proc=1)])
    agent(CondorSource()).once()
    condor.print("condor_q", [ad(proc=1)])
    condor.print("condor_history", [ended(0)])
    agent(CondorSource()).once()
    condor.print("condor_q", "")
    condor.print("condor_history", [ended(1, 3)])

    assert agent(CondorSource()).once()

    assert just_now(reads_from())
    assert poms.statuses(1234) == ["Running", "Running", "Failed"]
    assert poms.last_report(1234)["jobs"]["by_exit_code"] == {"0": 1, "3": 1}


def test_while_one_schedd_is_silent_what_the_other_said_is_kept(condor):
    for place in ("one", "two"):
        condor.print("condor_q", [ad(schedd=place)], place)
        condor.print("condor_history", EMPTY, place)
    source = CondorSource(["one", "two"])
    source.look()
    condor.break_down("condor_q", "two")
    condor.print("condor_q", "", "one")
    condor.print("condor_history", [ended(schedd="one")], "one")
    assert source.look().reports == []

    condor.mend("condor_q", "two")
    condor.print("condor_history", EMPTY, "one")
    condor.print("condor_q", "", "two")
    condor.print("condor_history", [ended(schedd="two")], "two")

    assert only(source.look())["jobs"]["completed"] == 2


def test_a_schedd_that_was_silent_is_read_back_to_when_it_last_spoke(
    condor, time_machine, reads_from
):
    time_machine.move_to(QDATE, tick=False)
    for place in ("one", "two"):
        condor.print("condor_history", EMPTY, place)
    source = CondorSource(["one", "two"])
    source.look()
    condor.break_down("condor_history", "two")
    time_machine.shift(timedelta(hours=3))
    source.look()
    condor.mend("condor_history", "two")
    source.look()

    assert reads_from("-name two") == QDATE - OVERLAP
    assert reads_from("-name one") == QDATE + 3 * 3600 - OVERLAP


def test_a_look_reads_to_what_had_left_before_the_last_one(condor):
    source = CondorSource()
    look(condor, [ad(proc=2)], [ended(1), ended(0)], source)
    look(condor, [ad(proc=2)], [ended(1), ended(0)], source)
    assert stops_at(condor, f"vm#7.1#{QDATE}")

    look(condor, [ad(proc=2)], [ad(9, submission=5), ended(1)], source)
    assert stops_at(condor, f"vm#7.1#{QDATE}")
    look(condor, [ad(proc=2)], source=source)
    assert stops_at(condor, f"vm#9.0#{QDATE}")


def test_what_is_wanted_from_before_the_last_look_is_behind_what_had_left_by_then(condor):
    source = CondorSource()
    look(condor, [ad()], [ended(1)], source)
    look(condor, [ad()], [ended(1)], source)

    look(condor, [ad(), ad(8, submission=5, QDate=QDATE - 7200)], [ended(1)], source)

    assert "GlobalJobId =?=" not in condor.asked("condor_history")[-1]


def test_what_had_left_is_asked_for_before_the_queue(condor):
    """What comes and leaves after the queue was asked is so read again, at the next look."""
    look(condor)

    asked = [("condor_history", "-limit"), ("condor_q", "-allusers"), ("condor_history", "-since")]
    assert condor.in_order() == asked


def stops_at(condor, job):
    return (
        condor.asked("condor_history")[-1].partition("GlobalJobId =?= ")[2].startswith(f'"{job}"')
    )


def test_what_is_over_is_kept_no_longer_and_read_again_when_it_goes_on(condor, reads_from):
    source = CondorSource()
    look(condor, [], [ended()], source)
    assert source.memory["known"]["1234"]["left"] == []

    report = only(look(condor, [ad(9, QDate=QDATE + 60)], [ended()], source))

    assert reads_from() == QDATE - OVERLAP
    assert (report["status"], report["jobs"]["submitted"]) == ("Running", 2)


def test_all_is_read_again_each_hour_of_a_submission_that_lacks_jobs(
    condor, time_machine, reads_from
):
    time_machine.move_to(QDATE, tick=False)
    source = CondorSource()
    look(condor, [ad()], source=source)
    time_machine.shift(timedelta(hours=2))
    look(condor, source=source)
    read = []
    for _ in range(3):
        look(condor, source=source)
        read.append(reads_from())

    assert read == [QDATE - OVERLAP, QDATE + 7200 - OVERLAP, QDATE + 7200 - OVERLAP]
    assert only(look(condor, [], [ended()], source))["status"] == "Completed"


def test_while_a_leader_is_out_of_sight_its_jobs_are_no_end(condor):
    source = CondorSource()
    look(condor, [leader(RUNNING), ad(7)], source=source)

    assert look(condor, [], [ended()], source).reports == []
    assert only(look(condor, [], [leader(COMPLETED, ExitCode=0)], source))["status"] == "Completed"


def test_what_is_kept_of_a_thousand_jobs_is_short(condor):
    history = [ended(n, TotalSubmitProcs=1001) for n in range(1000)]
    source = CondorSource()
    look(condor, [ad(proc=1000)], history, source)

    assert len(json.dumps(source.memory)) < 40 * 1000
    assert only(look(condor, [], [ended(1000)], source))["jobs"]["completed"] == 1001
