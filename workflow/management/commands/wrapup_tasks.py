"""`manage.py wrapup_tasks`: do everything that is due; cron calls it every few minutes."""

import json
import logging
import signal
import time
from argparse import ArgumentParser, ArgumentTypeError
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from django.core.management.base import BaseCommand
from django.db import OperationalError, close_old_connections

from workflow.presence import Presence
from workflow.tasks import run_pass
from workflow.workers import run_pass_in


class Command(BaseCommand):
    help = (
        "Do everything that is due: schedules, completed submissions (recoveries, dependents), "
        "passes, joins, launches. Safe to run many times at once, on many hosts."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--loop", type=float, metavar="SECONDS", help="keep going, looking every SECONDS"
        )
        how_much = parser.add_mutually_exclusive_group()
        how_much.add_argument(
            "--limit", type=int, metavar="N", help="do at most N units of work in a pass"
        )
        how_much.add_argument(
            "--processes", type=_some, default=1, metavar="N", help="do a pass by N processes"
        )
        parser.add_argument("--json", action="store_true", help="print what was done as JSON lines")

    def handle(self, *args: Any, **options: Any) -> None:
        _print_what_is_done(self.stdout, options["json"])
        self.presence = Presence()
        if options["loop"] is None:
            self._pass(options)
            return
        signal.signal(signal.SIGTERM, _stop)
        try:
            while True:
                try:
                    self._pass(options)
                except OperationalError as error:
                    self.stderr.write(f"the database can't be reached, trying again: {error}")
                    close_old_connections()
                time.sleep(options["loop"])
        except KeyboardInterrupt:
            with suppress(OperationalError):
                self.presence.leave()

    def _pass(self, options: dict[str, Any]) -> None:
        if options["processes"] > 1:
            done = run_pass_in(options["processes"], survive=True)
        else:
            done = run_pass(limit=options["limit"], survive=True)
        self.presence.passed()
        if options["json"] and (options["loop"] is None or any(done.values())):
            self.stdout.write(json.dumps({"done": done}))


class _Lines(logging.Formatter):
    """One line for each thing done, with its time in UTC."""

    def __init__(self, as_json: bool) -> None:
        super().__init__()
        self.as_json = as_json

    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="seconds")
        said = record.getMessage()
        if record.exc_info:
            said = f"{said}\n{self.formatException(record.exc_info)}"
        return json.dumps({"at": at, "what": said}) if self.as_json else f"{at} {said}"


def _print_what_is_done(stream: Any, as_json: bool) -> None:
    handler = logging.StreamHandler(stream)
    handler.setFormatter(_Lines(as_json))
    log = logging.getLogger("poms.workflow")
    log.handlers[:] = [handler]
    log.setLevel(logging.INFO)


def _some(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ArgumentTypeError("at least 1")
    return number


def _stop(*_: object) -> None:
    raise KeyboardInterrupt
