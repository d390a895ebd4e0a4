"""Sites whose launches go over ssh to real batch systems."""

import pytest

from workflow.tests.real.campaigns import OnPool
from workflow.tests.real.pools import Condor, Jobsub, Slurm
from workflow.tests.ssh.far import FarSite

POOLS = {
    "condor": (Condor, "own_condor"),
    "jobsub": (Jobsub, "own_condor"),
    "slurm": (Slurm, "slurm"),
}


@pytest.fixture
def on(request, transactional_db, settings, short_folder):
    """Start a site that watches a batch system, by its name; return campaigns on it."""
    settings.DATA_DIR = short_folder
    settings.LOCAL_LAUNCHER = True  # the campaign files have it; they are launched over ssh
    sites = []

    def on(name):
        kind, fixture = POOLS[name]
        pool = kind(request.getfixturevalue(fixture))
        site = FarSite(short_folder, **pool.site)
        sites.append(site)
        settings.SSH_CONFIG = str(site.sshd.config)
        settings.SSH_KNOWN_HOSTS = str(site.sshd.known_hosts)
        return OnPool(site, pool)

    yield on
    for site in sites:
        site.stop()
        assert site.processes() == []
