"""A site to kill the processes of, and campaigns to run on it."""

from pathlib import Path

import pytest

from campaigns.exchange import import_campaign
from campaigns.models import Experiment, Experimenter, Membership
from campaigns.roles import OwnerRole, Role
from workflow.requesting import Wish, request_campaign_launch
from workflow.runs import State, states_of
from workflow.tests.crash import laws
from workflow.tests.crash.site import Site

HERE = Path(__file__).parent
PATIENCE = 200.0  # seconds; a busy machine needs a good part of them


class Campaigns:
    """Runs of small campaigns on a site."""

    def __init__(self, site):
        self.site = site
        self.experiment = Experiment.objects.create(name="demo", title="Demo")
        self.person = Experimenter.objects.create_user("prod", password="x")
        Membership.objects.create(
            experimenter=self.person, experiment=self.experiment, role=Role.PRODUCTION
        )
        self.runs = []

    def make(self, name="crash", setup="true"):
        """Make a campaign whose launches run the lines of ``setup`` first."""
        text = (HERE / "campaign.ini").read_text()
        for placeholder, value in (
            ("name = crash", f"name = {name}"),
            ("= here", f"= on {name}"),
            ("_setup here", f"_setup on {name}"),
            ("SETUP", setup),
            ("JOB", str(HERE / "jobs.py")),
        ):
            text = text.replace(placeholder, value)
        return self.take(text)

    def take(self, text):
        """Make the campaign of a campaign file."""
        imported = import_campaign(text, self.experiment, self.person, OwnerRole.PRODUCTION)
        return imported.campaign

    def launch(self, campaign):
        run = request_campaign_launch(campaign, Wish(who=self.person))[0].run
        self.runs.append(run)
        return run

    def are_over(self):
        """Tell whether nothing will happen any more by itself."""
        states = states_of([run.pk for run in self.runs]).values()
        return all(state.state != State.RUNNING for state in states)

    def finish(self, seconds=PATIENCE):
        """Wait for the end of all runs, and check that all is as if nothing had been killed."""
        self.site.until(self.are_over, seconds)
        self.site.until(self._batch_is_over, seconds)
        laws.check(self.site, self.runs)

    def _batch_is_over(self):
        return all(cluster.summary()["over"] for cluster in self.site.batch.clusters())


@pytest.fixture
def site(transactional_db, settings, tmp_path):
    settings.LOCAL_LAUNCHER = True  # as that site has it; campaigns are made from here
    site = Site(tmp_path)
    try:
        yield site
    finally:
        site.stop()
    assert site.processes() == []


@pytest.fixture
def campaigns(site):
    return Campaigns(site)
