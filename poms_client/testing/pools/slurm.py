"""A Slurm of one node, with accounting: munge, MariaDB, slurmdbd, slurmctld and slurmd of its own.

All of it is below one folder and on loopback; its daemons end with the process that started them.
It needs root, and the Debian packages ``slurmctld slurmd slurm-client slurmdbd munge
mariadb-server``. Jobs run on this machine, as root.
"""

from __future__ import annotations

import os
import secrets
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Callable, Optional

CLUSTER = "local"
TIME_TO_START = 30.0  # seconds, for each daemon
TRIES = 3  # as somebody may take a port between our choice and its use
PACKAGES = "slurmctld slurmd slurm-client slurmdbd munge mariadb-server"
DAEMONS = ("munged", "mariadbd", "mariadb-install-db", "slurmdbd", "slurmctld", "slurmd", "setpriv")
COMMANDS = ("sbatch", "squeue", "sacct", "sacctmgr", "scancel", "scontrol", "sinfo", "srun")
SYSTEM_PATH = "/usr/sbin:/usr/bin:/sbin:/bin"
SLURM_CONF = """\
ClusterName={cluster}
SlurmctldHost={host}(127.0.0.1)
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket={0}/munge.socket
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SwitchType=switch/none
JobAcctGatherType=jobacct_gather/none
ReturnToService=2
SlurmctldPort={ctld}
SlurmdPort={slurmd}
SlurmdSpoolDir={0}/slurmd
StateSaveLocation={0}/slurmctld
SlurmctldPidFile={0}/slurmctld.pid
SlurmdPidFile={0}/slurmd.pid
SlurmctldLogFile={0}/slurmctld.log
SlurmdLogFile={0}/slurmd.log
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerParameters=sched_interval=1,batch_sched_delay=0,bf_interval=1
CommunicationParameters=NoInAddrAny,NoCtldInAddrAny
AccountingStorageType=accounting_storage/slurmdbd
AccountingStorageHost=127.0.0.1
AccountingStoragePort={dbd}
AccountingStoragePass={0}/munge.socket
AccountingStoreFlags=job_comment
NodeName={host} NodeAddr=127.0.0.1 CPUs={cpus} State=UNKNOWN
PartitionName=main Nodes={host} Default=YES MaxTime=INFINITE State=UP
"""
SLURMDBD_CONF = """\
AuthType=auth/munge
AuthInfo=socket={0}/munge.socket
DbdHost=localhost
DbdAddr=127.0.0.1
DbdPort={dbd}
SlurmUser=root
CommunicationParameters=NoInAddrAnyDBD
StorageType=accounting_storage/mysql
StorageHost=127.0.0.1
StoragePort={mariadb}
StorageUser=slurm
StoragePass=slurm
StorageLoc=slurm_acct_db
LogFile={0}/slurmdbd.log
PidFile={0}/slurmdbd.pid
"""
GRANT = """\
create database slurm_acct_db;
create user slurm@'127.0.0.1' identified by 'slurm';
grant all on slurm_acct_db.* to slurm@'127.0.0.1';
"""
COMMAND = """\
#!/bin/sh
SLURM_CONF='{0}/slurm.conf' exec {1} "$@"
"""


