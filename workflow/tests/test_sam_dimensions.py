"""What the workflow asks SAM, next to what POMS asked before (its users know these texts).

The texts of before are written unevenly: blanks doubled, a version in quotes or not, a pattern with
or without ``like``. ``plain`` takes that away on both sides; nothing else may differ.
"""

import re
from datetime import UTC, datetime
from functools import reduce
from operator import and_

import pytest
import time_machine

from campaigns.recoveries import RECOVERY_TYPES
from datahandling.handlers.sam.rendering import dimensions
from datahandling.patterns import matching, patterns
from datahandling.query import Dataset, Declared, Located, Parents, ProjectFiles, union
from poms_client.testing.sam import SamServer
from submissions.chains import Chain
from submissions.models import Submission
from workflow.completion import _with_children
from workflow.tests.sam import SamJobs

NOON = datetime(2025, 3, 1, 12, tzinfo=UTC)
P = "nova_prod_5001"
SINCE = "version 'v2' and create_date > '2025-03-01T12:00:00+0000'"


def plain(text):
    """One blank, ``defname:`` as one word, no quotes that aren't needed, no ``like``."""
    text = re.sub(r"\bdefname:\s+", "defname:", text)
    text = re.sub(r"(:?\(|\))", r" \1 ", text)
    text = re.sub(r"'([A-Za-z0-9_.%+]+)'", r"\1", text)
    text = text.replace("file_name like ", "file_name ")
    return " ".join(text.split())


@pytest.fixture
def chain_of(world):
    """Return the chain of a submission of 1 March 2025 over raw, with its project known."""
    with SamServer() as server:
        SamJobs(world, server)
        feed = world.feed

        def chain_of(*edges, depth=1, patterns="%reco.root,%hist.root"):
            stage = world.stage(
                "reco",
                dataset="raw",
                software_version="v2",
                output_ancestor_depth=depth,
                patterns=patterns,
            )
            for number, pattern in enumerate(edges):
                feed(stage, world.stage(f"next{number}"), pattern)
            with time_machine.travel(NOON, tick=False):
                submission = world.launch(stage)
            Submission.objects.filter(pk=submission.pk).update(project=P)
            return Chain.of(submission)

        yield chain_of


def located(pattern, depth=1):
    inner = f"file_name {pattern} and {SINCE} with availability physical"
    return "isparentof:( " * depth + inner + " )" * depth


@pytest.mark.parametrize("depth", [1, 2])
def test_inputs_with_located_children_of_each_edges_kind(chain_of, depth):
    """DOMAIN A.1 and 3.4."""
    chain = chain_of("%reco.root", "%hist.root", depth=depth)

    assert plain(dimensions(chain.inputs.delivered)) == plain(
        f"snapshot_for_project_name {P}  and {located('%reco.root', depth)}"
        f" and {located('%hist.root', depth)}"
    )


def test_a_kind_that_two_edges_want_is_asked_for_once(chain_of):
    chain = chain_of("%reco.root", "%hist.root", "%reco.root")

    assert dimensions(chain.inputs.delivered).count("isparentof") == 2


def test_consumed_inputs_with_located_children(chain_of):
    """As A.1, of the inputs that were consumed: need and have are counted over the same (W4)."""
    chain = chain_of("%reco.root")

    assert plain(dimensions(_with_children(chain.inputs.consumed, chain))) == plain(
        f"project_name {P} and consumed_status co% and {located('%reco.root')}"
    )


def test_without_edges_the_job_types_patterns_are_asked_for(chain_of):
    assert plain(dimensions(chain_of().inputs.delivered)) == plain(
        f"snapshot_for_project_name {P} and {located('%reco.root')} and {located('%hist.root')}"
    )


def test_a_pattern_with_a_blank_is_dimensions(chain_of):
    chain = chain_of("data_tier reco", patterns="")

    assert plain(dimensions(chain.inputs.delivered)) == plain(
        f"snapshot_for_project_name {P} and isparentof:( data_tier reco and {SINCE}"
        " with availability physical )"
    )


