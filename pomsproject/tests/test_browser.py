"""The pages in a real browser: the demo is launched from its page and watched to its end.

Nothing may be wrong meanwhile: no error on the console, nothing that the Content-Security-Policy
forbids, no request to anybody else.
"""

import re
import socket

import pytest
from playwright.sync_api import expect, sync_playwright

from poms_client.testing.sam import SamServer
from pomsproject.tests.tutorial import Installation

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.timeout(600),
    pytest.mark.needs("chromium", package="chromium"),
]
AT_ONCE = 15_000  # ms; what a page shows by itself, on a machine that is busy
DEMO = 240_000
FIGURES = 60_000  # asked for in the background


@pytest.fixture(scope="module")
def poms(tmp_path_factory):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    installation = Installation(tmp_path_factory.mktemp("poms"), port)
    try:
        installation.await_it()
        yield installation
    finally:
        installation.stop()


@pytest.fixture
def faults():
    """What went wrong in the browser, in words; a test that leaves any has failed."""
    found = []
    yield found
    assert found == []


@pytest.fixture
def page(poms, faults):
    """A browser's page, its user signed in as the demo's producer."""

    def ask(request):
        if not request.url.startswith((poms.url, "data:")):
            faults.append(f"asked {request.url}")

    def say(message):
        if message.type in ("error", "warning"):
            faults.append(f"console: {message.text}")

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox"]
        )
        page = chromium.new_page(base_url=poms.url)
        page.set_default_timeout(AT_ONCE)
        expect.set_options(timeout=AT_ONCE)
        page.on("request", ask)
        page.on("console", say)
        page.on("pageerror", lambda error: faults.append(f"script: {error}"))
        sign_in(page, poms)
        yield page
        chromium.close()


def sign_in(page, poms, name="producer"):
    password = poms.folder / "var/secrets/demo-password"
    page.goto("/")
    page.get_by_label("User name").fill(name)
    page.get_by_label("Password").fill(password.read_text().strip())
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Campaigns")).to_be_visible()


def open_campaign(page):
    page.goto("/")
    page.get_by_role("link", name="Z to two muons").click()


def test_the_demo_is_launched_from_its_page_and_watched_to_its_end(page):
    open_campaign(page)
    page.get_by_role("button", name="Launch", exact=True).click()

    expect(page.locator(".run-state")).to_have_text("running")
    expect(page.locator("[data-stage=gen]")).to_contain_text("1 Located", timeout=DEMO)
    expect(page.locator(".run-state")).to_have_text("done", timeout=DEMO)
    expect(page.get_by_role("region", name="Left behind")).to_contain_text("given up")
    expect(page.locator(".stage-done")).to_have_count(5)

    plots = page.get_by_role("region", name="Submissions").get_by_role("row", name="plots")
    plots.get_by_role("link", name="#").first.click()  # the list may be behind the graph
    expect(page.get_by_role("region", name="Why is it here?")).to_contain_text("are needed")
    picture = page.get_by_role("img", name="dimuon-mass")
    expect(picture).to_be_visible()
    assert picture.evaluate("image => image.naturalWidth") > 0


def test_figures_lead_to_their_files_and_files_to_what_is_known_of_them(page):
    open_campaign(page)
    files = page.get_by_role("region", name="Files")
    expect(files.get_by_role("row", name="sim")).to_be_visible()
    files.get_by_role("link", name="sim").click()
    expect(page.get_by_role("heading", name="Files by submission")).to_be_visible()
    page.get_by_role("link", name="@local").last.click()

    card = page.get_by_role("region", name="Files")
    located = card.locator(".figure", has_text="With kids located").get_by_role("link")
    expect(located).to_be_visible(timeout=FIGURES)
    count = located.inner_text()
    located.click()
    expect(page.get_by_role("heading", name=f"{count} file")).to_be_visible()
    page.get_by_role("button", name="Copy").click()
    expect(page.get_by_role("button", name=re.compile("Copied|Selected"))).to_be_visible()
    page.get_by_role("region", name="Files").get_by_role("link").first.click()
    expect(page.locator(".facts")).to_contain_text("locations")


def test_a_projects_files_are_narrowed_to_a_state(page):
    open_campaign(page)
    page.locator("[data-stage=sim]").click()
    page.get_by_role("region", name="Submissions").locator("tbody td:first-child a").last.click()
    page.get_by_role("region", name="Files").get_by_role("link", name="project").click()
    expect(page.locator("tbody tr")).to_have_count(4)
    page.get_by_role("link", name="Done").click()

    expect(page.locator("tbody tr")).to_have_count(3)
    expect(page.locator("tbody .badge")).to_have_text(["Done"] * 3)


