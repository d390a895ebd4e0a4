"""What killed test sessions left is removed when the next one starts, and nothing else."""

import os
import shutil
import signal
import tempfile
import time
from pathlib import Path

import pytest

from pomsproject import embedded, keeper, leftovers
from pomsproject.embedded import Holder

pytestmark = pytest.mark.slow


@pytest.fixture
def temporary():
    """Make homes of temporary servers beside each other, in a folder of their own."""
    folder = Path(tempfile.mkdtemp(prefix="poms-t-", dir="/tmp"))
    folder.chmod(0o755)
    account = embedded.server_account() if os.geteuid() == 0 else None

    def make(name):
        return embedded.make_home(folder / f"test-{name}", account, temporary=True)

    yield make
    shutil.rmtree(folder)


def make_old(home):
    then = time.time() - leftovers.OLD - 60
    os.utime(home.path, (then, then))


def kill_the_keeper(home):
    postmaster = int((home.data / "postmaster.pid").read_text().split()[0])
    parent = Path(f"/proc/{postmaster}/stat").read_text().rpartition(")")[2].split()[1]
    os.kill(int(parent), signal.SIGKILL)
    await_that(lambda: embedded.is_free(home.path / "keeper.lock"))


def await_that(condition):
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


def test_what_nobody_holds_goes_with_its_server_and_what_is_held_or_young_stays(temporary):
    killed, held, young = (temporary(name) for name in ("killed", "held", "young"))
    holder = Holder(killed)
    kill_the_keeper(killed)
    holder.release()
    assert keeper.working_in(killed.data)
    (young.path / "keeper.lock").touch()
    with Holder(held):
        for home in (killed, held):
            make_old(home)

        with Holder(temporary("next")) as following:
            await_that(lambda: not killed.path.exists())
            assert not keeper.working_in(killed.data)
            assert (held.data / "postmaster.pid").exists()
            assert (young.path / "keeper.lock").exists()

        await_that(lambda: not following.home.path.exists())


def test_a_folder_that_is_no_home_is_left_alone(temporary):
    home = temporary("none")
    make_old(home)

    leftovers.clear_away(temporary("next"), keeper.stop_leftover)

    assert home.path.exists()


def test_who_lets_go_last_leaves_no_folder_behind(temporary):
    home = temporary("only")

    with Holder(home):
        pass

    await_that(lambda: not home.path.exists())
    time.sleep(0.1)
    assert not home.path.exists()
