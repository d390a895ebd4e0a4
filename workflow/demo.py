"""The demo: a small Monte-Carlo experiment, its campaign imported the normal way and launched."""

from pathlib import Path

from django.conf import settings
from django.db import transaction

from campaigns.exchange import import_campaign
from campaigns.models import Campaign, Experiment, Experimenter, Membership
from campaigns.roles import OwnerRole, Role
from submissions.models import Run
from workflow.requesting import Wish, request_campaign_launch
from workflow.runs import State, state_of

EXPERIMENT = "demo"
CAMPAIGN_FILE = Path(settings.BASE_DIR) / "examples/demo/campaign.ini"
LHE_CAMPAIGN_FILE = Path(settings.BASE_DIR) / "examples/lhe/campaign.ini"
PEOPLE: dict[str, Role | None] = {
    "admin": None,  # root
    "producer": Role.PRODUCTION,
    "shifter": Role.SHIFTER,
    "analyst": Role.ANALYSIS,
}


def make() -> Campaign:
    """Make the experiment, its people and its campaign, as far as they aren't there yet."""
    with transaction.atomic():
        experiment, _ = Experiment.objects.get_or_create(
            name=EXPERIMENT, defaults={"title": "Demonstration"}
        )
        for username, role in PEOPLE.items():
            _person(username, role, experiment)
    campaign = Campaign.objects.filter(experiment=experiment, name="Z to two muons").first()
    return campaign or _import(experiment)


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


def _import(experiment: Experiment) -> Campaign:
    text = CAMPAIGN_FILE.read_text().replace("/opt/poms", str(settings.BASE_DIR))
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
