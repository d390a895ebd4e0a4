"""All processes together ask a service at most so many questions at the same time."""

import math
import subprocess
import sys
import threading
import time
from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest
from django.db import connection

from datahandling.errors import Unknown
from datahandling.http import client_for
from datahandling.http.budget import Slots, slot
from poms_client.testing.faults import Faults
from poms_client.testing.server import Server

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]

HOLD = """
import os, sys, time
import django
django.setup()
from django.db import connection
connection.settings_dict["NAME"] = sys.argv[1]
from datahandling.http.budget import slot
from datahandling.services import Service
with slot(Service("sam", "nova", "http://127.0.0.1", at_once=1)):
    print("held", flush=True)
    time.sleep(60)
"""


class Counting:
    """Answers slowly, and counts how many are at it."""

    def __init__(self):
        self.lock, self.now, self.most, self.total = threading.Lock(), 0, 0, 0

    def __call__(self, environ, start):
        with self.lock:
            self.now += 1
            self.total += 1
            self.most = max(self.most, self.now)
        time.sleep(0.03)
        with self.lock:
            self.now -= 1
        start("200 OK", [("Content-Type", "text/plain")])
        return [b"1"]


def in_threads(count, *do):
    def one(job):
        try:
            job()
        finally:
            connection.close()

    threads = [threading.Thread(target=one, args=[job]) for job in do for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_no_more_than_its_budget_is_asked_at_once(service):
    counting = Counting()
    with Server(Faults(counting)) as server:
        client = client_for(
            replace(service, url=server.url, at_once=3, read_timeout=timedelta(seconds=20))
        )
        in_threads(8, lambda: [client.get("/x") for _ in range(4)])

    assert (counting.most, counting.total) == (3, 32)


def test_who_finds_all_slots_taken_gives_up_in_time(service):
    one = replace(service, at_once=1, read_timeout=timedelta(seconds=0.2))
    said = []

    def ask():
        try:
            client_for(one).get("/json")
        except Unknown as why:
            said.append(str(why))

    with slot(one):
        in_threads(1, ask)

    assert said == ["SAM of nova is busy: 1 questions are asked already"]


def test_threads_with_slots_in_common_ask_as_much_at_once_as_they_may(service):
    counting, slots = Counting(), Slots(2)
    with Server(Faults(counting)) as server:
        client = client_for(
            replace(service, url=server.url, at_once=5, read_timeout=timedelta(seconds=20))
        )

        def ask():
            with slots.in_common():
                for _ in range(4):
                    client.get("/x")

        in_threads(8, ask)
        slots.close()

    assert (counting.most, counting.total) == (2, 32)


def test_two_who_have_slots_in_common_get_no_more_than_the_budget_together(service):
    counting, several = Counting(), [Slots(3), Slots(3)]
    with Server(Faults(counting)) as server:
        client = client_for(
            replace(service, url=server.url, at_once=4, read_timeout=timedelta(seconds=20))
        )

        def ask(slots):
            with slots.in_common():
                for _ in range(4):
                    client.get("/x")

        in_threads(6, *(partial(ask, slots) for slots in several))
        for slots in several:
            slots.close()

    assert (counting.most, counting.total) == (4, 48)


def test_others_get_a_slot_while_those_with_slots_in_common_go_on_and_on(service):
    one = replace(service, at_once=1, read_timeout=timedelta(seconds=20))
    slots, enough = Slots(1), threading.Event()

    def go_on():
        with slots.in_common():
            while not enough.is_set():
                with slot(one):
                    time.sleep(0.001)

    def another():
        with slot(one):
            enough.set()

    in_threads(1, go_on, go_on, another)
    slots.close()

    assert enough.is_set()


def test_slots_in_common_that_nobody_uses_can_be_left_to_everybody(service):
    one, slots = replace(service, at_once=1, read_timeout=timedelta(seconds=0.2)), Slots(1)
    slots.others_turn = math.inf
    got = []

    def try_it():
        try:
            with slot(one):
                got.append("a slot")
        except Unknown:
            got.append("none")

    with slots.in_common(), slot(one):
        pass
    in_threads(1, try_it)
    slots.leave()
    in_threads(1, try_it)
    slots.close()

    assert got == ["none", "a slot"]


def test_a_slot_in_common_wakes_who_waits_for_that_service(service):
    """Another's, who waited longer for something else, doesn't keep it from being heard."""
    one = replace(service, at_once=1, read_timeout=timedelta(seconds=20))
    other = replace(one, experiment="elsewhere")
    slots, enough, got = Slots(1), threading.Event(), threading.Event()
    slots.others_turn = math.inf

    def hold(which, until):
        with slots.in_common(), slot(which):
            until.wait(10)

    def wait_for_one():
        with slots.in_common(), slot(one):
            got.set()

    acts = [
        partial(hold, other, got),
        partial(hold, one, enough),
        partial(hold, other, enough),
        wait_for_one,
        enough.set,
    ]
    threads = [threading.Thread(target=in_threads, args=[1, act]) for act in acts]
    for thread in threads:
        thread.start()
        time.sleep(0.1)  # each waits before the next comes
    began = time.monotonic()
    for thread in threads:
        thread.join()
    slots.close()

    assert got.is_set()
    assert time.monotonic() - began < 5


def test_a_process_that_is_killed_gives_its_slot_back(service):
    one = replace(service, at_once=1)
    command = [sys.executable, "-c", HOLD, connection.settings_dict["NAME"]]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(Unknown, match="is busy"), slot(one):
            pass
        holder.kill()
        holder.wait()

    with slot(replace(one, read_timeout=timedelta(seconds=5))):
        pass
