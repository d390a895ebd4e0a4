"""The embedded PostgreSQL, and the traps it must be free of."""

import os
import re
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg2
import pytest

from pomsproject import embedded, keeper
from pomsproject.embedded import Holder, Home

CHECKOUT = Path(embedded.__file__).parent.parent
IS_ROOT = os.geteuid() == 0
NOBODY = 65534
HOLD = """
import sys, time
from pathlib import Path
from pomsproject import embedded
holder = embedded.Holder(embedded.home_for(Path(sys.argv[1])))
print(holder.url, flush=True)
time.sleep(float(sys.argv[2]))
holder.release()
"""


@pytest.fixture
def folder():
    """A short path that another account can reach; removed with its servers' homes."""
    path = Path(tempfile.mkdtemp(prefix="poms-t-", dir="/tmp"))
    path.chmod(0o755)
    yield path
    if IS_ROOT:
        shutil.rmtree(embedded.home_for(path).path, ignore_errors=True)
    shutil.rmtree(path)


@pytest.fixture
def home(folder):
    return embedded.home_for(folder)


@pytest.fixture
def ordinary(folder):
    """Run python as an ordinary user, which we are or (as root) become."""
    if not IS_ROOT:
        return lambda *arguments: start_python(*arguments)
    packages = next(path for path in sys.path if path.endswith("site-packages"))
    os.chown(folder, NOBODY, NOBODY)

    def start(*arguments):
        return start_python(
            *arguments,
            program=shutil.which("python3", path="/usr/bin:/usr/local/bin"),
            env={"PYTHONPATH": packages, "HOME": str(folder), "PYTHONDONTWRITEBYTECODE": "1"},
            user=NOBODY,
            group=NOBODY,
            extra_groups=[],
        )

    with start("-c", "import psycopg2") as trial:
        if trial.wait() != 0:
            pytest.skip("an ordinary user has no python with our packages here")
    return start


def start_python(*arguments, program=sys.executable, **options):
    command = [program, *map(str, arguments)]
    return subprocess.Popen(command, cwd=CHECKOUT, stdout=subprocess.PIPE, text=True, **options)


def ask(url, query="SELECT 1"):
    connection = psycopg2.connect(url)
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(query)
            return cursor.fetchall() if cursor.description else None
    finally:
        connection.close()


def await_that(condition, patience=20):
    deadline = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


def kill_the_keeper(home):
    postmaster = (home.data / "postmaster.pid").read_text().split()[0]
    status = Path(f"/proc/{postmaster}/status").read_text()
    os.kill(int(re.search(r"PPid:\s+(\d+)", status)[1]), signal.SIGKILL)
    await_that(lambda: embedded.is_free(home.path / "keeper.lock"))


def has_stopped(home):
    return not keeper.working_in(home.data)


def test_what_was_written_is_there_after_a_restart(home):
    with Holder(home) as holder:
        ask(holder.url, "CREATE TABLE kept (n int)")

    with Holder(home) as holder:
        assert ask(holder.url, "SELECT count(*) FROM kept") == [(0,)]
    assert has_stopped(home)


def test_the_server_stops_when_its_last_holder_lets_go(home):
    first, second = Holder(home), Holder(home)
    first.release()
    assert ask(second.url) == [(1,)]

    second.release()

    assert has_stopped(home)


@pytest.mark.race
def test_letting_go_is_quiet_where_the_keeper_removes_the_home_meanwhile(home, monkeypatch):
    holder = Holder(home)
    is_free = embedded.is_free

    def removed_just_before(path):
        while not is_free(path):
            time.sleep(0.02)
        shutil.rmtree(path.parent)
        return is_free(path)

    monkeypatch.setattr(embedded, "is_free", removed_just_before)

    holder.release()

    assert not home.path.exists()


def test_those_who_start_it_at_once_share_one_server(folder, home):
    with ThreadPoolExecutor(4) as pool:
        starts = [pool.submit(start_python, "-c", HOLD, folder, 2) for _ in range(4)]
        processes = [start.result() for start in starts]
    urls = {process.stdout.readline() for process in processes}
    assert len(urls) == 1
    assert all(process.wait() == 0 for process in processes)
    for process in processes:
        process.stdout.close()
    await_that(lambda: has_stopped(home))


@pytest.mark.race
@pytest.mark.parametrize("delay", [0.0, 0.1, 0.2, 0.22, 0.25, 0.3])
def test_who_comes_while_it_is_being_stopped_finds_one_that_stays(home, delay):
    Holder(home)._stack.close()  # lets go without waiting for the end
    time.sleep(delay)

    with Holder(home) as holder:
        time.sleep(0.3)
        assert ask(holder.url) == [(1,)]


