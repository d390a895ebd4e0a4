"""The pages about files: what is kept is shown, and what is asked is asked at a click."""

import re
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from campaigns.tests import builders
from datahandling.base import Unknown
from datahandling.handlers.catalogue import Catalogue
from datahandling.query import Handles
from submissions.figures import statistics
from submissions.models import FileStatistics, Submission
from submissions.tests.test_pages import queries, text_of


@pytest.fixture
def visitor(client, site):
    client.force_login(site.person)
    return client


def refresh():
    """Have all figures asked for now."""
    FileStatistics.objects.update(due_at=timezone.now())
    while (claimed := statistics.waiting().claim(timedelta(minutes=2))) is not None:
        statistics.refresh(claimed)


@pytest.fixture
def over(site):
    """A submission over four files: two done, one of them without a location, and one failed."""
    with time_machine.travel(timezone.now() - timedelta(minutes=5), tick=False):
        submission = site.over_files(4)
    site.process(submission)
    site.process(submission, located=False)
    site.process(submission, fail=True)
    refresh()
    return submission


def unknown(*_, **__):
    raise Unknown("the catalogue timed out")


# the card


def test_the_card_shows_figures_with_their_age_and_leads_to_their_lists(visitor, over):
    page = text_of(visitor, f"/submissions/{over.pk}/files/")

    assert "as of <time" in page
    assert f'href="/submissions/{over.pk}/files/pending/">3</a>' in page
    assert f'href="/submissions/{over.pk}/files/available_output/">1</a>' in page
    assert 'title="2 Done"' in page
    assert 'title="1 Failed"' in page
    assert "75&nbsp;%" in page


def test_the_card_asks_nobody(visitor, over, monkeypatch):
    for name in ("project", "count", "files"):
        monkeypatch.setattr(Catalogue, name, unknown)

    with CaptureQueriesContext(connection) as said:
        text_of(visitor, f"/submissions/{over.pk}/files/")

    assert not any("datahandling_" in query["sql"] for query in said)


def test_figures_that_got_no_answer_are_shown_with_the_reason_and_when_it_was_given(
    visitor, over, monkeypatch
):
    monkeypatch.setattr(Catalogue, "project", unknown)
    refresh()
    at = timezone.now() - timedelta(days=1)
    FileStatistics.objects.update(unknown_at=at)

    page = text_of(visitor, f"/submissions/{over.pk}/files/")

    assert "There was no clear answer since." in page
    assert f"At {at:%F %H:%M} UTC" in page
    assert "1\xa0day ago</time>: the catalogue timed out" in page
    assert '/files/pending/">3</a>' in page
    title = f"At {at:%F %H:%M} UTC, 1\xa0day ago: the catalogue timed out"
    assert f'title="{title}"' in text_of(visitor, f"/stages/{over.stage_id}/files/")


def test_the_card_of_what_never_had_an_answer_says_so_once(visitor, over):
    kept = {"figures": {}, "states": {}, "asked_at": None}
    FileStatistics.objects.update(**kept, unknown="it timed out", unknown_at=timezone.now())

    page = text_of(visitor, f"/submissions/{over.pk}/files/")

    assert "Nothing is known of its files: there was no clear answer yet." in page
    assert "weren't asked about" not in page
    assert "as of" not in page


@pytest.mark.parametrize("finished_at", [None, datetime(2026, 1, 1, tzinfo=UTC)])
def test_files_that_were_never_asked_about_may_exist(visitor, over, finished_at):
    Submission.objects.update(finished_at=finished_at)
    FileStatistics.objects.all().delete()

    page = text_of(visitor, f"/submissions/{over.pk}/files/")

    assert "Its files weren't asked about yet." in page
    assert "had no files" not in page


def test_lists_of_submissions_lead_to_the_output_that_is_there(visitor, over):
    """12.1 #33: the column was empty for whatever data handling."""
    for address in ("/submissions/", f"/stages/{over.stage_id}/submissions/"):
        link = f'href="/submissions/{over.pk}/files/available_output/">1</a>'
        assert link in text_of(visitor, address)


# the lists


@pytest.mark.parametrize(
    ("key", "names"),
    [
        ("done", ["_001.root", "_002.root"]),
        ("failed", ["_003.root"]),
        ("not_submitted", ["_004.root"]),
        ("available_output", ["_001.root.out"]),
        ("some_declared", ["_001.root", "_002.root"]),
        ("located", ["_001.root"]),
        ("pending", ["_002.root", "_003.root", "_004.root"]),
    ],
)
def test_the_list_of_a_figure_has_as_many_files_as_the_figure_says(visitor, over, key, names):
    page = text_of(visitor, f"/submissions/{over.pk}/files/{key}/")

    assert FileStatistics.objects.get(pk=over.pk).figures[key] == len(names)
    assert f"{len(names)} file" in page
    assert [name for name in names if f"raw{over.pk}{name}</a>" not in page] == []


