"""The pages of job types and login setups: no campaign that uses one is made worse by saving it."""

import pytest
from django.urls import reverse

from campaigns.models import JobType
from campaigns.recoveries import TOLD_BY
from campaigns.tests import builders
from campaigns.validation import validate_campaign

pytestmark = pytest.mark.django_db


@pytest.fixture
def job_type(me):
    """A job type that two campaigns use; one of them has a keyword ``det``."""
    job_type = builders.job_type("reco", me)
    for name, keywords in (("mc", {"det": "near"}), ("data", {})):
        campaign = builders.campaign(name, me, keywords=keywords)
        builders.stage("reco", campaign, job_type=job_type, dataset="raw")
    return job_type


def save(client, item, steps=(), **fields):
    """Send the page of a job type or login setup as a person would."""
    kind = item._meta.model_name
    usual = {name: getattr(item, name) for name in ("name", "launch_script", "launch_host")
             if hasattr(item, name)}  # fmt: skip
    recoveries = {"recoveries-TOTAL_FORMS": len(steps), "recoveries-INITIAL_FORMS": 0} | {
        f"recoveries-{n}-{name}": value
        for n, step in enumerate(steps)
        for name, value in (("order", n), ("recovery_type", step))
    }
    return client.post(
        reverse(f"admin:campaigns_{kind}_change", args=[item.pk]),
        {"active": "on", "launcher": "ssh", "credential": "none", **usual, **recoveries, **fields},
    )


def errors(response):
    assert response.status_code == 200
    return [str(error) for error in response.context["errors"]]


def test_a_job_type_that_suits_its_campaigns_is_saved(client, job_type):
    response = save(client, job_type, launch_script="run %(dataset)s")

    assert response.status_code == 302, errors(response)
    assert JobType.objects.get().launch_script == "run %(dataset)s"


def test_the_campaigns_that_it_would_make_worse_are_named_and_nothing_is_saved(client, job_type):
    response = save(client, job_type, launch_script="run %(det)s", steps=["consumed_status"])

    assert "campaign data: job type reco: %(det)s" in " ".join(errors(response))
    assert "campaign mc" not in " ".join(errors(response))
    job_type.refresh_from_db()
    assert job_type.launch_script == "poms submit"
    assert not job_type.recoveries.exists()
    assert job_type.history.count() == 1


def test_its_recoveries_are_looked_at_too(client, job_type, monkeypatch):
    monkeypatch.setitem(TOLD_BY, "catalogue", ("added_files",))

    refused = errors(save(client, job_type, steps=["consumed_status"]))

    assert "tell what consumed_status asks" in " ".join(refused)
    assert save(client, job_type, steps=["added_files"]).status_code == 302


def test_what_was_wrong_before_keeps_nobody_from_mending_something_else(client, job_type):
    JobType.objects.update(launch_script="run %(oops)s")

    response = save(client, job_type, launch_script="run %(oops)s", output_file_patterns="%.root")

    assert response.status_code == 302, errors(response)
    assert JobType.objects.get().output_file_patterns == "%.root"


def test_a_login_setup_is_looked_at_likewise(client, job_type):
    stage = job_type.stages.first()

    said = errors(save(client, stage.login_setup, launch_setup="source %(oops)s"))

    assert f"campaign {stage.campaign}: login setup {stage.login_setup}: %(oops)s" in " ".join(said)
    assert validate_campaign(stage.campaign) == []


def test_what_nobody_uses_is_looked_at_when_somebody_does(client, me):
    unused = builders.job_type("unused", me)

    assert save(client, unused, launch_script="run %(later)s").status_code == 302
