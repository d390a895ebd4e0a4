"""``make run``: brings POMS up on this machine with a demo campaign, and shows how it goes.

Holds the embedded PostgreSQL, migrates, starts the web server, the workflow loop and the local
agent, and ends all of them when it ends, for whatever reason. Where files aren't the catalogue's
business, stand-ins of the data services (``standins``) run beside them.
"""

import argparse
import contextlib
import fcntl
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

from pomsproject import embedded, env, installation, standins
from pomsproject.embedded import EmbeddedError
from pomsproject.env import MissingSetting
from pomsproject.installation import CHECKOUT, NoDataFolder
from pomsproject.parts import Part, PartFailed, end_with_parent
from pomsproject.standins import NoStandIn, Services

LOOK_AGAIN = 0.2
PATIENCE = 30.0
MANAGE = [sys.executable, str(CHECKOUT / "manage.py")]


class CantRun(Exception):
    """POMS can't be brought up here; the message says what to do."""


def parts_for(port: int) -> dict[str, list[str]]:
    """Return the command of each part, in the order in which they start."""
    web = [sys.executable, "-m", "gunicorn", "pomsproject.wsgi:application"]
    web += ["--bind", f"127.0.0.1:{port}", "--worker-class", "gthread"]
    web += ["--workers", "2", "--threads", "4", "--graceful-timeout", "3", "--no-control-socket"]
    return {
        "web": web,
        "workflow": [*MANAGE, "wrapup_tasks", "--loop", "0.5"],
        "agent": [str(Path(sys.prefix) / "bin/poms"), "agent", "local"],
    }


def run(port: int, kind: str, *, demo: bool, until_done: bool) -> int:
    """Bring everything up; return when the demo's run is over (``until_done``) or never.

    :raises CantRun: when something is in the way.
    """
    with contextlib.ExitStack() as stack:
        data = stack.enter_context(alone_in(installation.data_folder()))
        refuse_taken(port)
        url = database_url(data, stack)
        services = standins.services_for(kind, data, url, port)
        settings = installation.settings_for(data, port, url)
        installation.write_settings(data, settings)
        environment = installation.environment_with(settings)
        manage(environment, "migrate", "--verbosity", "0")
        manage(environment, "make_agent_token", "local", quiet=True)
        parts = start_stand_ins(services, data, environment, stack)
        parts += start_parts(port, data, environment, stack)
        say(f"POMS serves on {settings['POMS_URL']} (logs in {data / 'log'}; Ctrl-C stops it)")
        watching = None
        if demo:
            command = demo_command(services, data)
            watching = start_demo(command, environment, stack, until_done=until_done)
        return supervise(parts, watching, until_done=until_done)


