"""What must hold of every run, however it came about; each law returns its breaches."""

from collections import Counter, defaultdict
from itertools import pairwise

from datahandling.query import Dataset, ProjectFiles
from submissions.models import Feed, Pass, Run, Submission
from workflow.models import Join, LeftBehind
from workflow.runs import State, state_of


def tell(drawn):
    """Return everything that is known of a campaign's runs, for whoever has to find out why."""
    lines = [
        f"stage {s.pk} {s.name} {s.stage_type} {s.split_type}*{s.slices_at_once} join={s.join} "
        f"{s.completion_type} {s.completion_pct} % {s.release_at} {s.when_failed}"
        for s in drawn.stages
    ]
    lines.append(f"feeds {drawn.feeds}, next slices {drawn.next_slices}")
    for s in Submission.objects.select_related("stage").order_by("pk"):
        was = [line.status for line in s.history.all()]
        lines.append(
            f"{s} {s.stage} run {s.run_id} {s.cause} of {s.original_id} now {s.replaced_by_id} "
            f"slice {s.slice_of_id}:{s.position} {s.dataset} {was} {s.finished_at} {s.due_at}"
        )
    lines += [f"{w} {w.state} {w.position} {w.dataset} run {w.run_id}" for w in Pass.objects.all()]
    for f in Feed.objects.select_related("stage").order_by("pk"):
        to = f"submission {f.child_id} pass {f.walked_by_id}"
        lines.append(f"feed of {f.parent_id} to {f.stage} {f.dataset}: {to}")
    lines += [
        f"{j} generation {j.generation}: {j.waits_for} {j.due_at}" for j in Join.objects.all()
    ]
    return "\n".join(lines)


def breaches(handler):
    """Return every breach of a law, in words, once nothing moves any more."""
    return [breach for law in LAWS for breach in law(handler)]


def stalls():
    """When nothing moves any more, each run is done, or says what it is broken by."""
    for run in Run.objects.order_by("pk"):
        state = state_of(run)
        if state.state == State.RUNNING and not _waits_for_people(run):
            yield f"{run} stalls: {state.reasons}"
        if state.state == State.BROKEN and not any("ailed" in reason for reason in state.reasons):
            yield f"{run} is broken without a reason: {state.reasons}"


def _waits_for_people(run):
    return run.submissions.filter(status__in=["Awaiting Approval", "New"]).exists()


def not_done():
    for run in Run.objects.order_by("pk"):
        state = state_of(run)
        if state.state != State.DONE:
            yield f"{run} is {state.state}: {state.reasons}"
    for walk in Pass.objects.filter(kind__in=["fed", "join"], state="open"):
        yield f"{walk} was never walked to its end"


def each_edge_is_fed_once(handler):
    located = Submission.objects.filter(
        status__in=["Located", "Skipped"], original=None, finished_at__isnull=False
    )
    for parent in located.select_related("stage"):
        edges = parent.stage.outgoing.filter(kind="feeds")
        fed = Counter(parent.feeds.values_list("edge", flat=True))
        if fed != Counter(edges.values_list("pk", flat=True)):
            yield f"{parent} fed {dict(fed)}"
    for feed in Feed.objects.select_related("child", "parent"):
        if feed.child is not None and feed.child.run_id != feed.parent.run_id:
            yield f"{feed} in another run"
    for unfinished in Submission.objects.filter(finished_at=None, feeds__isnull=False):
        yield f"{unfinished} fed before it was finished"


def inputs_come_from_parents(handler):
    """Each file of a fed submission was made, or passed on, by a chain that fed it in its run."""
    makers = {file.name: file.submission for file in handler.world.files}
    chains = _chains()
    for child in (
        Submission.objects.filter(original=None, replaced_by=None)
        .exclude(dataset="")
        .select_related("slice_of")
    ):
        feeds = Feed.objects.filter(child=child) | Feed.objects.filter(
            walked_by=child.slice_of_id or -1
        )
        if not feeds.exists():
            continue
        allowed = set()
        for feed in feeds.filter(run=child.run_id):
            allowed |= set(handler.answer(Dataset(feed.dataset))) if feed.dataset else set()
            if feed.parent.stage.stage_type == "regular" and feed.dataset:
                made = {makers[name] for name in handler.answer(Dataset(feed.dataset))}
                if not made <= chains[feed.parent_id]:
                    yield f"{feed}: files made by {made}, not by {chains[feed.parent_id]}"
        if strangers := set(handler.answer(Dataset(child.dataset))) - allowed:
            yield f"{child} got {strangers} from elsewhere"


