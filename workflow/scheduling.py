"""Schedules: launches at the ticks of a cron line, in UTC (W10)."""

from datetime import UTC, datetime, timedelta

from cronsim import CronSim, CronSimError
from django.core.exceptions import ValidationError
from django.utils import timezone

from campaigns.access import may_launch
from campaigns.models import Campaign, CampaignStage, Experimenter
from datahandling.base import QueryError, Unknown
from submissions.models.runs import Origin
from submissions.models.submissions import Cause
from submissions.registering import AlreadyHappened
from workflow.models import Schedule
from workflow.passes import NoMoreSlices
from workflow.requesting import (
    CannotLaunch,
    Wish,
    request_campaign_launch,
    request_launch,
)
from workflow.units import unit

ASK_AGAIN = timedelta(minutes=1)


def next_tick(cron: str, after: datetime) -> datetime:
    """Return the first tick later than ``after``. Raises ValidationError for a bad line."""
    fields = cron.split()
    if len(fields) != 5:  # CronSim would take a sixth one, for seconds; a tick is a minute
        raise _no_cron_line(cron, f"it has {len(fields)} fields, not five")
    try:
        return next(CronSim(" ".join(fields), after.astimezone(UTC)))
    except CronSimError as error:
        raise _no_cron_line(cron, str(error).lower()) from error
    except StopIteration:
        raise _no_cron_line(cron, "that day never comes") from None


def _no_cron_line(cron: str, why: str) -> ValidationError:
    return ValidationError(
        f"{cron!r} is no cron line ({why}): give minute, hour, day of month, month and "
        "day of week, such as 0 3 * * *"
    )


def schedule(
    campaign: Campaign, stage: CampaignStage | None, cron: str, who: Experimenter
) -> Schedule:
    """Launch a stage, or a whole campaign (None), at each tick of ``cron`` from now on."""
    tick = next_tick(cron, timezone.now())
    return Schedule.objects.create(
        campaign=campaign, stage=stage, cron=cron, who=who, next_tick=tick, due_at=tick
    )


@unit(waiting=lambda: Schedule.objects.filter(active=True), campaign="campaign")
def tick_next(due: Schedule) -> None:
    """Launch what one schedule asks for.

    Ticks missed while POMS was down become one. The tick names the cause, so a launch that was
    made before a crash isn't made again after it.
    """
    assert due.next_tick is not None
    if not may_launch(due.who, due.stage or due.campaign):
        _end(due, f"{due.who} may no longer launch this")
        return
    try:
        _launch(due, due.next_tick)
    except Unknown as why:
        Schedule.objects.filter(pk=due.pk).update(note=f"no clear answer: {why}"[:300])
        due.look_again(timezone.now() + ASK_AGAIN)
    except AlreadyHappened:
        _go_on(due, due.next_tick)
    except (NoMoreSlices, CannotLaunch, QueryError) as why:
        if not _ends_with(due, why):
            _go_on(due, due.next_tick, note=f"{due.next_tick:%F %H:%M}: {why}"[:300])


def _launch(due: Schedule, tick: datetime) -> None:
    stages = [due.stage] if due.stage else list(due.campaign.stages.all())
    wish = Wish(
        who=due.who,
        origin=Origin.SCHEDULE,
        cause=Cause.SCHEDULE,
        keys={stage.pk: f"schedule:{due.pk}:{tick:%Y%m%dT%H%M}:{stage.pk}" for stage in stages},
        still_wanted=lambda: _go_on(due, tick),
    )
    if due.stage:
        request_launch(due.stage, wish)
    else:
        request_campaign_launch(due.campaign, wish)


def _go_on(due: Schedule, tick: datetime, note: str = "") -> bool:
    """Move on to the tick that follows now; False if somebody has done so already."""
    following = next_tick(due.cron, timezone.now())
    same = Schedule.objects.filter(pk=due.pk, next_tick=tick, active=True)
    return same.update(next_tick=following, due_at=following, note=note) == 1


def _ends_with(due: Schedule, why: Exception) -> bool:
    """An exhausted split clears its schedule, where the stage says so."""
    clears = (
        isinstance(why, NoMoreSlices)
        and due.stage is not None
        and due.stage.clear_schedule_when_exhausted
    )
    if clears:
        _end(due, str(why))
    return clears


def _end(due: Schedule, why: str) -> None:
    ended = Schedule.objects.filter(pk=due.pk)
    ended.update(active=False, due_at=None, note=f"ended: {why}"[:300])
