"""The data handler of an experiment, set up as the site says in the admin."""

from collections.abc import Mapping
from typing import Any

from django.db.models import QuerySet

from campaigns.models import Campaign, DataService
from campaigns.models.dataservices import DataHandlerName
from datahandling.base import DataHandler, Unknown
from datahandling.caching import remembered
from datahandling.handlers import handler_for


def handler_of(kind: str, experiment: str) -> DataHandler:
    """Return the handler of that kind for the experiment's files.

    Raises:
        Unknown: nobody has said yet where that service of the experiment is. Nothing is decided
            before somebody does.
    """
    if kind == DataHandlerName.CATALOGUE:
        return handler_for(kind, experiment)
    row = remembered(("service", kind, experiment), lambda: _rows(kind, experiment).first())
    if row is None:
        raise Unknown(_not_known(kind, experiment))
    return handler_for(kind, experiment, row.service)


def what_is_missing(campaign: Campaign) -> str | None:
    """Say that a campaign's files can't be asked for as long as nobody says where; else None."""
    kind, experiment = campaign.data_handler, campaign.experiment.name
    if kind == DataHandlerName.CATALOGUE or _rows(kind, experiment).exists():
        return None
    return f"Nothing of {campaign} is launched or decided yet: {_not_known(kind, experiment)}."


def _rows(kind: str, experiment: str) -> QuerySet[DataService]:
    rows = DataService.objects.select_related("experiment")
    return rows.filter(experiment__name=experiment, kind=kind)


def _not_known(kind: str, experiment: str) -> str:
    label = DataHandlerName(kind).label
    return f"where {label} of {experiment} is isn't known: add it under Data services"


def handler_of_launch(content: Mapping[str, Any]) -> DataHandler:
    """Return the handler that a launch uses, from its snapshot's content. May raise Unknown."""
    return handler_of(content["campaign"]["data_handler"], content["experiment"])
