"""``poms hold|release|kill|cancel`` through POMS, and where they go past it."""

import json

import pytest

from poms_client import cli

ROWS = {
    "/stages/": [{"id": 3, "name": "reco", "campaign": "mc"}],
    "/campaigns/": [{"id": 2, "name": "mc", "experiment": "demo"}],
    "/submissions/": [{"submission_id": 8}],
}


@pytest.fixture(autouse=True)
def known(poms):
    poms.rows.update(ROWS)


@pytest.mark.parametrize("act", ["hold", "release", "kill", "cancel"])
def test_pomss_jobs_are_controlled_by_the_number_of_the_submission(run, poms, act):
    done = run(act, 7)

    assert poms.controlled == [{"act": act, "submission": 7}]
    assert done.returncode == 0
    assert done.stdout.endswith(" 7\n")


@pytest.mark.parametrize(
    ("named", "target"),
    [
        (["reco"], {"submission": 8}),
        (["reco", "--campaign", "mc"], {"submission": 8}),
        (["--stage", "reco", "--campaign", "mc"], {"stage": 3}),
        (["--campaign", "mc"], {"campaign": 2}),
    ],
)
def test_what_is_meant_goes_by_what_is_named(run, poms, named, target):
    run("kill", *named)

    assert poms.controlled == [{"act": "kill", **target}]


@pytest.mark.parametrize("named", [[], ["7", "--stage", "reco"]])
def test_nothing_happens_until_it_is_clear_what_is_meant(run, poms, named):
    assert run("kill", *named).returncode == 2
    assert poms.controlled == []


def test_what_stays_as_it_was_is_said_with_the_reason(run, poms):
    poms.refuses = [{"submission": 9, "why": "the batch doesn't answer"}]
    poms.left = 2

    done = run("hold", "--campaign", "mc")

    assert done.returncode == 1
    assert "9 is as it was: the batch doesn't answer" in done.stderr
    assert "2 were not reached in time" in done.stderr
    assert json.loads(run("hold", "--campaign", "mc", "--json").stdout)["left"] == 2


def test_what_was_not_reached_in_one_request_is_in_the_next(run, poms):
    rounds = iter([([1, 2], [], 3), ([3], [{"submission": 4, "why": "away"}], 1), ([5], [], 0)])

    def answer(method, path, body):
        poms.controlled.append(body)
        return 200, dict(zip(("done", "refused", "left"), next(rounds), strict=True))

    poms.answer = answer

    done = run("hold", "--campaign", "2")

    assert done.stdout.split() == ["held", "1", "held", "2", "held", "3", "held", "5"]
    assert "3 are left" in done.stderr
    assert [asked.get("after") for asked in poms.controlled] == [None, 2, 4]
    assert done.returncode == 1  # 4 is as it was


def test_control_is_asked_for_once_where_the_answer_is_lost(run, poms):
    poms.failing = ["lose the answer"]

    done = run("kill", 7)

    assert done.returncode == 4
    assert "may have been done" in done.stderr
    assert len(poms.controlled) == 1


@pytest.mark.parametrize("arguments", [["--tag", "7"], ["--tag=7"], ["--local", "--cluster", "1"]])
def test_with_a_tag_or_cluster_the_batch_of_this_machine_is_asked(
    run, poms, monkeypatch, arguments
):
    asked = []
    monkeypatch.setattr("poms_client.systems.cli.kill", lambda given: asked.append(given) or 0)

    run("kill", *arguments)

    assert asked == [arguments]
    assert not poms.requests


def test_the_verbs_that_mean_both_are_known_on_both_sides():
    assert set(cli.VERBS) >= cli.BOTH
