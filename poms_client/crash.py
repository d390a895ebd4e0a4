"""Named points at which a test kills this process, as a power cut would.

``POMS_CRASH_AT=<name>`` makes the process SIGKILL itself there. Wrapper: ``after-leave``,
``before-submit`` (all written, nothing visible), ``after-submit``, ``after-report``. Agents:
``agent-before-report``, ``agent-after-report`` (POMS knows, the agent hasn't noted it). Batch
daemon: ``daemon-adopted``, ``daemon-started-job``, ``daemon-job-over``, ``daemon-before-summary``.
"""

from __future__ import annotations

import os
import signal


def point(name: str) -> None:
    if os.environ.get("POMS_CRASH_AT") == name:
        os.kill(os.getpid(), signal.SIGKILL)
