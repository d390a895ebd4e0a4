"""The demo: a small Monte-Carlo experiment, its campaign imported the normal way and launched."""

import re
from collections.abc import Mapping
from pathlib import Path

from django.conf import settings
from django.db import transaction

from campaigns.exchange import import_campaign
from campaigns.models import Campaign, DataService, Experiment, Experimenter, Membership
from campaigns.models.dataservices import DataHandlerName
from campaigns.roles import OwnerRole, Role
from submissions.models import Run
from workflow.requesting import Wish, request_campaign_launch
from workflow.runs import State, state_of

EXPERIMENT = "demo"
CATALOGUE = DataHandlerName.CATALOGUE.value
CAMPAIGN_NAMES = {
    CATALOGUE: "Z to two muons",
    DataHandlerName.SAM.value: "Z to two muons on SAM",
    DataHandlerName.DATA_DISPATCHER.value: "Z to two muons on Data Dispatcher",
}
# What reads differently in the campaign file. POMS makes no project on SAM: launches do, so that
# the job types are others (see examples/sam.py).
READS = {
    DataHandlerName.SAM.value: {
        r"(job_type(?: =)?) demo": r"\1 demo on SAM",
        r"poms submit -N (\w+)": (
            r"options=$(PYTHONPATH=%(checkout)s python3 -m examples.sam \1) && poms submit $options"
        ),
    },
}
CAMPAIGN_FILE = Path(settings.BASE_DIR) / "examples/demo/campaign.ini"
LHE_CAMPAIGN_FILE = Path(settings.BASE_DIR) / "examples/lhe/campaign.ini"
PEOPLE: dict[str, Role | None] = {
    "admin": None,  # root
    "producer": Role.PRODUCTION,
    "shifter": Role.SHIFTER,
    "analyst": Role.ANALYSIS,
}


def make(service: Mapping[str, str] | None = None) -> Campaign:
    """Make the experiment, its people and its campaign, as far as they aren't there yet.

    ``service`` are the fields of the DataService that the campaign's files are at, if they aren't
    the catalogue's; where it is is taken anew each time.
    """
    with transaction.atomic():
        experiment, _ = Experiment.objects.get_or_create(
            name=EXPERIMENT, defaults={"title": "Demonstration"}
        )
        for username, role in PEOPLE.items():
            _person(username, role, experiment)
        if service:
            _say_where(service, experiment)
    kind = service["kind"] if service else CATALOGUE
    name = CAMPAIGN_NAMES[kind]
    campaign = Campaign.objects.filter(experiment=experiment, name=name).first()
    return campaign or _import(experiment, kind, name)


def _say_where(said: Mapping[str, str], experiment: Experiment) -> None:
    """Set up the data service, as the admin page does."""
    DataService.objects.update_or_create(
        experiment=experiment,
        kind=said["kind"],
        defaults={name: value for name, value in said.items() if name != "kind"},
    )


def _person(username: str, role: Role | None, experiment: Experiment) -> None:
    """Make a person with the installation's demo password; a changed password is left alone."""
    person, made = Experimenter.objects.get_or_create(
        username=username, defaults={"is_superuser": role is None}
    )
    if made:
        person.set_password(settings.DEMO_PASSWORD)
        person.save()
    if role is not None:
        Membership.objects.get_or_create(
            experimenter=person, experiment=experiment, defaults={"role": role}
        )


def _import(experiment: Experiment, kind: str, name: str) -> Campaign:
    text = CAMPAIGN_FILE.read_text().replace("/opt/poms", str(settings.BASE_DIR))
    text = text.replace(f"= {CATALOGUE}\n", f"= {kind}\n")
    text = text.replace(f"= {CAMPAIGN_NAMES[CATALOGUE]}\n", f"= {name}\n")
    for pattern, replacement in READS.get(kind, {}).items():
        text = re.sub(pattern, replacement, text)
    producer = Experimenter.objects.get(username="producer")
    return import_campaign(text, experiment, producer, OwnerRole.PRODUCTION).campaign


def launch_or_continue(campaign: Campaign) -> tuple[Run, bool]:
    """Return the run to watch, and whether it was launched now: an unfinished one goes on."""
    last = campaign.runs.order_by("-pk").first()
    if last is not None and state_of(last).state == State.RUNNING:
        return last, False
    producer = Experimenter.objects.get(username="producer")
    launched = request_campaign_launch(campaign, Wish(who=producer))
    return launched[0].run, True
