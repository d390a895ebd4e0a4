"""Who asks, and for what: nine actors, and one experiment's items of two kinds of owner."""

from dataclasses import dataclass, field
from datetime import timedelta
from types import SimpleNamespace

from django.core.files.uploadedfile import UploadedFile
from django.test import Client
from django.utils import timezone

from campaigns.models import ApiToken, Tag
from campaigns.tests import builders
from campaigns.tests.builders import person
from datahandling.handlers.catalogue import Catalogue
from datahandling.models import DatasetDefinition, File, Handle, Project
from datahandling.query import Dataset
from datahandling.testing import declare_files
from submissions.launching.leave import start_attempt
from submissions.launching.places import output_folder
from submissions.models import Pass, Run, Submission
from submissions.models.runs import PassKind
from submissions.models.submissions import Cause
from submissions.registering import register
from submissions.shelves import Sent, Shelf
from workflow.models import Hold, Schedule

# Part of every name below: who sees nothing of the experiment doesn't get to see it.
SECRET = "hushhush"


# An experiment has one service of each kind; the tests have two worlds of items in one experiment.
SERVICE_OF = {"analysis": "data_dispatcher", "production": "sam"}
NOBODY_THERE = {"url": "http://127.0.0.1:9/sam/nova/api", "metacat_url": "http://127.0.0.1:9"}


@dataclass(frozen=True)
class Actor:
    """Somebody who asks, and the items that they ask for."""

    items: SimpleNamespace
    headers: dict[str, str] = field(default_factory=dict)
    session: str = ""

    def ask(self, method, url, data, **client_options):
        client = Client(raise_request_exception=False, **client_options)
        if self.session:
            client.cookies["sessionid"] = self.session
        options = {"headers": self.headers}
        files = isinstance(data, dict) and isinstance(data.get("file"), UploadedFile)
        if "/api/" in url and method != "get" and not files:
            options["content_type"] = "application/json"
        answer = getattr(client, method)(url, data, **options)
        if answer.streaming:
            list(answer.streaming_content)  # read to its end, a file is closed
        return answer


def build():
    """Return the actors by name."""
    ana, bob, prod = (
        person("ana", "analysis"),
        person("bob", "analysis"),
        person("prod", "production"),
    )
    analysis, production = items_of(ana, "analysis"), items_of(prod, "production")
    _, token = ApiToken.objects.create(person("lens", is_agent=True))
    return {
        "anonymous": Actor(production),
        "stranger": signed_in(person("stranger"), production),
        "analysis own": signed_in(ana, analysis),
        "analysis other": signed_in(bob, analysis),
        "production-shifter": signed_in(person("shifter", "production-shifter"), production),
        "production": signed_in(prod, production),
        "superuser": signed_in(person("boss", "superuser"), production),
        "agent token": Actor(production, {"Authorization": f"Bearer {token}"}),
        "job token": Actor(production, {"Authorization": f"Bearer {production.job_token}"}),
    }


def signed_in(user, items):
    client = Client()
    client.force_login(user)
    return Actor(items, session=client.session.session_key)


def items_of(owner, kind):
    """Return one of everything, belonging to ``owner`` as an item of that kind."""
    name = f"{SECRET}-{kind}"
    campaign = builders.campaign(name, owner, creator_role=kind)
    stage = builders.stage(name, campaign, dataset=f"{name}-raw")
    running = submit(stage, owner, name)
    _, _, job_token = start_attempt(running)
    Submission.objects.filter(pk=running.pk).update(status="Running", project=f"{name}-project")
    declare_files("nova", f"{name}-raw", 1)
    Catalogue("nova").start_project(f"{name}-project", Dataset(f"{name}-raw"))
    leave_output(running, "plot.svg")
    Shelf(campaign.experiment, owner).keep([Sent(f"{name}.fcl", [b"x"])])
    return SimpleNamespace(
        experiment=campaign.experiment,
        data_service=builders.data_service(kind=SERVICE_OF[kind], **NOBODY_THERE),
        owner=owner,
        campaign=campaign,
        stage=stage,
        job_type=stage.job_type,
        login_setup=stage.login_setup,
        tag=Tag.objects.create(experiment=campaign.experiment, name=name),
        submission=running,
        run=running.run,
        job_token=job_token,
        walk=Pass.objects.create(stage=stage, kind=PassKind.STANDING, split="nfiles(1)"),
        output="plot.svg",
        upload=f"{name}.fcl",
        project=f"{name}-project",
        project_row=Project.objects.get(name=f"{name}-project"),
        handle_row=Handle.objects.get(project__name=f"{name}-project"),
        dataset=f"{name}-raw",
        definition_row=DatasetDefinition.objects.get(name=f"{name}-raw"),
        file=f"{name}-raw_001.root",
        file_row=File.objects.get(name=f"{name}-raw_001.root"),
        token=ApiToken.objects.create(owner)[0],
        hold=Hold.objects.create(stage=stage, reason=name, who=owner),
        schedule=Schedule.objects.create(
            campaign=campaign, cron="0 3 * * *", who=owner, next_tick=timezone.now() + timedelta(1)
        ),
    )


def submit(stage, owner, dataset):
    run = Run.objects.create(campaign=stage.campaign, creator=owner)
    return register(stage, run, Cause.PERSON, dataset=dataset)


def leave_output(submission, name):
    folder = output_folder(submission.pk)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text("<svg/>")
