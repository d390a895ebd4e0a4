"""Signing in to MetaCat and Data Dispatcher: a token for what the credential file shows."""

import logging
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from datahandling.base import Unknown
from datahandling.handlers import handler_for
from datahandling.handlers.data_dispatcher import tokens
from datahandling.query import Dataset
from datahandling.services import CredentialKind
from datahandling.tests.services.data_dispatcher import OWNER
from poms_client.testing.faults import Fault

pytestmark = pytest.mark.django_db


@pytest.fixture
def servers(site):
    return site.running["demo"]


@pytest.fixture
def bearer(site, tmp_path, monkeypatch):
    """The service, opened by a bearer token that its sign-in server takes."""
    monkeypatch.setattr(tokens, "_tokens", {})
    file = tmp_path / "bearer"
    file.write_text("bearer-of-poms\n")
    return replace(
        site.service("demo"), credential=CredentialKind.BEARER, credential_file=str(file)
    )


def signed_in(server):
    return [each for each in server.faults.log if each.path == "/auth/auth"]


def test_a_bearer_token_is_changed_for_one_of_the_services_own(bearer, servers):
    token = tokens.token_for(tokens.metacat_of(bearer))

    assert token.text.count(".") == 2
    assert token.text != "bearer-of-poms"
    assert token.ends > datetime.now(UTC) + timedelta(days=6)


def test_one_signs_in_once_to_each_server(bearer, servers):
    handler = handler_for("data_dispatcher", "demo", bearer)
    for _ in range(3):
        handler.exists("raw")
        handler.exists("reco")

    assert len(signed_in(servers.metacat)) == 1


def test_a_token_is_renewed_before_it_ends(bearer, servers):
    server = tokens.metacat_of(bearer)
    first = tokens.token_for(server)
    soon = datetime.now(UTC) + tokens.RENEW_BEFORE / 2
    tokens._tokens[tokens._key(server)] = replace(first, ends=soon)

    assert tokens.token_for(server).ends > soon
    assert len(signed_in(servers.metacat)) == 2


def test_a_token_that_still_lasts_will_do_while_nobody_signs_us_in(bearer, servers):
    server = tokens.metacat_of(bearer)
    soon = datetime.now(UTC) + tokens.RENEW_BEFORE / 2
    old = replace(tokens.token_for(server), ends=soon)
    tokens._tokens[tokens._key(server)] = old
    servers.metacat.faults.add(Fault("/auth/auth", "500"))

    assert tokens.token_for(server) == old


@pytest.fixture
def silent(bearer):
    """Another experiment's service, whose sign-in server takes connections and never answers."""
    with closing(socket.create_server(("127.0.0.1", 0), backlog=50)) as hole:
        url = f"http://127.0.0.1:{hole.getsockname()[1]}"
        yield replace(
            bearer,
            experiment="other",
            metacat_url=url,
            metacat_auth_url=url,
            connect_timeout=timedelta(seconds=1),
            read_timeout=timedelta(seconds=1),
        )


def sign_in(service):
    try:
        return tokens.token_for(tokens.metacat_of(service))
    except Unknown:
        return None
    finally:
        connection.close()


@pytest.mark.django_db(transaction=True)
def test_nobody_waits_for_the_sign_in_server_of_another_experiment(bearer, silent):
    with ThreadPoolExecutor() as threads:
        waiting = threads.submit(sign_in, silent)
        time.sleep(0.2)
        assert tokens.token_for(tokens.metacat_of(bearer))
        assert not waiting.done()


@pytest.mark.django_db(transaction=True)
def test_a_token_that_still_lasts_will_do_while_another_thread_renews_it(silent):
    soon = datetime.now(UTC) + tokens.RENEW_BEFORE / 2
    old = tokens.Token("old", soon)
    tokens._tokens[tokens._key(tokens.metacat_of(silent))] = old

    with ThreadPoolExecutor() as threads:
        renewing = threads.submit(sign_in, silent)
        time.sleep(0.2)
        assert tokens.token_for(tokens.metacat_of(silent)) == old
        assert not renewing.done()
        assert renewing.result() == old


