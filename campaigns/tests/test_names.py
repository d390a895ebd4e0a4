"""Names: what campaign files can't carry, nobody gives."""

import pytest
from django.core.exceptions import ValidationError

from campaigns.models import Campaign, CampaignStage, JobType, LoginSetup

NAMED = [Campaign, CampaignStage, JobType, LoginSetup]


@pytest.mark.parametrize("model", NAMED)
@pytest.mark.parametrize("name", ["a]", "a,b", "a\nb", "a\n", "\ra", " a", "a ", "\xa0a", "a\t"])
def test_a_name_that_a_campaign_file_could_not_carry_is_refused(model, name):
    with pytest.raises(ValidationError, match="campaign files couldn't carry it"):
        model._meta.get_field("name").run_validators(name)


@pytest.mark.parametrize("model", NAMED)
@pytest.mark.parametrize("name", ["a", "gen [v2", "mc 2024: ννbar", "a.b/c-d_e"])
def test_other_names_are_fine(model, name):
    model._meta.get_field("name").run_validators(name)
