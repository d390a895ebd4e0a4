"""Who has an answer already is sent it again only when it has changed."""

import pytest

from campaigns.tests import builders

pytestmark = pytest.mark.django_db


@pytest.fixture
def campaign(client):
    me = builders.person("me", "production")
    client.force_login(me)
    return builders.campaign("mc", me)


@pytest.mark.parametrize("path", ["campaigns/", "campaigns/{}/", "campaigns/{}/export/"])
def test_what_has_not_changed_is_not_sent_again(client, campaign, path):
    address = f"/api/v1/{path.format(campaign.pk)}"
    first = client.get(address)
    known = {"If-None-Match": first.headers["ETag"]}

    again = client.get(address, headers=known)
    assert (again.status_code, again.content) == (304, b"")

    campaign.name = "mc2"
    campaign.save()
    changed = client.get(address, headers=known)
    assert changed.status_code == 200
    assert changed.headers["ETag"] != first.headers["ETag"]


def test_no_cache_on_the_way_keeps_an_answer_for_others(client, campaign):
    assert set(client.get("/api/v1/campaigns/").headers["Cache-Control"].split(", ")) == {
        "private",
        "no-cache",
    }


def test_pages_and_refusals_have_no_such_tag(client, campaign):
    assert "ETag" not in client.get("/campaigns/").headers
    assert "ETag" not in client.get("/api/v1/campaigns/999999/").headers
