import json

import pytest
from rich.console import Console

from poms_client import cli
from poms_client.people import tables


def test_campaigns_are_shown(run, poms):
    poms.rows["/campaigns/"] = {
        "results": [{"id": 1, "name": "mc [2024]", "experiment": "demo"}],
        "next": None,
    }

    shown = run("campaigns").stdout

    assert "mc [2024]" in shown
    assert json.loads(run("campaigns", "--json").stdout)[0]["name"] == "mc [2024]"
    assert set(poms.tokens) == {"Bearer person-secret"}


def test_one_submission_is_shown_with_its_history(run, poms):
    poms.rows["/submissions/7/"] = {"id": 7, "status": "Running", "run": None}
    poms.rows["/submissions/7/history/"] = [{"at": "10:00", "status": "New"}]

    shown = run("show", 7).stdout

    assert "Running" in shown
    assert "New" in shown


def test_a_list_of_submissions_counts_their_jobs(run, poms):
    jobs = {"completed": 6, "failed": 1, "running": 2, "submitted": 10}
    row = {"submission_id": 7, "status": "Running", "jobs": jobs}
    poms.rows["/submissions/"] = [row, {"submission_id": 6, "status": "New", "jobs": {}}]

    assert lines_of(run("submissions"))[1:] == ["7 Running 6/10, 1 failed", "6 New"]
    assert json.loads(run("submissions", "--json").stdout)[0] == row


def test_why_tells_the_decisions(run, poms):
    last_at = "2025-03-01T12:00:00.123456Z"
    decision = {"last_at": last_at, "about": "completion", "conclusion": "3 of 4 located"}
    poms.rows["/submissions/7/decisions/"] = [decision]

    shown = run("why", 7).stdout

    assert "2025-03-01 12:00:00 " in shown
    assert "3 of 4 located" in shown
    assert json.loads(run("why", 7, "--json").stdout) == [decision]


FILES = {
    "figures": {"files": 2, "done": 1, "pending": 1},
    "asked_at": "2025-03-01T12:00:00Z",
    "left_behind": [{"name": "b.lhe", "kind": "given up"}],
}


def lines_of(result):
    return [" ".join(line.split()) for line in result.stdout.splitlines()]


def test_files_tell_what_was_left_behind(run, poms):
    poms.rows["/submissions/7/files/?names=1"] = FILES | {
        "inputs": [{"name": "a.lhe", "state": "done"}, {"name": "b.lhe", "state": "failed"}],
        "outputs": [{"name": "a.json", "located": True}],
    }

    assert lines_of(run("files", 7))[1:] == [
        "a.lhe input, done",
        "b.lhe input, failed",
        "a.json output",
        "b.lhe given up",
    ]
    assert json.loads(run("files", 7, "--json").stdout)["outputs"][0]["name"] == "a.json"


def test_figures_are_told_with_their_age(run, poms):
    poms.rows["/submissions/7/files/"] = FILES

    assert lines_of(run("files", 7, "--figures"))[1:] == [
        "files 2",
        "done 1",
        "pending 1",
        "as of 2025-03-01T12:00:00Z",
    ]


def test_all_the_files_behind_a_figure_are_listed(run, poms):
    address = "/submissions/7/files/?figure=pending&page="
    poms.rows[f"{address}1"] = {"files": ["a", "b"], "next_page": 2}
    poms.rows[f"{address}2"] = {"files": ["c"], "next_page": None}

    assert lines_of(run("files", 7, "--figure", "pending"))[1:] == ["a", "b", "c"]


def test_a_launch_prints_the_submission(run):
    assert run("launch", 3).stdout == "99\n"


def test_a_launch_under_a_hold_prints_the_submission_that_waits_and_why(run, poms):
    poms.hold = "launches are held, this one is queued: everything: power cut"

    done = run("launch", 3)

    assert (done.returncode, done.stdout) == (0, "99\n")
    assert "power cut" in done.stderr


def test_a_stage_is_launched_by_name(run, poms):
    poms.rows["/stages/"] = [{"id": 3, "name": "reco", "campaign": "mc"}]

    assert run("launch", "reco", "--campaign", "mc").stdout == "99\n"


def test_a_stages_name_stands_for_its_latest_submission(run, poms):
    poms.rows["/stages/"] = [{"id": 3, "name": "reco", "campaign": "mc"}]
    poms.rows["/submissions/"] = [{"submission_id": 8}, {"submission_id": 7}]
    poms.rows["/submissions/8/decisions/"] = [{"about": "release", "conclusion": "all is there"}]

    assert "all is there" in run("why", "reco").stdout


def test_a_stage_without_submissions_says_how_to_make_one(run, poms):
    poms.rows["/stages/"] = [{"id": 3, "name": "reco", "campaign": "mc"}]
    poms.rows["/submissions/"] = []

    done = run("watch", "reco")

    assert done.returncode == 2
    assert "poms launch reco" in done.stderr


def test_a_name_that_several_have_asks_which(run, poms):
    poms.rows["/stages/"] = [{"id": n, "name": "reco", "campaign": f"mc {n}"} for n in (1, 2)]

    done = run("launch", "reco")

    assert done.returncode == 2
    assert (
        done.stderr
        == "poms launch: there are several stages 'reco': choose --campaign of mc 1, mc 2\n"
    )


def test_a_name_that_nothing_has_is_said(run, poms):
    poms.rows["/campaigns/"] = []

    done = run("submissions", "--campaign", "mc")

    assert "there is no campaign 'mc'" in done.stderr