def test_a_token_that_is_taken_no_more_is_renewed_once(bearer, servers, site):
    service = site.own_side("demo")
    service.declare("a")
    server = tokens.dispatcher_of(bearer)
    bad = tokens.Token(servers.dispatcher.token(OWNER, -60), None)
    tokens._tokens[tokens._key(server)] = bad
    handler = handler_for("data_dispatcher", "demo", bearer)

    assert handler.start_project("p", Dataset("raw")).files == 1
    assert tokens.token_for(server) != bad


def test_who_is_not_known_gets_no_answer_and_is_told(bearer, servers):
    stranger = replace(bearer, owner="nobody")

    with pytest.raises(Unknown, match="doesn't know us as nobody"):
        tokens.token_for(tokens.metacat_of(stranger))


def test_a_library_has_a_token_for_each_server(site, servers):
    service = site.service("demo")

    for server in (tokens.metacat_of(service), tokens.dispatcher_of(service)):
        assert tokens.token_for(server).ends > datetime.now(UTC)
    assert signed_in(servers.metacat) == []


def test_a_library_token_that_has_ended_is_no_answer(site, servers):
    service = site.service("demo")
    site.library.write_text(f"{servers.dispatcher.url} {servers.dispatcher.token(OWNER, -60)}\n")
    handler = handler_for("data_dispatcher", "demo", service)
    site.own_side("demo").declare("a")
    site.library.write_text(
        f"{servers.dispatcher.url} {servers.dispatcher.token(OWNER, -60)}\n"
        f"{servers.metacat.url} {servers.metacat.token(OWNER)}\n"
    )

    with pytest.raises(Unknown, match="doesn't know us"):
        handler.start_project("p", Dataset("raw"))
    assert handler.project("p") is None


def test_without_a_credential_none_is_shown(site, servers):
    service = replace(site.service("demo"), credential=CredentialKind.NONE)

    assert tokens.token_for(tokens.metacat_of(service)) is None
    assert handler_for("data_dispatcher", "demo", service).exists("raw") is False


def test_no_token_is_logged_or_shown(bearer, servers, caplog, capsys):
    caplog.set_level(logging.DEBUG)
    servers.metacat.faults.add(Fault("/data/dataset", "500"))
    handler = handler_for("data_dispatcher", "demo", bearer)

    with pytest.raises(Unknown) as why:
        handler.exists("raw")

    token = tokens.token_for(tokens.metacat_of(bearer)).text
    said = capsys.readouterr()
    for text in (str(why.value), caplog.text, said.out, said.err):
        assert token not in text
        assert "bearer-of-poms" not in text


def test_trying_tells_versions_who_we_are_and_until_when(bearer):
    trials = handler_for("data_dispatcher", "demo", bearer).try_it()

    assert [(trial.part, trial.why_not) for trial in trials] == [
        ("Data Dispatcher", ""),
        ("its sign-in", ""),
        ("MetaCat", ""),
        ("MetaCat's sign-in", ""),
    ]
    assert [trial.reply.said for trial in trials[::2]] == ["version 2.0.3", "version 4.1.4"]
    for trial in trials[1::2]:
        assert trial.reply.identity == OWNER
        assert trial.reply.good_until > datetime.now(UTC)


def test_trying_tells_what_is_missing(site):
    service = replace(site.service("demo"), metacat_url="", credential_file="/nowhere/tokens")

    trials = handler_for("data_dispatcher", "demo", service).try_it()

    assert "/nowhere/tokens" in trials[1].why_not
    assert "where MetaCat is isn't known" in trials[2].why_not


@pytest.mark.parametrize("text", ["", "abc", "a.b.c", "a.e30.c", "a.eyJleHAiOiJ4In0.c"])
def test_a_token_need_not_say_when_it_ends(text):
    assert tokens.read(text).ends is None
