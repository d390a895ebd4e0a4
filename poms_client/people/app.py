"""The command line that the modules here add their commands to, and the options they share."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Optional

import typer

from poms_client.api import Api
from poms_client.errors import PomsError

app = typer.Typer(
    no_args_is_help=True,
    help="POMS from the command line. Each command has its --help.",
)

LOOK = 2.0  # seconds that the completion of a name may take
MANY = 200  # names, for a shell to choose from


def _names(resource: str, typed: str) -> Iterator[str]:
    """Yield the names that begin as typed; none where POMS doesn't say, as nobody can be told."""
    try:
        api = Api.for_person(patience=0.0, timeout=LOOK)
        found = {str(row["name"]) for row in api.each(resource, page_size=1000)}
    except PomsError:
        return
    yield from sorted(name for name in found if name.startswith(typed))[:MANY]


def campaign_names(incomplete: str) -> Iterator[str]:
    return _names("campaigns/", incomplete)


def stage_names(incomplete: str) -> Iterator[str]:
    return _names("stages/", incomplete)


def experiment_names(incomplete: str) -> Iterator[str]:
    return _names("experiments/", incomplete)


def given(name: Optional[str]) -> Optional[str]:
    """Refuse a name that is said but empty, such as an unset variable of a shell."""
    if name is not None and not name.strip():
        raise typer.BadParameter("it is empty, so nothing is done; is a variable unset?")
    return name


def all_given(names: list[str]) -> list[str]:
    for name in names:
        given(name)
    return names


FLAG = ""  # metavar of what takes no value
AsJson = typer.Option(False, "--json", metavar=FLAG, help="For programs.")
InCampaign = typer.Option(
    None,
    "--campaign",
    help="In which campaign it is: a name or a number.",
    callback=given,
    autocompletion=campaign_names,
)
InExperiment = typer.Option(
    None,
    "--experiment",
    help="In which experiment it is.",
    callback=given,
    autocompletion=experiment_names,
)
OfCampaign = typer.Option(
    None,
    "--campaign",
    help="Only of this campaign: a name or a number.",
    callback=given,
    autocompletion=campaign_names,
)
OfStage = typer.Option(
    None,
    "--stage",
    help="Only of this stage: a name or a number.",
    callback=given,
    autocompletion=stage_names,
)
OfExperiment = typer.Option(
    None,
    "--experiment",
    help="Only of this experiment.",
    callback=given,
    autocompletion=experiment_names,
)
Which = typer.Argument(
    help="A number; or a stage's name, for its latest submission.",
    callback=given,
    autocompletion=stage_names,
)
