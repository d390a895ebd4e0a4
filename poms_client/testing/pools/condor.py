"""A personal HTCondor pool: its daemons in a sandbox of their own, its commands from outside.

The sandbox (bubblewrap) has HTCondor's own files, which others may own and share, ``/tmp`` and this
checkout in common with the machine, and one account, ``poms``. Its processes end with the process
that started it. Jobs find ``poms``, ``python`` (3.13) and a shell in their PATH.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Optional

import poms_client

HERE = Path(poms_client.__file__).parent.parent
SCHEDD = "jobsub01.test.local"
DOMAIN = "test.local"
TIME_TO_START = 30.0
CONFIG = """\
LOCAL_DIR = {0}
LOG = {0}/log
SPOOL = {0}/spool
EXECUTE = {0}/execute
RUN = {0}/run
LOCK = {0}/lock
RELEASE_DIR = /usr
LIBEXEC = /usr/libexec/condor
LIB = /usr/lib/condor
LOCAL_CONFIG_FILE =
LOCAL_CONFIG_DIR =
CONDOR_IDS = 1000.1000
DAEMON_LIST = MASTER COLLECTOR NEGOTIATOR SCHEDD STARTD
NETWORK_INTERFACE = 127.0.0.1
BIND_ALL_INTERFACES = False
ENABLE_IPV6 = False
CONDOR_HOST = 127.0.0.1
COLLECTOR_HOST = 127.0.0.1:0
COLLECTOR_ADDRESS_FILE = {0}/run/collector_addr
SHARED_PORT_PORT = 0
UID_DOMAIN = {1}
TRUST_DOMAIN = {1}
SEC_DEFAULT_AUTHENTICATION = REQUIRED
SEC_DEFAULT_AUTHENTICATION_METHODS = FS, IDTOKENS
SEC_PASSWORD_DIRECTORY = {0}/passwords.d
SEC_TOKEN_DIRECTORY = {0}/tokens.d
SEC_TOKEN_SYSTEM_DIRECTORY = {0}/tokens.d
ALLOW_READ = *
ALLOW_WRITE = *
ALLOW_DAEMON = *
ALLOW_NEGOTIATOR = *
ALLOW_ADMINISTRATOR = *
# Else jobs are held: there is no mount namespace for them in the sandbox.
MOUNT_UNDER_SCRATCH =
STARTER_JOB_ENVIRONMENT = "PATH={0}/of-jobs:/usr/bin:/bin"
# Logs of DAGs are in /tmp, as everything that the sandbox shares.
DAGMAN_USE_STRICT = 0
DAGMAN_USER_LOG_SCAN_INTERVAL = 1
SCHEDD_ATTRS = $(SCHEDD_ATTRS) IsJobsubLite
IsJobsubLite = True
RUNBENCHMARKS = 0
NUM_CPUS = {2}
UPDATE_INTERVAL = 2
SCHEDD_INTERVAL = 1
SCHEDD_MIN_INTERVAL = 1
JOB_START_DELAY = 0
NEGOTIATOR_INTERVAL = 1
NEGOTIATOR_MIN_INTERVAL = 1
NEGOTIATOR_CYCLE_DELAY = 0
STARTER_UPDATE_INTERVAL = 2
SHADOW_QUEUE_UPDATE_INTERVAL = 2
PERIODIC_EXPR_INTERVAL = 2
"""
ACCOUNTS = {
    "passwd": "root:x:0:0::/root:/bin/sh\npoms:x:1000:1000::/tmp:/bin/sh\n",
    "group": "root:x:0:\npoms:x:1000:\n",
    "hosts": f"127.0.0.1 {SCHEDD} localhost\n",
}
MERGED = ("bin", "lib", "lib64", "sbin")  # Debian has these in /usr
SECRET = ("passwords.d", "tokens.d")
# Each command of HTCondor is a link to this script.
ENTER = """\
#!/bin/sh
exec {sandbox} -- "${{0##*/}}" "$@"
"""
# What jobs find in their PATH.
OF_JOBS = {"poms": "python3 -m poms_client.cli", "python": "python3"}
RUN = """\
#!/bin/sh
PYTHONDONTWRITEBYTECODE=1 PYTHONPATH='{here}' exec {command} "$@"
"""


class CondorPool:
    """One pool, in a folder of its own below ``/tmp``, where it finds its queue again.

    :param tree: HTCondor's files (``poms_client.testing.pools.tree``).
    """

    schedd = SCHEDD

    def __init__(self, folder: Path, tree: Path, cpus: int = 8) -> None:
        self.folder = folder
        self.path = folder / "bin"
        self._tree = tree
        self._master: Optional[subprocess.Popen[bytes]] = None
        self._lay_out(cpus)

    # --- the daemons ---

    def start(self) -> None:
        """Start the daemons, and wait until the schedd answers."""
        log = (self.folder / "master.out").open("ab")
        with log:
            self._master = subprocess.Popen(
                [*self._sandbox(), "--unshare-pid", "--", "condor_master", "-f"],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        end = time.monotonic() + TIME_TO_START
        while SCHEDD not in self.run("condor_status", "-schedd", "-af", "Name", check=False).stdout:
            if self._master.poll() is not None or time.monotonic() > end:
                self.stop()
                raise RuntimeError(f"HTCondor doesn't start; see {self.folder}/log and master.out")
            time.sleep(0.1)
        self._let_bindings_in()

    def stop(self) -> None:
        """End all its processes, as a power cut would. The queue stays, and ``start`` finds it."""
        if self._master is not None:
            self._master.kill()
            self._master.wait()
            self._master = None
            (self.folder / "run" / "collector_addr").unlink(missing_ok=True)

    # --- its commands ---

    def run(
        self, *command: str, check: bool = True, **options: Any
    ) -> subprocess.CompletedProcess[str]:
        """Run a command in the sandbox; options are those of ``subprocess.run``."""
        ours: dict[str, Any] = {"capture_output": True, "text": True, "timeout": 60, **options}
        return subprocess.run([*self._sandbox(), "--", *command], check=check, **ours)

    def clusters(self, constraint: str) -> set[int]:
        """Return which clusters its schedd ever took, in the queue or in history.

        What a DAG submits is no cluster of its own; its leader is.
        """
        found: set[int] = set()
        for command in ("condor_q", "condor_history"):
            said = self.run(command, "-constraint", constraint, "-af", "ClusterId", "DAGManJobId")
            rows = (line.split() for line in said.stdout.splitlines())
            found |= {int(cluster) for cluster, leader in rows if leader == "undefined"}
        return found

    @property
    def bindings(self) -> dict[str, str]:
        """The environment in which HTCondor's Python bindings outside the sandbox find the pool."""
        return {"CONDOR_CONFIG": str(self.folder / "condor_config")}

    def _let_bindings_in(self) -> None:
        """Give them a token: the proof by a file (FS) of 23.9 isn't theirs of 25.14."""
        token = self.folder / "tokens.d" / "bindings"
        token.touch(mode=0o600)
        token.write_text(self.run("condor_token_create", "-identity", f"poms@{DOMAIN}").stdout)

    # --- the folder ---

    def _lay_out(self, cpus: int) -> None:
        for name in ("log", "spool", "execute", "run", "lock", "bin", "of-jobs", *SECRET):
            (self.folder / name).mkdir(mode=0o700 if name in SECRET else 0o755, parents=True)
        for name, text in ACCOUNTS.items():
            (self.folder / name).write_text(text)
        (self.folder / "condor_config").write_text(CONFIG.format(self.folder, DOMAIN, cpus))
        for name, program in OF_JOBS.items():
            _program(self.folder / "of-jobs" / name, RUN.format(here=HERE, command=program))
        sandbox = " ".join(f"'{word}'" for word in self._sandbox())
        enter = _program(self.path / "in-the-pool", ENTER.format(sandbox=sandbox))
        for command in sorted((self._tree / "usr" / "bin").glob("condor_*")):
            (self.path / command.name).symlink_to(enter.name)

    def _sandbox(self) -> list[str]:
        """Return what runs a command in a root of its own, of which only ``/tmp`` is written to."""

        def bound(how: str, *paths: Path) -> list[str]:
            return [word for path in paths for word in (how, str(path), str(path))]

        def instead(name: str) -> list[str]:
            return ["--ro-bind", str(self.folder / name), f"/etc/{name}"]

        return [
            *("bwrap", "--die-with-parent", "--unshare-user", "--uid", "1000", "--gid", "1000"),
            *("--unshare-uts", "--hostname", SCHEDD),
            *("--ro-bind", str(self._tree / "usr"), "/usr", "--dev", "/dev", "--proc", "/proc"),
            *(word for name in MERGED for word in ("--symlink", f"usr/{name}", f"/{name}")),
            *(word for name in ACCOUNTS for word in instead(name)),
            *bound("--bind", Path(tempfile.gettempdir())),
            *bound("--ro-bind", HERE),
            *("--setenv", "CONDOR_CONFIG", str(self.folder / "condor_config")),
            *("--setenv", "PATH", "/usr/bin:/bin:/usr/sbin:/sbin"),
        ]


def _program(path: Path, text: str) -> Path:
    path.write_text(text)
    path.chmod(0o755)
    return path


@contextmanager
def running(tree: Path, cpus: int = 8) -> Iterator[CondorPool]:
    """Run a new pool while the ``with`` lasts; nothing of it is left."""
    folder = Path(tempfile.mkdtemp(prefix="poms-condor-"))
    pool = CondorPool(folder, tree, cpus)
    try:
        pool.start()
        yield pool
    finally:
        pool.stop()
        shutil.rmtree(folder, ignore_errors=True)


def missing() -> Optional[str]:
    """Say what to install or build before a pool can run here; None when all is there."""
    from poms_client.testing.pools import tree

    if shutil.which("bwrap") is None:
        return "bwrap is missing: install the package bubblewrap"
    if not tree.where().exists():
        return "HTCondor's files are missing: run python -m poms_client.testing.pools build"
    tried = subprocess.run(
        ["bwrap", "--unshare-user", "--bind", "/", "/", "true"], capture_output=True, check=False
    )
    return None if tried.returncode == 0 else "bwrap may not make user namespaces here"
