"""``/healthz`` says who does passes, and who should have done one since."""

import os
import subprocess
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.utils import timezone

from submissions.models import Agent
from workflow.models import Worker
from workflow.presence import Presence, started

pytestmark = pytest.mark.django_db


@pytest.fixture
def health(client):
    return lambda: client.get("/healthz").json()


def ago(**time):
    return timezone.now() - timedelta(**time)


def test_who_has_done_a_pass_is_named_with_its_age(health):
    call_command("wrapup_tasks")

    said = health()
    assert said["degraded"] == []
    assert said["last_pass"] < 10
    [worker] = said["workers"]
    assert worker["worker"].endswith(f":{os.getpid()}")
    assert not worker["late"]


def test_a_poms_without_workers_is_degraded(health):
    said = health()

    assert said["ok"]
    assert "nobody does passes" in said["degraded"][0]
    assert said["last_pass"] is None


def test_a_worker_whose_last_pass_is_too_long_ago_is_late(health, settings):
    call_command("wrapup_tasks")
    Worker.objects.create(host="other", pid=7, started=1, passed_at=ago(minutes=14))
    assert health()["degraded"] == []

    settings.PASS_LATE_AFTER = timedelta(minutes=13)

    assert health()["degraded"] == ["the last pass of other:7 ended 840 s ago"]
    assert [worker["late"] for worker in health()["workers"]].count(True) == 1


def test_a_silent_agent_is_named(health):
    call_command("wrapup_tasks")
    common = {"kind": "lens", "ok": True, "every": 60, "submissions": 0, "unsent": 0}
    Agent.objects.create(source="a@x", heard_at=ago(minutes=4), **common)
    Agent.objects.create(source="b@x", heard_at=ago(minutes=6), **common)

    assert health()["degraded"] == ["the agent b@x was last heard 360 s ago"]


def test_a_worker_that_was_killed_is_forgotten_by_the_next_on_its_host(health):
    presence = Presence()
    dead = subprocess.Popen(["true"])
    dead.wait()
    there = subprocess.Popen(["sleep", "60"])
    for pid, since in ((dead.pid, 1), (there.pid, started(there.pid)), (os.getppid(), 1)):
        Worker.objects.create(host=presence.host, pid=pid, started=since, passed_at=ago(hours=1))
    Worker.objects.create(host="other", pid=dead.pid, started=1, passed_at=ago(hours=1))

    presence.passed()

    left = set(Worker.objects.values_list("host", "pid"))
    here = presence.host
    assert left == {(here, os.getpid()), (here, there.pid), ("other", dead.pid)}
    there.kill()
    there.wait()


def test_a_host_on_which_nobody_works_any_more_is_forgotten_after_a_day(health):
    Worker.objects.create(host="other", pid=7, started=1, passed_at=ago(hours=25))

    call_command("wrapup_tasks")

    assert [worker.pid for worker in Worker.objects.all()] == [os.getpid()]


def test_who_stops_in_order_is_no_worker_any_more(monkeypatch):
    def stop(seconds):
        raise KeyboardInterrupt

    monkeypatch.setattr("time.sleep", stop)
    call_command("wrapup_tasks", loop=1.0)

    assert not Worker.objects.exists()
