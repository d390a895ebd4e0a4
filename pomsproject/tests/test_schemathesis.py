"""Whatever is sent to the API: it answers as its schema says, whoever asks, and never fails."""

import os

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, transaction
from django.urls import get_resolver
from drf_spectacular.generators import SchemaGenerator
from hypothesis import HealthCheck, Phase, given, note, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from campaigns.models import ApiToken
from campaigns.scopes import EVERY_SCOPE, SCOPES_OF_AGENTS, Scope
from pomsproject.tests import rights_world
from pomsproject.wsgi import application

pytestmark = [pytest.mark.django_db, pytest.mark.schema, pytest.mark.slow]

EXAMPLES = 40 if os.environ.get("POMS_THOROUGH") == "1" else 3  # for each operation and caller
AS_DECLARED = [
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
WHO = ["anonymous", "reporter", "reader", "member", "superuser", "job"]
SCOPES = {"reporter": SCOPES_OF_AGENTS, "reader": [Scope.READ]}
# Of what the generated bodies and addresses name, most should be there: else all is 404.
NAMED = {
    "stage": "stage",
    "stage_id": "stage",
    "campaign": "campaign",
    "submission": "submission",
    "submission_id": "submission",
}
ROWS = {
    "submissions": "submission",
    "campaigns": "campaign",
    "experiments": "experiment",
    "stages": "stage",
    "job-types": "job_type",
    "login-setups": "login_setup",
    "tags": "tag",
    "holds": "hold",
    "schedules": "schedule",
}


def described():
    get_resolver().url_patterns  # noqa: B018  # what the addresses' parts are is known from here on
    schema = schemathesis.openapi.from_dict(SchemaGenerator().get_schema(public=True))
    schema.app = application
    return schema


OPERATIONS = {found.ok().label: found.ok() for found in described().get_all_operations()}


@pytest.fixture(autouse=True)
def one_connection():
    """Keep the connection from one request to the next: the transaction of the tests is in it."""
    ends = (request_started, request_finished)
    there = [signal for signal in ends if signal.disconnect(close_old_connections)]
    yield
    for signal in there:
        signal.connect(close_old_connections)


@pytest.fixture(scope="module")
def world(django_db_setup, django_db_blocker):
    """Return the items that are asked for, and the header of each who asks."""
    with django_db_blocker.unblock(), transaction.atomic():
        production = rights_world.build()["production"].items
        yield production, headers(production)
        transaction.set_rollback(True)


def headers(items):
    people = {
        "reporter": rights_world.person("agent", is_agent=True),
        "reader": rights_world.person("reader", "analysis"),
        "member": items.owner,
        "superuser": rights_world.person("root", is_superuser=True),
    }
    tokens = {
        who: ApiToken.objects.create(user, scopes=list(SCOPES.get(who, EVERY_SCOPE)))[1]
        for who, user in people.items()
    }
    tokens["job"] = items.job_token
    return {who: {"Authorization": f"Bearer {token}"} for who, token in tokens.items()}


def aim(case, items):
    """Have a case name what is there, wherever it names anything."""
    rows = case.path.split("/")[3]
    if "id" in case.path_parameters:
        case.path_parameters["id"] = getattr(items, ROWS[rows]).pk
    if "name" in case.path_parameters:
        case.path_parameters["name"] = {"projects": items.project, "uploads": items.upload}[rows]
    if "owner" in case.query:
        case.query["owner"] = items.owner.username
    for parameter in case.query.keys() & {"experiment", "dataset", "name"}:
        case.query[parameter] = {"experiment": "nova", "dataset": items.dataset}.get(
            parameter, items.file
        )
    for body in case.body if isinstance(case.body, list) else [case.body]:
        for name in body.keys() & NAMED if isinstance(body, dict) else ():
            body[name] = getattr(items, NAMED[name]).pk


@pytest.mark.parametrize("label", sorted(OPERATIONS))
def test_answers_are_as_declared_whoever_asks(label, world):
    items, credentials = world
    operation = OPERATIONS[label]
    cases = st.one_of(operation.as_strategy(mode) for mode in GenerationMode)

    @settings(
        max_examples=EXAMPLES,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.explicit, Phase.generate],
    )
    @given(case=cases, aimed=st.booleans())
    def check(case, aimed):
        if aimed:
            aim(case, items)
        for who in WHO:
            note(f"{who} asks")
            with transaction.atomic():
                answer = case.call(headers=credentials.get(who))
                transaction.set_rollback(True)
            assert answer.status_code < 500 or answer.status_code == 503, answer.text[:2000]
            case.validate_response(answer, checks=AS_DECLARED)

    check()
