"""What all agents share: nothing is said twice, nothing is lost."""

import json
import time
from datetime import datetime, timedelta, timezone

import pytest
import time_machine

from poms_client.agents import poller
from poms_client.agents.memory import Memory
from poms_client.errors import PomsError
from poms_client.tests.agents.conftest import Told
from poms_client.tests.fake_poms import until


def test_each_thing_is_said_once(agent, poms):
    source = Told(s1="Idle", s2="Running")
    watching = agent(source)

    for _ in range(3):
        assert watching.once()
    source.see(s1="Running", s2="Running")
    watching.once()

    assert (poms.statuses(1), poms.statuses(2)) == (["Idle", "Running"], ["Running"])
    assert poms.requests["POST /reports/"] == 2


def test_it_is_said_again_after_hours(agent, poms):
    """POMS may have been put back to an older state meanwhile."""
    watching = agent(Told(s1="Idle"))
    watching.once()

    with time_machine.travel(datetime.now(timezone.utc) + timedelta(hours=7)):
        watching.once()

    assert poms.statuses(1) == ["Idle", "Idle"]


def test_an_agent_that_starts_again_goes_on_where_it_was(agent, poms):
    agent(Told(s1="Running", s2="Idle")).once()

    agent(Told(s1="Completed", s2="Idle")).once()

    assert (poms.statuses(1), poms.statuses(2)) == (["Running", "Completed"], ["Idle"])


def test_what_was_unsent_at_the_end_is_sent_by_the_next(agent, poms):
    poms.failing = [503]
    assert not agent(Told(s1="Completed")).once()

    gone = Told()  # nobody sees that submission any more
    assert agent(gone).once()

    assert poms.statuses(1) == ["Completed"]


def test_while_poms_is_away_only_the_latest_waits(agent, poms):
    source = Told(s1="Idle")
    watching = agent(source)
    port = poms.port
    poms.stop()
    for status in ("Idle", "Running", "Completed"):
        source.see(s1=status)
        assert not watching.once()
    assert not watching.waiting.is_over

    poms.start(port)
    assert watching.send()

    assert poms.statuses(1) == ["Completed"]


def test_after_a_lost_answer_it_is_said_again_even_if_it_is_as_before(agent, poms):
    source = Told(s1="Idle")
    watching = agent(source)
    watching.once()
    source.see(s1="Running")
    poms.failing = ["lose the answer"]
    assert not watching.once()
    source.see(s1="Idle")

    assert watching.once()

    assert poms.statuses(1) == ["Idle", "Running", "Idle"]


def test_what_was_back_before_it_could_be_said_is_not_said(agent, poms):
    source = Told(s1="Idle")
    watching = agent(source)
    watching.once()
    source.see(s1="Held")
    watching.look()
    source.see(s1="Idle")

    watching.once()

    assert poms.statuses(1) == ["Idle"]


def test_thousands_travel_in_one_request(agent, poms):
    watching = agent(Told(**{f"s{n}": "Idle" for n in range(1, 10_001)}))

    assert watching.once()

    assert poms.requests["POST /reports/"] == 1
    assert len(poms.reports) == 10_000


def test_a_report_that_poms_cannot_take_does_not_stop_the_others(agent, poms, caplog):
    poms.spoils = {13}
    watching = agent(Told(**{f"s{n}": "Idle" for n in range(1, 101)}))

    assert watching.once()

    assert {r["submission_id"] for r in poms.reports} == set(range(1, 101)) - {13}
    assert "POMS refuses a report" in caplog.text
    assert watching.at_once > 1


@pytest.mark.parametrize("status", [401, 403, 429, 500])
def test_what_poms_refuses_to_anybody_is_kept(agent, poms, status):
    poms.failing = [status]
    watching = agent(Told(s1="Idle"))

    assert not watching.once()
    assert watching.send()

    assert poms.statuses(1) == ["Idle"]


def test_a_source_that_does_not_answer_says_nothing_and_is_left_alone(agent, poms):
    source = Told(s1="Running")
    watching = agent(source)
    watching.once()
    source.blind = True

    assert not watching.look()

    assert not watching._is_due()
    assert poms.statuses(1) == ["Running"]
    assert watching.health.content()["problems"] == ["it is dark"]


