"""A site as scripts of the old system find it, and how they call it: forms, with a token."""

import pytest
from django.test import Client

from campaigns.models import ApiToken
from campaigns.scopes import SCOPES_OF_AGENTS
from campaigns.tests import builders
from submissions.launching.leave import start_attempt
from submissions.models import Run, Submission
from submissions.models.submissions import Cause
from submissions.registering import register


class Site:
    """An experiment with a campaign of the production team, and clients that call for people."""

    def __init__(self):
        self.prod = builders.person("prod", "production")
        self.campaign = builders.campaign("mc", self.prod)
        self.stage = builders.stage("reco", self.campaign, dataset="raw")

    def submission(self, status="Idle", stage=None, **fields):
        """Return a submission whose jobs are in the batch, as if it had always been so."""
        stage = stage or self.stage
        run = Run.objects.create(campaign=stage.campaign, creator=stage.creator)
        made = register(stage, run, Cause.PERSON)
        told = {"status": status, "due_at": None, "attempt": 1, **fields}
        Submission.objects.filter(pk=made.pk).update(**told)
        made.refresh_from_db()
        return made

    def scripts_of(self, someone, *scopes):
        """Return a client that sends a token of theirs; for everything, or only for ``scopes``."""
        return Client(headers={"Authorization": f"Bearer {self.token_of(someone, *scopes)}"})

    def token_of(self, someone, *scopes):
        only = {"scopes": list(scopes)} if scopes else {}
        return ApiToken.objects.create(someone, **only)[1]

    def jobs_of(self, submission):
        _, _, token = start_attempt(submission)
        return Client(headers={"Authorization": f"Bearer {token}"})

    @property
    def agent(self):
        return self.scripts_of(builders.person("lens", is_agent=True), *SCOPES_OF_AGENTS)

    @property
    def script(self):
        return self.scripts_of(self.prod)

    @property
    def browser(self):
        client = Client()
        client.force_login(self.prod)
        return client


@pytest.fixture
def site(db):
    return Site()
