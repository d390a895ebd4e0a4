"""What can't be stored, whoever tries: the database itself refuses it (DOMAIN 1.19)."""

from concurrent import futures
from contextlib import contextmanager
from functools import partial

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.db.models import JSONField, Value

from campaigns.models import (
    Campaign,
    CampaignDependency,
    CampaignStage,
    Experiment,
    JobType,
    LoginSetup,
    RecoveryStep,
    Tag,
)
from campaigns.tests.builders import (
    campaign,
    experiment,
    feeds,
    job_type,
    login_setup,
    person,
    stage,
)

PATIENCE = 30  # seconds, for what happens at once
GLIMPSE = 0.3  # seconds, for what must not happen


@pytest.fixture
def ann(db):
    return person("ann", "production")


@pytest.fixture
def nova(ann):
    """A campaign of nova: gen feeds sim."""
    made = campaign("nova's", ann)
    feeds(stage("gen", made), stage("sim", made))
    return made


@pytest.fixture
def dune(ann):
    made = campaign("dune's", ann, of="dune")
    stage("far", made)
    return made


def refused(change, *args, **kwargs):
    """Try the change as a transaction of its own; return what the database says against it."""
    with pytest.raises(IntegrityError) as refusal:
        kept(partial(change, *args, **kwargs))
    return str(refusal.value)


def kept(change):
    """Make the change as a transaction of its own, to whose end the constraints wait."""
    with transaction.atomic():
        change()
        connection.check_constraints()


def of(name):
    return CampaignStage.objects.get(name=name)


# A stage, its campaign, job type and login setup are of one experiment


@pytest.mark.parametrize("part", ["job_type", "login_setup"])
def test_a_stage_takes_no_part_of_another_experiment(nova, dune, part):
    sim = of("sim")
    setattr(sim, part, getattr(of("far"), part))

    message = refused(sim.save)

    assert "campaign, job type and login setup of one experiment" in message
    assert "(stage_is_of_one_experiment)" in message
    assert f"campaigns_campaignstage {sim.pk}: campaign of experiment" in message


def test_a_new_stage_takes_none_either(nova, dune):
    assert "stage_is_of_one_experiment" in refused(stage, "new", nova, job_type=of("far").job_type)


def test_many_stages_at_once_take_none_either(nova, dune):
    change = partial(nova.stages.update, login_setup=of("far").login_setup)

    assert "stage_is_of_one_experiment" in refused(change)


@pytest.mark.parametrize("model", [Campaign, JobType, LoginSetup])
def test_nothing_moves_to_another_experiment_without_what_it_works_with(nova, dune, model):
    change = partial(
        model.objects.filter(experiment__name="nova").update, experiment=dune.experiment
    )

    assert "stage_is_of_one_experiment" in refused(change)


def test_all_of_it_together_may_move(nova, dune):
    def move():
        for model in (Campaign, JobType, LoginSetup):
            model.objects.filter(experiment=nova.experiment).update(experiment=dune.experiment)

    kept(move)

    assert Campaign.objects.filter(experiment=dune.experiment).count() == 2


def test_what_is_put_right_before_the_end_was_never_wrong(nova, dune):
    def detour():
        sim = of("sim")
        mine, sim.job_type = sim.job_type, of("far").job_type
        sim.save()
        sim.job_type = mine
        sim.save()
        nova.stages.filter(name="gen").update(job_type=of("far").job_type)
        CampaignDependency.objects.all().delete()
        of("gen").delete()

    kept(detour)


def test_a_stage_may_change_to_another_job_type_of_its_experiment(nova, ann):
    other = job_type("other", ann)

    kept(lambda: nova.stages.update(job_type=other))


def test_a_form_says_it_before_the_database_does(nova, dune):
    sim = of("sim")
    sim.job_type = of("far").job_type

    with pytest.raises(ValidationError, match="job type and login setup of one experiment"):
        sim.validate_constraints()


