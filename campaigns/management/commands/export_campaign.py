"""Print the campaign file of a campaign."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from campaigns.exchange import export_campaign
from campaigns.models import Campaign


class Command(BaseCommand):
    help = __doc__ or ""

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", help="of the campaign")
        parser.add_argument(
            "--experiment", help="needed where several have a campaign of that name"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        name, experiment = options["name"], options["experiment"]
        found = Campaign.objects.filter(name=name).select_related("experiment")
        campaigns = list(found.filter(experiment__name=experiment) if experiment else found)
        if not campaigns:
            raise CommandError(
                f"Campaign '{name}' was not found"
                + (f" for '{experiment}' experiment" if experiment else "")
            )
        if len(campaigns) > 1:
            names = ", ".join(campaign.experiment.name for campaign in campaigns)
            raise CommandError(
                f"several experiments have a campaign {name}: choose --experiment of {names}"
            )
        self.stdout.write(export_campaign(campaigns[0]), ending="")
