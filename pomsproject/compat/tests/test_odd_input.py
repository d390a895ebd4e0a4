"""What no script would send: it is refused, and nothing falls over."""

import json
from itertools import cycle

import pytest

from campaigns.models import Experimenter
from pomsproject.compat.table import ENDPOINTS
from pomsproject.compat.tests.test_docs import rows

pytestmark = pytest.mark.django_db

ODD = (
    "",
    "0",
    "-1",
    "9" * 30,
    "１",
    "1,2,x",
    "[",
    "{}",
    "[[1]]",
    '{"1": {"status": {}, "pct_complete": "nan"}}',
    "[" * 50_000,
    "null",
    "nan",
    "0001-01-01",
    "%(x)s",
    "x" * 5000,
)
ARGUMENTS = {
    first.split("`")[1]: [
        word for word in " ".join(rest[:-1]).split("`")[1::2] if word.isidentifier()
    ]
    for first, *rest in rows()
}
NAMES = [one.name for one in ENDPOINTS if one.name != "wrapup_tasks"]


@pytest.mark.parametrize("name", NAMES)
def test_nothing_falls_over(site, name):
    script = site.scripts_of(Experimenter.objects.create(username="root", is_superuser=True))
    script.raise_request_exception = False

    for value, action in zip(ODD, cycle(("add", "edit", "find", "delete", "x"))):
        said = {**dict.fromkeys(ARGUMENTS[name], value), "action": action}
        answer = script.post(f"/poms/{name}", {"experiment": "nova", **said})
        assert answer.status_code < 500, (said, answer.text[:500])


@pytest.mark.parametrize("body", ["[1]", "3", "{", '{"submission_id": [1], "campaign_id": {}}'])
def test_json_is_read_as_a_form_is(site, body):
    script = site.script
    script.raise_request_exception = False

    for name in NAMES:
        answer = script.post(f"/poms/{name}", body, content_type="application/json")
        assert answer.status_code == 400 if body in ("[1]", "3", "{") else answer.status_code < 500


def test_a_json_object_does_as_well_as_a_form(site):
    idle = site.submission("Idle")
    said = {"submission_id": idle.pk, "status": "Running", "pct_complete": None}

    answer = site.script.post(
        "/poms/update_submission", json.dumps(said), content_type="application/json"
    )

    assert answer.text == "Ok."
    idle.refresh_from_db()
    assert idle.status == "Running"
