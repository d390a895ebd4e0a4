"""A whole POMS in real processes; each of them may be killed, and none is left behind."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.db import connection

from campaigns.agents import agent_named, write_new_token
from poms_client.batch import files
from poms_client.batch.directory import BatchDirectory
from poms_client.processes import Process

NEEDS = pytest.mark.needs("setpriv", package="util-linux")
LOOK_AGAIN = 0.1
KEPT = ("HOME", "LANG", "TMPDIR")
KILLED = -signal.SIGKILL
LOOP = [sys.executable, "manage.py", "wrapup_tasks", "--loop", "0.2"]
POMS = str(Path(sys.executable).parent / "poms")
AGENT, DAEMON = [POMS, "agent", "local"], [POMS, "batch", "--stay"]
# Its children end with it; a kill of the test session ends all.
WITH_US = ["setpriv", "--pdeathsig", "KILL", "--"]


class Site:
    """Web server, workflow loop and agent; the agent and the wrappers start the batch daemon."""

    def __init__(self, folder, settings=(), agent=AGENT):
        self.folder = folder
        self.settings = dict(settings)  # besides the usual ones
        self.batch = BatchDirectory(folder / "batch")
        self.listening = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.environment = self._environment()
        write_new_token(agent_named("local"), folder / "agent.token")
        web = _web(self.listening.fileno())
        self.commands = {"web": web, "loop": LOOP, "agent": agent, "daemon": DAEMON}
        self.running = {}
        self.crashes = {}  # of a part: the points at which it is still to crash, one after another
        self.deaths = []  # (part, exit code)
        for name in ("web", "loop", "agent"):
            self.start(name)

    def _environment(self):
        inherited = {
            name: os.environ[name] for name in ("HOME", "LANG", "TMPDIR") if name in os.environ
        }
        ours = {
            "POMS_DATABASE_URL": _test_database(),
            "POMS_SECRET_KEY": settings.SECRET_KEY,
            "POMS_DATA_DIR": self.folder,
            "POMS_URL": f"http://127.0.0.1:{self.listening.getsockname()[1]}",
            "POMS_TOKEN_FILE": self.folder / "agent.token",
            "POMS_LOCAL_LAUNCHER": "1",
            "POMS_LEASE": "2",
            "POMS_TIME_TO_SUBMIT": "3",
            "POMS_BATCH_SLOTS": "2",
            "POMS_BATCH_STOP_AFTER": "60",
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        return {name: str(value) for name, value in {**inherited, **ours, **self.settings}.items()}

    # --- parts ---

    def start(self, name):
        """Start a part; it will crash at the next of the points that are meant for it."""
        points = self.crashes.get(name) or [""]
        self.running[name] = self._run(name, points.pop(0))

    def _run(self, name, crash_at):
        with (self.folder / f"{name}.log").open("ab") as log:
            return subprocess.Popen(
                [*WITH_US, *self.commands[name]],
                env={**self.environment, "POMS_CRASH_AT": crash_at},
                cwd=settings.BASE_DIR,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                pass_fds=[self.listening.fileno()],
            )

    def look(self):
        """Start again what ended, as a supervisor does."""
        for name, process in self.running.items():
            if process.poll() is not None:
                self.deaths.append((name, process.returncode))
                self.start(name)

    def crash(self, name, *points):
        """Have a part crash at each of these points, in this order."""
        self.crashes[name] = list(points)
        self.restart(name)

    def restart(self, name):
        self.running[name].kill()
        self.running[name].wait()
        self.start(name)

    def crash_daemon(self, point):
        """Have a batch daemon crash at this point, in the place of the one that runs."""
        while True:
            for pid in self.daemons():
                kill(pid)
            daemon = self._run("daemon", point)
            self.until(lambda: daemon.poll() is not None, seconds=60)  # noqa: B023 - asked at once
            if daemon.returncode == KILLED:
                return  # and 0 says that somebody else's had the place

    def until(self, true, seconds):
        """Keep the parts alive until ``true()``; return what it says."""
        said = self.wait_for(true, seconds)
        assert said, f"it never came true; the logs end with:\n{self.said()}"
        return said

    def wait_for(self, true, seconds):
        """Keep the parts alive until ``true()``, or for so long; return what it says."""
        end = time.monotonic() + seconds
        while not (said := true()) and time.monotonic() < end:
            self.look()
            time.sleep(LOOK_AGAIN)
        return said

    # --- who runs ---

    def parts(self, name):
        return [self.running[name].pid]

    def daemons(self):
        """Return the pid of the batch daemon, if one runs."""
        said = files.read(self.batch.root / "daemon.json")
        daemon = Process(*said["process"]) if said else None
        return [daemon.pid] if daemon and daemon.is_alive() else []

    def wrappers(self):
        return [pid for pid in self.processes() if _words(pid)[2:3] == [b"submit"]]

    def web_workers(self):
        master = self.running["web"].pid
        return [pid for pid in self.processes() if _parent(pid) == master]

    def processes(self):
        """Return the pids of all that was started for this site, by whomever."""
        ours = f"\0POMS_DATA_DIR={self.folder}\0".encode()
        return [pid for pid in pids() if ours in b"\0" + read(pid, "environ")]

    def stop(self):
        """End every process of this site, by its id."""
        while left := self.processes():
            for pid in left:
                kill(pid)
            for process in self.running.values():
                process.poll()
            time.sleep(0.02)
        for process in self.running.values():
            process.wait()
        self.listening.close()

    # --- what they said ---

    def logs(self):
        """Return every log there is: of the parts, the daemon, the launches and the jobs."""
        jobs = self.batch.root.glob("clusters/*/jobs/*/std*")
        launches = self.folder.glob("launches/*/*/log")
        return [*self.folder.glob("*.log"), *self.batch.root.glob("*.log"), *launches, *jobs]

    def said(self):
        return "\n".join(f"== {log}\n{log.read_text()[-1500:]}" for log in self.logs())


def pids():
    return [int(path.name) for path in Path("/proc").glob("[0-9]*")]


def attempt_of(wrapper):
    """Return the number of the attempt that a wrapper belongs to; 0 when it has gone."""
    said = read(wrapper, "environ").partition(b"POMS_ATTEMPT=")[2].partition(b"\0")[0]
    return int(said or 0)


def kill(pid):
    """Kill a process that may have ended by itself; tell whether it was there."""
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return False
    return True


def _web(descriptor):
    web = [sys.executable, "-m", "gunicorn", "pomsproject.wsgi:application"]
    web += ["--bind", f"fd://{descriptor}", "--worker-class", "gthread", "--workers", "2"]
    return [*web, "--threads", "4", "--graceful-timeout", "3", "--no-control-socket"]


def _test_database():
    """Return the address of the database that pytest-django made, which isn't the session's."""
    session = os.environ["POMS_DATABASE_URL"]
    return urlsplit(session)._replace(path=f"/{connection.settings_dict['NAME']}").geturl()


def _words(pid):
    return read(pid, "cmdline").split(b"\0")


def _parent(pid):
    fields = read(pid, "stat").rpartition(b")")[2].split()
    return int(fields[1]) if fields else None


def read(pid, what):
    """Return what /proc says of a process: a file of it, or where its ``cwd`` leads; or nothing."""
    path = Path(f"/proc/{pid}/{what}")
    try:
        return os.fsencode(path.readlink()) if what == "cwd" else path.read_bytes()
    except OSError:
        return b""
