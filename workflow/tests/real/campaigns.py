"""Campaigns over ssh on a pool: the demo, and one stage whose jobs are all the same."""

import shlex
from pathlib import Path

from django.conf import settings

from workflow import demo
from workflow.tests.ssh.far import OverSsh

HERE = Path(__file__).parent
PATIENCE = 200.0  # seconds; a busy machine needs a good part of them
# Whoever comes to a gate says so, and waits there while it is closed.
GATE = """\
#!/bin/sh
gate=$1; shift
touch {folder}/at-$gate-$POMS4_SUBMISSION_ID
while [ -e {folder}/closed-$gate ]; do sleep 0.1; done
exec "$@"
"""


class OnPool(OverSsh):
    """:ivar gate: a program; ``gate NAME COMMAND …`` runs the command once the gate is open."""

    def __init__(self, site, pool):
        super().__init__(site)
        self.pool = pool
        self.gate = site.folder / "gate"
        self.gate.write_text(GATE.format(folder=site.folder))
        self.gate.chmod(0o755)

    def make_demo(self):
        """Make the demo campaign; its jobs wait at a gate of their stage's name."""
        text = demo.CAMPAIGN_FILE.read_text().replace("/opt/poms", str(settings.BASE_DIR))
        text = text.replace("-- env", f"-- {self.gate} $POMS4_CAMPAIGN_STAGE_NAME env")
        lines = (
            f"setup = {self.setup(self.pool.setup)}" if line.startswith("setup = ") else line
            for line in text.splitlines()
        )
        return self.take("\n".join(lines))

    def make_one(self, name, launch, setup="true"):
        """Make a campaign of one stage, by its launch script."""
        text = (HERE / "one.ini").read_text()
        for placeholder, value in (
            ("NAME", name),
            ("SETUP", self.setup(f"{self.pool.setup}; {setup}")),
            ("LAUNCH", launch),
        ):
            text = text.replace(placeholder, value)
        return self.take(text)

    def launch_one(self, campaign):
        return self.launch(campaign).submissions.get()

    # --- gates ---

    def close(self, gate):
        (self.site.folder / f"closed-{gate}").touch()

    def open(self, gate):
        (self.site.folder / f"closed-{gate}").unlink()

    def are_at(self, gate, submission):
        return (self.site.folder / f"at-{gate}-{submission.pk}").exists()

    # --- what becomes of submissions ---

    def becomes(self, submission, *statuses):
        self.comes_to(submission, lambda row: row.status in statuses)

    def comes_to(self, submission, true):
        """Wait until that is true of the submission as it is in the database."""

        def is_so():
            submission.refresh_from_db()
            return true(submission)

        self.site.until(is_so, PATIENCE)

    def in_front(self, command):
        """Return a folder for PATH in which a command of the pool has a gate of its name."""
        folder = self.site.folder / f"gated-{command}"
        folder.mkdir()
        real = shlex.quote(f"{self.pool.batch.path}/{command}")
        (folder / command).write_text(f'#!/bin/sh\nexec {self.gate} {command} {real} "$@"\n')
        (folder / command).chmod(0o755)
        return folder
