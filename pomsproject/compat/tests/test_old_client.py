"""A script that was written with the client of the old system, over HTTP."""

import json
import re

import pytest
import requests

from campaigns.exchange import export_campaign
from submissions.models import Submission


@pytest.fixture
def make_poms_call(site, live_server):
    """As the old client sends its calls: forms and files by POST, no redirect followed."""
    token = site.token_of(site.prod)

    def make_poms_call(method, files=None, **said):
        form = {"experiment": "nova", "role": "production", "fmt": "json", **said}
        answer = requests.post(
            f"{live_server.url}/poms/{method}",
            data={name: value for name, value in form.items() if value is not None},
            files=files,
            headers={"Authorization": f"Bearer {token}"},
            allow_redirects=False,
            timeout=10,
        )
        if answer.status_code == 303:
            return answer.headers["Location"]
        if answer.status_code not in (200, 202):
            raise RuntimeError(f"POMS call {method} error: HTTP status: {answer.status_code}")
        return answer.text

    return make_poms_call


@pytest.mark.django_db(transaction=True)
def test_a_script_of_the_old_system_runs_unchanged(site, make_poms_call, tmp_path):
    file = tmp_path / "mc2.ini"
    file.write_text(export_campaign(site.campaign).replace("name = mc\n", "name = mc2\n"))

    with file.open("rb") as upload:
        made = json.loads(make_poms_call("ini_to_campaign", {"upload": upload}, pcl_call=1))
    assert made["status"] == "201 Created"
    stage = json.loads(
        make_poms_call("get_campaign_stage_id", campaign_name="mc2", campaign_stage_name="reco")
    )
    assert make_poms_call("update_campaign_stage", campaign_stage=stage, dataset="raw2")
    location = make_poms_call("launch_jobs", campaign_stage_id=stage, test_launch=None)
    submission = int(re.search(r"submission_id=([0-9]+)", location)[1])
    said = {"submission_id": submission, "jobsub_job_id": "7@jobsub01.fnal.gov"}
    assert make_poms_call("update_submission", **said, status="Running") == "Ok."
    details = json.loads(make_poms_call("submission_details", submission_id=submission))

    assert details["submission"]["jobsub_job_id"] == "7@jobsub01.fnal.gov"
    assert [row["status"] for row in details["history"]] == ["New", "Running"]
    assert Submission.objects.get(pk=submission).dataset == "raw2"


@pytest.mark.django_db(transaction=True)
def test_the_job_wrapper_finds_its_number_and_reports_the_job_id(site, make_poms_call):
    """Its hook runs after the batch took the jobs, in a launch that POMS knows nothing of."""
    command = "jobsub_submit -G nova -N 2 file:///reco.sh"

    answer = make_poms_call(
        "get_submission_id_for", campaign_stage_id=site.stage.pk, command_executed=command
    )
    number = int(re.search(r"=(\d+)", answer)[1])
    make_poms_call(
        "update_submission", submission_id=number, jobsub_job_id="8@jobsub01", status="New"
    )

    made = Submission.objects.get(pk=number)
    assert (made.jobsub_job_id, made.command_executed) == ("8@jobsub01", command)


@pytest.mark.django_db(transaction=True)
def test_what_is_refused_raises_as_before(site, make_poms_call):
    with pytest.raises(RuntimeError, match="HTTP status: 404"):
        make_poms_call("submission_details", submission_id=999_999)
