"""What the set-up of a data service may not be, and what about it is told as a warning."""

import os
from dataclasses import replace
from datetime import timedelta
from time import time

import pytest

from campaigns.validation.services import complaints, warnings
from datahandling.services import CredentialKind, Service
from datahandling.tests.test_expiry import token

SAM = Service("sam", "nova", "https://sam.example.org:8483/sam/nova/api")
DISPATCHER = Service(
    "data_dispatcher",
    "dune",
    "https://dispatcher.example.org/dune/dd/data",
    metacat_url="https://metacat.example.org/dune",
    namespace="dune",
)


@pytest.mark.parametrize(
    "service",
    [
        SAM,
        DISPATCHER,
        replace(SAM, url="http://127.0.0.1:5000/sam/nova/api"),
        replace(SAM, url="http://localhost:5000/sam/nova/dev/api"),
        replace(SAM, url="http://[::1]:5000/sam/nova/api"),
        replace(SAM, credential=CredentialKind.PROXY, credential_file="/etc/grid/proxy.pem"),
        replace(SAM, file_page="https://sam.example.org/file/%(file)s?a=100%%"),
        replace(DISPATCHER, credential=CredentialKind.LIBRARY, credential_file="/var/tokens"),
        replace(DISPATCHER, auth_url="https://auth.example.org/auth/dune"),
        replace(DISPATCHER, fts_url="https://sam.example.org/sam_web_registry"),
    ],
)
def test_what_can_be_used_is_not_complained_of(service):
    assert complaints(service) == []


@pytest.mark.parametrize(
    ("service", "field", "words"),
    [
        (replace(DISPATCHER, url=""), "url", "needs the address"),
        (replace(DISPATCHER, metacat_url=""), "metacat_url", "needs MetaCat's address"),
        (replace(DISPATCHER, namespace=""), "namespace", "needs the namespace"),
        (replace(DISPATCHER, namespace="a b"), "namespace", "is a word"),
        (replace(DISPATCHER, owner=""), "owner", "is a word"),
        (replace(SAM, namespace="nova"), "namespace", "only for Data Dispatcher"),
        (replace(SAM, metacat_url="https://m.example.org"), "metacat_url", "only for"),
        (replace(SAM, url="https://sam.example.org"), "url", "ends with /sam/nova/api"),
        (replace(SAM, url="http://sam.example.org/sam/nova/api"), "url", "use https"),
        (replace(SAM, url="http://127.0.0.1.example.org/sam/nova/api"), "url", "use https"),
        (replace(SAM, url="ftp://sam.example.org/sam/nova/api"), "url", "begins with https"),
        (replace(SAM, url="https://me:pw@sam.example.org/sam/nova/api"), "url", "no password"),
        (replace(SAM, url="https://sam.example.org/sam/nova/api?x=1"), "url", "leave out"),
        (replace(DISPATCHER, fts_url="http://fts.example.org"), "fts_url", "use https"),
        (replace(SAM, credential=CredentialKind.PROXY), "credential_file", "in which file"),
        (replace(SAM, credential_file="/x"), "credential_file", "what kind"),
        (replace(SAM, credential=CredentialKind.LIBRARY), "credential", "can't be opened by this"),
        (
            replace(SAM, credential=CredentialKind.BEARER, credential_file="token"),
            "credential_file",
            "the whole path",
        ),
        (replace(SAM, connect_timeout=timedelta(0)), "connect_timeout", "at most 30 s"),
        (replace(SAM, read_timeout=timedelta(hours=1)), "read_timeout", "at most 120 s"),
        (replace(SAM, file_page="https://sam.example.org/"), "file_page", "write %(file)s"),
        (replace(SAM, file_page="https://s.org/%(fid)s"), "file_page", "write %(file)s"),
        (replace(SAM, file_page="https://s.org/%(file)s%"), "file_page", "write %(file)s"),
        (replace(SAM, file_page="javascript:%(file)s"), "file_page", "begins with https"),
    ],
)
def test_what_cant_be_used_is_told_at_its_field(service, field, words):
    told = complaints(service)

    assert any(name == field and words in sentence for name, sentence in told), told


# The credential's file: the service may be set up before it is there


def opened_by(path):
    return replace(SAM, credential=CredentialKind.BEARER, credential_file=str(path))


def test_without_a_credential_nothing_is_warned_of():
    assert warnings(SAM) == []


def test_a_file_that_only_poms_can_read_is_well(tmp_path):
    token = tmp_path / "token"
    token.touch(0o600)

    assert warnings(opened_by(token)) == []


def test_a_file_that_isnt_there_is_warned_of(tmp_path):
    assert "isn't there for POMS: No such file" in warnings(opened_by(tmp_path / "token"))[0]


def test_a_folder_is_no_credential(tmp_path):
    assert "is no file" in warnings(opened_by(tmp_path))[0]


def test_a_file_that_others_can_read_is_warned_of(tmp_path):
    token = tmp_path / "token"
    token.touch()
    token.chmod(0o644)

    assert "make it 0600" in warnings(opened_by(token))[0]


@pytest.mark.parametrize(("hours", "words"), [(-1, "has ended at"), (2, "ends at"), (48, None)])
def test_a_token_that_ends_soon_is_warned_of(tmp_path, hours, words):
    path = tmp_path / "token"
    path.touch(0o600)
    path.write_text(token(exp=int(time()) + hours * 3600))

    told = warnings(opened_by(path))

    assert told == [] if words is None else words in told[0]


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads every file")
def test_a_file_that_poms_may_not_read_is_warned_of(tmp_path):
    token = tmp_path / "token"
    token.touch(0o000)

    assert "may not read" in warnings(opened_by(token))[0]
