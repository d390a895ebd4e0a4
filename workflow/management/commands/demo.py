"""`manage.py demo`: the demo experiment and campaign of `make run`; `--watch` shows how it goes."""

import json
import sys
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from campaigns.models import Experimenter
from submissions.launching.places import output_folder
from submissions.models import Run, SubmissionHistory
from workflow import demo
from workflow.models import LeftBehind
from workflow.runs import RunState, State, state_of

LOOK_AGAIN = 0.5  # seconds


class Command(BaseCommand):
    help = "Make the demo experiment and campaign, and launch it or let an unfinished run go on."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--service",
            type=Path,
            help="JSON: the data service that the campaign's files are at; else the catalogue",
        )
        parser.add_argument(
            "--no-launch", action="store_true", help="make everything, launch nothing"
        )
        parser.add_argument(
            "--watch", action="store_true", help="launch nothing; show how the last run goes"
        )
        parser.add_argument(
            "--until-done",
            action="store_true",
            help="with --watch: exit 0 when the run is done, 1 when it is broken",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO_PASSWORD:
            raise CommandError(
                "set POMS_DEMO_PASSWORD (or …_FILE): the demo's people sign in with it"
            )
        said = options["service"]
        campaign = demo.make(json.loads(said.read_text()) if said else None)
        if options["watch"]:
            run = campaign.runs.order_by("-pk").first()
            if run is None:
                raise CommandError("the demo was never launched: `manage.py demo` does it")
            self._watch(run, options["until_done"])
            return
        self.stdout.write(f"campaign: {settings.POMS_URL}/campaigns/{campaign.pk}/")
        self._tell_who_signs_in()
        if not options["no_launch"]:
            run, new = demo.launch_or_continue(campaign)
            self.stdout.write(f"run {run.pk} {'is launched' if new else 'goes on'}")

    def _tell_who_signs_in(self) -> None:
        people = Experimenter.objects.filter(username__in=demo.PEOPLE)
        others = {who.username for who in people if not who.check_password(settings.DEMO_PASSWORD)}
        if names := [name for name in demo.PEOPLE if name not in others]:
            self.stdout.write(f"sign in as {', '.join(names)}; password: {settings.DEMO_PASSWORD}")
        for name in sorted(others):
            self.stdout.write(
                f"{name} has a password of its own: `manage.py changepassword {name}` sets another"
            )

    def _watch(self, run: Run, until_done: bool) -> None:
        seen = 0
        while True:
            seen = self._show_news(run, seen)
            state = state_of(run)
            if state.state != State.RUNNING:
                self._show_end(run, state)
                if until_done and state.state == State.BROKEN:
                    raise CommandError("; ".join(state.reasons))
                return
            time.sleep(LOOK_AGAIN)

    def _show_news(self, run: Run, seen: int) -> int:
        news = SubmissionHistory.objects.filter(submission__run=run, pk__gt=seen).select_related(
            "submission__stage"
        )
        for entry in news.order_by("pk"):
            submission = entry.submission
            what = (
                f"recovery of {submission.original_id}"
                if submission.original_id
                else submission.dataset or "no input"
            )
            jobs = f"{submission.jobs_submitted} jobs" if submission.jobs_submitted else ""
            self.stdout.write(
                f"{entry.at:%H:%M:%S}  {submission.stage.name:<8} #{submission.pk:<5} "
                f"{entry.status:<12} {jobs:<8} {what}"
            )
            seen = entry.pk
        self.stdout.flush()
        return seen

    def _show_end(self, run: Run, state: RunState) -> None:
        for left in LeftBehind.objects.filter(submission__run=run):
            self.stdout.write(f"{left.kind}: {left.file}")
        for submission in run.submissions.filter(stage__outgoing=None):
            for path in sorted(output_folder(submission.pk).glob("*.svg")):
                self.stdout.write(
                    f"made: {path}  ({settings.POMS_URL}/submissions/{submission.pk}/)"
                )
        self.stdout.write(f"run {run.pk} is {state.state}")
        sys.stdout.flush()
