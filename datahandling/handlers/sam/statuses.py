"""What SAM says of a file in a project, in POMS's words for a handle."""

from collections.abc import Collection

DONE, RESERVED, FAILED, WAITING = "done", "reserved", "failed", "initial"

# In the order in which people write them in SAM. A file that waits is in none of them: nothing is
# said of it, or ``unconsumed``, which summaries don't count.
STATE_OF = {
    "skipped": FAILED,
    "unknown": RESERVED,
    "delivered": RESERVED,
    "transferred": RESERVED,
    "cancelled": FAILED,
    "failed": FAILED,
    "consumed": DONE,
    "completed": DONE,
}
SPOKEN_OF = frozenset(STATE_OF.values())


def words(states: Collection[str]) -> str:
    """Return the values of ``consumed_status`` that mean these states."""
    if set(states) == {DONE}:
        return "co%"  # as people write it
    return ",".join(word for word, state in STATE_OF.items() if state in states)
