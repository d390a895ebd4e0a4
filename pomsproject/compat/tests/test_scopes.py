"""What a token is for is what it does, also where a GET changes something."""

import pytest

from campaigns.models import Campaign
from submissions.models import Submission

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("method", ["get", "post"])
def test_a_token_does_what_it_is_for_however_it_is_sent(site, method):
    idle = site.submission("Idle")
    reads, reports = site.scripts_of(site.prod, "read"), site.scripts_of(site.prod, "report")
    running = {"submission_id": idle.pk, "status": "Running"}

    def ask(client, name, said):
        return getattr(client, method)(f"/poms/{name}", said).status_code

    assert ask(reads, "get_campaign_id", {"campaign_name": "mc"}) == 200
    assert ask(reads, "update_submission", running) == 403
    assert ask(reads, "launch_jobs", {"campaign_stage_id": site.stage.pk}) == 403
    assert ask(reports, "update_submission", running) == 200
    assert ask(reports, "launch_jobs", {"campaign_stage_id": site.stage.pk}) == 403


def test_a_head_changes_nothing(site):
    said = {"campaign_id": site.campaign.pk}

    answers = [
        site.script.head("/poms/launch_campaign", said),
        site.script.head("/poms/launch_jobs", {"campaign_stage_id": site.stage.pk}),
        site.script.head("/poms/show_campaigns", {"action": "delete", "del_campaign_name": "mc"}),
        site.browser.head("/poms/launch_campaign", said),
    ]

    assert {answer.status_code for answer in answers} == {405}
    assert Campaign.objects.exists()
    assert not Submission.objects.exists()


def test_a_token_for_reading_deletes_nothing_in_passing(site):
    said = {"action": "delete", "del_campaign_name": "mc"}

    assert site.scripts_of(site.prod, "read").get("/poms/show_campaigns", said).status_code == 403
    assert Campaign.objects.exists()


def test_a_token_for_reports_decides_nothing_for_a_person(site):
    waiting = site.submission("Awaiting Approval")
    said = {"submission_id": waiting.pk, "status": "Completed"}

    site.scripts_of(site.prod, "report").post("/poms/update_submission", said)

    waiting.refresh_from_db()
    assert waiting.status == "Awaiting Approval"
