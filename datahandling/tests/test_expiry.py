"""Until when what opens a service is good, as it says itself."""

import base64
import json
from datetime import UTC, datetime

import pytest
import trustme

from datahandling.expiry import end_of_certificate, end_of_token


@pytest.mark.parametrize(
    "ends", [datetime(2031, 5, 4, 3, 2, 1, tzinfo=UTC), datetime(2077, 1, 1, tzinfo=UTC)]
)
def test_a_certificate_tells_when_it_ends(ends):
    made = trustme.CA().issue_cert("poms.example.org", not_after=ends)

    assert end_of_certificate(made.cert_chain_pems[0].bytes().decode()) == ends


def test_a_proxys_own_end_counts_not_that_of_who_vouches_for_it():
    soon, late = datetime(2030, 1, 1, tzinfo=UTC), datetime(2040, 1, 1, tzinfo=UTC)
    authority = trustme.CA()
    proxy = authority.issue_cert("proxy.example.org", not_after=soon)
    key, person = proxy.private_key_pem, authority.issue_cert("me.example.org", not_after=late)
    pems = [proxy.cert_chain_pems[0], key, person.cert_chain_pems[0]]

    assert end_of_certificate("".join(pem.bytes().decode() for pem in pems)) == soon


@pytest.mark.parametrize("cut", [0, 1, 40, 200, 300])
def test_what_is_no_certificate_has_no_end(cut):
    pem = trustme.CA().issue_cert("a.example.org").cert_chain_pems[0].bytes().decode()
    body = pem.splitlines()[1:-1]
    broken = "".join(body)[: cut // 4 * 4]

    assert (
        end_of_certificate(f"-----BEGIN CERTIFICATE-----\n{broken}\n-----END CERTIFICATE-----\n")
        is None
    )
    assert end_of_certificate(pem[:cut]) is None


def token(**claims):
    """A JWT as far as it is about its claims; nobody here checks its signature."""
    body = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    return f"e30.{body}.c2lnbmVk"


def test_a_token_tells_when_it_ends():
    assert end_of_token(token(exp=1_900_000_000)) == datetime.fromtimestamp(1_900_000_000, UTC)


@pytest.mark.parametrize(
    "text",
    ["", "opaque", "a.b", "a.!.c", token(), token(exp="soon"), token(exp=1e300), token(exp=[])],
)
def test_what_says_nothing_of_its_end_has_none(text):
    assert end_of_token(text) is None
