"""Batch systems that the wrapper submits to, by their own commands; and the local batch.

Each knows whether it can be reached, how to submit once, what it ever had for a submission, and how
jobs are killed, held and released.
"""

from __future__ import annotations

from importlib import import_module

from poms_client import config
from poms_client.errors import NotConfigured
from poms_client.systems.base import System

# Imported when they are asked for: each job calls this package.
SYSTEMS = {
    "local": "poms_client.batch.system:LocalBatch",
    "condor": "poms_client.systems.condor:Condor",
    "jobsub": "poms_client.systems.jobsub:Jobsub",
    "slurm": "poms_client.systems.slurm:Slurm",
}


def of_name(name: str) -> System:
    """Return the batch system of this name.

    :raises NotConfigured: there is none.
    """
    if name not in SYSTEMS:
        raise NotConfigured(f"POMS_BATCH_SYSTEM has to be one of {', '.join(SYSTEMS)}, not {name}")
    module, _, kind = SYSTEMS[name].partition(":")
    system: System = getattr(import_module(module), kind)()
    return system


def default() -> str:
    """Return the name of the batch system that a launch or a person works with."""
    return config.optional("POMS_BATCH_SYSTEM", "local")
