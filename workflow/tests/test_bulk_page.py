"""Jobs of many submissions in a browser: the page goes on by itself, and tells how far it is."""

import time

import pytest
from playwright.sync_api import expect, sync_playwright

from campaigns.models import Experimenter
from workflow import bulk
from workflow.tasks import run_pass
from workflow.tests.conftest import ByHand
from workflow.views import jobs

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.needs("chromium", package="chromium"),
    pytest.mark.django_db(transaction=True),
]


@pytest.fixture
def stage(world, monkeypatch):
    """A stage with twelve submissions, for each of which the batch takes its time."""
    monkeypatch.setattr(ByHand, "control", lambda self, act, pk: time.sleep(0.3) or "")
    monkeypatch.setattr(bulk, "AT_ONCE", 2)
    monkeypatch.setattr(jobs, "A_MOMENT", 0.1)
    stage = world.stage("gen", stage_type="generator")
    for _ in range(12):
        world.launch(stage)
    run_pass()
    return stage


@pytest.fixture
def page(stage, live_server, client):
    """The page of the stage, for somebody who may do anything."""
    client.force_login(Experimenter.objects.create_superuser("root", password="x"))
    cookie = client.cookies["sessionid"]
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox"]
        )
        page = chromium.new_page(base_url=live_server.url)
        said = {"name": cookie.key, "value": cookie.value, "url": live_server.url}
        page.context.add_cookies([said])
        page.goto(f"/stages/{stage.pk}/")
        yield page
        chromium.close()


def test_jobs_are_killed_while_the_page_shows_how_far_it_is(page):
    page.get_by_text("Jobs…").click()
    page.get_by_role("button", name="Kill jobs").click()
    page.get_by_role("dialog").get_by_role("button", name="Kill jobs").click()

    expect(page.get_by_role("heading", name="Jobs are being killed")).to_be_visible()
    expect(page.get_by_role("status").filter(has_text="of 12 submissions")).to_be_visible()
    expect(page.get_by_text("The jobs of 12 submissions were killed.")).to_be_visible(
        timeout=30_000
    )
