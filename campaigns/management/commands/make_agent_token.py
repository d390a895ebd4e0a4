"""Give a submission agent its token, in a file."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from campaigns.agents import NotAnAgent, agent_named, is_token_of, write_new_token


class Command(BaseCommand):
    help = "Make a submission agent, and write its API token to a file that only you can read."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help="the agent's user name, such as lens")
        parser.add_argument(
            "--file",
            type=Path,
            help="where to write it (default: agents/NAME.token in POMS_DATA_DIR)",
        )
        parser.add_argument(
            "--renew", action="store_true", help="replace a token that is still good"
        )

    def handle(self, *, name: str, file: Path | None, renew: bool, **_: Any) -> None:
        try:
            agent = agent_named(name)
        except (NotAnAgent, ValidationError) as error:
            raise CommandError("; ".join(getattr(error, "messages", [str(error)]))) from None
        if file is not None and not file.parent.is_dir():
            raise CommandError(f"{file.parent} is no folder: make it first")
        path = file or settings.DATA_DIR / "agents" / f"{name}.token"
        if not renew and path.exists() and is_token_of(agent, path.read_text().strip()):
            self.stdout.write(f"{path} holds a good token of {name} already")
            return
        write_new_token(agent, path)
        self.stdout.write(f"{path} holds the token of {name}")
