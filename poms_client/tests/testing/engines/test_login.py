"""How users show MetaCat and Data Dispatcher who they are."""

import pytest
import requests
import trustme
from data_dispatcher.api import DataDispatcherClient
from metacat.common import AuthenticationError
from metacat.webapi import MetaCatClient
from werkzeug.test import Client

from poms_client.testing import tls
from poms_client.testing.login import REALM, Login
from poms_client.testing.metacat import MetaCatServer
from poms_client.testing.metacat.service import ENDPOINTS
from poms_client.testing.people import Person, enter
from poms_client.testing.web import Service
from poms_client.tests.testing.engines.conftest import PEOPLE

DAY = 24 * 3600


@pytest.fixture
def anonymous(metacat, tmp_path):
    return MetaCatClient(metacat.url, token_library=str(tmp_path / "tokens"))


def test_a_password_is_taken_as_a_digest_after_ldap_is_refused(metacat, anonymous):
    username, _ = anonymous.login_password("poms", "secret")

    assert username == "poms"
    assert anonymous.auth_info()[0] == "poms"
    assert [(each.method, each.status) for each in metacat.faults.log][:3] == [
        ("POST", 401),
        ("GET", 401),
        ("GET", 200),
    ]


@pytest.mark.parametrize(
    ("username", "password"), [("poms", "wrong"), ("guest", "secret"), ("nobody", "secret")]
)
def test_a_wrong_password_or_user_is_refused(anonymous, username, password):
    with pytest.raises(AuthenticationError, match="Authentication failed"):
        anonymous.login_password(username, password)


def test_a_token_holds_for_a_week(anonymous, metacat):
    import time

    _, expires = anonymous.login_token("poms", "bearer-of-poms")

    assert expires == pytest.approx(time.time() + 7 * DAY, abs=60)


@pytest.mark.parametrize(
    ("username", "bearer"), [("guest", "bearer-of-poms"), ("poms", "unheard-of"), ("poms", "")]
)
def test_a_bearer_token_is_good_for_its_subject_only(anonymous, username, bearer):
    with pytest.raises(AuthenticationError, match="Authentication failed"):
        anonymous.login_token(username, bearer)


def test_a_token_of_the_service_buys_another_that_ends_with_it(anonymous, metacat):
    _, expires = anonymous.login_token("poms", metacat.token("poms", seconds=600))

    assert expires == pytest.approx(anonymous.Token["iat"] + 600, abs=5)


def test_both_services_take_the_others_tokens(metacat, dispatcher, tmp_path):
    client = DataDispatcherClient(
        dispatcher.url,
        auth_server_url=f"{metacat.url}/auth",
        worker_id="w",
        token_library=str(tmp_path / "tokens"),
    )

    client.login_token("poms", "bearer-of-poms")

    assert client.list_projects() == []
    assert DataDispatcherClient(dispatcher.url, worker_id="w", token=client.Token).auth_info()


def test_the_token_library_of_the_clients_keeps_what_they_got(metacat, anonymous, tmp_path):
    anonymous.login_token("poms", "bearer-of-poms")

    again = MetaCatClient(metacat.url, token_library=str(tmp_path / "tokens"))

    assert again.auth_info()[0] == "poms"
    assert (tmp_path / "tokens").read_text().startswith(f"{metacat.url} ey")


@pytest.mark.parametrize(
    ("token", "why"),
    [
        (None, "Token not found"),
        ("nonsense", "Not enough segments"),
        ("expired", "Token expired"),
        ("forged", "Token verification failed"),
    ],
)
def test_a_token_is_verified_and_the_answer_says_what_is_wrong(services, metacat, token, why):
    tokens = {
        "expired": lambda: metacat.token("poms", seconds=-10),
        "forged": lambda: Login(metacat.database, (), secret="another").token("poms"),
    }
    encoded = tokens.get(token, lambda: token)()
    headers = {"X-Authentication-Token": encoded} if encoded else {}

    for server in services:
        said = requests.get(f"{server.url}/auth/verify", headers=headers, timeout=5)
        assert (said.status_code, said.text) == (401, why)


@pytest.mark.parametrize("header", ["X-Authentication-Token", "Authorization", "Cookie"])
def test_a_token_comes_in_any_of_three_places(metacat, header):
    token = metacat.token("poms")
    words = {"Authorization": f"Bearer {token}", "Cookie": f"auth_token={token}"}.get(header, token)

    said = requests.get(f"{metacat.url}/auth/whoami", headers={header: words}, timeout=5)

    assert said.text == "poms"
    assert requests.get(f"{metacat.url}/auth/whoami", timeout=5).text == ""


@pytest.mark.parametrize(
    ("username", "subject", "issuer", "status"),
    [
        ("poms", "CN=poms,O=Example", "CN=CA", 200),
        ("poms", "CN=12345,CN=poms,O=Example", "CN=poms,O=Example", 200),  # a proxy
        ("poms", "CN=guest,O=Example", "CN=CA", 401),
        ("guest", "CN=poms,O=Example", "CN=CA", 401),
    ],
)
def test_a_certificate_counts_when_the_web_server_says_whose_it_is(
    metacat, username, subject, issuer, status
):
    service = Client(Service("metacat", metacat.database, metacat.login, ENDPOINTS))
    https = {
        "REQUEST_SCHEME": "https",
        "SSL_CLIENT_S_DN": subject,
        "SSL_CLIENT_I_DN": issuer,
    }

    said = service.get(f"/auth/auth?method=x509&username={username}", environ_overrides=https)

    assert said.status_code == status
    assert ("X-Authentication-Token" in said.headers) == (status == 200)


@pytest.fixture
def authority(tmp_path):
    authority = trustme.CA(organization_name="Authority")
    authority.cert_pem.write_to_path(str(tmp_path / "authority.pem"))
    return authority


@pytest.fixture
def behind_https(metacat, authority, tmp_path):
    authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(
        str(tmp_path / "server.pem")
    )
    asking = tls.context(tmp_path / "server.pem", tmp_path / "authority.pem")
    with MetaCatServer(metacat.database.url, (), tls=asking) as server:
        yield server


@pytest.mark.filterwarnings("ignore:Unverified HTTPS")  # the clients don't ask who the server is
def test_a_certificate_opens_a_stand_in_that_is_served_by_https(behind_https, authority, tmp_path):
    held = authority.issue_cert(common_name="holder", organization_name="Example")
    held.private_key_and_cert_chain_pem.write_to_path(str(tmp_path / "held.pem"))
    client = MetaCatClient(behind_https.url, token_library=str(tmp_path / "tokens"))

    subject = client.my_x509_dn(str(tmp_path / "held.pem"))["subject"]
    enter([Person("holder", dns=(subject,))], behind_https.database, REALM)

    assert subject.startswith("CN=holder,")
    assert client.login_x509("holder", str(tmp_path / "held.pem"))[0] == "holder"
    with pytest.raises(AuthenticationError):
        client.login_x509("poms", str(tmp_path / "held.pem"))


def test_a_certificate_needs_https(metacat):
    said = requests.get(f"{metacat.url}/auth/auth?method=x509&username=poms", timeout=5)

    assert (said.status_code, said.text) == (401, "HTTPS scheme required\n")


def test_a_token_for_somebody_who_is_gone_is_refused(metacat, tmp_path):
    token = Login(metacat.database, PEOPLE[:1]).token("ghost")

    said = requests.get(
        f"{metacat.url}/data/create_namespace?name=x",
        headers={"X-Authentication-Token": token},
        timeout=5,
    )

    assert (said.status_code, said.text) == (401, "user not found")