class SlurmNode:
    """One Slurm, in a folder of its own; ``path`` is the folder of its commands."""

    cluster = CLUSTER

    def __init__(self, folder: Path, cpus: int = 2) -> None:
        self.folder = folder
        self.path = folder / "bin"
        self._daemons: dict[str, subprocess.Popen[bytes]] = {}
        self._lay_out(cpus)

    def start(self) -> None:
        """Start the daemons, and wait until the node takes jobs."""
        self._start_munge()
        self._start_database()
        self._daemon("slurmdbd", "-D")
        self._until("slurmdbd", lambda: self._says("sacctmgr", "-n", "list", "cluster"))
        self._run("sacctmgr", "-i", "add", "cluster", CLUSTER)
        self._daemon("slurmctld", "-D", "-c")
        self._daemon("slurmd", "-D")
        self._until("slurmd", lambda: "idle" in self._output("sinfo", "-h", "-o", "%T"))

    def stop(self) -> None:
        """End the jobs, then the daemons, the last first."""
        if "slurmd" in self._daemons:
            self._says("scancel", "--user=root")
            self._says("scontrol", "update", f"NodeName={_host()}", "State=DOWN", "Reason=over")
        for daemon in reversed(list(self._daemons.values())):
            daemon.terminate()
            try:
                daemon.wait(5)
            except subprocess.TimeoutExpired:
                daemon.kill()
                daemon.wait()
        self._daemons.clear()

    def run(
        self, *command: str, check: bool = True, **options: Any
    ) -> subprocess.CompletedProcess[str]:
        """Run one of its commands; options are those of ``subprocess.run``."""
        ours: dict[str, Any] = {"capture_output": True, "text": True, "timeout": 60, **options}
        return subprocess.run([str(self.path / command[0]), *command[1:]], check=check, **ours)

    # --- the daemons ---

    def _start_munge(self) -> None:
        self._daemon(
            *("munged", "--foreground", f"--key-file={self.folder}/munge.key"),
            *(f"--socket={self.folder}/munge.socket", f"--pid-file={self.folder}/munge.pid"),
            *(f"--log-file={self.folder}/munge.log", f"--seed-file={self.folder}/munge.seed"),
        )
        self._until("munged", (self.folder / "munge.socket").exists)

    def _start_database(self) -> None:
        data, said = f"--datadir={self.folder}/mariadb", f"--socket={self.folder}/mariadb.socket"
        where = ("--no-defaults", data, "--user=root")
        self._run(
            *("mariadb-install-db", *where, "--skip-test-db"),
            "--auth-root-authentication-method=normal",
        )
        self._daemon(
            *("mariadbd", *where, said, f"--port={self._ports['mariadb']}"),
            *("--bind-address=127.0.0.1", f"--pid-file={self.folder}/mariadb.pid"),
        )
        client = ("mariadb", "--no-defaults", said)
        self._until("mariadbd", lambda: self._says(*client, "-e", "select 1"))
        self._run(*client, "-e", GRANT)

    def _daemon(self, *command: str) -> None:
        log = (self.folder / f"{command[0]}.out").open("ab")
        with log:
            self._daemons[command[0]] = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", *command],
                cwd=self.folder,
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def _until(self, daemon: str, true: Callable[[], object]) -> None:
        end = time.monotonic() + TIME_TO_START
        while not true():
            if self._daemons[daemon].poll() is not None or time.monotonic() > end:
                logs = (self.folder / f"{daemon}.{kind}" for kind in ("log", "out"))
                said = "".join(log.read_text()[-800:] for log in logs if log.exists())
                raise RuntimeError(f"{daemon} doesn't start: {said}")
            time.sleep(0.05)

    def _run(self, *command: str) -> None:
        subprocess.run(
            command, check=True, capture_output=True, timeout=60, env=self._environment()
        )

    def _says(self, *command: str) -> bool:
        done = subprocess.run(command, capture_output=True, timeout=60, env=self._environment())  # noqa: PLW1510 - it's the answer
        return done.returncode == 0

    def _output(self, *command: str) -> str:
        done = subprocess.run(  # noqa: PLW1510 - nothing is an answer, too
            command, capture_output=True, text=True, timeout=60, env=self._environment()
        )
        return done.stdout

    def _environment(self) -> dict[str, str]:
        return {"PATH": SYSTEM_PATH, "SLURM_CONF": f"{self.folder}/slurm.conf", "HOME": "/root"}

    # --- the folder ---

    def _lay_out(self, cpus: int) -> None:
        for name in ("bin", "slurmd", "slurmctld", "mariadb"):
            (self.folder / name).mkdir()
        key = self.folder / "munge.key"
        key.write_bytes(secrets.token_bytes(128))
        key.chmod(0o600)
        self._ports = dict(zip(("mariadb", "dbd", "ctld", "slurmd"), _free_ports(4)))
        known = {**self._ports, "cluster": CLUSTER, "host": _host(), "cpus": cpus}
        (self.folder / "slurm.conf").write_text(SLURM_CONF.format(self.folder, **known))
        accounts = self.folder / "slurmdbd.conf"
        accounts.write_text(SLURMDBD_CONF.format(self.folder, **known))
        accounts.chmod(0o600)
        for name in COMMANDS:
            command = self.path / name
            command.write_text(COMMAND.format(self.folder, shutil.which(name) or name))
            command.chmod(0o755)


def _host() -> str:
    return socket.gethostname().partition(".")[0]


def _free_ports(count: int) -> list[int]:
    """Return ports that nobody has just now; Slurm can't choose them itself."""
    sockets = [socket.socket() for _ in range(count)]
    for each in sockets:
        each.bind(("127.0.0.1", 0))
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


@contextmanager
def running(cpus: int = 2) -> Iterator[SlurmNode]:
    """Run a new Slurm while the ``with`` lasts; nothing of it is left."""
    node = _started(cpus, TRIES)
    try:
        yield node
    finally:
        _remove(node)


def _started(cpus: int, tries: int) -> SlurmNode:
    folder = Path(tempfile.mkdtemp(prefix="poms-slurm-"))
    folder.chmod(0o755)  # munge's socket is for everybody
    node = SlurmNode(folder, cpus)
    try:
        node.start()
    except BaseException as error:
        _remove(node)
        if isinstance(error, RuntimeError) and tries > 1:
            return _started(cpus, tries - 1)
        raise
    return node


def _remove(node: SlurmNode) -> None:
    node.stop()
    shutil.rmtree(node.folder, ignore_errors=True)


def missing() -> Optional[str]:
    """Say what to install before a Slurm can run here; None when all is there."""
    lacking = [name for name in DAEMONS if shutil.which(name, path=SYSTEM_PATH) is None]
    if lacking:
        return f"{', '.join(lacking)} missing: install the packages {PACKAGES}"
    return None if os.geteuid() == 0 else "a Slurm needs root"
