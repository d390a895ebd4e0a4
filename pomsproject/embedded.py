"""The embedded PostgreSQL: a server of our own, from a wheel, where ``POMS_DATABASE_URL`` is unset.

Only ``make run`` and the test session hold one; everything else is handed its URL. Who holds a
server keeps a shared lock on a file, which the kernel lifts however the holder ends. A process of
its own (``keeper``) runs the server and stops it when nobody holds it any more.

The server listens on a Unix socket in a private folder and asks for a password that only the
account of the installation can read. PostgreSQL refuses to run as root, so there it gets an account
of its own, and a folder that this account can reach: no mode of an existing folder is ever changed.
"""

import contextlib
import fcntl
import hashlib
import os
import pwd
import secrets
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from urllib.parse import quote

ACCOUNT = "poms-postgres"
ROOT_FOLDER = Path("/var/lib/poms")
USER = DATABASE = "poms"
PORT = 5432
LONGEST_SOCKET_PATH = 107
PATIENCE = 60.0


class EmbeddedError(Exception):
    """The embedded server can't be had; the message says what to do."""


@dataclass(frozen=True)
class Account:
    """Who the server runs as, where that isn't ourselves."""

    uid: int
    gid: int


@dataclass(frozen=True)
class Home:
    """The folder of one server: its data, socket, password, log and locks."""

    path: Path
    account: Account | None
    temporary: bool = False

    @property
    def data(self) -> Path:
        return self.path / "data"

    @property
    def log(self) -> Path:
        return self.path / "log"

    @property
    def password(self) -> Path:
        return self.path / "password"

    @property
    def socket(self) -> Path:
        """A private folder whose path is short enough for a Unix socket."""
        inside = self.path / "socket"
        if len(os.fsencode(inside / f".s.PGSQL.{PORT}")) <= LONGEST_SOCKET_PATH:
            return inside
        name = hashlib.sha256(os.fsencode(self.path)).hexdigest()[:16]
        return Path("/tmp") / f"poms-{os.geteuid()}-{name}"  # noqa: S108 - checked when it is made

    def url(self, database: str = DATABASE) -> str:
        """Return the address; the host is a parameter because it is a path (libpq takes both)."""
        password = self.password.read_text()
        return (
            f"postgresql://{USER}:{password}@/{database}"
            f"?host={quote(str(self.socket), safe='/')}&port={PORT}"
        )

    @contextlib.contextmanager
    def locked(self, name: str) -> Iterator[int]:
        """Hold one of the home's locks; wait for whoever has it."""
        with lock_file(self.path / f"{name}.lock") as descriptor:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield descriptor


class Holder:
    """One process's hold on a running server; release it, or end."""

    def __init__(self, home: Home) -> None:
        """Join the server of ``home``, or start it.

        :raises EmbeddedError: when it doesn't start; the message has the end of its log.
        """
        self.home = home
        self._process = os.getpid()
        self._stack = contextlib.ExitStack()
        self._descriptor = self._stack.enter_context(lock_file(home.path / "holders.lock"))
        fcntl.flock(self._descriptor, fcntl.LOCK_SH)  # waits for a server that is being stopped
        try:
            with home.locked("start"):
                if is_free(home.path / "keeper.lock"):
                    start_keeper(home)
            self.url = home.url()
        except BaseException:
            self._stack.close()
            raise

    def release(self) -> None:
        """Let go; when nobody else holds the server, return after it has stopped."""
        if self._process != os.getpid():
            return  # a fork shares the lock, and it isn't the fork's to lift
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            was_last = True
        except BlockingIOError:
            was_last = False
        self._stack.close()
        if was_last:
            self._await_keeper()

    def _await_keeper(self) -> None:
        deadline = time.monotonic() + PATIENCE
        lock = self.home.path / "keeper.lock"
        while not is_free(lock) and time.monotonic() < deadline:
            time.sleep(0.02)

    def __enter__(self) -> "Holder":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.release()


def home_for(data_dir: Path) -> Home:
    """Return the home, made when missing, of the server that belongs to ``data_dir``."""
    if os.geteuid() != 0:
        return make_home(data_dir / "postgresql", None)
    name = hashlib.sha256(os.fsencode(data_dir.resolve())).hexdigest()[:16]
    return make_home(root_folder() / name, server_account())


