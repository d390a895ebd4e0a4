"""What a test does without a system package that it needs: it is skipped, and fails in CI."""

from __future__ import annotations

import os
from typing import NoReturn


def lack(reason: str) -> NoReturn:
    """Skip this test, or fail it where everything has to run (``POMS_REQUIRE_ALL=1``)."""
    import pytest

    if os.environ.get("POMS_REQUIRE_ALL") == "1":
        pytest.fail(f"{reason} (POMS_REQUIRE_ALL=1)")
    pytest.skip(reason)
