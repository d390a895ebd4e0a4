"""What no person would send: it is refused in so many words, and nothing falls over."""

import json
import os
import subprocess
import sys
from types import SimpleNamespace

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from rest_framework.test import APIClient

from campaigns.admin import forms
from campaigns.tests import builders
from datahandling.handlers.catalogue import BadDeclaration, Catalogue, Declaration
from submissions.launching.script import mask
from submissions.models import Run, Submission
from submissions.models.submissions import Cause
from submissions.registering import register

DIGITS = "9" * 5000
ODD_KEYS = ["10" * 2500, 10**20, -1, "abc", "１", [], {}, [1], True, None]
UNSTORABLE = [r'"\u0000"', r'"\ud800"', "NaN", "-Infinity", "1e400", "[" * 100_000, "9" * 5000]


@pytest.fixture
def site(db):
    person = builders.person("prod", "production")
    campaign = builders.campaign("mc", person)
    stage = builders.stage("reco", campaign)
    run = Run.objects.create(campaign=campaign, creator=person)
    submission = register(stage, run, Cause.PERSON)
    return SimpleNamespace(person=person, campaign=campaign, stage=stage, submission=submission)


@pytest.fixture
def api(site):
    client = APIClient(raise_request_exception=False)
    client.force_authenticate(site.person)
    return client


@pytest.fixture
def visitor(site):
    client = Client(raise_request_exception=False)
    client.force_login(site.person)
    return client


def send(client, url, text):
    return client.generic("POST", f"/api/v1/{url}", text, content_type="application/json")


# what can't be stored


@pytest.mark.parametrize("text", UNSTORABLE)
@pytest.mark.parametrize("url", ["launches/", "submissions/", "submissions/1/leave/", "files/"])
def test_json_that_can_not_be_stored_is_refused(api, url, text):
    answer = send(api, url, f'{{"token": {text}}}')

    assert answer.status_code == 400
    assert answer.json()["detail"]


def test_nobody_needs_a_name_to_be_refused(db):
    stranger = Client(raise_request_exception=False)

    assert send(stranger, "submissions/1/leave/", "[" * 100_000).status_code == 400
    assert send(stranger, "submissions/1/leave/", r'{"token":"\ud800"}').status_code == 400


@pytest.mark.parametrize("url", ["/submissions/?stage=%00", "/login/?next=%00", "/a%00b/"])
def test_a_nul_in_an_address_is_refused(visitor, url):
    answer = visitor.get(url)

    assert answer.status_code == 400
    assert answer["Content-Type"].startswith("text/plain")


@pytest.mark.parametrize("url", ["projects/%00/?experiment=nova", "campaigns/?name=%00"])
def test_the_api_refuses_it_as_json(api, url):
    answer = api.get(f"/api/v1/{url}")

    assert answer.status_code == 400
    assert "NUL" in answer.json()["detail"]


def test_a_nul_in_a_form_or_a_cookie_is_refused(visitor):
    assert visitor.post("/login/", {"username": "a\0b", "password": "x"}).status_code == 400
    visitor.cookies["sessionid"] = "a\0b"
    assert visitor.get("/submissions/").status_code == 400


@pytest.mark.parametrize(
    "text", [r'{"a": "\u0000"}', r'{"a": "\ud800"}', '{"a": 1e400}', '{"a": NaN}', "[" * 100_000]
)
def test_json_in_forms_is_looked_at_too(text):
    with pytest.raises(forms.ValidationError):
        forms.MappingField().clean(text)


@pytest.mark.parametrize("text", [r'["-N ", "\u0000"]', r'[["-N ", "\ud800"]]', "[" * 100_000])
def test_pairs_in_forms_are_looked_at_too(text):
    with pytest.raises(forms.ValidationError):
        forms.PairsField().clean(text)


# too much


def test_ten_thousand_reports_are_taken_at_once(api, site):
    one = {"submission_id": site.submission.pk + 1, "status": "Running", "source": "x" * 90}
    said = [one | {"jobs": {"submitted": 10, "by_exit_code": {"0": 9, "1": 1}}}] * 10_000

    answer = send(api, "reports/", json.dumps(said))

    assert answer.status_code == 200
    assert {one["outcome"] for one in answer.json()} == {"unknown"}


