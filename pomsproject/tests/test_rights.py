"""Every address that POMS answers, asked by everybody: who isn't in the table is turned away."""

import pytest
from django.contrib.auth.views import LoginView
from django.db import transaction
from django.urls import URLPattern, get_resolver, reverse
from django.views.generic import RedirectView

from pomsproject.tests import rights_table, rights_world
from pomsproject.tests.rights_compat import COMPAT
from pomsproject.tests.rights_table import DJANGOS, EVERYBODY, METHODS

pytestmark = [pytest.mark.django_db, pytest.mark.rights, pytest.mark.slow]

EXPECTED = rights_table.EXPECTED | COMPAT
REFUSALS = {401, 403, 404, 405}


def routes(patterns, namespace=""):
    """Yield the name of each route, below includes and namespaces, and what answers it."""
    for pattern in patterns:
        if isinstance(pattern, URLPattern):
            yield f"{namespace}{pattern.name}", pattern.callback
        else:
            below = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
            yield from routes(pattern.url_patterns, below)


def only_leads_on(view):
    """Whether a route without a name does nothing by itself: a redirect, or the admin's 404."""
    is_redirect = issubclass(getattr(view, "view_class", object), RedirectView)
    return is_redirect or view.__qualname__ == "AdminSite.catch_all_view"


def is_djangos(name):
    view = ROUTES[name]
    return name.startswith("admin:") or issubclass(getattr(view, "view_class", object), LoginView)


ROUTES = dict(routes(get_resolver().url_patterns))
NAMES = sorted(name for name in ROUTES if name.rpartition(":")[2] != "None")
TABLED = [name for name in NAMES if name in EXPECTED]


@pytest.fixture(scope="module")
def actors(django_db_setup, django_db_blocker):
    """One world for all the questions; what an answer changes is rolled back."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield rights_world.build()
        transaction.set_rollback(True)


def ask(actor, method, name, **client_options):
    """Return the answer, all that it changed being undone."""
    entry = EXPECTED[name]
    url = address(name, entry.at(actor.items))
    data = entry.sends(actor.items)
    with transaction.atomic():
        answer = actor.ask(method, url, data, **client_options)
        transaction.set_rollback(True)
    return answer


def address(name, filled_in):
    """Return the address; keys that are numbers stand for groups that have no name."""
    if "0" in filled_in:
        return reverse(name, args=list(filled_in.values()))
    return reverse(name, kwargs=filled_in)


def got_in(answer):
    """Whether an answer isn't a refusal; an error of the server is no answer at all."""
    assert answer.status_code < 500, answer.content[:2000]
    to_login = answer.status_code == 302 and "login/?next=" in answer.url
    return answer.status_code not in REFUSALS and not to_login


def test_every_route_has_an_entry():
    assert [name for name in NAMES if name not in EXPECTED] == []
    assert sorted(EXPECTED.keys() - set(NAMES)) == []


def test_a_route_without_a_name_does_nothing():
    unnamed = [
        (name, view)
        for name, view in routes(get_resolver().url_patterns)
        if name.rpartition(":")[2] == "None"
    ]

    assert [view for _, view in unnamed if not only_leads_on(view)] == []


@pytest.mark.parametrize("name", TABLED)
def test_who_gets_in(name, actors):
    entry = EXPECTED[name]

    for method in DJANGOS if is_djangos(name) else METHODS:
        expected = getattr(entry, method)
        asking = EVERYBODY if expected else {"superuser"}  # no method for the mightiest: for nobody
        allowed = {who for who in sorted(asking) if got_in(ask(actors[who], method, name))}
        assert (method, allowed) == (method, expected)


@pytest.mark.parametrize("name", [name for name in TABLED if "stranger" in EXPECTED[name].get])
def test_who_belongs_to_no_experiment_reads_nothing_of_it(name, actors):
    answer = ask(actors["stranger"], "get", name)

    assert rights_world.SECRET not in answer.text


@pytest.mark.parametrize(
    "name", [name for name in TABLED if EXPECTED[name].post - EVERYBODY.difference({"superuser"})]
)
def test_a_session_alone_changes_nothing(name, actors):
    """Another site's page can make a browser send a session along, but not the token of a form."""
    if EXPECTED[name].post == EVERYBODY and name == "api-leave":
        pytest.skip("asks for a token of its own, and looks at no session")
    answer = ask(actors["superuser"], "post", name, enforce_csrf_checks=True)

    assert answer.status_code == 403
