"""Trying Data Dispatcher and MetaCat: each is asked its version, and who we are to it."""

from dataclasses import replace

from datahandling.base import Reply, Trial, Unknown
from datahandling.handlers.data_dispatcher.dispatcher import Dispatcher
from datahandling.handlers.data_dispatcher.metacat import MetaCat
from datahandling.handlers.data_dispatcher.tokens import (
    Server,
    dispatcher_of,
    metacat_of,
    token_for,
)
from datahandling.services import CredentialKind, Service
from datahandling.trials import Part, try_parts


def of(service: Service) -> list[Trial]:
    """Ask each address harmlessly, even one that is left alone because it didn't answer."""
    dispatcher = replace(dispatcher_of(service), anyway=True)
    parts: list[Part] = [
        ("Data Dispatcher", dispatcher.url, lambda: _version(Dispatcher(dispatcher))),
        ("its sign-in", dispatcher.auth_url, lambda: _identity(dispatcher)),
    ]
    return try_parts([*parts, *_parts_of_metacat(service)])


def _parts_of_metacat(service: Service) -> list[Part]:
    if not service.metacat_url:
        return [("MetaCat", "", lambda: _version(MetaCat(metacat_of(service))))]
    metacat = replace(metacat_of(service), anyway=True)
    return [
        ("MetaCat", metacat.url, lambda: _version(MetaCat(metacat))),
        ("MetaCat's sign-in", metacat.auth_url, lambda: _identity(metacat)),
    ]


def _version(asked: Dispatcher | MetaCat) -> Reply:
    version = asked.version()
    if len(version) > 40:
        raise Unknown(f"{asked.server.url} told no version: is it the right address?")
    return Reply(f"version {version}")


def _identity(server: Server) -> Reply:
    if server.service.credential == CredentialKind.NONE:
        return Reply("not asked: the data service has no credential")
    token = token_for(server)
    assert token is not None
    headers = {"X-Authentication-Token": token.text}
    who = server.client.get(f"{server.auth_url}/whoami", headers=headers).line()
    return Reply("signed in", who, token.ends)