def test_a_list_shows_the_query_for_copying(visitor, over):
    page = text_of(visitor, f"/submissions/{over.pk}/files/done/")

    assert 'data-copies="query"' in page
    assert f"poms_{over.pk}" in page.split('id="query"')[1]


def test_a_long_list_has_pages(visitor, site):
    over = site.over_files(205)
    address = f"/submissions/{over.pk}/files/not_submitted/"

    first, last = text_of(visitor, address), text_of(visitor, f"{address}?page=3")

    assert "205 files" in first
    assert "1 to 100" in first
    assert 'href="?page=2"' in first
    assert "201 to 205" in last
    assert last.count("/file/?name=") == 5
    assert "next</a>" not in last


@pytest.mark.parametrize("page", ["0", "-1", "x", "99999999999", "²"])
def test_a_page_that_makes_no_sense_breaks_nothing(visitor, over, page):
    text_of(visitor, f"/submissions/{over.pk}/files/done/?page={page}")


def test_a_list_that_gets_no_answer_says_so(visitor, over, monkeypatch):
    monkeypatch.setattr(Catalogue, "files", unknown)

    page = text_of(visitor, f"/submissions/{over.pk}/files/done/")

    assert "no clear answer" in page
    assert "the catalogue timed out" in page
    assert "None." not in page


@pytest.mark.parametrize("key", ["nonsense", "percent_completed"])
def test_there_is_no_list_where_there_is_none(visitor, over, key):
    assert visitor.get(f"/submissions/{over.pk}/files/{key}/").status_code == 404


# one file


def test_a_file_of_the_catalogue_has_its_page_here(visitor, over):
    page = text_of(visitor, f"/submissions/{over.pk}/file/?name=raw{over.pk}_001.root.out")

    assert f"file:///x/raw{over.pk}_001.root.out" in page
    assert f"raw{over.pk}_001.root" in page


def test_a_file_that_the_service_has_a_page_of_is_shown_there(visitor, over, monkeypatch):
    there = "https://sam.example/files/name/x/metadata"
    monkeypatch.setattr(Catalogue, "file_page", lambda self, name: there)

    assert visitor.get(f"/submissions/{over.pk}/file/?name=x").url == there


def test_a_page_that_is_no_web_address_is_not_gone_to(visitor, over, monkeypatch):
    monkeypatch.setattr(Catalogue, "file_page", lambda self, name: "javascript:alert(1)")

    assert visitor.get(f"/submissions/{over.pk}/file/?name=x").status_code == 200


def test_a_file_that_is_not_there_is_said_not_to_be(visitor, over):
    assert "has no file nowhere" in text_of(visitor, f"/submissions/{over.pk}/file/?name=nowhere")


# the project


def test_what_the_service_tells_of_a_project_reads_like_the_rest(visitor, over, monkeypatch):
    told = {"started": "2026-01-02T03:04:05.678+01:00", "dataset": "raw"}
    monkeypatch.setattr(Catalogue, "project_facts", lambda self, name: told)

    page = text_of(visitor, f"/submissions/{over.pk}/project/")

    assert "2026-01-02 02:04 UTC" in page
    assert "raw" in page


def test_the_project_shows_each_handle_and_why_it_failed(visitor, over):
    page = text_of(visitor, f"/submissions/{over.pk}/project/")

    assert page.count("/file/?name=") == 4
    assert "it is broken" in page
    assert ">Not submitted</span>" in page


def test_a_file_whose_job_is_gone_is_marked(visitor, over):
    Catalogue("nova").next_file(over.project, "worker")
    address = f"/submissions/{over.pk}/project/"

    assert "its job is gone" not in text_of(visitor, address)
    Submission.objects.filter(pk=over.pk).update(jobs_ended_at=timezone.now())
    assert text_of(visitor, address).count("its job is gone") == 1


def test_the_handles_are_narrowed_to_a_state(visitor, over):
    page = text_of(visitor, f"/submissions/{over.pk}/project/?state=failed")

    assert page.count("/file/?name=") == 1
    assert f"raw{over.pk}_003.root</a>" in page


def test_a_project_that_gets_no_answer_says_so(visitor, over, monkeypatch):
    monkeypatch.setattr(Catalogue, "project", unknown)

    assert "no clear answer" in text_of(visitor, f"/submissions/{over.pk}/project/")


def test_without_a_project_there_is_no_page_of_it(visitor, site):
    assert visitor.get(f"/submissions/{site.submission().pk}/project/").status_code == 404


# files by submission, and sums


def test_files_by_submission_shows_a_row_for_each_and_their_sum(visitor, over, site):
    for address in (f"/stages/{over.stage_id}/files/", f"/campaigns/{site.campaign.pk}/files/"):
        page = text_of(visitor, address)

        assert f">s{over.pk}</a>" in page  # no job id is known
        assert f'href="/submissions/{over.pk}/files/pending/">3</a>' in page
        assert "Sum of 1 submission" in page


def test_the_window_ends_with_what_happened_last(visitor, over):
    long_ago = timezone.now() - timedelta(days=400)
    Submission.objects.filter(pk=over.pk).update(created=long_ago, status_since=long_ago)

    assert f">s{over.pk}</a>" in text_of(visitor, f"/stages/{over.stage_id}/files/")


