"""When to look again at what wasn't ready: soon at first, then ever more rarely."""

from datetime import datetime, timedelta

from django.utils import timezone

from submissions.models import Submission

FIRST = timedelta(seconds=2)
LONGEST = timedelta(minutes=10)


def delay(looks: int) -> timedelta:
    """Return the wait after so many looks in vain: 2 s, 4 s, 8 s … 10 minutes.

    >>> delay(0).total_seconds(), delay(3).total_seconds(), delay(50).total_seconds()
    (2.0, 16.0, 600.0)
    """
    doubled: int = 2 ** min(looks, 20)
    return min(FIRST * doubled, LONGEST)


def next_look(submission: Submission) -> datetime:
    return timezone.now() + delay(submission.looks)
