"""The fixtures (pytest): a batch system is started once in a session, when a test asks for it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from poms_client.testing.lacking import lack
from poms_client.testing.pools import condor as htcondor
from poms_client.testing.pools import tree
from poms_client.testing.pools.condor import CondorPool


@pytest.fixture(scope="session")
def condor() -> Iterator[CondorPool]:
    """The session's HTCondor pool: ``path`` is to be put first in PATH, ``run`` runs commands.

    Tests share it, so each looks for jobs by a submission id (or cluster) of its own.
    """
    reason = htcondor.missing()
    if reason:
        lack(reason)
    with htcondor.running(tree.where()) as pool:
        yield pool


@pytest.fixture
def own_condor() -> Iterator[CondorPool]:
    """A pool of the test's own, which it may stop and start again."""
    reason = htcondor.missing()
    if reason:
        lack(reason)
    with htcondor.running(tree.where()) as pool:
        yield pool