# An edge stays within one campaign


def test_no_edge_leads_to_another_campaign(nova, ann):
    message = refused(feeds, of("sim"), stage("elsewhere", campaign("other", ann)))

    assert "an edge stays within one campaign (edge_is_within_a_campaign)" in message


@pytest.mark.parametrize("end", ["gen", "sim"])
def test_no_stage_leaves_its_edges_behind(nova, ann, end):
    other = campaign("other", ann)

    assert "edge_is_within_a_campaign" in refused(
        nova.stages.filter(name=end).update, campaign=other
    )


def test_stages_leave_together(nova, ann):
    other = campaign("other", ann)

    kept(lambda: nova.stages.update(campaign=other))

    assert other.stages.count() == 2


# A campaign's tags are of its experiment


def test_a_campaign_takes_no_tag_of_another_experiment(nova, dune):
    tag = Tag.objects.create(experiment=dune.experiment, name="summer")

    assert "a campaign and its tags are of one experiment" in refused(nova.tags.add, tag)


def test_no_tag_moves_away_from_its_campaigns(nova, dune):
    tag = Tag.objects.create(experiment=nova.experiment, name="summer")
    nova.tags.add(tag)
    change = partial(Tag.objects.filter(pk=tag.pk).update, experiment=dune.experiment)

    assert "tag_is_of_the_campaigns_experiment" in refused(change)


# Parameters are pairs

COLUMNS = [
    (CampaignStage, "param_overrides", "stage_overrides_are_pairs"),
    (CampaignStage, "test_param_overrides", "stage_test_overrides_are_pairs"),
    (JobType, "parameters", "job_type_parameters_are_pairs"),
    (RecoveryStep, "param_overrides", "recovery_overrides_are_pairs"),
]
NO_PAIRS = [{}, {"-N ": "10"}, None, "[]", 3, [3], ["-N "], [["-N "]], [["-N ", 10]], [[]]]
NO_PAIRS += [[["-N ", "10", "11"]], [["-N ", None]], [[["-N "], "10"]], [["-N ", "10"], "-x"]]


@pytest.fixture
def recovered(nova):
    RecoveryStep.objects.create(job_type=of("sim").job_type, recovery_type="reprocess_all")


@pytest.mark.parametrize(("model", "column", "name"), COLUMNS)
def test_overrides_are_lists_of_pairs_of_text(recovered, model, column, name):
    for value in [[], [["-N ", "10"]], [["", ""], ["%(dataset)s", "né"]]]:
        assert model.objects.update(**{column: value})
    for value in NO_PAIRS:
        wrong = Value(value, JSONField())
        assert name in refused(model.objects.update, **{column: wrong}), value


def test_a_form_says_the_same_of_overrides(nova):
    sim = of("sim")
    sim.param_overrides = [["-N "]]

    with pytest.raises(ValidationError, match="param_overrides is a list of"):
        sim.validate_constraints()


# Whose jobs run as what


@pytest.mark.parametrize("role", ["Production", "production"])
def test_an_analysts_stage_does_not_run_as_production(ann, role):
    mine = stage("mine", campaign("mine", ann, creator_role="analysis"))

    assert "analysis_does_not_run_as_production" in refused(
        CampaignStage.objects.filter(pk=mine.pk).update, vo_role=role
    )
    mine.vo_role = role
    mine.full_clean()
    mine.save()
    assert mine.vo_role == "Analysis"


@pytest.mark.parametrize(
    ("creator_role", "vo_role"), [("production", "Production"), ("analysis", "Calibration")]
)
def test_other_roles_are_as_they_are_said(ann, creator_role, vo_role):
    made = stage("s", campaign("c", ann, creator_role=creator_role), vo_role=vo_role)

    made.full_clean()

    assert made.vo_role == vo_role


# Two at once, each with a connection of its own


