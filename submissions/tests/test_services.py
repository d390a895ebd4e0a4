"""How services are, as agents say: a tree, in which what is old isn't known."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from campaigns.models import ApiToken
from campaigns.tests import builders
from submissions.models import ServiceStatus
from submissions.services import DEEPEST, NoTree, hear, tree

URL = "/api/v1/services/"


@pytest.fixture
def agent(db):
    client = APIClient()
    client.force_authenticate(builders.person("fifemon", is_agent=True))
    return client


@pytest.fixture
def member(db):
    client = Client()
    client.force_login(builders.person("ana", "analysis"))
    return client


def said(name, status="good", parent="", **fields):
    return hear(name=name, parent=parent, status=status, **fields)


def shown():
    return [(service.name, depth) for service, depth in tree()]


def test_a_service_is_known_by_its_name_and_by_the_last_word_on_it(agent):
    agent.post(URL, {"name": "SAM nova", "status": "bad", "parent": "SAM", "failed": 1, "total": 2})
    answer = agent.post(URL, {"name": "SAM nova", "status": "good", "parent": "SAM"})

    assert answer.status_code == 200
    rows = {row["name"]: row for row in agent.get(URL).json()["results"]}
    assert (rows["SAM"]["status"], rows["SAM"]["parent"]) == ("unknown", None)
    nova = rows["SAM nova"]
    assert (nova["status"], nova["parent"], nova["failed"]) == ("good", "SAM", 0)


def test_what_was_said_long_ago_is_not_known_any_more(agent):
    said("SAM", "bad")
    with time_machine.travel(timezone.now() + timedelta(minutes=16)):
        [row] = agent.get(URL).json()["results"]

    assert (row["status"], row["said"], row["old"]) == ("unknown", "bad", True)


@pytest.mark.django_db
def test_parts_come_after_what_they_are_part_of():
    said("batch", parent="All")
    said("SAM", parent="All")
    said("SAM nova", parent="SAM")

    assert shown() == [("All", 0), ("SAM", 1), ("SAM nova", 2), ("batch", 1)]


@pytest.mark.django_db
def test_a_service_that_moves_is_shown_where_it_is_now():
    said("SAM")
    said("nova", parent="SAM")
    said("nova", parent="batch")

    assert shown() == [("SAM", 0), ("batch", 0), ("nova", 1)]


@pytest.mark.django_db
def test_one_that_was_only_named_as_a_parent_goes_with_the_last_of_its_parts():
    said("nova", parent="SMA")
    said("nova", parent="SAM")

    assert shown() == [("SAM", 0), ("nova", 1)]


@pytest.mark.django_db
@pytest.mark.parametrize(("name", "whom"), [("a", "c, which"), ("b", "c, which"), ("c", "itself")])
def test_no_service_comes_to_be_below_itself(name, whom):
    said("b", parent="a")
    said("c", parent="b")
    before = shown()

    with pytest.raises(NoTree, match=f"{name} can't be below {whom}"):
        said(name, "bad", parent="c")

    assert shown() == before
    assert not ServiceStatus.objects.filter(said="bad").exists()


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_two_agents_that_say_each_that_the_other_is_below_make_no_circle():
    """Neither service is known before: there is no row yet that could be locked."""

    def say(barrier, name, parent):
        barrier.wait(30)
        try:
            said(name, parent=parent)
        except NoTree:
            return "no tree"
        finally:
            connection.close()
        return "kept"

    with ThreadPoolExecutor(2) as pool:
        for n in range(10):
            barrier, pair = Barrier(2), (f"a{n}", f"b{n}")
            both = [pool.submit(say, barrier, *names) for names in (pair, pair[::-1])]
            assert sorted(one.result(30) for one in both) == ["kept", "no tree"]

    assert len(shown()) == ServiceStatus.objects.count() == 20


@pytest.mark.django_db
def test_a_tree_is_only_so_deep():
    for number in range(DEEPEST - 1):
        said(f"s{number + 1}", parent=f"s{number}")

    with pytest.raises(NoTree, match="deep"):
        said("one more", parent=f"s{DEEPEST - 1}")


@pytest.mark.django_db
def test_what_nobody_spoke_of_for_a_month_is_forgotten_from_its_ends():
    said("leaf", parent="root")
    with time_machine.travel(timezone.now() + timedelta(days=31)) as clock:
        said("new")
        assert shown() == [("new", 0), ("root", 0)]
        clock.shift(timedelta(minutes=1))
        said("new")
        assert shown() == [("new", 0)]


@pytest.mark.parametrize(
    "beat",
    [
        {"name": "SAM"},
        {"name": "SAM", "status": "fine"},
        {"name": "", "status": "good"},
        {"name": "SAM", "status": "good", "total": -1},
        {"name": "SAM", "status": "good", "parent": "SAM"},
        {"name": "x" * 101, "status": "good"},
    ],
)
def test_what_makes_no_sense_is_refused(agent, beat):
    assert agent.post(URL, beat).status_code == 400
    assert not ServiceStatus.objects.exists()


def test_the_page_shows_the_tree_with_its_colours(member, django_assert_max_num_queries):
    said("SAM", "degraded", "All", total=10, failed=3, host_site="fnal", description="<b>slow</b>")
    with time_machine.travel(timezone.now() - timedelta(hours=1)):
        said("dCache", "bad", "All")

    with django_assert_max_num_queries(6):
        page = member.get("/services/").text

    assert 'badge bg-yellow-lt">degraded' in page
    assert 'badge bg-secondary-lt">unknown' in page
    assert "was bad" in page
    assert "3 of 10" in page
    assert "&lt;b&gt;slow" in page


def test_one_that_was_only_named_as_a_parent_was_never_heard_of(member):
    said("SAM nova", parent="SAM")

    rows = {row["name"]: row["heard_at"] for row in member.get(URL).json()["results"]}
    assert rows["SAM"] is None
    assert rows["SAM nova"]
    assert "<td>never</td>" in member.get("/services/").text
    said("SAM")
    assert "<td>never</td>" not in member.get("/services/").text


@pytest.mark.parametrize("url", [URL, "/api/v1/agents/"])
@pytest.mark.parametrize("scopes", [["read"], ["read", "report"]])
def test_a_person_is_told_that_no_token_would_do(db, url, scopes):
    _, token = ApiToken.objects.create(builders.person("ana", "production"), scopes=scopes)
    client = Client(headers={"Authorization": f"Bearer {token}"})

    answer = client.post(url, {}, content_type="application/json")

    assert answer.status_code == 403
    assert answer.json()["detail"].startswith("only agents say that")


def test_members_read_them_and_only_agents_say_them(member):
    assert member.get(URL).json()["results"] == []
    answer = member.post(URL, {"name": "SAM", "status": "good"}, content_type="application/json")
    assert answer.status_code == 403
