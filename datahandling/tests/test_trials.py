"""All parts of a service are tried at the same time, and nobody waits for long."""

import time
from dataclasses import replace
from datetime import timedelta

import pytest

from datahandling import trials
from datahandling.errors import Unknown
from datahandling.handlers import handler_for
from datahandling.models import ServiceHealth
from datahandling.services import Service
from datahandling.trials import Reply, try_parts
from poms_client.testing.faults import Fault, Faults
from poms_client.testing.server import Server

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def service(tmp_path):
    """Data Dispatcher and MetaCat at one server that says nothing at all."""
    faults = Faults(lambda environ, start: [])
    faults.add(Fault(kind="timeout"))
    token = tmp_path / "token"
    token.write_text("a-token")
    with Server(faults) as server:
        yield Service(
            "data_dispatcher",
            "nova",
            f"{server.url}/dd",
            metacat_url=f"{server.url}/metacat",
            namespace="nova",
            credential="bearer",
            credential_file=str(token),
            read_timeout=timedelta(seconds=1),
        )


def tried(service):
    began = time.monotonic()
    made = handler_for("data_dispatcher", "nova", service).try_it()
    return made, time.monotonic() - began


def test_dead_parts_are_waited_for_at_the_same_time(service):
    service = replace(service, connect_timeout=timedelta(seconds=0.5))

    made, took = tried(service)

    assert [trial.part for trial in made] == [
        "Data Dispatcher",
        "its sign-in",
        "MetaCat",
        "MetaCat's sign-in",
    ]
    assert all("no clear answer: out of time" in trial.why_not for trial in made)
    assert took < 4.5  # 6 s one after the other; who signs in to the same server takes turns


def test_however_patient_the_service_is_asked_nobody_waits_longer(service, monkeypatch):
    monkeypatch.setattr(trials, "AT_MOST", timedelta(seconds=0.5))

    made, took = tried(replace(service, read_timeout=timedelta(minutes=2)))

    assert all("longer than 0.5 s. It may be there all the same" in one.why_not for one in made)
    assert took < 2
    assert not ServiceHealth.objects.filter(failures__gt=0)  # who asked gave up


def test_each_part_has_its_own_answer_in_the_order_of_the_parts():
    def asked(said, wait):
        def ask():
            time.sleep(wait)
            if said is None:
                raise Unknown("nobody there")
            return Reply(said)

        return ask

    first, second, third = try_parts(
        [("a", "", asked("one", 0.3)), ("b", "", asked(None, 0)), ("c", "", asked("three", 0.1))]
    )

    assert (first.reply.said, third.reply.said) == ("one", "three")
    assert (second.reply, second.why_not) == (None, "nobody there")
