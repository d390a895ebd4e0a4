"""Points in time and spans of it, as people read them."""

from datetime import datetime, timedelta

from django import template
from django.contrib.humanize.templatetags.humanize import naturaltime
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()
UNITS = (("d", 86_400), ("h", 3600), ("min", 60), ("s", 1))


@register.filter
def moment(at: datetime | None) -> SafeString | str:
    """Say how long ago it was, or is to come; the exact time on hovering."""
    if at is None:
        return "–"
    return format_html(
        '<time datetime="{}" title="{} UTC">{}</time>',
        at.isoformat(),
        f"{at:%Y-%m-%d %H:%M:%S}",
        naturaltime(at),
    )


@register.filter
def clock(at: datetime | None) -> str:
    """Return the time of day, with the day unless it is today's.

    >>> from datetime import UTC
    >>> clock(datetime(2026, 11, 21, 9, 44, tzinfo=UTC))
    '2026-11-21 09:44 UTC'
    """
    if at is None:
        return "–"
    return f"{at:%H:%M} UTC" if at.date() == timezone.now().date() else f"{at:%F %H:%M} UTC"


@register.filter
def span(length: timedelta | None) -> str:
    """Return a length of time in its two largest units.

    >>> span(timedelta(days=2)), span(timedelta(minutes=90)), span(timedelta())
    ('2 d', '1 h 30 min', '0 s')
    """
    if length is None:
        return "for ever"
    left, parts = int(length.total_seconds()), []
    for unit, seconds in UNITS:
        if left >= seconds:
            parts.append(f"{left // seconds} {unit}")
            left %= seconds
    return " ".join(parts[:2]) or "0 s"
