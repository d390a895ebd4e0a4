"""The data services that POMS can work with."""

from datahandling.base import DataHandler
from datahandling.handlers.catalogue import Catalogue
from datahandling.handlers.data_dispatcher import DataDispatcher
from datahandling.handlers.sam import Sam
from datahandling.services import Service

HANDLERS: dict[str, type[DataHandler]] = {
    "catalogue": Catalogue,
    "sam": Sam,
    "data_dispatcher": DataDispatcher,
}


def handler_for(kind: str, experiment: str, service: Service | None = None) -> DataHandler:
    """The experiment's files as a service of that kind knows them; KeyError for an unknown kind.

    The embedded catalogue needs no ``service``. Callers above ask
    ``campaigns.dataservices.handler_of``, which knows what the site has set up.
    """
    return HANDLERS[kind](experiment) if service is None else HANDLERS[kind](experiment, service)