def test_more_than_that_is_too_much(api, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 2**20

    answer = send(api, "reports/", " " * 2**20 + "[]")

    assert answer.status_code == 413
    assert answer.json() == {"detail": "send at most 1 MiB at once"}


@pytest.mark.parametrize("url", ["/uploads/add/", "/poms/upload_file", "/login/"])
def test_a_form_is_not_longer_either(visitor, settings, url):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 2**20

    file = SimpleUploadedFile("large", b"x" * 2**20)

    assert visitor.post(url, {"file": file}).status_code == 413


@pytest.mark.parametrize(
    ("part", "most"), [(SimpleUploadedFile("a", b"x"), "100 files"), ("x", "1000 fields")]
)
def test_a_form_of_too_many_parts_is_refused(api, part, most):
    parts = {f"part{number}": part for number in range(1010)}

    answer = api.post("/api/v1/uploads/", parts, format="multipart")

    assert answer.status_code == 400
    assert answer.json() == {"detail": f"send at most {most} at once"}


@pytest.mark.parametrize("text", ["3661d", "99999999w", "9" * 400 + "s", DIGITS + "d"])
def test_nobody_waits_longer_than_ten_years(text):
    with pytest.raises(forms.ValidationError, match="too long"):
        forms.SpanField().clean(text)


@pytest.mark.parametrize(
    "metadata", [{"run_number": 10**20}, {"run_number": f"1.{2**31}"}, {"version": "v" * 5000}]
)
def test_a_declaration_that_fits_no_column_is_refused(db, metadata):
    with pytest.raises(BadDeclaration, match=r"^odd\.root: "):
        Catalogue("nova").declare([Declaration("odd.root", metadata=metadata)])


# counts


@pytest.mark.parametrize(
    "jobs",
    [
        {"running": True},
        {"held": -1},
        {"idle": 1.5},
        {"completed": "3"},
        {"by_exit_code": ["0"]},
        {"by_exit_code": {"0": -1}},
        {"by_exit_code": {"0": {}}},
        {"note": "x" * 10_001},
    ],
)
def test_counts_that_are_none_are_invalid_in_their_place(api, site, jobs):
    said = {"submission_id": site.submission.pk, "status": "Idle"}

    bad, good = api.post("/api/v1/reports/", [said | {"jobs": jobs}, said]).json()

    assert (bad["outcome"], good["outcome"]) == ("invalid", "moved")


@pytest.mark.parametrize("codes", [["0"], "0", 3, None, {"0": "one"}])
def test_a_page_bears_odd_counts_of_old(visitor, site, codes):
    Submission.objects.update(jobs={"by_exit_code": codes})

    assert visitor.get(f"/submissions/{site.submission.pk}/").status_code == 200


# keys


@pytest.mark.parametrize("key", ODD_KEYS)
@pytest.mark.parametrize(
    ("url", "field"),
    [
        ("launches/", "stage"),
        ("launches/", "campaign"),
        ("holds/", "stage"),
        ("holds/", "experiment"),
        ("schedules/", "campaign"),
        ("recoveries/", "submission"),
        ("submissions/", "stage_id"),
    ],
)
def test_what_is_no_key_finds_nothing(api, url, field, key):
    answer = api.post(f"/api/v1/{url}", {field: key, "reason": "r", "recovery_type": "no"})

    assert answer.status_code in {400, 403, 404}


@pytest.mark.parametrize("kind", [[], {}, None, 3, "abc"])
def test_there_is_no_recovery_of_an_odd_type(api, site, kind):
    said = {"submission": site.submission.pk, "recovery_type": kind}

    assert api.post("/api/v1/recoveries/", said).status_code == 400


@pytest.mark.parametrize("key", [DIGITS, str(10**20), "abc", "１", "-1"])
def test_pages_find_nothing_under_what_is_no_key(visitor, site, key):
    assert visitor.get(f"/holds/?stage={key}").status_code == 404
    assert visitor.get(f"/submissions/{key}/").status_code == 404
    assert visitor.get(f"/admin/campaigns/campaign/{key}/history/").status_code in {302, 404}
    reset = visitor.post(f"/stages/{site.stage.pk}/passes/reset/", {"position": key})
    assert reset.status_code in {302, 404}


@pytest.mark.parametrize("version", ["abc", DIGITS, str(10**20)])
def test_there_is_no_odd_version_in_a_history(visitor, site, version):
    page = f"/admin/campaigns/campaign/{site.campaign.pk}/history/{version}/"

    assert visitor.get(page).status_code == 404


@pytest.mark.parametrize(
    "cursor", ["cD0%3D", "cD1hYmM%3D", "cD0x%FF", "p", "cD05OTk5OTk5OTk5OTk5OTk5OTk5OTk5"]
)
@pytest.mark.parametrize("rows", ["submissions", "campaigns"])
def test_a_cursor_that_we_never_gave_finds_nothing(api, rows, cursor):
    assert api.get(f"/api/v1/{rows}/?cursor={cursor}").status_code == 404


@pytest.mark.parametrize(
    ("page", "status"),
    [
        ("campaign/add/?tags=KEY", 200),
        ("campaignstage/add/?campaign=KEY", 200),
        ("experimenter/KEY/history/", 404),
        ("experimenter/1/history/KEY/", 404),
    ],
)
@pytest.mark.parametrize("key", [DIGITS, "abc"])
def test_the_admin_bears_odd_keys_in_its_links(site, page, status, key):
    boss = builders.person("boss", is_superuser=True)
    client = Client(raise_request_exception=False)
    client.force_login(boss)

    assert client.get(f"/admin/campaigns/{page.replace('KEY', key)}").status_code == status


def test_filters_do_not_tell_what_others_have(api, site):
    theirs = builders.campaign("theirs", builders.person("eve", "production", "dune"), of="dune")
    stage = builders.stage("reco", theirs)
    run = Run.objects.create(campaign=theirs, creator=stage.creator)
    hidden = register(stage, run, Cause.PERSON)
    asked = {"stage": stage.pk, "original": hidden.pk, "run": run.pk, "stage__campaign": theirs.pk}

    for name, key in asked.items():
        for wanted in (key, key + 1000):
            answer = api.get(f"/api/v1/submissions/?{name}={wanted}")
            assert (answer.status_code, answer.json()["results"]) == (200, [])
    assert api.get(f"/api/v1/stages/?campaign={theirs.pk}").json()["results"] == []
    assert len(api.get(f"/api/v1/submissions/?stage={site.stage.pk}").json()["results"]) == 1


@pytest.mark.parametrize("key", [DIGITS, str(10**20), "abc", "1e400"])
def test_filters_bear_what_is_no_key(api, key):
    assert api.get(f"/api/v1/submissions/?stage={key}").status_code in {200, 400}


# secrets


@pytest.mark.parametrize(
    "line",
    [
        "curl -H 'Authorization: Token s3cr3t'",
        '{"Authorization": "Bearer s3cr3t"}',
        "tool --password s3cr3t --go",
        "tool --password=s3cr3t",
        "git clone https://me:s3cr3t@host.org/x",
        "psql me:s3cr3t@host",
        "export MY_SECRET_KEY=s3cr3t",
        "client_secret='s3cr3t'",
    ],
)
def test_secrets_are_masked(line):
    assert "s3cr3t" not in mask(line)
    assert mask(line).split("s3cr3t")[0].startswith(line.split("s3cr3t")[0])


@pytest.mark.parametrize(
    "line", ["job:12.0@jobsub01.fnal.gov", "the password is asked for", "at 10:30 me@host"]
)
def test_what_is_no_secret_stays(line):
    assert mask(line) == line


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_cookies_keep_to_https_where_poms_does(scheme):
    program = (
        "from pomsproject import settings as s;"
        "print(s.SESSION_COOKIE_SECURE, s.CSRF_COOKIE_SECURE, s.SECURE_HSTS_SECONDS > 0)"
    )
    environment = {**os.environ, "POMS_URL": f"{scheme}://poms.example.org"}

    done = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True
    )

    assert set(done.stdout.split()) == {str(scheme == "https")}