@pytest.mark.parametrize(
    ("command", "what"),
    [
        (("campaigns", "--experiment", "nosuch"), "experiment 'nosuch'"),
        (("stages", "--campaign", "nosuch"), "campaign 'nosuch'"),
        (("stages", "--experiment", "nosuch"), "experiment 'nosuch'"),
        (("submissions", "--experiment", "nosuch"), "experiment 'nosuch'"),
    ],
)
def test_a_name_to_narrow_by_that_nothing_has_is_said_too(run, poms, command, what):
    for resource in ("experiments", "campaigns", "stages", "submissions"):
        poms.rows[f"/{resource}/"] = []

    done = run(*command)

    assert done.returncode == 2
    assert f"there is no {what} that you may see" in done.stderr


def test_a_campaign_without_stages_has_none_to_show(run, poms):
    poms.rows["/stages/"] = []
    poms.rows["/campaigns/"] = [{"id": 1, "name": "mc", "experiment": "demo"}]

    assert run("stages", "--campaign", "mc").returncode == 0


def test_a_refusal_is_one_line_and_an_exit_code(run):
    done = run("why", 12)

    assert done.returncode == 3
    assert done.stderr == "poms why: POMS refused (404): no /submissions/12/decisions/\n"


def test_without_an_address_it_says_what_to_set(run, monkeypatch):
    monkeypatch.delenv("POMS_URL")

    done = run("campaigns")

    assert done.returncode == 2
    assert "set POMS_URL" in done.stderr


def test_the_help_names_everything(run):
    shown = run("--help").stdout

    for verb in (*cli.VERBS, "campaigns", "cancel", "watch"):
        assert verb in shown


LONG = "a-file-with-a-long-name-" + 60 * "x" + ".fcl"


def test_what_a_program_reads_is_a_line_for_each_row_with_nothing_cut(run, poms):
    row = {
        "submission_id": 1234567,
        "campaign": "a campaign with many words in its name " * 3,
        "stage": "gen",
        "status": "LaunchFailed",
        "pct_complete": 0.0,
        "jobs": {"completed": 6, "submitted": 10},
        "jobsub_job_id": "12345678@jobsub01.example.org",
    }
    poms.rows["/submissions/"] = [row]

    head, line = lines_of(run("submissions"))

    assert head == "id campaign stage status % jobs job id"
    assert line.split() == [
        "1234567",
        *row["campaign"].split(),
        *("gen", "LaunchFailed", "60", "6/10", "12345678@jobsub01.example.org"),
    ]


def test_a_reason_of_several_lines_is_a_line_of_the_table(run, poms):
    poms.rows["/submissions/7/decisions/"] = [{"about": "launch", "conclusion": "ssh:\nno route"}]

    assert lines_of(run("why", 7))[1:] == ["launch ssh: no route"]


def test_a_narrow_terminal_shows_numbers_statuses_and_files_whole(monkeypatch, capsys):
    narrow = Console(force_terminal=True, width=40, color_system=None, highlight=False)
    monkeypatch.setattr(tables, "console", narrow)
    row = {"id": 1234567, "campaign": "some words more", "status": "LaunchFailed", "name": LONG}

    tables.show_rows([row], tuple(row), as_json=False)

    shown = capsys.readouterr().out
    assert "…" not in shown
    assert {"1234567", "LaunchFailed", LONG, "campaign", "some", "words"} <= set(shown.split())


def test_an_empty_list_is_said_to_be_one_and_prints_nothing(run, poms):
    poms.rows["/campaigns/"] = []

    done = run("campaigns")

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "there are none\n")
    assert run("campaigns", "--json").stdout == "[]\n"


@pytest.mark.parametrize("limit", [-1, 0])
def test_a_list_has_at_least_one_row(run, limit):
    assert run("submissions", "--limit", limit).returncode == 2


def test_the_percent_are_of_jobs_that_completed(run, poms):
    jobs = {"completed": 2, "cancelled": 10, "submitted": 12}
    row = {"submission_id": 7, "status": "Removed", "pct_complete": 100.0, "jobs": jobs}
    poms.rows["/submissions/"] = [row]

    assert lines_of(run("submissions"))[1:] == ["7 Removed 16.7 2/12"]


def test_a_launch_is_told_to_programs(run, poms):
    poms.hold = "power cut"

    assert json.loads(run("launch", 3, "--json").stdout) == {
        "submission_id": 99,
        "detail": "power cut",
    }


def test_a_file_whose_name_is_no_text_is_refused(run, poms):
    done = run("upload", "bad\udcff")

    assert done.returncode == 2
    assert "is no name in UTF-8: rename the file" in done.stderr


@pytest.mark.parametrize(
    "name", ["a\\reco.fcl", "a\tb", "a\nb", ".hidden", "-rf", "..", "a\u202eb"]
)
def test_a_name_that_poms_would_not_take_is_not_sent(poms, run, name):
    done = run("upload", "--", "reco.fcl", name)

    assert done.returncode == 2
    assert f"{name!r} can't be the name of a file in POMS" in done.stderr
    assert not poms.requests
    assert not poms.requests


def test_an_interrupt_while_a_command_is_imported_is_the_end(run, tmp_path, monkeypatch):
    (tmp_path / "interrupted_command.py").write_text("raise KeyboardInterrupt")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setitem(cli.VERBS, "next", "interrupted_command:run")

    done = run("next")

    assert (done.returncode, done.stderr) == (130, "")
