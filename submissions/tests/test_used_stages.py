"""A stage that has been launched stays, whoever wants to be rid of it."""

import pytest

from campaigns.exchange import CampaignFileError, export_campaign, import_campaign
from campaigns.tests.builders import campaign, person, stage
from submissions.models import Run
from submissions.models.submissions import Cause
from submissions.registering import register


@pytest.mark.django_db
def test_a_campaign_file_without_a_stage_that_was_launched_is_refused():
    root = person("root", is_superuser=True)
    made = campaign("c", root)
    used, unused = stage("used", made), stage("unused", made)
    run = Run.objects.create(campaign=made, creator=root)
    register(used, run, Cause.PERSON)
    text = export_campaign(made)
    start = text.index("[campaign_stage used]")
    without = text[:start] + text[text.index("[campaign_stage unused]") :]

    with pytest.raises(CampaignFileError, match="stage used has been used and may not be deleted"):
        import_campaign(
            without.replace("used,unused", "unused"),
            made.experiment,
            root,
            "production",
            replace=True,
        )
    assert set(made.stages.all()) == {used, unused}
