"""The data services that POMS can work with."""

from datahandling.base import DataHandler
from datahandling.handlers.catalogue import Catalogue

HANDLERS: dict[str, type[DataHandler]] = {
    "catalogue": Catalogue,
}


def handler_for(service: str, experiment: str) -> DataHandler:
    """The experiment's files as that service knows them; KeyError for an unknown service."""
    return HANDLERS[service](experiment)
