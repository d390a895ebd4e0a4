"""Campaigns drawn at random, such as people could save, in all shapes that are worth a worry."""

from dataclasses import dataclass, field
from datetime import timedelta

from campaigns.models import Campaign, CampaignDependency, CampaignStage, JobType, RecoveryStep

SPLITS = ("nfiles(1)", "nfiles(2)", "mod(2)", "drainingn(2)")
PATTERNS = ("%", "%", "%", "%.a", "%.b")
RECOVERIES = (
    "consumed_status",
    "process_status",
    "pending_files",
    "state_failed",
    "state_not_done",
)


@dataclass
class Drawn:
    """A campaign's stages, in an order in which each is fed by earlier ones only."""

    campaign: Campaign
    stages: list = field(default_factory=list)
    feeds: list = field(default_factory=list)  # (upstream index, downstream index, pattern)
    next_slices: list = field(default_factory=list)

    def fed(self, index):
        return any(down == index for _, down, _ in self.feeds)

    def above(self, index):
        found = {up for up, down, _ in self.feeds if down == index}
        return found.union(*(self.above(up) for up in found)) if found else found


def draw_campaign(rng, number, *, login, files_of):
    """Draw and save a campaign. ``files_of(name)`` makes a dataset for a stage that isn't fed."""
    common = {"experiment": login.experiment, "creator": login.creator}
    drawn = Drawn(Campaign(name=f"c{number}", **common))
    Campaign.objects.bulk_create([drawn.campaign])
    size = rng.choice((2, 3, 3, 4, 4, 5))
    shape(rng, drawn, size)
    drawn.stages = [_stage(rng, drawn, index, login, files_of) for index in range(size)]
    CampaignStage.objects.bulk_create(drawn.stages)
    _next_slices(rng, drawn)
    _save_edges(drawn)
    return drawn


def shape(rng, drawn, size):
    """Draw what feeds what: chains, diamonds, several roots, two edges into one stage."""
    for down in range(1, size):
        if rng.random() < 0.12:
            continue  # another root
        for up in rng.sample(range(down), k=min(down, rng.choice((1, 1, 1, 2, 2, 3)))):
            drawn.feeds.append((up, down, rng.choice(PATTERNS)))
            if rng.random() < 0.08:
                drawn.feeds.append((up, down, rng.choice(PATTERNS)))


def _stage(rng, drawn, index, login, files_of):
    fed = drawn.fed(index)
    kind = "regular" if fed else rng.choice(("generator", "regular", "regular"))
    if fed and rng.random() < 0.1:
        kind = rng.choice(("approval", "datatransfer"))
    split = rng.choice(SPLITS) if kind == "regular" and rng.random() < 0.5 else ""
    dataset = files_of(f"raw{index}") if not fed and kind == "regular" else ""
    return CampaignStage(
        campaign=drawn.campaign,
        name=f"s{index}",
        stage_type=kind,
        job_type=_job_type(rng, drawn, index, login),
        login_setup=login,
        creator=login.creator,
        dataset=dataset,
        split_type=split,
        slices_at_once=rng.choice((1, 1, 2, 3)),
        completion_type=rng.choice(("located", "located", "located", "complete")),
        completion_pct=rng.choice((100, 95, 70, 50)),
        release_at=rng.choice(("percentage", "percentage", "located")),
        give_up_after=timedelta(minutes=rng.choice((1, 10))),
        settle_time=timedelta(minutes=rng.choice((0, 5))),
        when_failed=rng.choice(("stop", "stop", "go on")),
        join=fed and kind == "regular" and rng.random() < 0.35,
    )


def _job_type(rng, drawn, index, login):
    job_type = JobType(
        name=f"{drawn.campaign.name}j{index}",
        experiment=login.experiment,
        creator=login.creator,
        launch_script="poms submit",
    )
    JobType.objects.bulk_create([job_type])
    kinds = rng.sample(RECOVERIES, k=rng.choice((0, 0, 1, 2)))
    steps = [RecoveryStep(job_type=job_type, order=n, recovery_type=k) for n, k in enumerate(kinds)]
    RecoveryStep.objects.bulk_create(steps)
    return job_type


def _next_slices(rng, drawn):
    """Draw self edges and longer cycles back to a stage with a split."""
    for index, stage in enumerate(drawn.stages):
        if not stage.split_type:
            continue
        sources = [later for later in range(len(drawn.stages)) if index in drawn.above(later)]
        if not drawn.fed(index) and rng.random() < 0.15:
            sources = list(range(len(drawn.stages)))
        if rng.random() < (0.7 if not drawn.fed(index) else 0.3):
            drawn.next_slices.append((rng.choice([index, *sources]), index))


def _save_edges(drawn):
    numbers = dict.fromkeys(range(len(drawn.stages)), 0)
    edges = []
    for up, down, pattern in drawn.feeds:
        numbers[up] += 1
        ends = {"upstream": drawn.stages[up], "downstream": drawn.stages[down]}
        edges.append(CampaignDependency(**ends, file_pattern=pattern, position=numbers[up]))
    for up, down in drawn.next_slices:
        ends = {"upstream": drawn.stages[up], "downstream": drawn.stages[down]}
        edges.append(CampaignDependency(**ends, kind="next_slice"))
    CampaignDependency.objects.bulk_create(edges)
