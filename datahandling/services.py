"""Where an experiment's data service is and how it is asked: plain values, no secrets."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

TITLES = {"catalogue": "the catalogue", "sam": "SAM", "data_dispatcher": "Data Dispatcher"}


class CredentialKind(StrEnum):
    """How we show the service who we are; the secret itself stays in a file."""

    NONE = "none"
    BEARER = "bearer"  # a file with a token
    PROXY = "proxy"  # an X.509 proxy: certificate and key in one file
    LIBRARY = "library"  # a token library: a line `<server url> <token>` per server


@dataclass(frozen=True)
class Service:
    """An experiment's service of one kind, as a site has set it up.

    ``url`` is what paths are put behind: SAM's ``…/sam/<experiment>/api``, or the server of Data
    Dispatcher. What is about MetaCat or signing in is Data Dispatcher's only. ``file_page`` is a
    web page about a file, with ``%(file)s`` where its name (MetaCat: its fid) belongs; empty: the
    usual one. ``at_once`` bounds the requests that all processes together make at the same time.
    """

    kind: str
    experiment: str
    url: str
    auth_url: str = ""
    metacat_url: str = ""
    metacat_auth_url: str = ""
    namespace: str = ""
    owner: str = "poms"
    credential: CredentialKind = CredentialKind.NONE
    credential_file: str = ""
    file_page: str = ""
    fts_url: str = ""
    connect_timeout: timedelta = timedelta(seconds=3)
    read_timeout: timedelta = timedelta(seconds=10)
    at_once: int = 16

    def __str__(self) -> str:
        return f"{TITLES.get(self.kind, self.kind)} of {self.experiment}"
