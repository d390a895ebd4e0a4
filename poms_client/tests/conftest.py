"""Real processes, a real batch directory, and a small POMS over real HTTP."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import poms_client
from poms_client import cli, wrapper
from poms_client.batch import files
from poms_client.batch.directory import BatchDirectory
from poms_client.processes import Process
from poms_client.tests.fake_poms import FakePoms, until
from poms_client.wrapper import Wanted

HERE = Path(poms_client.__file__).parent.parent
OWN_PROCESS = {"submit", "batch", "agent"}


@pytest.fixture
def poms():
    fake = FakePoms()
    yield fake
    fake.stop()


@pytest.fixture
def directory(tmp_path):
    """A batch directory; whatever runs in it ends with the test."""
    batch = BatchDirectory(tmp_path / "batch")
    yield batch
    kill_daemon(batch)
    for cluster in batch.clusters():
        for number in cluster.touched_jobs():
            claim = cluster.job(number).claim()
            if claim is not None and claim.runner.is_alive():
                os.kill(claim.runner.pid, signal.SIGKILL)
                claim.signal(signal.SIGKILL)


def daemon_of(batch):
    said = files.read(batch.root / "daemon.json")
    daemon = Process(*said["process"]) if said else None
    return daemon if daemon and daemon.is_alive() else None


def kill_daemon(batch):
    daemon = daemon_of(batch)
    if daemon:
        os.kill(daemon.pid, signal.SIGKILL)
        until(lambda: not daemon.is_alive())


@pytest.fixture
def environment(directory, poms, tmp_path, monkeypatch):
    """The environment of a launch of submission 7, attempt 1; also of this process."""
    for name in [name for name in os.environ if name.startswith(("POMS", "JOBSUB"))]:
        monkeypatch.delenv(name)
    tokens = {}
    for name in ("launch", "job", "person"):
        tokens[name] = tmp_path / f"{name}-token"
        tokens[name].write_text(f"{name}-secret\n")
        tokens[name].chmod(0o600)
    poms.attempts["launch-secret"] = 1
    ours = {
        "POMS_URL": poms.url,
        "POMS_BATCH_DIR": str(directory.root),
        "POMS_BATCH_SLOTS": "2",
        "POMS_BATCH_GRACE": "0.3",
        "POMS_PATIENCE": "0.3",
        "POMS4_SUBMISSION_ID": "7",
        "POMS_PROJECT": "poms_7",
        "POMS_OUTPUT_DIR": str(tmp_path / "output"),
        "POMS_LAUNCH_TOKEN_FILE": str(tokens["launch"]),
        "POMS_JOB_TOKEN_FILE": str(tokens["job"]),
        "POMS_TOKEN_FILE": str(tokens["person"]),
        "XDG_CONFIG_HOME": str(tmp_path / "config"),
        "PYTHONPATH": str(HERE),
    }
    for name, value in ours.items():
        monkeypatch.setenv(name, value)
    return ours


@pytest.fixture
def run(environment, tmp_path, capsys):
    """Run ``poms …`` to its end, with changes to the environment (None takes a variable away).

    That is done in this process, as a new one takes longer than most tests, unless the command
    has to do with what becomes of its process.
    """

    def _run(*arguments, program="poms", **changes):
        if program == "poms" and arguments[0] not in OWN_PROCESS:
            return run_here(arguments, changes, tmp_path, capsys)
        return subprocess.run(
            command(*arguments, program=program),
            env=changed(changes),
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=60,
        )

    return _run


def run_here(arguments, changes, folder, capsys):
    argv = ["poms", *map(str, arguments)]
    with pytest.MonkeyPatch.context() as patch:
        for name, value in changes.items():
            if value is None:
                patch.delenv(name)
            else:
                patch.setenv(name, str(value))
        patch.setattr(sys, "argv", argv)
        patch.chdir(folder)
        with pytest.raises(SystemExit) as ended:
            cli.main()
    said = capsys.readouterr()
    return subprocess.CompletedProcess(argv, ended.value.code, said.out, said.err)


def command(*arguments, program="poms"):
    start = "main" if program == "poms" else program
    code = f"from poms_client.cli import {start}; {start}()"
    return [sys.executable, "-c", code, *map(str, arguments)]


def changed(changes):
    merged = {**os.environ, **changes}
    return {name: str(value) for name, value in merged.items() if value is not None}


@pytest.fixture
def submit(environment, directory, tmp_path, monkeypatch):
    """Submit untracked jobs from here and return the cluster."""
    monkeypatch.chdir(tmp_path)

    def _submit(*argv, n=1, **changes):
        for name, value in changes.items():
            monkeypatch.setenv(name, value)
        wanted = Wanted(tuple(map(str, argv)), n, untracked=True)
        return directory.of_id(wrapper.submit(wanted).id)

    return _submit


def is_over(cluster):
    return lambda: cluster.summary()["over"] and cluster.summary()