def test_a_launch_under_a_hold_waits_and_is_cancelled_once_that_is_confirmed(page):
    open_campaign(page)
    page.get_by_role("link", name="Hold…").click()
    hold = page.locator("form", has_text="Hold the campaign")
    hold.get_by_label("Why").fill("to see what happens")
    hold.get_by_role("button", name="Hold").click()
    page.get_by_role("button", name="Launch", exact=True).click()
    expect(page.get_by_role("alert").last).to_contain_text("queued")

    page.get_by_role("region", name="Submissions").get_by_role("link", name="#").first.click()
    page.get_by_role("button", name="Cancel").click()
    page.get_by_role("dialog").get_by_role("button", name="Go back").click()
    expect(page.get_by_role("region", name="Now")).to_contain_text("New")
    page.get_by_role("button", name="Cancel").click()
    page.get_by_role("dialog").get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("region", name="Now")).to_contain_text("Cancelled")

    page.goto("/holds/")
    page.get_by_role("button", name="Lift").click()
    expect(page.get_by_text("Nothing is held.")).to_be_visible()


def test_a_data_service_is_set_up_and_tried(page, poms):
    page.context.clear_cookies()
    sign_in(page, poms, "admin")
    with SamServer() as sam:
        page.goto("/admin/campaigns/dataservice/add/")
        page.get_by_label("Experiment:").select_option(label="demo")
        page.get_by_label("Kind:").select_option(label="SAM")
        page.get_by_label("Address:", exact=True).fill(sam.url)
        page.get_by_role("button", name="Save and continue editing").click()
        expect(page.get_by_text("SAM's address ends with /sam/demo/api")).to_be_visible()

        page.get_by_label("Address:", exact=True).fill(sam.api("demo"))
        page.get_by_role("button", name="Save and continue editing").click()
        page.get_by_role("button", name="Try it").click()
        expect(page.get_by_role("cell", name="yes")).to_be_visible()
        expect(page.get_by_text("counted 0 files")).to_be_visible()

    page.get_by_role("button", name="Try it again").click()
    expect(page.get_by_role("cell", name="no", exact=True)).to_be_visible()
    expect(page.get_by_text("gave no clear answer")).to_be_visible()


def test_no_page_asks_for_what_its_policy_forbids(page):
    open_campaign(page)
    page.locator("[data-stage=sim]").click()
    stage = page.url
    for address in (
        "/campaigns/",
        "/submissions/",
        "/holds/",
        "/uploads/",
        "/services/",
        "/agents/",
        "/tokens/",
        stage,
        f"{stage}preview/",
        "/admin/",
        "/admin/campaigns/campaignstage/",
    ):
        page.goto(address)
        page.wait_for_load_state("networkidle")
        expect(page.locator("h1").first).to_be_visible()


def test_files_are_uploaded_got_back_and_deleted(page):
    page.get_by_role("link", name="Uploads").click()
    files = [{"name": name, "mimeType": "text/plain", "buffer": b"one"} for name in ("a", "b c")]
    page.get_by_label("Files").set_input_files(files)
    page.get_by_role("button", name="Upload").click()
    expect(page.get_by_text("Uploaded a, b c.")).to_be_visible()

    with page.expect_download() as download:
        page.get_by_role("link", name="b c").click()
    assert download.value.path().read_bytes() == b"one"

    for name in ("a", "b c"):
        page.get_by_role("checkbox", name=name, exact=True).check()
    page.get_by_role("button", name="Delete those chosen").click()
    expect(page.get_by_text("2 files deleted.")).to_be_visible()


def test_light_and_dark_are_chosen_for_good(page):
    root = page.locator("html")
    before = root.get_attribute("data-bs-theme")
    page.get_by_role("button", name="Light or dark").click()
    page.goto("/campaigns/")

    expect(root).not_to_have_attribute("data-bs-theme", before)


def test_what_is_on_the_page_is_said_to_be_old_when_poms_is_gone(page, faults):
    page.route("**/now/", lambda route: route.abort())

    expect(page.get_by_text("what you see is getting old")).to_be_visible()
    faults.clear()  # the browser tells of the requests that failed


def test_whose_session_is_over_is_asked_to_sign_in(page):
    page.context.clear_cookies()

    expect(page.get_by_role("button", name="Sign in")).to_be_visible()


def test_the_api_is_described_on_a_page_and_tried_there(page):
    page.goto("/api/v1/docs/")
    operation = page.locator("#operations-experiments-experiments_list")
    operation.locator("button.opblock-summary-control").click()
    operation.get_by_role("button", name="Try it out").click()
    operation.get_by_role("button", name="Execute").click()

    answer = operation.locator(".live-responses-table tbody")
    expect(answer.locator(".response-col_status")).to_contain_text("200")
    expect(answer).to_contain_text("results")
