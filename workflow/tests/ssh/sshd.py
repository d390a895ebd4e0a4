"""An sshd of our own on loopback: its port, its host key, its accounts' key, its home."""

import getpass
import os
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

NEEDS = pytest.mark.needs("sshd", "ssh", "ssh-keygen", package="openssh-server")
ACCOUNT = getpass.getuser()
PRIVILEGE_SEPARATION = Path("/run/sshd")  # sshd wants it when it is root's
SERVER = """\
Port {port}
ListenAddress 127.0.0.1
HostKey {folder}/host
PidFile none
AuthorizedKeysFile {folder}/me.pub
StrictModes no
UsePAM no
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin prohibit-password
SetEnv HOME={home}
"""
CLIENT = """\
Host *
  Port {port}
  IdentityFile {folder}/me
  IdentitiesOnly yes
"""


class Sshd:
    """``start``, ``stop`` and ``cut`` it; ``config`` and ``known_hosts`` lead clients to it."""

    def __init__(self, folder, home):
        self.folder, self.home = folder, home
        folder.mkdir(mode=0o700)
        home.mkdir(exist_ok=True)
        self.config, self.known_hosts = folder / "config", folder / "known_hosts"
        self.port = _free_port()
        for name in ("host", "me"):
            self.make_key(name)
        (folder / "sshd_config").write_text(SERVER.format(port=self.port, folder=folder, home=home))
        self.config.write_text(CLIENT.format(port=self.port, folder=folder))
        self.know("host")
        self.process = None

    def make_key(self, name):
        make = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", self.folder / name]
        subprocess.run(make, check=True, stdin=subprocess.DEVNULL, timeout=20)

    def know(self, name):
        """Write the key of this name into the known hosts, as the host's."""
        key = (self.folder / f"{name}.pub").read_text()
        self.known_hosts.write_text(f"[127.0.0.1]:{self.port},[localhost]:{self.port} {key}")

    def start(self):
        if os.geteuid() == 0:
            PRIVILEGE_SEPARATION.mkdir(mode=0o755, exist_ok=True)
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [_program(), "-D", "-e", "-f", self.folder / "sshd_config"],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        end = time.monotonic() + 20
        while not _answers(self.port):
            assert time.monotonic() < end, (self.folder / "log").read_text()
            time.sleep(0.02)

    def cut(self):
        """Cut every connection that there is: those of clients end at once."""
        for pid in _children(self.process.pid):
            for below in (*_children(pid), pid):
                if b"sshd" in _read(below, "cmdline"):
                    _kill(below)

    def stop(self):
        """End it with its connections; what was started over them goes on."""
        if self.process is not None:
            self.cut()
            self.process.kill()
            self.process.wait()
            self.process = None


def setup_of(folder, batch):
    """Return the line of a login setup that finds our programs and the local batch."""
    return (
        f"export PATH={Path(sys.executable).parent}:/usr/bin:/bin POMS_BATCH_DIR={batch} "
        f"POMS_DATA_DIR={folder} PYTHONDONTWRITEBYTECODE=1"
    )


def _program():
    """Return the path of sshd, which wants to be called by it."""
    found = [Path(folder) / "sshd" for folder in os.environ["PATH"].split(":")]
    return next(path for path in found if path.exists())


def _answers(port):
    with socket.socket() as asking:
        return asking.connect_ex(("127.0.0.1", port)) == 0


def _free_port():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return taken.getsockname()[1]


def _children(pid):
    try:
        return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def _read(pid, name):
    try:
        return Path(f"/proc/{pid}/{name}").read_bytes()
    except OSError:
        return b""


def _kill(pid):
    with suppress(ProcessLookupError):
        os.kill(pid, 9)
