"""What goes on in campaigns now, counted in the database: a few queries however much there is."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Count, Max, Min, Q

from campaigns.models import Campaign
from submissions.listing import OPEN
from submissions.models import Run, Submission
from submissions.showing import shown_in_the_database
from submissions.statuses import BROKEN, ShownStatus, Status
from workflow.runs import ASKED_ABOUT, joins_to_come, without_answer

ORDER = [*Status.values, *(shown for shown in ShownStatus.values if shown not in Status.values)]


@dataclass
class Progress:
    """How a stage is in some runs: submissions by status, chains in all and finished ones."""

    statuses: dict[str, int] = field(default_factory=dict)
    chains: int = 0
    finished: int = 0
    broken: int = 0
    waits_for: str = ""

    @property
    def tone(self) -> str:
        """One word for all of it: ``broken``, ``open``, ``done``, or nothing yet."""
        if self.broken:
            return "broken"
        if self.chains > self.finished or self.waits_for:
            return "open"
        return "done" if self.chains else ""

    @property
    def finished_percent(self) -> float:
        return 100 * self.finished / self.chains if self.chains else 0

    @property
    def broken_percent(self) -> float:
        return 100 * min(self.broken, self.chains) / self.chains if self.chains else 0


def progress_of(runs: Collection[int]) -> dict[int, Progress]:
    """Return the progress of each stage that has submissions or joins in these runs, by its key."""
    stages: dict[int, Progress] = defaultdict(Progress)
    rows = shown_in_the_database(Submission.objects.filter(run__in=runs, replaced_by=None))
    counted = rows.values("stage", "shown").annotate(
        many=Count("pk"),
        chains=Count("pk", Q(original=None)),
        finished=Count("pk", Q(original=None, finished_at__isnull=False)),
        broken=Count("pk", Q(status__in=BROKEN, finished_at=None)),
    )
    for row in counted.order_by("stage", "shown"):
        stage = stages[row["stage"]]
        stage.statuses[row["shown"]] = row["many"]
        stage.chains += row["chains"]
        stage.finished += row["finished"]
        stage.broken += row["broken"]
    for join in joins_to_come(list(runs)):
        stages[join.stage_id].waits_for = join.waits_for or "its look"
    return dict(stages)


def current_runs(campaign: Campaign) -> list[int]:
    """Return the runs in which something is unfinished; where there is none, the last one."""
    unfinished = Submission.objects.unfinished().filter(run__campaign=campaign)
    open_runs = list(unfinished.order_by("run").values_list("run", flat=True).distinct())
    return open_runs or list(Run.objects.filter(campaign=campaign).values_list("pk", flat=True)[:1])


@dataclass(frozen=True)
class Now:
    """How many submissions of a campaign are open, in which statuses, and how many broken.

    ``no_answer``: whose answers they wait for.
    """

    campaign: Campaign
    statuses: tuple[tuple[str, int], ...]
    broken: int
    last_run: int | None
    no_answer: str = ""

    @property
    def is_open(self) -> bool:
        return bool(self.statuses)


def now_in(campaigns: Iterable[Campaign]) -> list[Now]:
    """Return what goes on in each of ``campaigns``; where most happens comes first."""
    found = list(campaigns)
    keys = [campaign.pk for campaign in found]
    statuses: dict[int, dict[str, int]] = defaultdict(dict)
    broken: dict[int, int] = defaultdict(int)
    unknown: dict[tuple[int, str], datetime] = {}
    rows = shown_in_the_database(Submission.objects.filter(OPEN, stage__campaign__in=keys))
    counted = rows.values("stage__campaign", "shown").annotate(
        many=Count("pk"),
        broken=Count("pk", Q(status__in=BROKEN)),
        **{about: Min("unknown_since", filter=which) for about, which in ASKED_ABOUT.items()},
    )
    for row in counted:
        statuses[row["stage__campaign"]][row["shown"]] = row["many"]
        broken[row["stage__campaign"]] += row["broken"]
        for about in ASKED_ABOUT:
            if row[about] is not None:
                key = (row["stage__campaign"], about)
                unknown[key] = min(row[about], unknown.get(key, row[about]))
    last = dict(
        Run.objects.filter(campaign__in=keys).order_by().values_list("campaign").annotate(Max("pk"))
    )
    said = [
        Now(
            campaign,
            tuple(sorted(statuses[campaign.pk].items(), key=_order)),
            broken[campaign.pk],
            last.get(campaign.pk),
            without_answer(
                campaign, *(unknown.get((campaign.pk, about)) for about in ("launch", "output"))
            ),
        )
        for campaign in found
    ]
    return sorted(
        said,
        key=lambda now: (not now.broken, not now.is_open, -(now.last_run or 0), now.campaign.name),
    )


def _order(counted: tuple[str, int]) -> int:
    return ORDER.index(counted[0])