def test_a_window_shows_what_was_asked_for_or_moved_inside(visitor, over):
    yesterday = timezone.now() - timedelta(days=1)
    Submission.objects.filter(pk=over.pk).update(created=yesterday - timedelta(days=9))
    Submission.objects.filter(pk=over.pk).update(status_since=yesterday)

    def shows(until, days):
        address = f"/stages/{over.stage_id}/files/?until={until:%Y-%m-%dT%H:%M:%S}&days={days}"
        return f">s{over.pk}</a>" in text_of(visitor, address)

    assert shows(timezone.now(), 2)
    assert not shows(timezone.now(), 0.5)
    assert not shows(yesterday - timedelta(days=1), 7)
    assert shows(yesterday - timedelta(days=8), 7)


def test_sums_count_each_input_of_a_chain_once_as_its_last_project_has_it(visitor, over, site):
    recovery = site.recovery(over, "Running")
    Catalogue("nova").start_project("again", Handles(over.project, ("failed", "initial")))
    Submission.objects.filter(pk=recovery.pk).update(project="again")
    recovery.refresh_from_db()
    site.process(recovery)
    FileStatistics.objects.update(due_at=timezone.now())
    refresh()

    pages = [
        text_of(visitor, address)
        for address in (f"/stages/{over.stage_id}/sums/", f"/stages/{over.stage_id}/files/")
    ]
    found = re.findall(r"<dt>(.*?)</dt>\s*<dd>\s*(\d+)", pages[0])
    figures = {title: int(number) for title, number in found}

    assert figures["Files in project"] == 4  # six were given to submissions
    assert figures["Done"] == 3
    assert figures["Failed"] == 0
    assert figures["Not submitted"] == 1
    assert figures["Available output"] == 2  # of the original, the recovery's among them
    assert figures["With kids located"] == 2
    assert figures["Pending"] == 2
    assert [bar(page) for page in pages] == ["3 Done 1 Not submitted"] * 2
    assert all("Each input of a chain counts once" in page for page in pages)


def bar(page):
    """What the first bar on a page, that of the sums, says."""
    return re.search(r'class="progress"\s+role="img"\s+aria-label="([^"]*)"', page)[1].strip()


def test_what_another_took_the_place_of_counts_in_no_sum(visitor, over, site):
    other = site.submission(over.stage)
    Submission.objects.filter(pk=over.pk).update(replaced_by=other)

    page = text_of(visitor, f"/stages/{over.stage_id}/files/")

    assert "Sum of 1 submission" in page
    assert "replaced</span>" in page


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("/stages/{stage}/sums/", "Of 2 submissions, without 1 submission that has no figures yet"),
        ("/stages/{stage}/files/", "without 1 submission that has no figures yet"),
        ("/campaigns/{campaign}/sums/", "without 1 that has no figures yet"),
    ],
)
def test_sums_say_what_they_leave_out(visitor, over, site, address, said):
    site.over_files(2, stage=over.stage)

    assert said in text_of(visitor, address.format(stage=over.stage_id, campaign=site.campaign.pk))


def test_the_campaign_sums_up_each_stage(visitor, over, site):
    page = text_of(visitor, f"/campaigns/{site.campaign.pk}/sums/")

    assert f'href="/stages/{over.stage_id}/files/">reco</a>' in page
    assert "Pending" in page


@pytest.mark.parametrize("of", ["stages/{stage}/files", "campaigns/{campaign}/files"])
def test_the_table_costs_the_same_queries_however_long_it_is(visitor, over, site, of):
    address = f"/{of.format(stage=over.stage_id, campaign=site.campaign.pk)}/"
    few = queries(visitor, address)
    for _ in range(12):
        site.submission(over.stage)

    assert queries(visitor, address) == few <= 12


@pytest.mark.parametrize("of", ["stages/{stage}/sums", "campaigns/{campaign}/sums"])
def test_the_sums_cost_the_same_queries_however_much_there_is(visitor, over, site, of):
    address = f"/{of.format(stage=over.stage_id, campaign=site.campaign.pk)}/"
    few = queries(visitor, address)
    for _ in range(12):
        site.submission(over.stage)

    assert queries(visitor, address) == few <= 8


def test_nobody_sees_the_files_of_another_experiment(visitor, site):
    theirs = builders.stage("unseen", builders.campaign("theirs", site.person, of="dune"))
    submission = site.submission(theirs)

    for address in (
        f"/submissions/{submission.pk}/files/",
        f"/submissions/{submission.pk}/files/done/",
        f"/submissions/{submission.pk}/file/?name=x",
        f"/submissions/{submission.pk}/project/",
        f"/stages/{theirs.pk}/files/",
        f"/stages/{theirs.pk}/sums/",
        f"/campaigns/{theirs.campaign_id}/files/",
        f"/campaigns/{theirs.campaign_id}/sums/",
    ):
        assert visitor.get(address).status_code == 404
