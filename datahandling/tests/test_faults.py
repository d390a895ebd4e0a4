"""Whatever goes wrong at whichever call: a handler says Unknown, or what is true; nothing else.

The calls aren't listed here: each use of a handler is first played without faults, and what its
servers were asked then is what goes wrong afterwards, one call and one kind of fault at a time.
"""

import os
from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest

from datahandling.base import QueryError, Unknown
from datahandling.handlers import HANDLERS, handler_for
from datahandling.handlers.sam import handler as sam_handler
from datahandling.http.client import TRIES
from datahandling.models import ServiceHealth
from datahandling.query import (
    Children,
    Consumed,
    Dataset,
    Handles,
    Located,
    Named,
    ProjectFiles,
    Snapshot,
)
from datahandling.tests.services import SITES
from poms_client.testing.faults import Fault
from poms_client.testing.mishaps import KINDS

pytestmark = [pytest.mark.django_db, pytest.mark.slow, pytest.mark.timeout(600)]

QUICK = timedelta(seconds=0.25)  # to connect, and to read
REPEATED = frozenset({"refused", "lost", "500", "truncated"})  # the client asks again
FAULTS = {  # how many requests each meets: those that the client repeats are met as often
    kind: TRIES if kind in REPEATED else 1 for kind in (*KINDS, "500", "401")
}
SHARE = 1 if os.environ.get("POMS_THOROUGH") == "1" else 3  # each call meets each third fault
SERVICES = [kind for kind in HANDLERS if kind != "catalogue"]

# What POMS asks, each with a name ``n`` of its own for what it makes.
USES = {
    "count": lambda h, n: h.count(Dataset("raw") - Consumed("p")),
    "count of outputs": lambda h, n: h.count(Children(ProjectFiles("p")) & Located()),
    "count of nothing there": lambda h, n: h.count(Dataset("missing")),
    "files": lambda h, n: h.files(Dataset("raw")[1:]),
    "files of a project": lambda h, n: h.files(Handles("p", ("failed",))),
    "first run": lambda h, n: h.first_run(Dataset("raw")),
    "metadata": lambda h, n: {name: h.metadata("f2")[name] for name in ("name", "parents")},
    "exists": lambda h, n: (h.exists("raw"), h.exists("missing")),
    "define": lambda h, n: (h.define(n, Dataset("raw")[:2]), h.count(Dataset(n))),
    "freeze": lambda h, n: (h.freeze(n, Dataset("raw") - Named((n,))), h.count(Dataset(n))),
    "freeze anew": lambda h, n: (
        h.freeze(n, Dataset("raw")[:1]) and h.freeze(n, Dataset("raw") - Named((n,)), anew=True),
        h.files(Dataset(n)),
    ),
    "snapshot": lambda h, n: h.count(Snapshot(h.take_snapshot(Dataset("raw") - Named((n,))))),
    "project": lambda h, n: (h.project("p"), h.project("missing")),
    "handles": lambda h, n: h.handles("p").total,
    "start project": lambda h, n: h.start_project(n, Dataset("raw")).files,
}
ASK_NOTHING = {("sam", "start project")}


@pytest.fixture(params=SERVICES)
def kind(request):
    return request.param


@pytest.fixture
def site(kind, tmp_path):
    with SITES[kind](tmp_path) as site:
        side = site.own_side("demo")
        side.declare("f1", "f2", metadata={"run_number": 7})
        side.declare("f3")
        side.start_project("p", Dataset("raw"))
        side.consume("p", "f1")
        side.fail("p", "f2")
        side.declare("out", dataset=None, parents=["f1"])
        yield site


@pytest.fixture
def servers(kind, site):
    if kind == "sam":
        return [site.server]
    return [site.running["demo"].metacat, site.running["demo"].dispatcher]


@pytest.fixture
def play(kind, site, monkeypatch):
    """Do one of the uses with a handler that knows nothing yet; return its answer."""

    def play(use, name, **settings):
        forget(monkeypatch)
        service = replace(site.handler("demo").service, **settings)
        handler = handler_for(kind, "demo", service)
        try:
            return USES[use](handler, name)
        except QueryError as why:  # an answer, too: a clear no
            return type(why).__name__

    return play


def forget(monkeypatch):
    """Forget what a process keeps in mind about its services."""
    monkeypatch.setattr(sam_handler, "_known_projects", set())
    ServiceHealth.objects.all().delete()


@pytest.mark.parametrize("use", USES)
def test_a_fault_at_any_call_is_unknown_and_changes_no_answer(use, kind, servers, play):
    for server in servers:
        server.faults.log.clear()
    true = play(use, "recorded")
    calls = [(server, number) for server in servers for number in range(len(server.faults.log))]
    assert calls or (kind, use) in ASK_NOTHING
    tried, met, wrong = Counter(), Counter(), []

    for number, (server, call) in enumerate(calls):
        for fault, times in list(FAULTS.items())[number % SHARE :: SHARE]:
            name = f"{fault}{number}"
            tried[fault] += 1
            server.faults.add(Fault(kind=fault, after=call, times=times))
            try:
                said = play(use, name, connect_timeout=QUICK, read_timeout=QUICK)
            except Unknown:
                said = Unknown
            met[fault] += any(request.fault for request in server.faults.log)
            server.faults.clear()
            server.faults.log.clear()
            after = play(use, name)
            if (said is not Unknown and said != true) or after != true:
                wrong.append(f"{fault} at call {call} of {server.url}: {said}, then {after}")

    assert not wrong, f"true is {true}; {len(wrong)} times: {wrong[:5]}"
    # Some calls are made once for good.
    assert all(met[fault] >= count / 2 for fault, count in tried.items()), (met, tried)
