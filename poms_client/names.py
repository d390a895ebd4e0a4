"""What people call things, and the numbers that the API knows them by.

Digits alone are a number. With a campaign or an experiment they may be a name there as well, and a
number has to be there.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Optional

from poms_client.api import Api, Json
from poms_client.errors import PomsError, Refused

Place = dict[str, str]  # the names of a campaign and an experiment, as far as they are said

NOT_FOUND = 404
FILTERS = {
    "experiments/": {},
    "campaigns/": {"experiment": "experiment__name"},
    "stages/": {"campaign": "campaign__name", "experiment": "campaign__experiment__name"},
}


def submission_of(api: Api, which: str, campaign: Optional[str], experiment: Optional[str]) -> int:
    """Return the number of a submission; of a stage's latest one that is no recovery."""
    place = place_of(api, campaign, experiment)
    if which.isdecimal() and not place:
        return int(which)
    numbered = [int(which) for _ in _numbered(api, "submissions/", which, place)]
    stages = _called(api, "stages/", which, place)
    if not stages and numbered:
        return numbered[0]
    latest = _latest(api, which, int(_only("stage", which, place, stages)["id"]))
    if numbered and latest not in numbered:
        raise _unclear(which, [*numbered, latest])
    return latest


def stage_of(api: Api, which: str, campaign: Optional[str], experiment: Optional[str]) -> int:
    return _number_of(api, "stages/", which, place_of(api, campaign, experiment))


def campaign_of(api: Api, which: str, experiment: Optional[str]) -> int:
    return _number_of(api, "campaigns/", which, place_of(api, None, experiment))


def place_of(api: Api, campaign: Optional[str], experiment: Optional[str]) -> Place:
    """Return where to look; of a campaign that is said by its number, the names."""
    within = {} if experiment is None else {"experiment": experiment}
    if campaign is None:
        return within
    if not campaign.isdecimal():
        return {"campaign": campaign, **within}
    found = _row(api, "campaigns/", campaign, within)
    return {"campaign": found["name"], "experiment": found["experiment"]}


def narrowed_to(resource: str, place: Place) -> Json:
    """Return the API's filters for the rows of a place."""
    return {FILTERS[resource][key]: name for key, name in place.items()}


def check_place(api: Api, place: Place) -> None:
    """Refuse a campaign, or else an experiment, that there isn't."""
    for what in ("campaign", "experiment"):
        if what in place:
            within = {key: place[key] for key in FILTERS[f"{what}s/"] if key in place}
            if not _called(api, f"{what}s/", place[what], within):
                raise _nothing(what, place[what], within)
            return


def _number_of(api: Api, resource: str, which: str, place: Place) -> int:
    if which.isdecimal() and not place:
        return int(which)
    return int(_row(api, resource, which, place)["id"])


def _row(api: Api, resource: str, which: str, place: Place) -> Json:
    """Return the only row with this number or name."""
    numbered = _numbered(api, resource, which, place)
    called = [] if which.isdecimal() and not place else _called(api, resource, which, place)
    numbers = {int(row["id"]) for row in [*numbered, *called]}
    if numbered and len(numbers) > 1:
        raise _unclear(which, sorted(numbers))
    return _only(resource.rstrip("s/"), which, place, numbered or called)


def _numbered(api: Api, resource: str, which: str, place: Place) -> list[Json]:
    """Return the row with this number, if there is one and it is there."""
    if not which.isdecimal():
        return []
    try:
        row = api.get(f"{resource}{int(which)}/")
    except Refused as refused:
        if refused.status != NOT_FOUND:
            raise
        return []
    return [row] if all(row.get(key) == name for key, name in place.items()) else []


def _called(api: Api, resource: str, which: str, place: Place) -> list[Json]:
    return list(api.each(resource, name=which, **narrowed_to(resource, place)))


def _latest(api: Api, which: str, stage: int) -> int:
    rows = api.each("submissions/", 1, stage=stage, original__isnull="true")
    latest = next(rows, None)
    if latest is None:
        raise PomsError(f"stage {which} has no submission yet: poms launch {which} makes one")
    return int(latest["submission_id"])


def _only(what: str, which: str, place: Place, rows: Sequence[Json]) -> Json:
    if not rows:
        raise _nothing(what, which, place)
    if len(rows) == 1:
        return rows[0]
    for within in ("campaign", "experiment"):
        places = sorted({str(row[within]) for row in rows if within in row})
        if len(places) > 1:
            break
    several = f"there are several {what}s {which!r}: choose --{within} of {', '.join(places)}"
    raise PomsError(several)


def _nothing(what: str, which: str, place: Place) -> PomsError:
    where = "".join(f" in {key} {name!r}" for key, name in place.items())
    if place or not which.isdecimal():
        return PomsError(f"there is no {what} {which!r}{where} that you may see")
    within = "--experiment" if what == "campaign" else "--campaign"
    return PomsError(
        f"there is no {what} of the number {which} that you may see;"
        f" one that is called so is found with {within}"
    )


def _unclear(which: str, numbers: Sequence[int]) -> PomsError:
    either = " or ".join(map(str, numbers))
    return PomsError(f"{which} is a number there and a name: say {either} alone")
