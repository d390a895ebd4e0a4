"""The fixtures (pytest): a batch system is started once in a session, when a test asks for it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from poms_client.testing.lacking import lack
from poms_client.testing.pools import condor as htcondor
from poms_client.testing.pools import jobsub, tree
from poms_client.testing.pools import slurm as slurm_node
from poms_client.testing.pools.condor import CondorPool
from poms_client.testing.pools.slurm import SlurmNode


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


@pytest.fixture(scope="session")
def jobsub_path(condor: CondorPool) -> Path:
    """The folder of jobsub's commands, over the session's pool."""
    return jobsub.install(condor)


@pytest.fixture(scope="session")
def slurm() -> Iterator[SlurmNode]:
    """The session's Slurm, with accounting; ``path`` and ``run`` as those of ``condor``."""
    reason = slurm_node.missing()
    if reason:
        lack(reason)
    with slurm_node.running() as node:
        yield node


@pytest.fixture
def own_condor() -> Iterator[CondorPool]:
    """A pool of the test's own, which it may stop and start again."""
    reason = htcondor.missing()
    if reason:
        lack(reason)
    with htcondor.running(tree.where()) as pool:
        yield pool
