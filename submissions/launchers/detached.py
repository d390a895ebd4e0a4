"""Launch scripts that run apart from us: process id, log and exit code lie in their folder.

A crash of ours doesn't touch them, and whoever comes next reads how they are.
"""

import os
import re
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path

from submissions.launchers.base import ScriptState, ScriptStatus

TIME_TO_DETACH = 20  # seconds
TIME_TO_LAUNCH = 600  # seconds, then the script is killed
STARTED = re.compile(r"^== process_id: (\d+) ==\r?$", re.MULTILINE)
COMPLETED = re.compile(r"^== completed: \d+ ==\r?$", re.MULTILINE)
# Gives the command its standard input, and leaves its exit code in a file that appears whole.
RUNNER = """
echo $$ > pid.new && mv pid.new pid
sent=$1; limit=$2; shift 2
timeout --kill-after=5 "$limit" "$@" < "$sent" > log 2>&1
code=$?
[ "$sent" = script.sh ] || rm -f "$sent"
rm -f proxy vault-token bearer-token
rm -rf uploads sandbox
echo $code > exit.new && mv exit.new exit
"""


def start(folder: Path, sent: str, limit: int, command: Sequence[str], env: dict[str, str]) -> None:
    """Start ``command`` with the file ``sent`` of the folder on standard input.

    It has ``limit`` seconds. Any other file than script.sh is removed when it has been read.
    """
    subprocess.run(
        ["setsid", "--fork", "/bin/sh", "-c", RUNNER, "poms-launch", sent, str(limit), *command],
        cwd=folder,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=True,
        timeout=TIME_TO_DETACH,
    )


def status(folder: Path) -> ScriptStatus:
    code = _number(folder / "exit")
    if code is not None:
        return ScriptStatus(ScriptState.ENDED, code)
    pid = _number(folder / "pid")
    if pid is None:
        return ScriptStatus(ScriptState.NOT_STARTED)
    return ScriptStatus(ScriptState.RUNNING if _runs_in(pid, folder) else ScriptState.ENDED)


def name_of(folder: Path) -> str:
    """Return the word by which the process group of an attempt is known on its host."""
    return f"poms-launch-{folder.parent.name}-{folder.name}"


def group_of(folder: Path) -> int | None:
    """Return the process group of a launch that, by its log, began and hasn't completed."""
    try:
        log = (folder / "log").read_text(errors="replace")
    except FileNotFoundError:
        return None
    began = STARTED.search(log)
    return int(began[1]) if began and not COMPLETED.search(log) else None


def kill_group(group: int, name: str) -> bool:
    """Kill a process group of this machine, if it is the launch of this name."""
    try:
        if name.encode() not in Path(f"/proc/{group}/cmdline").read_bytes().split(b"\0"):
            return False
        os.killpg(group, signal.SIGKILL)
    except OSError:
        return False
    return True


def _number(path: Path) -> int | None:
    try:
        return int(path.read_text())
    except (FileNotFoundError, ValueError):
        return None


def _runs_in(pid: int, folder: Path) -> bool:
    """Tell whether ``pid`` is the launch of this folder, and not a later process."""
    try:
        return Path(f"/proc/{pid}/cwd").resolve() == folder.resolve()
    except OSError:
        return False
