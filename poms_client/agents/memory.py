"""What an agent keeps while it isn't running: what it said, what it could not say yet.

One file, replaced whole. It belongs to one POMS and one source; with another one it counts for
nothing. Losing it does no harm: the agent says everything once more.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import time
from pathlib import Path
from typing import Optional

from poms_client.api import Json
from poms_client.batch import files
from poms_client.errors import PomsError

SAY_AGAIN = 6 * 3600.0  # seconds; POMS may have been put back to an older state
FORGET = 7 * 86400.0  # seconds after it was last said, and so last seen


class Memory:
    """:param path: the file; None keeps nothing."""

    def __init__(self, path: Optional[Path], poms: str, source: str) -> None:
        self.path = path
        self.belongs_to = {"poms": poms, "source": source}
        self.said: dict[int, tuple[str, float]] = {}
        self.unsent: dict[int, Json] = {}
        self.stamp = 0.0
        self.of_source: Json = {}
        self._written = ""
        self._lock: Optional[int] = None

    def open(self) -> None:
        """Read what there is, and keep other agents off the file.

        :raises PomsError: another agent has it.
        """
        if self.path is None:
            return
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = os.open(self.path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
            raise PomsError(f"another agent runs with {self.path}; --state names a file") from None
        self._lock = lock
        self._take(files.read(self.path) or {})

    def _take(self, kept: Json) -> None:
        if {key: kept.get(key) for key in self.belongs_to} != self.belongs_to:
            return
        try:
            self.said = {int(key): (str(d), float(at)) for key, (d, at) in kept["said"].items()}
            self.unsent = {int(key): dict(report) for key, report in kept["unsent"].items()}
            self.stamp = float(kept["stamp"])
            self.of_source = dict(kept["of_source"])
        except (KeyError, TypeError, ValueError, AttributeError):
            self.said, self.unsent, self.of_source = {}, {}, {}

    def save(self) -> None:
        """Write the file if anything is new."""
        if self.path is None:
            return
        content: Json = {
            **self.belongs_to,
            "said": self.said,
            "unsent": self.unsent,
            "stamp": self.stamp,
            "of_source": self.of_source,
        }
        text = json.dumps(content, sort_keys=True)
        if text != self._written:
            files.write(self.path, content, mode=0o600)
            self._written = text

    def close(self) -> None:
        self.save()
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    # --- what was said ---

    def is_news(self, report: Json) -> bool:
        """Tell whether that is to be said: it differs from the last, or that is long ago."""
        digest, at = self.said.get(report["submission_id"], ("", 0.0))
        return digest != digest_of(report) or time.time() - at > SAY_AGAIN

    def was_said(self, report: Json) -> None:
        self.said[report["submission_id"]] = (digest_of(report), time.time())

    def forget(self) -> None:
        """Drop what was last said, and so last seen, long ago."""
        old = time.time() - FORGET
        self.said = {key: (digest, at) for key, (digest, at) in self.said.items() if at > old}

    def next_stamp(self) -> float:
        """Return the time, which never runs backwards: POMS takes no older news of a source."""
        self.stamp = max(self.stamp, time.time())
        return self.stamp


def digest_of(report: Json) -> str:
    """Name what a report says, whenever it was seen."""
    said = {key: value for key, value in report.items() if key != "observed_at"}
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()[:16]
