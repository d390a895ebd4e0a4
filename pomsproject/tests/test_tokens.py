"""The API tokens of people and of agents."""

import stat

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from campaigns.agents import is_token_of
from campaigns.models import ApiToken, Experimenter
from campaigns.tests.builders import person

pytestmark = pytest.mark.django_db


@pytest.fixture
def me(client):
    me = person("me", "production")
    client.force_login(me)
    return me


def test_a_new_token_is_shown_this_once(client, me):
    response = client.post(reverse("make-token"), {"lifetime": 90, "scopes": ["read"]})

    token = response.context["new"]
    assert response.status_code == 201
    assert "no-store" in response.headers["Cache-Control"]
    assert token in response.text
    assert is_token_of(me, token)
    assert token not in client.get(reverse("tokens")).text


def test_a_token_lasts_as_long_as_was_chosen(client, me):
    client.post(reverse("make-token"), {"lifetime": 30, "scopes": ["read"]})
    token = ApiToken.objects.get()

    assert (token.expiry - token.created).days in {29, 30}
    assert (
        client.post(reverse("make-token"), {"lifetime": 100000, "scopes": ["read"]}).status_code
        == 400
    )


def test_a_token_is_for_what_was_chosen(client, me):
    client.post(reverse("make-token"), {"lifetime": 30, "scopes": ["read", "report"]})

    assert ApiToken.objects.get().scopes == ["read", "report"]
    assert "read, report" in client.get(reverse("tokens")).text


@pytest.mark.parametrize("scopes", [[], ["everything"], ["read", "root"]])
def test_a_token_is_for_something_that_there_is(client, me, scopes):
    response = client.post(reverse("make-token"), {"lifetime": 30, "scopes": scopes})

    assert response.status_code == 400
    assert not ApiToken.objects.exists()


def test_a_revoked_token_is_worth_nothing(client, me):
    token = client.post(reverse("make-token"), {"lifetime": 90, "scopes": ["read"]}).context["new"]

    client.post(reverse("revoke-token"), {"token": ApiToken.objects.get().digest})

    assert not is_token_of(me, token)


def test_nobody_sees_or_revokes_the_tokens_of_another(client, me):
    theirs, _ = ApiToken.objects.create(person("other", "production"))

    assert theirs.token_key not in client.get(reverse("tokens")).text
    assert client.post(reverse("revoke-token"), {"token": theirs.digest}).status_code == 404
    assert ApiToken.objects.exists()


def test_an_agent_gets_its_token_in_a_file_that_only_we_can_read(settings, tmp_path, capsys):
    settings.DATA_DIR = tmp_path

    call_command("make_agent_token", "lens")

    path = tmp_path / "agents" / "lens.token"
    agent = Experimenter.objects.get(username="lens")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert is_token_of(agent, path.read_text().strip())
    assert agent.is_agent
    assert set(ApiToken.objects.get().scopes) == {"read", "report"}
    assert not agent.has_usable_password()
    assert path.read_text().strip() not in capsys.readouterr().out
    assert [file.name for file in path.parent.iterdir()] == ["lens.token"]


def test_a_token_is_not_written_where_there_is_no_folder(db, tmp_path):
    with pytest.raises(CommandError, match="nosuch is no folder: make it first"):
        call_command("make_agent_token", "lens", file=tmp_path / "nosuch" / "token")

    assert not (tmp_path / "nosuch").exists()


def test_a_good_token_is_kept_unless_a_new_one_is_asked_for(tmp_path):
    path = tmp_path / "token"
    call_command("make_agent_token", "lens", file=path)
    first = path.read_text()

    call_command("make_agent_token", "lens", file=path)
    assert path.read_text() == first

    call_command("make_agent_token", "lens", file=path, renew=True)
    assert path.read_text() != first
    assert ApiToken.objects.count() == 1


def test_a_token_that_no_longer_counts_is_replaced(tmp_path):
    path = tmp_path / "token"
    path.write_text("of a database that is gone\n")

    call_command("make_agent_token", "lens", file=path)

    assert is_token_of(Experimenter.objects.get(), path.read_text().strip())


@pytest.mark.parametrize(
    ("name", "complaint"), [("me", "is a person"), ("../lens", "valid username")]
)
def test_an_agent_takes_no_name_of_a_person_and_none_that_is_a_path(name, complaint, me, tmp_path):
    with pytest.raises(CommandError, match=complaint):
        call_command("make_agent_token", name, file=tmp_path / "token")

    assert not (tmp_path / "token").exists()
