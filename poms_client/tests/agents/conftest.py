"""Agents in this process, told when to look; POMS over real HTTP; batch commands as scripts."""

import json
import os

import pytest

from poms_client.agents.health import Health
from poms_client.agents.memory import Memory
from poms_client.agents.poller import Poller
from poms_client.agents.source import CantSee, Look, Source
from poms_client.api import Api

SCRIPT = """\
#!/bin/sh
place=here
for word; do
    [ "$previous" = -name ] && place=$word
    previous=$word
done
echo "$*" >> "{folder}/{name}.asked"
echo "{name} $*" >> "{folder}/asked"
cat "{folder}/{name}.$place" 2> /dev/null
[ ! -e "{folder}/{name}.$place.broken" ] || {{ echo "Failed to connect" >&2; exit 1; }}
"""


@pytest.fixture(autouse=True)
def patient(monkeypatch):
    monkeypatch.setenv("POMS_PATIENCE", "0.3")


@pytest.fixture
def api(poms):
    return Api(poms.url, "agent-secret", patience=0.0)


@pytest.fixture
def agent(api, tmp_path):
    """Start an agent with a state file; what ran with it before has ended."""
    running = []

    def _agent(source, url=None):
        while running:
            running.pop().memory.close()
        memory = Memory(tmp_path / "state.json", url or api.url, source.name)
        memory.open()
        health = Health(source.kind, source.name, source.every, tmp_path / "health.json")
        running.append(Poller(source, api, memory, health))
        return running[-1]

    yield _agent
    while running:
        running.pop().memory.close()


class Told(Source):
    """A source that sees what it is told: statuses of submissions, or nothing at all."""

    kind = "told"

    def __init__(self, **statuses):
        super().__init__("told@here", every=60.0)
        self.see(**statuses)
        self.blind = False
        self.problems = []

    def see(self, **statuses):
        self.reports = [
            {"submission_id": int(key.strip("s")), "status": status, "pct_complete": 0.0}
            for key, status in statuses.items()
        ]

    def look(self):
        if self.blind:
            raise CantSee("it is dark")
        return Look(self.reports, self.problems)


class Commands:
    """Batch commands on the PATH that print what a test puts into files, place by place."""

    def __init__(self, folder, names):
        self.folder = folder
        for name in names:
            script = folder / name
            script.write_text(SCRIPT.format(folder=folder, name=name))
            script.chmod(0o755)

    def print(self, name, content, place="here"):
        text = content if isinstance(content, str) else json.dumps(content)
        (self.folder / f"{name}.{place}").write_text(text)

    def break_down(self, name, place="here"):
        (self.folder / f"{name}.{place}.broken").touch()

    def mend(self, name, place="here"):
        (self.folder / f"{name}.{place}.broken").unlink()

    def asked(self, name):
        return (self.folder / f"{name}.asked").read_text().splitlines()

    def in_order(self):
        """All that was asked, command and first option."""
        lines = (self.folder / "asked").read_text().splitlines()
        return [tuple(line.split()[:2]) for line in lines]


@pytest.fixture
def commands(tmp_path, monkeypatch):
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    return lambda *names: Commands(folder, names)