@contextlib.contextmanager
def alone_in(data: Path) -> Iterator[Path]:
    """Keep a second ``make run`` off the folder."""
    with (data / "run.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CantRun(f"POMS runs in {data} already: stop it, or set POMS_DATA_DIR") from None
        yield data


def refuse_taken(port: int) -> None:
    with socket.socket() as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind(("127.0.0.1", port))
        except OSError as error:
            raise CantRun(
                f"port {port} can't be had ({error.strerror}): stop what uses it, "
                f"or choose another one: make run PORT={port + 1 if port < 65535 else 8000}"
            ) from error


def database_url(data: Path, stack: contextlib.ExitStack) -> str:
    """Return the site's database, or hold the embedded one."""
    if url := env.text("POMS_DATABASE_URL"):
        return url
    return stack.enter_context(embedded.Holder(embedded.home_for(data))).url


def manage(environment: dict[str, str], *arguments: str, quiet: bool = False) -> None:
    """Run a command of Django's command line to its end.

    :raises CantRun: when it fails; it has said why.
    """
    output = subprocess.DEVNULL if quiet else None
    done = subprocess.run([*MANAGE, *arguments], env=environment, stdout=output, check=False)
    if done.returncode != 0:
        raise CantRun(f"`manage.py {' '.join(arguments)}` failed")


def start_stand_ins(
    services: Services, data: Path, environment: dict[str, str], stack: contextlib.ExitStack
) -> list[Part]:
    """Start the stand-ins of data services, and return when they answer."""
    logs = data / "log"
    logs.mkdir(exist_ok=True)
    parts: list[Part] = []
    for stand_in in services.stand_ins:
        refuse_taken(stand_in.port)
        name, log = stand_in.name, logs / f"{stand_in.name}.log"
        parts.append(Part(name, stand_in.command, environment | stand_in.environment, log))
        stack.callback(parts[-1].stop)
    for stand_in, part in zip(services.stand_ins, parts, strict=True):
        await_answer(stand_in.port, part)
        say(f"a stand-in for {stand_in.name} serves on {stand_in.url}")
    return parts


def start_parts(
    port: int, data: Path, environment: dict[str, str], stack: contextlib.ExitStack
) -> list[Part]:
    """Start the web server, and once it answers the others, which may ask it."""
    logs = data / "log"
    logs.mkdir(exist_ok=True)
    parts: list[Part] = []
    for name, command in parts_for(port).items():
        parts.append(Part(name, command, environment, logs / f"{name}.log"))
        stack.callback(parts[-1].stop)
        if name == "web":
            await_answer(port, parts[-1])
    return parts


def await_answer(port: int, part: Part) -> None:
    """Return when a part takes connections.

    :raises CantRun: when it ends instead, or takes too long.
    """
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and part.process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.05)
    raise CantRun(f"{part.name} doesn't come up; the end of {part.log}:\n{part.said()}")


def demo_command(services: Services, data: Path) -> list[str]:
    """Return how the demo is made, on the data service that there is."""
    said = services.write(data)
    return ["demo", "--service", str(said)] if said else ["demo"]


def start_demo(
    command: list[str],
    environment: dict[str, str],
    stack: contextlib.ExitStack,
    *,
    until_done: bool,
) -> subprocess.Popen[bytes]:
    """Make or continue the demo, and start showing its progress."""
    manage(environment, *command)
    watching = subprocess.Popen(
        [*MANAGE, *command, "--watch", *["--until-done"] * until_done],
        env=environment,
        stdin=subprocess.DEVNULL,
        start_new_session=True,
        preexec_fn=end_with_parent,  # noqa: PLW1509 - we have no threads
    )
    stack.callback(stop, watching)
    return watching


def stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    process.wait(PATIENCE)


def supervise(
    parts: list[Part], watching: subprocess.Popen[bytes] | None, *, until_done: bool
) -> int:
    """Keep the parts alive until the watched run is over; without ``until_done``, for ever."""
    while True:
        for part in parts:
            part.look(say)
        if until_done and watching is not None and watching.poll() is not None:
            return watching.returncode
        time.sleep(LOOK_AGAIN)


def say(text: str) -> None:
    print(text, flush=True)


def stop_on(signals: set[signal.Signals]) -> None:
    """Treat them like Ctrl-C; a second one doesn't disturb the stopping."""

    def interrupt(number: int, frame: FrameType | None) -> None:
        for each in signals:
            signal.signal(each, signal.SIG_IGN)
        raise KeyboardInterrupt

    for each in signals:
        signal.signal(each, interrupt)


def main() -> int:
    parser = argparse.ArgumentParser(prog="make run", description=__doc__)
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--no-demo", action="store_true", help="bring up POMS alone")
    parser.add_argument("--until-done", action="store_true", help="end with the demo's run")
    parser.add_argument(
        "--data", choices=list(standins.SERVICES), default="catalogue", help="data handling"
    )
    arguments = parser.parse_args()
    stop_on({signal.SIGINT, signal.SIGTERM, signal.SIGHUP})
    try:
        return run(
            arguments.port,
            arguments.data,
            demo=not arguments.no_demo,
            until_done=arguments.until_done,
        )
    except KeyboardInterrupt:
        say("POMS is stopped; `make run` goes on where it was.")
        return 0 if not arguments.until_done else 130
    except (CantRun, EmbeddedError, MissingSetting, NoDataFolder, NoStandIn, PartFailed) as error:
        print(f"make run: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
