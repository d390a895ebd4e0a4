"""SciTokens and WLCG tokens: taken of trusted issuers, for people whom root has entered."""

import json
import time

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from rest_framework.test import APIClient

from campaigns import keyrings
from campaigns.models import Identity
from campaigns.tests import builders

pytestmark = pytest.mark.django_db

ISSUER = "https://cilogon.example.org/nova"
HERE = "https://poms.example.org"
RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
EC = ec.generate_private_key(ec.SECP256R1())
ANOTHERS = rsa.generate_private_key(public_exponent=65537, key_size=2048)


def jwk(private, name):
    algorithm = jwt.algorithms.RSAAlgorithm if private is RSA else jwt.algorithms.ECAlgorithm
    public = algorithm.to_jwk(private.public_key(), as_dict=True)
    return public | {"kid": name, "use": "sig"}


KEYS = {"keys": [jwk(RSA, "one"), jwk(EC, "two")]}


@pytest.fixture
def issuer(settings, tmp_path):
    """Trust an issuer whose keys are in a file; return the file."""
    file = tmp_path / "jwks.json"
    file.write_text(json.dumps(KEYS))
    settings.TOKEN_ISSUERS = {ISSUER: str(file)}
    settings.TOKEN_AUDIENCES = [HERE]
    return file


@pytest.fixture
def me(issuer):
    me = builders.person("me", "production")
    Identity.objects.create(experimenter=me, issuer=ISSUER, subject="me@example.org")
    return me


def token(key=RSA, kid="one", algorithm="RS256", **changed):
    claims = {
        "iss": ISSUER,
        "sub": "me@example.org",
        "aud": HERE,
        "exp": time.time() + 600,
        "scope": "poms.read compute.create storage.read:/",
        "wlcg.ver": "1.0",
    } | changed
    said = {name: value for name, value in claims.items() if value is not None}
    text = json.dumps(said).encode()
    return jwt.PyJWS().encode(text, key, algorithm=algorithm, headers={"kid": kid})


def ask(text, method="get", path="campaigns/", **sent):
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {text}")
    return getattr(client, method)(f"/api/v1/{path}", **sent)


@pytest.mark.parametrize(("key", "kid", "algorithm"), [(RSA, "one", "RS256"), (EC, "two", "ES256")])
def test_a_good_token_signs_its_owner_in(me, key, kid, algorithm):
    builders.campaign("mc", me)

    answer = ask(token(key, kid, algorithm))

    assert [row["name"] for row in answer.json()["results"]] == ["mc"]


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"exp": time.time() - 60}, "expired"),
        ({"exp": None}, "exp"),
        ({"nbf": time.time() + 86_400}, "not yet valid"),
        ({"aud": "https://elsewhere.example.org"}, "udience"),
        ({"aud": None}, "aud"),
        ({"iss": "https://evil.example.org"}, "no issuer that is trusted"),
        ({"iss": ["a"]}, "no issuer that is trusted"),
        ({"sub": None}, "sub"),
        ({"sub": "eve@example.org"}, "nobody here is eve@example.org"),
    ],
)
def test_a_token_that_says_something_else_signs_nobody_in(me, changed, why):
    answer = ask(token(**changed))

    assert answer.status_code == 401
    assert why in answer.json()["detail"]


@pytest.mark.parametrize(
    "forged",
    [
        lambda: token(key=ANOTHERS),
        lambda: token(kid="three"),
        lambda: token(key="", algorithm="none"),
        lambda: token(key="the public key is public, and this long enough", algorithm="HS256"),
        lambda: token(kid="two"),
        lambda: token()[:-4] + "AAAA",
        lambda: "a.b.c",
        lambda: "..",
        lambda: "é.ü.ö",
    ],
    ids=["another key", "no such key", "none", "HS256", "wrong key", "cut", "abc", "dots", "latin"],
)
def test_a_forged_token_signs_nobody_in(me, forged):
    assert ask(forged()).status_code == 401


def test_a_clock_that_is_a_little_off_does_no_harm(me):
    assert ask(token(exp=time.time() - 10)).status_code == 200


def test_scopes_are_what_the_token_says(me):
    stage = builders.stage("reco", builders.campaign("mc", me), dataset="raw")
    launch = {"method": "post", "path": "launches/", "data": {"stage": stage.pk}}

    assert ask(token(scope="poms.read"), **launch).status_code == 403
    assert ask(token(scope="compute.create"), **launch).status_code == 201
    assert ask(token(scope="compute.create")).status_code == 403
    assert ask(token(scope=None)).status_code == 403


def test_who_left_is_signed_in_no_more(me):
    me.is_active = False
    me.save()

    assert ask(token()).status_code == 401


def test_without_an_issuer_no_token_is_good(me, settings):
    settings.TOKEN_ISSUERS = {}

    assert ask(token()).status_code == 401


# where the keys are


@pytest.fixture
def published(me, settings, httpserver, request):
    """Have the issuer publish its keys at an address of its own."""
    path = f"/{request.node.name}/jwks"
    settings.TOKEN_ISSUERS = {ISSUER: httpserver.url_for(path)}
    return path


def test_keys_are_asked_for_once(published, httpserver):
    httpserver.expect_request(published).respond_with_json(KEYS)

    assert {ask(token()).status_code for _ in range(3)} == {200}
    assert len(httpserver.log) == 1


def test_a_new_key_is_looked_for_but_not_by_each_token(published, httpserver, monkeypatch):
    httpserver.expect_request(published).respond_with_json({"keys": KEYS["keys"][1:]})
    assert ask(token(EC, "two", "ES256")).status_code == 200

    assert [ask(token()).status_code for _ in range(3)] == [401, 401, 401]
    assert len(httpserver.log) == 1  # it is less than a minute ago

    httpserver.clear_all_handlers()
    httpserver.expect_request(published).respond_with_json(KEYS)
    monkeypatch.setattr(keyrings, "AGAIN_AFTER", 0)
    assert ask(token()).status_code == 200


def test_an_issuer_that_does_not_answer_signs_nobody_in(published, httpserver):
    httpserver.expect_request(published).respond_with_data("busy", status=503)

    assert ask(token()).status_code == 503


def test_keys_stay_good_while_the_issuer_does_not_answer(published, httpserver, monkeypatch):
    httpserver.expect_ordered_request(published).respond_with_json(KEYS)
    assert ask(token()).status_code == 200

    monkeypatch.setattr(keyrings, "KEPT", 0)
    assert ask(token()).status_code == 200
    assert len(httpserver.log) == 2