def test_what_is_fed_along_an_edge(chain_of):
    """DOMAIN 3.10; only what is somewhere is fed."""
    chain = chain_of("%reco.root")
    wanted = union(matching(pattern) for pattern in patterns("%reco.root"))

    assert plain(dimensions(chain.output(wanted) & Located())) == plain(
        f"ischildof:(  snapshot_for_project_name {P} ) and {SINCE} and file_name like '%reco.root'"
        " with availability physical"
    )


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (
            "consumed_status",
            f"snapshot_for_project_name {P} minus (project_name {P} and consumed_status co%)",
        ),
        ("added_files", f"defname:raw minus snapshot_for_project_name {P}"),
        (
            "delivered_not_consumed",
            (
                f"project_name {P} and consumed_status"
                " skipped,unknown,delivered,transferred,cancelled,failed"
            ),
        ),
        (
            "pending_files",
            (
                f"snapshot_for_project_name {P} minus ( snapshot_for_project_name {P}"
                f" and {located('%reco.root')} and {located('%hist.root')} )"
            ),
        ),
        ("reprocess_all", f"snapshot_for_project_name {P}"),
    ],
)
def test_a_recovery_begins_with_what_its_type_says(chain_of, kind, text):
    """DOMAIN 6.1; what follows takes away only what is done, or on its way (W5)."""
    chain = chain_of().inputs
    chosen = plain(dimensions(RECOVERY_TYPES[kind].select(chain)))
    consumed = f"minus (project_name {P} and consumed_status co%)"

    assert chosen in (plain(text), plain(f"{text} {consumed}"))
    assert plain(dimensions(RECOVERY_TYPES[kind].files(chain))).startswith(chosen)


def test_a_recovery_leaves_out_what_is_on_its_way_or_there(chain_of):
    chain = chain_of(patterns="%.root").inputs

    assert plain(dimensions(RECOVERY_TYPES["consumed_status"].files(chain))) == plain(
        f"snapshot_for_project_name {P}"
        f" minus ( project_name {P} and consumed_status co% )"
        f" minus isparentof:( file_name %.root and {SINCE} with availability anylocation )"
        f" minus ( snapshot_for_project_name {P} and {located('%.root')} )"
    )


@pytest.mark.parametrize("depth", [1, 2])
def test_figures_of_a_submissions_files(chain_of, depth):
    """DOMAIN 8.11: some kids declared, located, all kids declared, pending."""
    chain = chain_of(depth=depth)
    begin, end = "isparentof:( " * depth, " )" * depth
    inputs, since = ProjectFiles(P), chain._since_launch
    every = [Parents(kind & since & Declared(), depth) for kind in chain.kinds]
    complete = reduce(and_, every, inputs)
    all_kids = f"snapshot_for_project_name {P} " + " ".join(
        f"and {begin}file_name like '{pattern}' and {SINCE} with availability anylocation{end}"
        for pattern in ("%reco.root", "%hist.root")
    )

    assert plain(dimensions(inputs & Parents(since & Declared(), depth))) == plain(
        f"snapshot_for_project_name {P} and {begin}{SINCE} with availability anylocation{end}"
    )
    assert plain(dimensions(inputs & Parents(since, depth))) == plain(
        f"snapshot_for_project_name {P} and {begin}{SINCE}{end}"
    )
    assert plain(dimensions(complete)) == plain(all_kids)
    assert plain(dimensions(inputs - complete)) == plain(
        f"snapshot_for_project_name {P} minus ( {all_kids} )"
    )


def test_the_dataset_of_a_submission_without_a_project(chain_of):
    """DOMAIN 3.5: what the jobs declared themselves."""
    chain = chain_of("%reco.root")
    name = chain.dataset_of(chain.feeds[0])

    assert plain(dimensions(Dataset(name))) == f"defname:poms_depends_{chain.original.pk}_1"
