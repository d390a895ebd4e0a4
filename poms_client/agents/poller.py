"""What all agents share: look, note what is new, send it, and remember.

Nothing is said twice and nothing is lost: what POMS didn't take waits, the latest of each
submission, and goes with the next request. Started again, the agent goes on where it was.
"""

from __future__ import annotations

import itertools
import logging
import signal
import time
from datetime import datetime, timezone
from types import FrameType
from typing import NoReturn, Optional

from poms_client.agents.health import Health
from poms_client.agents.memory import Memory
from poms_client.agents.source import CantSee, Look, Source
from poms_client.agents.waiting import Waiting
from poms_client.api import Api, Json
from poms_client.crash import point
from poms_client.errors import PomsError, Refused

AT_ONCE = 10_000  # reports in one request; POMS takes no more
LONGEST_PAUSE = 600.0  # seconds between looks at a source that doesn't answer
BEAT_EVERY = 60.0  # seconds
TOO_MUCH = (400, 413)  # what is wrong may be one report, or that they are too many

log = logging.getLogger("poms.agent")


class Poller:
    def __init__(
        self,
        source: Source,
        api: Api,
        memory: Optional[Memory] = None,
        health: Optional[Health] = None,
    ) -> None:
        self.source = source
        self.api = api
        self.memory = memory or Memory(None, api.url, source.name)
        self.health = health or Health(source.kind, source.name, source.every)
        self.waiting = Waiting()  # for POMS
        self.at_once = AT_ONCE
        self._failed_looks = Waiting(source.every, LONGEST_PAUSE)
        self._looked_at = float("-inf")
        self._beat_at = float("-inf")
        source.memory = self.memory.of_source

    @property
    def unsent(self) -> dict[int, Json]:
        return self.memory.unsent

    def run(self) -> NoReturn:
        """Look and send until SIGTERM; what is unsent then is kept."""
        signal.signal(signal.SIGTERM, _stop)
        while True:
            if self._is_due():
                self.look()
            if self.unsent and self.waiting.is_over:
                self.send()
            self.beat()
            time.sleep(self.source.tick)

    def once(self) -> bool:
        """Look, send and return; False when something was not seen, or not sent."""
        seen = self.look()
        sent = self.send()
        self.beat()
        return seen and sent

    def _is_due(self) -> bool:
        if not self._failed_looks.is_over:
            return False
        return time.monotonic() >= self._looked_at + self.source.every or self.source.has_news()

    # --- looking ---

    def look(self) -> bool:
        """Look once and note what is new; False when the source gave no answer."""
        self._looked_at = time.monotonic()
        try:
            look = self.source.look()
        except CantSee as error:
            self._failed_looks.longer()
            self.health.did_not_see(str(error))
            log.warning("%s", error)
        else:
            self._failed_looks = Waiting(self.source.every, LONGEST_PAUSE)
            self._note(look)
        self._save()
        return self.health.sees

    def _note(self, look: Look) -> None:
        # Stamped when all is seen: a wrapper's own report of the same source may be that young.
        at = datetime.fromtimestamp(self.memory.next_stamp(), timezone.utc).isoformat()
        for said in look.problems + look.notes:
            log.warning("%s", said)
        for report in look.reports:
            sourced = {**report, "source": self.source.name}
            submission = sourced["submission_id"]
            if self.memory.is_news(sourced):
                self.unsent[submission] = {**sourced, "observed_at": at}
            else:
                self.unsent.pop(submission, None)  # it is back to what POMS knows
        self.memory.forget()
        self.health.saw(len(look.reports), look.problems, look.notes)

    # --- sending ---

    def send(self) -> bool:
        """Send what wasn't sent; return False when POMS took none or not all of it."""
        while self.unsent:
            batch = dict(itertools.islice(self.unsent.items(), self.at_once))
            point("agent-before-report")
            try:
                outcomes = self.api.report(list(batch.values()))
            except PomsError as error:
                if self._take_apart(batch, error):
                    continue
                self._leave(batch, error)
                return False
            point("agent-after-report")
            self._settle(batch, outcomes)
        self._save()
        return True

    def _leave(self, batch: dict[int, Json], error: PomsError) -> None:
        """Leave it for later. What POMS knows of these now is unclear, so the next look is news."""
        for submission in batch:
            self.memory.said.pop(submission, None)
        self.waiting.longer()
        self.health.did_not_send(str(error), len(self.unsent))
        log.warning("%d reports wait: %s", len(self.unsent), error)
        self._save()

    def _take_apart(self, batch: dict[int, Json], error: PomsError) -> bool:
        """After a refusal of all, try half of it; give up a single report that is refused."""
        if not isinstance(error, Refused) or error.status not in TOO_MUCH:
            return False
        self.at_once = max(1, len(batch) // 2)
        if len(batch) == 1:
            (report,) = batch.values()
            log.error("POMS refuses a report: %s: %s", error, report)
            self._was_taken(batch)
        return True

    def _settle(self, batch: dict[int, Json], outcomes: list[Json]) -> None:
        for outcome in outcomes:
            if outcome.get("outcome") == "invalid":
                log.error("POMS can't make sense of a report: %s", outcome)
        self._was_taken(batch)
        self.waiting = Waiting()
        self.at_once = min(AT_ONCE, 2 * self.at_once)
        self.health.sent([str(outcome.get("outcome")) for outcome in outcomes], len(self.unsent))

    def _was_taken(self, batch: dict[int, Json]) -> None:
        for submission, report in batch.items():
            self.memory.was_said(report)
            del self.unsent[submission]

    # --- being seen ---

    def beat(self) -> None:
        """Tell POMS now and then that this agent is there, and how it fares."""
        if time.monotonic() < self._beat_at + BEAT_EVERY or not self.waiting.is_over:
            return
        self._beat_at = time.monotonic()
        try:
            self.api.beat(self.health.content())
        except PomsError as error:
            log.debug("POMS didn't hear that this agent is there: %s", error)

    def _save(self) -> None:
        self.memory.of_source = self.source.memory
        self.memory.save()
        self.health.write()


def _stop(number: int, frame: Optional[FrameType]) -> None:
    """End at once, but orderly: a request that is cut off is repeated by the next agent."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise SystemExit(0)