def test_the_clock_of_an_agent_never_runs_backwards_for_poms(agent, poms):
    source = Told(s1="Idle")
    ahead = datetime.now(timezone.utc) + timedelta(hours=1)
    with time_machine.travel(ahead):
        agent(source).once()

    source.see(s1="Completed")
    agent(source).once()

    first, second = (r["observed_at"] for r in poms.reports)
    assert second >= first


def test_what_was_said_to_another_poms_does_not_count(agent, poms):
    agent(Told(s1="Idle")).once()

    agent(Told(s1="Idle"), url="http://another").once()

    assert poms.statuses(1) == ["Idle", "Idle"]


@pytest.mark.parametrize("content", ["", "{", "[]", '{"said": 1}', '{"said": {"x": []}}'])
def test_a_state_file_that_makes_no_sense_is_none(agent, poms, tmp_path, content):
    (tmp_path / "state.json").write_text(content)

    assert agent(Told(s1="Idle")).once()


def test_a_state_file_of_ours_that_is_damaged_is_none(agent, api, tmp_path):
    damaged = {"poms": api.url, "source": "told@here", "said": {"1": "x"}, "unsent": 3}
    (tmp_path / "state.json").write_text(json.dumps(damaged))

    assert agent(Told(s1="Idle")).once()


def test_two_agents_do_not_share_a_state(agent, tmp_path):
    agent(Told())
    second = Memory(tmp_path / "state.json", "http://x", "told@here")

    with pytest.raises(PomsError, match="another agent runs"):
        second.open()


def test_what_was_not_seen_for_long_is_forgotten(agent):
    source = Told(s1="Idle", s2="Idle")
    agent(source).once()
    source.see(s2="Idle")

    with time_machine.travel(datetime.now(timezone.utc) + timedelta(days=8)):
        watching = agent(source)
        watching.once()
        watching.once()

    assert list(watching.memory.said) == [2]


def test_an_agent_tells_now_and_then_that_it_is_there(agent, poms):
    source = Told(s1="Idle")
    watching = agent(source)
    watching.once()
    watching.once()

    (beat,) = poms.beats
    assert (beat["agent"], beat["source"], beat["ok"]) == ("told", "told@here", True)
    assert beat["submissions"] == 1


def test_how_it_fares_is_in_a_file(agent, poms, tmp_path):
    source = Told(s1="Idle")
    watching = agent(source)
    poms.failing = [503]
    watching.once()
    said = json.loads((tmp_path / "health.json").read_text())
    assert (said["ok"], said["unsent"]) == (False, 1)
    assert "503" in said["problems"][0]

    watching.send()

    said = json.loads((tmp_path / "health.json").read_text())
    assert (said["ok"], said["unsent"], said["outcomes"]) == (True, 0, {"moved": 1})


def test_an_agent_that_does_not_look_any_more_is_not_well(agent):
    watching = agent(Told())
    watching.once()
    assert watching.health.content()["ok"]

    with time_machine.travel(time.time() + 1000):
        assert not watching.health.content()["ok"]


def test_partial_sight_is_said(agent):
    source = Told(s1="Idle")
    source.problems = ["schedd two gave no answer"]

    assert not agent(source).once()


def test_pauses_between_looks_in_vain_grow_to_ten_minutes(agent):
    source = Told()
    source.blind = True
    watching = agent(source)

    for _ in range(8):
        watching.look()

    assert watching._failed_looks.pause == poller.LONGEST_PAUSE


def test_no_look_is_due_before_its_time(agent):
    watching = agent(Told())
    assert watching._is_due()

    watching.look()

    assert not watching._is_due()
    watching.source.has_news = lambda: True
    assert watching._is_due()


def test_reports_wait_for_their_time(agent, poms):
    poms.failing = [503]
    watching = agent(Told(s1="Idle"))
    watching.once()

    until(lambda: watching.waiting.is_over)
    assert watching.send()
