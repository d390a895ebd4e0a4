"""Lists cost the same number of queries, however long they would be."""

import pytest

from bench.ruler import cost
from submissions.statuses import Status

FEW, MANY = 300, 10_000  # the first fills every page already
OPEN = 1_000
PATHS = [
    "/",
    "/campaigns/",
    "/campaigns/{campaign}/graph/",
    "/campaigns/{campaign}/runs/",
    "/submissions/",
    "/submissions/?state=open",
    "/submissions/?state=broken",
    "/submissions/?status=Located",
    "/submissions/?campaign={campaign}",
    "/submissions/?stage=gen",
    "/submissions/?before={middle}",
    "/submissions/newer/?after={middle}",
    "/stages/{stage}/submissions/",
    "/stages/{stage}/files/",
    "/stages/{stage}/sums/",
    "/campaigns/{campaign}/files/",
    "/campaigns/{campaign}/sums/",
    "/runs/{run}/submissions/",
    "/submissions/{submission}/",
    "/api/v1/submissions/",
    "/api/v1/submissions/?status=Located",
    "/api/v1/submissions/?stage__campaign={campaign}",
    "/api/v1/campaigns/",
    "/api/v1/stages/",
]


@pytest.fixture
def pages(client, history):
    client.force_login(history.person)
    fixed = {
        "campaign": history.campaign.pk,
        "stage": history.stage.pk,
        "run": history.finished.run_id,
        "submission": history.finished.pk,
    }

    def costs():
        found = {}
        for path in PATHS:
            address = path.format(**fixed, middle=history.finished.pk + history.made // 2)
            found[path] = cost(lambda address=address: get(client, address), tries=9)
        return found

    return costs


def get(client, address):
    response = client.get(address)
    assert response.status_code == 200, address
    return response.content


def test_lists_cost_the_same_after_many_submissions(history, pages):
    history.grow(FEW)
    history.in_batch(FEW, Status.RUNNING)
    few = pages()

    history.grow(MANY)
    history.in_batch(OPEN, Status.RUNNING)
    many = pages()

    print()
    for path in PATHS:
        print(f"{path:48} {few[path]!s:26} → {many[path]!s:26} {many[path].times(few[path])}")
    assert {path: each.queries for path, each in many.items()} == {
        path: each.queries for path, each in few.items()
    }
