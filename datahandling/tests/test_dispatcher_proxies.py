"""Signing in with an X.509 proxy: MetaCat and Data Dispatcher behind HTTPS, which ask for one."""

import os
from dataclasses import replace
from datetime import timedelta

import pytest
import time_machine

from datahandling.base import Unknown
from datahandling.handlers import handler_for
from datahandling.handlers.data_dispatcher import tokens
from datahandling.http import transport
from datahandling.query import Dataset
from datahandling.services import CredentialKind
from datahandling.tests.certificates import Authority
from datahandling.tests.services.data_dispatcher import OWNER, PEOPLE
from poms_client.testing import tls
from poms_client.testing.dispatcher import DispatcherServer
from poms_client.testing.metacat import MetaCatServer

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]


@pytest.fixture
def authority():
    return Authority()


@pytest.fixture
def poms(authority):
    return authority.person("poms")


@pytest.fixture
def behind_https(site, authority, poms, tmp_path):
    """The servers of ``demo`` again, by HTTPS; they know the subject of POMS's certificate."""
    asking = tls.context(
        authority.write_server(tmp_path / "server.pem"), authority.write(tmp_path / "authority.pem")
    )
    url = site.running["demo"].metacat.database.url
    people = [replace(one, dns=(poms.subject,)) for one in PEOPLE if one.username == OWNER]
    with (
        MetaCatServer(url, people, tls=asking) as metacat,
        DispatcherServer(url, people, tls=asking) as dispatcher,
    ):
        yield metacat, dispatcher


@pytest.fixture
def proxy(poms, tmp_path):
    return poms.write_proxy(tmp_path / "proxy.pem")


@pytest.fixture
def asked(site, behind_https, proxy, tmp_path, monkeypatch):
    """The service as a site sets it up, in a process that trusts the authority."""
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))
    monkeypatch.setattr(tokens, "_tokens", {})
    transport._managers.clear()
    metacat, dispatcher = behind_https
    yield replace(
        site.service("demo"),
        url=dispatcher.url,
        metacat_url=metacat.url,
        credential=CredentialKind.PROXY,
        credential_file=str(proxy),
    )
    transport._managers.clear()


def signed_in(server):
    return [each for each in server.faults.log if each.path == "/auth/auth"]


def renewed(proxy, poms, **how):
    """Write another proxy to the same file, later than the one before."""
    before = proxy.stat().st_mtime
    poms.write_proxy(proxy, **how)
    os.utime(proxy, (before + 1, before + 1))


def test_a_proxy_opens_both_services(asked, site, behind_https):
    site.own_side("demo").declare("a", "b")
    handler = handler_for("data_dispatcher", "demo", asked)

    assert handler.start_project("p", Dataset("raw"), {"virtual": True}).files == 2
    assert handler.files(Dataset("raw")) == ["a", "b"]
    assert [len(signed_in(server)) for server in behind_https] == [1, 1]


def test_trying_tells_as_whom_a_proxy_is_known(asked):
    trials = handler_for("data_dispatcher", "demo", asked).try_it()

    assert [trial.why_not for trial in trials] == ["", "", "", ""]
    assert [trial.reply.identity for trial in trials[1::2]] == [OWNER, OWNER]


def test_the_token_is_renewed_with_the_proxy_before_it_ends(asked, poms, proxy, behind_https):
    renewed(proxy, poms, lasts=timedelta(days=30))
    server = tokens.metacat_of(asked)
    first = tokens.token_for(server)

    with time_machine.travel(first.ends - tokens.RENEW_BEFORE / 2, tick=False):
        second = tokens.token_for(server)

    assert second.ends > first.ends + timedelta(days=6)
    assert len(signed_in(behind_https[0])) == 2


def test_a_token_opens_the_services_when_the_proxy_has_ended(asked, site, poms, proxy):
    site.own_side("demo").declare("a")
    handler = handler_for("data_dispatcher", "demo", asked)
    assert handler.exists("raw")
    renewed(proxy, poms, lasts=timedelta(hours=-1))

    assert handler.files(Dataset("raw")) == ["a"]


def test_another_proxy_in_the_file_counts_at_once(asked, authority, poms, proxy):
    server = tokens.metacat_of(asked)
    renewed(proxy, authority.person("somebody"))
    with pytest.raises(Unknown):
        tokens.token_for(server)

    renewed(proxy, poms)

    assert tokens.token_for(server).lasts()


def test_a_proxy_that_has_ended_is_not_shown_to_anybody(asked, poms, proxy, behind_https):
    renewed(proxy, poms, lasts=timedelta(hours=-1))

    with pytest.raises(Unknown, match=rf"the X\.509 proxy in {proxy} ended at .* renew it"):
        handler_for("data_dispatcher", "demo", asked).exists("raw")

    assert not behind_https[0].faults.log


def test_the_certificate_of_somebody_else_gets_no_token(asked, authority, proxy):
    authority.person("somebody").write_proxy(proxy)

    with pytest.raises(Unknown, match=rf"doesn't know us as poms: .* certificate in {proxy}"):
        tokens.token_for(tokens.metacat_of(asked))


def test_a_proxy_of_an_authority_that_the_server_does_not_trust_is_told(asked, proxy):
    Authority("Elsewhere").person("poms").write_proxy(proxy)

    with pytest.raises(Unknown, match=rf"doesn't take the X\.509 proxy in {proxy}, make a new"):
        tokens.token_for(tokens.metacat_of(asked))


def test_a_server_that_poms_does_not_trust_is_told_nothing(asked, tmp_path, monkeypatch):
    other = Authority("Elsewhere").write(tmp_path / "other.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(other))

    with pytest.raises(Unknown, match=r"certificate is not good .* SSL_CERT_FILE and SSL_CERT_DIR"):
        tokens.token_for(tokens.metacat_of(asked))


@pytest.mark.timeout(20)  # OpenSSL would ask for the password, and wait
def test_a_key_with_a_password_is_no_proxy(asked, poms, proxy):
    poms.write_proxy(proxy, password=b"secret")

    with pytest.raises(Unknown, match=r"its key without a password"):
        tokens.token_for(tokens.metacat_of(asked))