@pytest.mark.crash
def test_a_killed_holder_keeps_no_server_alive(folder, home):
    with start_python("-c", HOLD, folder, 60) as process:
        process.stdout.readline()
        process.kill()

    await_that(lambda: has_stopped(home))
    with Holder(home) as holder:
        assert ask(holder.url) == [(1,)]


@pytest.mark.crash
def test_a_temporary_server_and_its_data_vanish_with_a_killed_holder():
    temporary = "from pomsproject import embedded; import time\n"
    temporary += "holder = embedded.Holder(embedded.temporary_home())\n"
    temporary += "print(holder.home.path, flush=True); time.sleep(60)"
    with start_python("-c", temporary) as process:
        path = Path(process.stdout.readline().strip())
        assert path.exists()
        process.kill()

    await_that(lambda: not path.exists())


@pytest.mark.crash
def test_a_server_whose_keeper_was_killed_is_taken_over(home):
    holder = Holder(home)
    ask(holder.url, "CREATE TABLE kept (n int)")
    kill_the_keeper(home)
    holder.release()
    assert not has_stopped(home)

    with Holder(home) as holder:
        assert ask(holder.url, "SELECT count(*) FROM kept") == [(0,)]
    assert has_stopped(home)


@pytest.mark.crash
def test_a_stale_pid_file_whose_number_is_in_use_again_does_not_count(home):
    Holder(home).release()
    ours = f"{os.getpid()}\n{home.data}\n0\n{embedded.PORT}\n{home.socket}\n\n"
    (home.data / "postmaster.pid").write_text(ours)
    (home.socket / f".s.PGSQL.{embedded.PORT}.lock").write_text(ours)

    with Holder(home) as holder:
        assert ask(holder.url) == [(1,)]


@pytest.mark.crash
def test_a_first_start_that_was_cut_short_is_begun_again(home):
    (home.path / "data.new").mkdir()
    (home.path / "data.new/PG_VERSION").write_text("18\n")

    with Holder(home) as holder:
        assert ask(holder.url) == [(1,)]


def test_data_of_another_version_is_refused_with_advice(home):
    Holder(home).release()
    (home.data / "PG_VERSION").write_text("16\n")

    with pytest.raises(embedded.EmbeddedError, match=r"made by PostgreSQL 16.*pg_dump"):
        Holder(home)


def test_only_who_knows_the_password_gets_in(home):
    assert stat.S_IMODE(home.password.stat().st_mode) == 0o600
    with Holder(home) as holder:
        wrong = re.sub(r":[^:@]+@", ":guessed@", holder.url)
        with pytest.raises(psycopg2.OperationalError, match="password authentication failed"):
            psycopg2.connect(wrong)


def test_it_listens_on_no_network(home):
    with Holder(home) as holder:
        assert ask(holder.url, "SHOW listen_addresses") == [("",)]
        with pytest.raises(OSError, match="refused"):
            socket.create_connection(("127.0.0.1", embedded.PORT), timeout=1).close()


def test_the_socket_of_an_over_long_path_lies_in_a_private_folder(folder):
    deep = folder / ("x" * 60) / ("y" * 60)
    deep.mkdir(parents=True)
    home = Home(deep, None)
    assert home.socket.parent == Path("/tmp")

    embedded.make_private(home.socket, None)

    assert stat.S_IMODE(home.socket.stat().st_mode) == 0o700
    home.socket.rmdir()


def test_a_socket_folder_that_somebody_else_prepared_is_refused(folder):
    prepared = folder / "socket"
    prepared.mkdir(mode=0o755)

    with pytest.raises(embedded.EmbeddedError, match="not a private folder"):
        embedded.make_private(prepared, None)


def test_no_mode_of_a_parent_changes(folder):
    private = folder / "private"
    private.mkdir(mode=0o700)
    home = embedded.home_for(private)

    Holder(home).release()

    assert stat.S_IMODE(private.stat().st_mode) == 0o700
    if IS_ROOT:
        shutil.rmtree(home.path)


def test_an_ordinary_user_can_start_one_even_after_root_did(folder, home, ordinary):
    Holder(home).release()

    with ordinary("-W", "error", "-c", HOLD, folder, 0) as process:
        url = process.stdout.read()

    assert process.returncode == 0
    assert f"host={folder}/postgresql/socket" in url


@pytest.mark.skipif(not IS_ROOT, reason="an ordinary user's server is that user's own")
def test_another_account_can_not_reach_the_server_of_root(home, ordinary):
    look = f"import psycopg2, os; os.listdir({str(home.socket)!r})"
    with Holder(home), ordinary("-c", look) as process:
        assert process.wait() != 0
        owner = {Path(f"/proc/{pid}").stat().st_uid for pid in keeper.working_in(home.data)}
    assert owner == {embedded.server_account().uid}