def temporary_home() -> Home:
    """Return a new home that the keeper deletes after its server has stopped."""
    if os.geteuid() != 0:
        return make_home(Path(tempfile.mkdtemp(prefix="poms-")), None, temporary=True)
    path = Path(tempfile.mkdtemp(prefix="test-", dir=root_folder()))
    return make_home(path, server_account(), temporary=True)


def make_home(path: Path, account: Account | None, *, temporary: bool = False) -> Home:
    """Make the folders and the password that are missing.

    As root the home stays ours and only the data and the socket folder are the server's, so that
    its account can't put anything where root writes.
    """
    home = Home(path, account, temporary)
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.chmod(0o711 if account else 0o700)
    make_private(home.socket, account)
    with home.locked("start"):
        if not home.password.exists():
            write_private(home.password, secrets.token_urlsafe(24), account)
    return home


def make_private(folder: Path, account: Account | None) -> None:
    """Make a 0700 folder of the server's account; refuse one that somebody else prepared.

    :raises EmbeddedError: when it is there and not such a folder.
    """
    with contextlib.suppress(FileExistsError):
        folder.mkdir(mode=0o700)
        if account is not None:
            os.chown(folder, account.uid, account.gid)
    found = folder.lstat()
    owner = account.uid if account is not None else os.geteuid()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != owner or found.st_mode & 0o77:
        raise EmbeddedError(f"{folder} is not a private folder of ours: see who made it, remove it")


def write_private(path: Path, text: str, account: Account | None = None) -> None:
    """Write a 0600 file that is there as a whole or not at all."""
    fresh = path.with_name(f"{path.name}.{os.getpid()}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
        if account is not None:
            os.fchown(file.fileno(), account.uid, account.gid)
    fresh.rename(path)


def root_folder() -> Path:
    """Return the folder made for servers that root starts.

    :raises EmbeddedError: when somebody else has made it.
    """
    with contextlib.suppress(FileExistsError):
        ROOT_FOLDER.mkdir(mode=0o755)
        ROOT_FOLDER.chmod(0o755)  # whatever the umask says; it is new, and ours
    if ROOT_FOLDER.stat().st_uid != 0 or ROOT_FOLDER.is_symlink():
        raise EmbeddedError(f"{ROOT_FOLDER} isn't root's: remove it, or set POMS_DATABASE_URL")
    return ROOT_FOLDER


def server_account() -> Account:
    """Return the account that the server runs as for root; make it when it is missing.

    :raises EmbeddedError: when this machine has no ``useradd`` that works.
    """
    with lock_file(root_folder() / "account.lock") as descriptor:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        with contextlib.suppress(KeyError):
            return account_named(ACCOUNT)
        command = ["useradd", "--system", "--user-group", "--no-create-home"]
        command += ["--home-dir", "/nonexistent", "--shell", "/usr/sbin/nologin", ACCOUNT]
        try:
            subprocess.run(command, check=True, capture_output=True, text=True, timeout=PATIENCE)
            return account_named(ACCOUNT)
        except (OSError, subprocess.SubprocessError, KeyError) as error:
            raise EmbeddedError(
                f"PostgreSQL doesn't run as root, and the account {ACCOUNT} can't be made "
                f"({error}): run as an ordinary user, or set POMS_DATABASE_URL to a server of yours"
            ) from error


def account_named(name: str) -> Account:
    entry = pwd.getpwnam(name)
    return Account(entry.pw_uid, entry.pw_gid)


@contextlib.contextmanager
def lock_file(path: Path) -> Iterator[int]:
    """Open (and make) a file to lock; closing it, or ending, lifts the lock."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def is_free(path: Path) -> bool:
    """Tell whether nobody has this lock; the file isn't made, as its folder may be going away."""
    try:
        descriptor = os.open(path, os.O_RDWR)
    except FileNotFoundError:
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(descriptor)
    return True


def start_keeper(home: Home) -> None:
    """Start the keeper, which makes itself nobody's child; return when its server answers.

    :raises EmbeddedError: with what the keeper said.
    """
    command = [sys.executable, "-m", "pomsproject.keeper", str(home.path)]
    with subprocess.Popen(
        command + ["--temporary"] * home.temporary,
        cwd=Path(__file__).resolve().parent.parent,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as starter:
        assert starter.stdout is not None
        lines = []
        for line in starter.stdout:
            if line == "ready\n":
                return
            lines.append(line)
    raise EmbeddedError("".join(lines) or "the embedded PostgreSQL ended before it was ready")
