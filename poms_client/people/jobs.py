"""How a submission's jobs are, as a bar where colours show and in words everywhere."""

from __future__ import annotations

from typing import Optional

from rich.text import Text

from poms_client.api import Json

TONES = {
    "completed": "green",
    "failed": "red",
    "cancelled": "magenta",
    "running": "blue",
    "held": "yellow",
    "idle": "bright_black",
}
REST = "bright_black"  # submitted, but no agent has said how it is


def counts_of(submission: Json) -> dict[str, int]:
    """Return how many jobs are how, as agents last saw them, in the order of ``TONES``."""
    said = submission.get("jobs") or {}
    return {state: int(said[state]) for state in TONES if said.get(state)}


def total_of(submission: Json) -> int:
    said = (submission.get("jobs") or {}).get("submitted") or submission.get("jobs_submitted") or 0
    return max(int(said), sum(counts_of(submission).values()))


def percent_of(submission: Json) -> Optional[float]:
    """Return how many percent of its jobs completed; where they aren't counted, what was said.

    What was said (``pct_complete``) is how many ended, removed ones among them.
    """
    counts = counts_of(submission)
    if counts:
        return round(100 * counts.get("completed", 0) / total_of(submission), 1)
    percent = submission.get("pct_complete")
    return None if percent is None else float(percent)


def in_words(submission: Json) -> str:
    """Return such as ``6 of 10 jobs completed, 1 failed, 3 running``; nothing without jobs."""
    counts = counts_of(submission)
    total = total_of(submission)
    if not total:
        return ""
    done = f"{counts.pop('completed', 0)} of {total} jobs completed"
    return ", ".join([done, *(f"{number} {state}" for state, number in counts.items())])


def in_short(submission: Json) -> str:
    """Return such as ``6/10, 1 failed``: for a cell of a table."""
    counts = counts_of(submission)
    total = total_of(submission)
    if not total:
        return ""
    bad = [f"{counts[state]} {state}" for state in ("failed", "held") if state in counts]
    return ", ".join([f"{counts.get('completed', 0)}/{total}", *bad])


def bar(submission: Json, width: int) -> Text:
    """Return a bar of ``width`` cells, a colour for each state; empty without jobs."""
    drawn = Text()
    total = total_of(submission)
    if not total:
        return drawn
    seen = 0
    for state, number in counts_of(submission).items():
        seen += number
        end = max(round(width * seen / total), min(len(drawn) + 1, width))  # a few must show
        drawn.append("█" * (end - len(drawn)), style=TONES[state])
    drawn.append("░" * (width - len(drawn)), style=REST)
    return drawn
