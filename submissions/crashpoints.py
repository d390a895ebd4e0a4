"""Named places at which a test can have this process killed, as a power cut would."""

import os
import signal

from django.conf import settings

CRASH_POINTS = (
    *("before-launch", "before-start", "after-start", "after-grant", "after-next"),
    *("before-settle", "after-settle", "before-hand-out", "before-fire"),
    "before-answer",
)


def reach(point: str) -> None:
    """Die here, at once and without a word, if ``POMS_CRASH_AT`` names this point."""
    assert point in CRASH_POINTS, point
    if point == settings.CRASH_AT:
        os.kill(os.getpid(), signal.SIGKILL)