def _chains():
    chains = defaultdict(set)
    for pk, original in Submission.objects.values_list("pk", "original"):
        chains[original or pk].add(pk)
    return chains


def each_file_once_per_pass(handler):
    for walk in Pass.objects.all():
        taken = Counter()
        for piece in walk.slices.filter(original=None, replaced_by=None).exclude(dataset=""):
            taken.update(handler.answer(Dataset(piece.dataset)))
        if twice := [name for name, times in taken.items() if times > 1]:
            yield f"{walk} handed out {twice} twice"
        if walk.state == "exhausted" and walk.walks_by_itself:
            left = set(handler.answer(Dataset(walk.dataset))) - taken.keys()
            if left:
                yield f"{walk} is exhausted without {left}"


def joins_are_complete(handler):
    """Generations are numbered without gaps, and each runs on exactly what it was fed."""
    for join in Join.objects.all():
        feeds = Feed.objects.filter(stage=join.stage_id, run=join.run_id)
        walks = Pass.objects.filter(stage=join.stage_id, run=join.run_id, kind="join")
        children = Submission.objects.filter(
            stage=join.stage_id, run=join.run_id, cause="join", replaced_by=None
        )
        if len(walks) + len(children) != join.generation:
            yield f"{join} fired {join.generation} times: {list(children)}, {list(walks)}"
        for child in children:
            yield from _union_is_input(handler, child, feeds.filter(child=child))
        for walk in walks:
            yield from _union_is_input(handler, walk, feeds.filter(walked_by=walk))


def _union_is_input(handler, child, feeds):
    fed = {name for feed in feeds if feed.dataset for name in handler.answer(Dataset(feed.dataset))}
    got = set(handler.answer(Dataset(child.dataset))) if child.dataset else set()
    if fed != got:
        yield f"{child} joined {got}, but was fed {fed}"


def recoveries_take_each_step_once(handler):
    for original in Submission.objects.filter(original=None, recoveries__isnull=False).distinct():
        steps = [
            step
            for step in original.recoveries.values_list("recovery_step", flat=True)
            if step is not None
        ]
        if len(set(steps)) != len(steps):
            yield f"{original} took steps {steps}"
        inputs = set(handler.answer(ProjectFiles(original.project)))
        for recovery in original.recoveries.all():
            if not set(handler.answer(Dataset(recovery.dataset))) <= inputs:
                yield f"{recovery} recovers what {original} never had"


def history_agrees_with_the_row(handler):
    for submission in Submission.objects.prefetch_related("history"):
        statuses = [line.status for line in submission.history.all()]
        if statuses[-1] != submission.status or any(a == b for a, b in pairwise(statuses)):
            yield f"{submission} is {submission.status}, its history {statuses}"


def nothing_is_lost(handler):
    """What a chain was given went on to every stage it feeds, or is named as left behind."""
    children = defaultdict(set)
    for file in handler.world.files:
        for parent in file.parents:
            children[parent].add(file.name)
    finished = Submission.objects.filter(
        original=None,
        status="Located",
        finished_at__isnull=False,
        stage__stage_type="regular",
        stage__completion_type="located",
    )
    for parent in finished.exclude(project=""):
        left = set(LeftBehind.objects.filter(submission=parent).values_list("file", flat=True))
        chain = [parent, *parent.recoveries.exclude(project="")]
        inputs = {name for member in chain for name in handler.answer(ProjectFiles(member.project))}
        for feed in parent.feeds.all():
            fed = set(handler.answer(Dataset(feed.dataset))) if feed.dataset else set()
            if lost := {name for name in inputs - left if not children[name] & fed}:
                yield f"{parent} lost {lost} on the way to {feed.stage}, left behind {left}"


LAWS = (
    each_edge_is_fed_once,
    inputs_come_from_parents,
    each_file_once_per_pass,
    joins_are_complete,
    recoveries_take_each_step_once,
    history_agrees_with_the_row,
    nothing_is_lost,
)
