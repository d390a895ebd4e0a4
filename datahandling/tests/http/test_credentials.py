"""Who we are to a service is read from its file for each request."""

from dataclasses import replace

import pytest

from datahandling.errors import Unknown
from datahandling.http import client_for
from datahandling.services import CredentialKind

pytestmark = pytest.mark.django_db


@pytest.fixture
def file(tmp_path):
    return tmp_path / "credential"


@pytest.fixture
def known(service, file):
    def as_(kind):
        return client_for(replace(service, credential=kind, credential_file=str(file)))

    return as_


def test_a_bearer_token_is_shown_and_a_renewed_one_counts_at_once(known, file):
    client = known(CredentialKind.BEARER)
    file.write_text("abc\n")
    assert client.get("/x").json()["authorization"] == "Bearer abc"

    file.write_text("def")
    assert client.get("/x").json()["authorization"] == "Bearer def"


def test_the_token_of_the_server_that_is_asked_is_shown(known, file, server):
    file.write_text(f"http://other abc\n\n{server.url} top\n{server.url}/deep/ deep\n")
    client = known(CredentialKind.LIBRARY)

    assert client.get("/x").json()["token"] == "top"
    assert client.get("/deep/x").json()["token"] == "deep"
    assert client.get("/deeper").json()["token"] == "top"


def test_the_caller_may_show_a_token_of_its_own(known):
    asked = known(CredentialKind.BEARER).get("/x", headers={"X-Authentication-Token": "own"})

    assert asked.json()["token"] == "own"
    assert asked.json()["authorization"] is None


@pytest.mark.parametrize("kind", [k for k in CredentialKind if k != CredentialKind.NONE])
def test_without_its_file_nothing_is_asked(known, kind, faults, file):
    with pytest.raises(Unknown, match=rf"{file} can't be read: No such file"):
        known(kind).get("/x")

    assert not faults.log


@pytest.mark.parametrize(
    ("kind", "content", "why"),
    [
        (CredentialKind.BEARER, "", "holds no token"),
        (CredentialKind.BEARER, "a b", "holds no token"),
        (CredentialKind.BEARER, "a\r\nX: y", "holds no token"),
        (CredentialKind.BEARER, "\ud800", "is no text"),
        (CredentialKind.LIBRARY, "http://other abc", "has no token for http://127"),
        (CredentialKind.LIBRARY, "http://127 abc", "has no token for http://127"),
        (CredentialKind.PROXY, "no certificate", "is no X.509 proxy"),
    ],
)
def test_a_file_without_a_credential_is_unknown_and_is_not_shown(known, file, kind, content, why):
    file.write_bytes(content.encode("utf-8", "surrogatepass"))

    with pytest.raises(Unknown, match=why) as error:
        known(kind).get("/x")

    assert not content.strip() or content.strip() not in str(error.value)
