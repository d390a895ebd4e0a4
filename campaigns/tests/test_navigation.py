"""The navigation says which page one is on."""

import re

import pytest

from campaigns.tests import builders

pytestmark = pytest.mark.django_db


@pytest.fixture
def marked(client):
    """Return what is marked in the navigation of a page, and how."""
    client.force_login(builders.person("prod", "production"))

    def marked(url):
        links = re.findall(r'<a class="nav-link" (href[^>]*)>([^<]+)</a>', client.get(url).text)
        assert len(links) >= 3
        how = [(re.search('aria-current="(.*)"', said), name) for said, name in links]
        return [(name, found[1]) for found, name in how if found]

    return marked


@pytest.mark.parametrize(
    ("url", "name"),
    [("/campaigns/", "Campaigns"), ("/submissions/", "Submissions"), ("/holds/", "Holds")],
)
def test_the_present_page_is_marked(marked, url, name):
    assert marked(url) == [(name, "page")]


def test_a_page_below_it_marks_where_it_belongs(marked):
    campaign = builders.campaign("mc", builders.person("owner", "production"))

    assert marked(f"/campaigns/{campaign.pk}/") == [("Campaigns", "true")]


def test_the_first_page_marks_nothing(marked):
    assert marked("/") == []
