import json
import os
import pty
import subprocess

import pytest

from poms_client.people import jobs, watching
from poms_client.tests.conftest import changed, command

RUNNING = {"completed": 6, "failed": 1, "running": 2, "submitted": 10}


@pytest.fixture
def see(poms):
    """Say what POMS knows of submission 7."""

    def _see(recoveries=(), decisions=(), **submission):
        poms.rows["/submissions/7/"] = submission
        poms.rows["/submissions/?original=7"] = list(recoveries)
        poms.rows["/submissions/7/decisions/?page_size=1"] = list(decisions)

    return _see


@pytest.fixture
def then(monkeypatch):
    """Say what happens between one look and the next, in order."""

    def _then(*changes):
        left = iter(changes)
        monkeypatch.setattr("time.sleep", lambda seconds: next(left)())

    return _then


def said(result):
    """The lines without the time of day before them."""
    return [line.partition(" ")[2] for line in result.splitlines()]


@pytest.mark.parametrize(
    ("submission", "code"),
    [
        ({"status": "Located", "pct_complete": 100.0, "finished_at": "now"}, 0),
        ({"status": "Located", "original_id": 6}, 0),
        ({"status": "Removed", "finished_at": "now"}, 1),
        ({"status": "Failed"}, 1),
    ],
)
def test_watching_ends_with_the_submission(run, see, submission, code):
    see(**submission)

    assert run("watch", 7).returncode == code


def test_watching_an_original_waits_for_its_recoveries(run, see, then):
    see(status="Located", finished_at=None)
    then(lambda: see(status="Located", finished_at="now"))

    assert run("watch", 7).stdout.count("Located") == 1


def test_each_change_is_a_line(run, see, then):
    see(status="Running", pct_complete=60.0, jobs=RUNNING)
    waits = [{"about": "completion", "conclusion": "3 of 4 located"}]
    recovery = {"submission_id": 8, "status": "Idle", "pct_complete": 0.0}
    then(
        lambda: None,
        lambda: see(status="Completed", pct_complete=100.0, decisions=waits),
        lambda: see([recovery], waits, status="Located", pct_complete=100.0),
        lambda: see([recovery], waits, status="Located", pct_complete=100.0, finished_at="now"),
    )

    assert said(run("watch", 7).stdout) == [
        "Running 60 %, 6 of 10 jobs completed, 1 failed, 2 running",
        "Completed 100 %",
        "why: completion: 3 of 4 located",
        "Located 100 %",
        "recovery 8: Idle 0 %",
    ]


def test_programs_get_a_line_of_json_for_each_change(run, see, then):
    see(status="Running", jobs=RUNNING)
    then(lambda: None, lambda: see(status="Located", finished_at="now"))

    lines = [json.loads(line) for line in run("watch", 7, "--json").stdout.splitlines()]

    assert [line["status"] for line in lines] == ["Running", "Located"]
    assert lines[0]["jobs"] == RUNNING
    assert lines[0]["recoveries"] == []


def test_a_server_that_is_away_for_a_while_is_waited_for(run, poms, see, then):
    see(status="Running")
    then(
        lambda: poms.failing.append(503),
        lambda: see(status="Located", finished_at="now"),
    )
    api_gives_up_at_once = {"POMS_PATIENCE": 0.1}

    done = run("watch", 7, **api_gives_up_at_once)

    assert done.returncode == 0
    assert "trouble: POMS answered 503" in done.stderr


def test_a_server_that_stays_away_is_waited_for_no_longer_than_was_said(run, poms, see, then):
    see(status="Running")
    then(*[lambda: poms.failing.extend([503] * 3)] * 100)

    assert run("watch", 7, POMS_PATIENCE=0).returncode == 4


def test_on_a_terminal_it_is_drawn_in_place(environment, see, tmp_path):
    waits = [{"about": "recovery", "conclusion": "1 job failed"}]
    recovery = {"submission_id": 8, "status": "Located", "jobs": {"completed": 1}}
    see([recovery], waits, submission_id=7, status="Located", finished_at="now", jobs=RUNNING)
    ours, theirs = pty.openpty()
    done = subprocess.run(
        command("watch", 7),
        env=changed({"TERM": "xterm-256color", "COLUMNS": "100"}),
        stdout=theirs,
        timeout=60,
    )
    os.close(theirs)
    drawn = os.read(ours, 100_000).decode()
    os.close(ours)

    assert done.returncode == 0
    for part in ("submission 7", "6 of 10 jobs completed", "recovery: 1 job failed", "█", "1/1"):
        assert part in drawn
    assert "\x1b[" in drawn


@pytest.mark.parametrize(
    ("known", "drawn"),
    [
        ({}, ""),
        ({"jobs_submitted": 10}, "░░░░░░░░░░"),
        ({"jobs": RUNNING}, "█████████░"),
        ({"jobs": {"completed": 10}}, "██████████"),
        ({"jobs": {"completed": 999, "failed": 1}}, "██████████"),
        ({"jobs": {"failed": 1, "submitted": 1000}}, "█░░░░░░░░░"),
        ({"jobs": {"completed": 3}, "jobs_submitted": 2}, "██████████"),
    ],
)
def test_the_bar_is_as_full_as_is_known_of_the_jobs(known, drawn):
    assert jobs.bar(known, 10).plain == drawn


def test_each_kind_of_end_of_the_jobs_has_its_colour():
    drawn = jobs.bar({"jobs": {"completed": 5, "failed": 5}}, 10)

    assert [(span.start, span.end, span.style) for span in drawn.spans] == [
        (0, 5, "green"),
        (5, 10, "red"),
    ]


def test_what_was_seen_before_is_marked_as_such():
    seen = watching.Seen({"status": "Running"}, trouble="no answer")

    with watching.console.capture() as capture:
        watching.console.print(watching.drawing(seen))

    assert "as seen before: no answer" in capture.get()


def test_what_was_removed_is_not_complete(run, see):
    jobs = {"completed": 2, "cancelled": 10, "submitted": 12}
    see(status="Removed", pct_complete=100.0, jobs=jobs, finished_at="now")

    lines = said(run("watch", 7).stdout)

    assert lines == ["Removed 16.7 %, 2 of 12 jobs completed, 10 cancelled"]