class Hand:
    """Somebody who changes things step by step, in one transaction."""

    def __init__(self, pool):
        self.pool = pool

    def start(self, *steps):
        return self.pool.submit(lambda: [step() for step in steps])

    def do(self, *steps):
        return self.start(*steps).result(PATIENCE)


@contextmanager
def two_hands():
    """Give two hands; what they have not committed in the end is undone."""
    with futures.ThreadPoolExecutor(1) as one, futures.ThreadPoolExecutor(1) as other:
        hands = [Hand(one), Hand(other)]
        for hand in hands:
            hand.do(partial(transaction.set_autocommit, False))
        try:
            yield hands
        finally:
            for hand in hands:
                hand.do(transaction.rollback, lambda: connection.close())


def move(model, name, **to):
    model.objects.filter(name=name).update(**to)


def away(model, name):
    return lambda: move(model, name, experiment=Experiment.objects.get(name="dune"))


def spare(model):
    return model.objects.get(name="spare")


TWO = {
    "a job type moves, a stage takes it": (
        away(JobType, "spare"),
        lambda: move(CampaignStage, "sim", job_type=spare(JobType)),
    ),
    "a login setup moves, a stage takes it": (
        away(LoginSetup, "spare"),
        lambda: move(CampaignStage, "sim", login_setup=spare(LoginSetup)),
    ),
    "a campaign moves, a stage is added": (
        away(Campaign, "spare"),
        lambda: stage(
            "new", spare(Campaign), job_type=spare(JobType), login_setup=spare(LoginSetup)
        ),
    ),
    "a tag moves, a campaign takes it": (
        away(Tag, "spare"),
        lambda: spare(Campaign).tags.add(spare(Tag)),
    ),
    "a stage moves, an edge is drawn to it": (
        lambda: move(CampaignStage, "sim", campaign=spare(Campaign)),
        lambda: feeds(of("reco"), of("sim")),
    ),
}


@pytest.fixture
def spares(transactional_db):
    """Two stages without an edge, and one spare of everything, all of nova."""
    ann = person("ann", "production")
    made = campaign("nova's", ann)
    stage("sim", made)
    stage("reco", made)
    for builder in (campaign, job_type, login_setup):
        builder("spare", ann)
    Tag.objects.create(experiment=experiment(), name="spare")
    experiment("dune")


def passes(act):
    """Say whether the database let it pass."""
    try:
        act()
    except IntegrityError:
        return False
    return True


@pytest.mark.race
@pytest.mark.parametrize(("moving", "using"), TWO.values(), ids=TWO.keys())
def test_who_moves_it_first_wins(spares, moving, using):
    with two_hands() as (mover, user):
        mover.do(moving)
        user.do(using)
        used = user.start(transaction.commit)
        with pytest.raises(futures.TimeoutError):
            used.result(GLIMPSE)  # it can't be told before the mover is through
        mover.do(transaction.commit)

        with pytest.raises(IntegrityError):
            used.result(PATIENCE)


@pytest.mark.race
@pytest.mark.parametrize(("moving", "using"), TWO.values(), ids=TWO.keys())
def test_who_uses_it_first_wins(spares, moving, using):
    with two_hands() as (mover, user):
        user.do(using, lambda: connection.check_constraints())
        moved = mover.start(moving)
        with pytest.raises(futures.TimeoutError):
            moved.result(GLIMPSE)
        user.do(transaction.commit)
        moved.result(PATIENCE)

        with pytest.raises(IntegrityError):
            mover.do(transaction.commit)


@pytest.mark.race
@pytest.mark.parametrize(("moving", "using"), TWO.values(), ids=TWO.keys())
def test_just_one_of_two_at_the_same_instant_wins(spares, moving, using):
    with two_hands() as hands:
        ends = [
            hand.start(act, partial(passes, transaction.commit))
            for hand, act in zip(hands, (moving, using), strict=True)
        ]

        assert sorted(end.result(PATIENCE)[1] for end in ends) == [False, True]
