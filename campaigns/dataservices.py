"""The data handler of an experiment, set up as the site says in the admin."""

from collections.abc import Mapping
from typing import Any

from campaigns.models import DataService
from campaigns.models.dataservices import DataHandlerName
from datahandling.base import DataHandler, Unknown
from datahandling.handlers import handler_for


def handler_of(kind: str, experiment: str) -> DataHandler:
    """Return the handler of that kind for the experiment's files.

    Raises:
        Unknown: nobody has said yet where that service of the experiment is. Nothing is decided
            before somebody does.
    """
    if kind == DataHandlerName.CATALOGUE:
        return handler_for(kind, experiment)
    there = DataService.objects.select_related("experiment").filter(
        experiment__name=experiment, kind=kind
    )
    row = there.first()
    if row is None:
        label = DataHandlerName(kind).label
        raise Unknown(f"where {label} of {experiment} is isn't known: add it under Data services")
    return handler_for(kind, experiment, row.service)


def handler_of_launch(content: Mapping[str, Any]) -> DataHandler:
    """Return the handler that a launch uses, from its snapshot's content. May raise Unknown."""
    return handler_of(content["campaign"]["data_handler"], content["experiment"])
