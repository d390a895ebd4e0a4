"""The pages of submissions and runs."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from campaigns.tests import builders
from submissions.launching.leave import start_attempt
from submissions.launching.script import write
from submissions.models import Feed, Pass, Run, Submission
from submissions.models.submissions import RECOVERED, Cause
from submissions.registering import register_external


@pytest.fixture
def visitor(client, site):
    client.force_login(site.person)
    return client


def text_of(visitor, address):
    response = visitor.get(address)
    assert response.status_code == 200, response
    return response.content.decode()


def queries(visitor, address):
    with CaptureQueriesContext(connection) as said:
        text_of(visitor, address)
    return len(said)


# the list


def test_the_list_shows_the_newest_first_and_what_it_was_made_for(visitor, site):
    original = site.submission(status="Completed")
    site.recovery(original, "Running")

    page = text_of(visitor, "/submissions/")

    assert page.index(f"#{original.pk + 1}</a>") < page.index(f'id="submission-{original.pk}"')
    assert "recovery of" in page


# one submission


@pytest.mark.parametrize(
    ("command", "shown"),
    [
        ("jobsub_submit -N 3 --password=x<y file://job.sh", "jobsub_submit -N 3"),
        ("", "by a command that nobody told"),
    ],
)
def test_what_was_launched_outside_is_the_command_that_was_told(visitor, site, command, shown):
    stage = site.stage(param_overrides=[["--events=", "4000"]])
    submission = register_external(stage, site.person, command)

    page = text_of(visitor, f"/submissions/{submission.pk}/")

    assert shown in page
    assert "4000" not in page[: page.index("All settings, as they were")]


@pytest.mark.parametrize(
    ("asked", "shown"),
    [
        ("state=open", {"running", "broken"}),
        ("state=broken", {"broken"}),
        ("status=Located", {"done"}),
        ("stage=RUNNING", {"running"}),
        ("stage=run", set()),
        ("run=999", set()),
        ("run=x", set()),
        ("status=nonsense", set()),
    ],
)
def test_the_list_is_narrowed(visitor, site, asked, shown):
    site.submission(site.stage("running"), "Running")
    site.submission(site.stage("broken"), "Failed")
    done = site.submission(site.stage("done"), "Located")
    Submission.objects.filter(pk=done.pk).update(finished_at=timezone.now())

    page = text_of(visitor, f"/submissions/?{asked}")

    rows = page[page.index("<tbody>") :]
    assert {name for name in ("running", "broken", "done") if f">{name}</a>" in rows} == shown


def test_a_persons_recovery_of_a_finished_chain_is_marked_as_one(visitor, site):
    original = site.submission(site.stage("reco"), "Located")
    again = site.submission(
        original.stage, "Running", key=f"{RECOVERED}{original.pk}:0", creator=site.person
    )
    other = site.submission(original.stage, "Located")

    page = text_of(visitor, "/submissions/?state=recoveries")

    assert f'id="submission-{again.pk}"' in page
    assert f'id="submission-{original.pk}"' not in page
    assert 'class="recovery"' in page
    for address in (
        "/submissions/",
        f"/submissions/{again.pk}/",
        f"/runs/{site.run.pk}/submissions/",
    ):
        assert f'recovery of <a href="/submissions/{original.pk}/">' in text_of(visitor, address)
    assert f"↺ #{again.pk}, a recovery" in text_of(visitor, f"/submissions/{original.pk}/")
    assert f"#{again.pk}" not in text_of(visitor, f"/submissions/{other.pk}/")


def test_a_settled_recovery_is_not_open(visitor, site):
    original = site.submission(status="Completed")
    settled = site.recovery(original, "Located")

    assert f'id="submission-{settled.pk}"' not in text_of(visitor, "/submissions/?state=open")
    assert not settled.in_flight


def test_the_list_shows_only_what_one_may_see(visitor, site):
    theirs = builders.campaign("theirs", site.person, of="dune")
    run = Run.objects.create(campaign=theirs, creator=site.person)
    stage = builders.stage("unseen", theirs)
    site.run = run
    hidden = site.submission(stage)

    assert "unseen" not in text_of(visitor, "/submissions/")
    for part in ("", "row/", "now/", "files/", "log/", "outputs/", "outputs/x.txt"):
        assert visitor.get(f"/submissions/{hidden.pk}/{part}").status_code == 404
    assert visitor.get(f"/runs/{run.pk}/").status_code == 404
    assert visitor.get(f"/stages/{stage.pk}/submissions/").status_code == 404


def test_the_list_costs_the_same_queries_however_long_it_is(visitor, site):
    stage = site.stage(split_type="nfiles(2)")
    walk = Pass.objects.create(stage=stage, run=site.run, kind="fed", split="nfiles(2)")

    def add():
        original = site.submission(stage, "Running", Cause.SLICE, slice_of=walk, position=0)
        recovery = site.recovery(original)
        Feed.objects.create(parent=original, stage=stage, run=site.run, child=recovery)

    add()
    few = queries(visitor, "/submissions/")
    for _ in range(20):
        add()

    assert queries(visitor, "/submissions/") == few
    assert queries(visitor, f"/runs/{site.run.pk}/submissions/") <= few + 2
    assert queries(visitor, f"/stages/{stage.pk}/submissions/") <= few + 2


def test_older_rows_are_a_link_away(visitor, site):
    stage = site.stage()
    first = site.submission(stage)
    for _ in range(51):
        site.submission(stage)

    page = text_of(visitor, "/submissions/?stage=reco&state=open")
    older = page.split('">older')[0].rsplit('href="', 1)[1].replace("&amp;", "&")

    assert older.startswith("?stage=reco&state=open&before=")
    assert f'id="submission-{first.pk}"' in text_of(visitor, f"/submissions/{older}")


def test_the_top_of_the_list_asks_for_what_came_since(visitor, site):
    old = site.submission()
    page = text_of(visitor, "/submissions/")
    assert f"/submissions/newer/?after={old.pk}" in page
    new = site.submission(old.stage)

    newer = text_of(visitor, f"/submissions/newer/?after={old.pk}")

    assert f'id="submission-{new.pk}"' in newer
    assert f'id="submission-{old.pk}"' not in newer
    assert f"after={new.pk}" in newer


@pytest.mark.parametrize(("status", "asks"), [("Running", True), ("Failed", False)])
def test_a_row_asks_for_itself_while_its_jobs_may_still_move(visitor, site, status, asks):
    submission = site.submission(status=status)

    row = text_of(visitor, f"/submissions/{submission.pk}/row/")

    assert (f'hx-get="/submissions/{submission.pk}/row/"' in row) == asks


def test_a_row_names_the_chains_that_a_join_joined(visitor, site):
    parents = []
    stage = site.stage("merge")
    child = site.submission(stage, "New", Cause.JOIN)
    for _ in range(5):
        parent = site.submission(stage, "Located")
        parents.append(parent.pk)
        Feed.objects.create(parent=parent, stage=stage, run=site.run, child=child)

    row = text_of(visitor, f"/submissions/{child.pk}/row/")

    assert all(f"#{pk}</a>" in row for pk in parents[:3])
    assert "and 2 more" in row


# one submission


def test_a_submission_shows_its_history_jobs_and_exit_codes(visitor, site, say):
    submission = site.submission()
    say(
        submission,
        "Running",
        jobsub_job_id="7@local",
        jobs={
            "submitted": 4,
            "completed": 1,
            "failed": 1,
            "running": 2,
            "by_exit_code": {"0": 1, "137": 1},
        },
    )

    page = text_of(visitor, f"/submissions/{submission.pk}/")

    assert "7@local" in page
    assert "1 completed" in page
    assert "2 running" in page
    assert "1 × exit 137" in page
    assert "agent" in page


def test_nonsense_in_the_counts_of_an_agent_breaks_no_page(visitor, site):
    submission = site.submission(status="Running")
    Submission.objects.filter(pk=submission.pk).update(
        jobs={"running": "many", "completed": -3, "failed": 2, "by_exit_code": {"x": None}}
    )

    assert "2 failed" in text_of(visitor, f"/submissions/{submission.pk}/")
    assert "2 failed" in text_of(visitor, "/submissions/")


def test_a_submission_leads_to_its_recoveries_and_dependents(visitor, site):
    original = site.submission(status="Located")
    recovery = site.recovery(original)
    child = site.submission(site.stage("merge"), cause=Cause.DEPENDENCY)
    Feed.objects.create(parent=original, stage=child.stage, run=site.run, child=child)

    page = text_of(visitor, f"/submissions/{original.pk}/")

    assert f"↺ #{recovery.pk}" in page
    assert f"↳ #{child.pk}" in page
    assert f"#{original.pk}</a>" in text_of(visitor, f"/submissions/{child.pk}/")


def test_a_submission_tells_what_changed_in_its_stage_since(visitor, site):
    stage = site.stage(software_version="v1")
    submission = site.submission(stage)
    assert "still set up as it was then" in text_of(visitor, f"/submissions/{submission.pk}/")

    stage.software_version = "v2"
    stage.save()
    page = text_of(visitor, f"/submissions/{submission.pk}/")

    assert "stage software version" in page
    assert "<code>v1</code>" in page
    assert "<code>v2</code>" in page


def test_a_submission_shows_who_set_each_parameter(visitor, site):
    stage = site.stage(param_overrides=[["--memory=", "2000"]])
    submission = site.submission(stage, overrides=[["--cpu=", "2"]])

    page = text_of(visitor, f"/submissions/{submission.pk}/")

    assert page.index("--memory=2000") < page.index("--cpu=2")
    assert ">launch</td>" in page


def test_a_placeholder_that_nothing_defines_is_told_on_the_page(visitor, site):
    stage = site.stage(param_overrides=[["--run=", "%(nonsense)s"]])

    page = text_of(visitor, f"/submissions/{site.submission(stage).pk}/")

    assert "%(nonsense)s" in page


def test_the_log_of_a_launch_hides_its_secrets(visitor, site, settings, tmp_path):
    settings.DATA_DIR = tmp_path
    attempt, token, job_token = start_attempt(site.submission())
    write(attempt, f"echo {job_token}", token, job_token)
    (attempt.folder / "log").write_text(f"curl -H 'Authorization: Bearer {job_token}'\n<b>bad</b>")

    page = text_of(visitor, f"/submissions/{attempt.submission_id}/log/")

    assert "Attempt 1" in page
    assert "curl" in page
    assert job_token not in page
    assert token not in page
    assert "<b>bad</b>" not in page


def test_the_rest_of_the_page_is_told_when_the_submission_moved(visitor, site):
    submission = site.submission(status="Running")

    assert "HX-Trigger" not in visitor.get(f"/submissions/{submission.pk}/now/?was=Running")
    assert "moved" in visitor.get(f"/submissions/{submission.pk}/now/?was=Idle")["HX-Trigger"]


# a run


def test_a_run_shows_who_launched_it_and_its_submissions(visitor, site):
    submission = site.submission()

    assert "Launched" in text_of(visitor, f"/runs/{site.run.pk}/")
    assert f"#{submission.pk}</a>" in text_of(visitor, f"/runs/{site.run.pk}/submissions/")


@pytest.mark.parametrize("address", ["/submissions/", "/submissions/newer/", "/runs/1/"])
def test_pages_only_answer_questions(visitor, site, address):
    assert visitor.post(address).status_code == 405
