"""Make a campaign from a campaign file, or change one until it is as the file says."""

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.management.base import BaseCommand, CommandError

from campaigns import access
from campaigns.exchange import CampaignFileError, Imported, experiment_of, import_campaign
from campaigns.models import Experiment, Experimenter
from campaigns.roles import OwnerRole


class Command(BaseCommand):
    help = __doc__ or ""

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", help="the campaign file; - reads standard input")
        parser.add_argument(
            "--experiment", help="import into this experiment instead of the file's"
        )
        parser.add_argument("--user", help="whose it will be; else a superuser's")
        parser.add_argument(
            "--analysis", action="store_true", help="an analysis campaign, not the team's"
        )
        parser.add_argument(
            "--replace", action="store_true", help="change the campaign of that name"
        )
        parser.add_argument(
            "--dry-run", action="store_true", help="print the difference, write nothing"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        text = _text_of(options["file"])
        experiment = _experiment(options["experiment"] or experiment_of(text))
        user = _user(options["user"])
        role = OwnerRole.ANALYSIS if options["analysis"] else OwnerRole.PRODUCTION
        try:
            imported = import_campaign(
                text, experiment, user, role, replace=options["replace"], dry_run=options["dry_run"]
            )
        except CampaignFileError as error:
            raise CommandError(f"nothing was imported:\n{error}") from error
        except PermissionDenied as error:
            raise CommandError(str(error)) from error
        for warning in imported.warnings:
            self.stderr.write(warning)
        self.stdout.write(imported.difference or "no difference")
        if imported.difference and not options["dry_run"]:
            self.stdout.write(_done(imported))


def _done(imported: Imported) -> str:
    campaign, stages = imported.campaign, imported.campaign.stages.count()
    did = "made" if imported.is_new else "changed"
    return (
        f"{did} campaign {campaign} of {campaign.experiment}, "
        f"{stages} stage{'' if stages == 1 else 's'}, as number {campaign.pk}"
    )


def _text_of(file: str) -> str:
    try:
        return sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"{file} can't be read: {error}") from error


def _experiment(name: str) -> Experiment:
    if not name:
        raise CommandError("the file names no experiment: give --experiment")
    try:
        return Experiment.objects.get(name=name)
    except Experiment.DoesNotExist:
        raise CommandError(
            f"there is no experiment {name}: add it in the admin, or give --experiment"
        ) from None


def _user(username: str | None) -> Experimenter:
    if username is None:
        root = next(
            filter(access.is_root, Experimenter.objects.filter(is_superuser=True).order_by("pk")),
            None,
        )
        if root is None:
            raise CommandError("there is no superuser: say with --user whose the campaign will be")
        return root
    try:
        return Experimenter.objects.get(username=username)
    except Experimenter.DoesNotExist:
        raise CommandError(f"there is no user {username}") from None
