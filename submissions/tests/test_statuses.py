"""Who may move a submission from which status to which (DOMAIN 2.3 and A.5, without the bugs)."""

import random
from itertools import product

import pytest

from submissions.models import Submission
from submissions.statuses import Actor, Status, may_move

FINAL = {"Located", "Removed", "Cancelled", "Skipped"}
JOBS = {"Idle", "Running", "Held"}
ALIVE = JOBS | {"New", "LaunchFailed"}
APPROVALS = {"Awaiting Approval", "Approved"}


def agent(source, target):
    """Reports what it sees of whatever isn't over yet; LaunchFailed isn't."""
    seen = JOBS | {"Completed", "Failed", "Removed", "Cancelled"}
    return (source in ALIVE and target in seen) or (source, target) == ("New", "LaunchFailed")


def person(source, target):
    """Ends what isn't final, kicks what was launched, launches anew, approves."""
    if target in {"Removed", "Cancelled"}:
        return source not in FINAL
    kicks = JOBS | {"LaunchFailed", "Failed"}
    if target == "Completed":
        return source in kicks
    return (source, target) in {("LaunchFailed", "New"), ("Awaiting Approval", "Approved")}


def workflow(source, target):
    """Launches, and wraps up."""
    return (source, target) in {
        ("New", "Idle"),
        ("New", "LaunchFailed"),
        ("New", "Awaiting Approval"),
        ("New", "Skipped"),
        ("LaunchFailed", "Idle"),
        ("Approved", "Completed"),
        ("Completed", "Located"),
    }


MODEL = {Actor.AGENT: agent, Actor.PERSON: person, Actor.WORKFLOW: workflow}


@pytest.mark.property
@pytest.mark.parametrize("actor", Actor)
def test_the_table_of_transitions_is_the_model(actor):
    for source, target in product(Status, Status):
        allowed = MODEL[actor](source.value, target.value) and source != target
        assert may_move(source, target, actor) == allowed, f"{actor}: {source} → {target}"


@pytest.mark.property
@pytest.mark.parametrize("seed", range(5))
def test_random_bulk_moves_follow_the_model_and_leave_history_and_row_agreeing(site, seed):
    rng = random.Random(seed)
    stage = site.stage()
    statuses = {site.submission(stage).pk: "New" for _ in range(6)}
    told = {pk: ["New"] for pk in statuses}
    for _ in range(60):
        target, actor = rng.choice(list(Status)), rng.choice(list(Actor))
        asked = rng.sample(sorted(statuses), k=rng.randint(1, 4))

        moved = Submission.objects.filter(pk__in=asked).move(target, actor=actor)

        allowed = [pk for pk in asked if MODEL[actor](statuses[pk], target.value)]
        assert sorted(moved) == sorted(pk for pk in allowed if statuses[pk] != target)
        for pk in moved:
            statuses[pk] = target.value
            told[pk].append(target.value)
    for row in Submission.objects.all():
        assert row.status == statuses[row.pk]
        assert [line.status for line in row.history.all()] == told[row.pk]


@pytest.mark.parametrize("final", ["Removed", "Cancelled", "Located", "Skipped"])
@pytest.mark.parametrize("actor", Actor)
def test_what_is_final_is_so_for_everybody(site, final, actor):
    submission = site.submission(status=final)

    assert not any(submission.move_to(target, actor=actor) for target in Status)


def test_a_person_alone_lets_a_failed_submission_count_as_completed(site):
    submission = site.submission(status="Failed")

    assert not submission.move_to(Status.COMPLETED, actor=Actor.AGENT)
    assert not submission.move_to(Status.COMPLETED, actor=Actor.WORKFLOW)
    assert submission.move_to(Status.COMPLETED, actor=Actor.PERSON, who=site.person)


def test_moving_to_the_status_it_has_writes_no_history(site):
    submission = site.submission(status="Idle")

    assert not submission.move_to(Status.IDLE, actor=Actor.AGENT)
    assert submission.history.count() == 1


def test_history_tells_who_moved_it_when_and_why(site):
    submission = site.submission(status="Failed")

    submission.move_to(Status.COMPLETED, actor=Actor.PERSON, who=site.person, note="kicked")

    line = submission.history.last()
    assert (line.status, line.actor, line.who, line.note) == (
        "Completed",
        "person",
        site.person,
        "kicked",
    )
    assert line.at == submission.status_since


def test_one_that_may_not_move_keeps_none_of_the_others_back(site):
    stage = site.stage()
    final, live = site.submission(stage, "Removed"), site.submission(stage, "Running")

    moved = Submission.objects.filter(pk__in=[final.pk, live.pk]).move(
        Status.COMPLETED, actor=Actor.AGENT
    )

    assert moved == [live.pk]


@pytest.mark.parametrize(
    ("status", "actor", "due"),
    [
        ("Completed", Actor.AGENT, True),
        ("Removed", Actor.PERSON, True),
        ("Cancelled", Actor.PERSON, True),
        ("Running", Actor.AGENT, False),
        ("Failed", Actor.AGENT, False),
    ],
)
def test_what_is_over_is_due_for_wrap_up(site, status, actor, due):
    submission = site.submission(status="Idle")

    submission.move_to(Status(status), actor=actor)

    assert (submission.due_at is not None) == due


def test_the_end_of_a_recovery_has_its_original_looked_at(site):
    original = site.submission(status="Located")
    recovery = site.recovery(original, status="Completed")
    assert original.due_at is None

    recovery.move_to(Status.LOCATED, actor=Actor.WORKFLOW)

    original.refresh_from_db()
    assert original.due_at is not None


def test_a_recovery_that_breaks_has_its_original_looked_at_so_that_it_can_say_so(site):
    original = site.submission(status="Located")
    recovery = site.recovery(original)

    recovery.move_to(Status.LAUNCH_FAILED, actor=Actor.WORKFLOW)

    original.refresh_from_db()
    assert original.due_at is not None
