"""What people call things, and the numbers that the API knows them by."""

from __future__ import annotations

from typing import Optional

from poms_client.api import Api, Json
from poms_client.errors import PomsError


def submission_of(api: Api, which: str, campaign: Optional[str], experiment: Optional[str]) -> int:
    """Return the number of a submission; of a stage's latest one that is no recovery."""
    if which.isdecimal():
        return int(which)
    stage = stage_of(api, which, campaign, experiment)
    rows = api.each("submissions/", 1, stage=stage, original__isnull="true")
    latest = next(rows, None)
    if latest is None:
        raise PomsError(f"stage {which} has no submission yet: poms launch {which} makes one")
    return int(latest["submission_id"])


def stage_of(api: Api, which: str, campaign: Optional[str], experiment: Optional[str]) -> int:
    asked = {"campaign__name": campaign, "campaign__experiment__name": experiment}
    return _only(api, "stages/", which, "campaign", asked)


def campaign_of(api: Api, which: str, experiment: Optional[str]) -> int:
    return _only(api, "campaigns/", which, "experiment", {"experiment__name": experiment})


def check_experiment(api: Api, name: str) -> None:
    """Refuse a name that no experiment has."""
    _only(api, "experiments/", name, "name", {})


def _only(api: Api, resource: str, which: str, within: str, asked: Json) -> int:
    """Return the number of the only row with this name."""
    if which.isdecimal():
        return int(which)
    rows = list(api.each(resource, name=which, **asked))
    if len(rows) == 1:
        return int(rows[0]["id"])
    what = resource.rstrip("s/")
    if not rows:
        raise PomsError(f"there is no {what} {which!r} that you may see")
    places = ", ".join(sorted({str(row[within]) for row in rows}))
    raise PomsError(f"there are several {what}s {which!r}: choose --{within} of {places}")
