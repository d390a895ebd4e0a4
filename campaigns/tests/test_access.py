"""The matrix of rights, cell by cell, for one item and for a queryset."""

import pytest
from django.contrib.auth.models import AnonymousUser

from campaigns import access
from campaigns.models import (
    Campaign,
    CampaignStage,
    Experiment,
    Experimenter,
    JobType,
    LoginSetup,
    Membership,
)
from campaigns.roles import OwnerRole, Role

pytestmark = [pytest.mark.django_db, pytest.mark.rights]

# role, whose: view, edit, launch
MATRIX = {
    ("analysis", "own"): "yyy",
    ("analysis", "other"): "ynn",
    ("analysis", "production"): "ynn",
    ("production-shifter", "own"): "ynn",
    ("production-shifter", "other"): "ynn",
    ("production-shifter", "production"): "yny",
    ("production", "own"): "yny",
    ("production", "other"): "yny",
    ("production", "production"): "yyy",
    ("superuser", "own"): "yyy",
    ("superuser", "other"): "yyy",
    ("superuser", "production"): "yyy",
}
NOBODIES = [
    "anonymous",
    "stranger",
    "inactive person",
    "inactive membership",
    "agent",
    "member elsewhere",
]


@pytest.fixture
def nova():
    return Experiment.objects.create(name="nova")


@pytest.fixture
def dune():
    return Experiment.objects.create(name="dune")


@pytest.fixture
def someone():
    return Experimenter.objects.create(username="someone")


def person(name, experiment=None, role=Role.PRODUCTION, active=True, **fields):
    experimenter = Experimenter.objects.create(username=name, **fields)
    if experiment:
        Membership.objects.create(
            experimenter=experimenter, experiment=experiment, role=role, active=active
        )
    return experimenter


def nobody(kind, nova, dune):
    return {
        "anonymous": AnonymousUser,
        "stranger": lambda: person("stranger"),
        "inactive person": lambda: person("left", nova, is_active=False, is_superuser=True),
        "inactive membership": lambda: person("paused", nova, active=False),
        "agent": lambda: person("lens", nova, Role.SUPERUSER, is_agent=True, is_superuser=True),
        "member elsewhere": lambda: person("duner", dune, Role.SUPERUSER),
    }[kind]()


def campaign(whose, user, someone, experiment):
    return Campaign.objects.create(
        experiment=experiment,
        name=f"{whose} {user}",
        creator=user if whose == "own" else someone,
        creator_role="production" if whose == "production" else "analysis",
    )


def stage_in(campaign):
    owner = {
        "experiment": campaign.experiment,
        "creator": campaign.creator,
        "creator_role": campaign.creator_role,
    }
    return CampaignStage.objects.create(
        campaign=campaign,
        name="gen",
        vo_role=campaign.creator_role.capitalize(),
        creator=campaign.creator,
        creator_role=campaign.creator_role,
        job_type=JobType.objects.create(name="gen", launch_script="gen", **owner),
        login_setup=LoginSetup.objects.create(name="here", **owner),
    )


def allowed(user, item):
    """What the predicates say about ``item``, as in MATRIX."""
    predicates = access.may_view, access.may_edit, access.may_launch
    return "".join("y" if may(user, item) else "n" for may in predicates)


def found(user, item):
    """What the querysets say about ``item``, as in MATRIX."""
    items = type(item).objects.filter(pk=item.pk)
    narrowed = items.visible_to(user), items.editable_by(user), items.launchable_by(user)
    return "".join("y" if some.exists() else "n" for some in narrowed)


@pytest.mark.parametrize(("role", "whose"), MATRIX)
def test_a_member_may_what_the_matrix_says(role, whose, nova, someone):
    user = person("me", nova, role)
    item = campaign(whose, user, someone, nova)

    assert allowed(user, item) == MATRIX[role, whose]
    assert found(user, item) == MATRIX[role, whose]


@pytest.mark.parametrize(("role", "whose"), MATRIX)
def test_a_stage_is_guarded_like_a_campaign(role, whose, nova, someone):
    user = person("me", nova, role)
    stage = stage_in(campaign(whose, user, someone, nova))

    assert allowed(user, stage) == found(user, stage) == MATRIX[role, whose]


@pytest.mark.parametrize("whose", ["own", "other", "production"])
@pytest.mark.parametrize("kind", NOBODIES)
def test_who_is_no_active_member_may_nothing(kind, whose, nova, dune, someone):
    user = nobody(kind, nova, dune)
    owner = someone if kind == "anonymous" else user
    item = campaign(whose, owner, someone, nova)

    assert allowed(user, item) == found(user, item) == "nnn"
    assert not access.may_enter(user, nova)
    assert not access.may_create(user, nova)
    assert not access.may_manage(user, nova)
    assert not access.may_hold_experiment(user, nova)
    assert not access.may_declare(user, nova)
    assert not access.may_hold_everything(user)


@pytest.mark.parametrize("whose", ["own", "other", "production"])
def test_root_may_everything_everywhere(whose, nova, someone):
    root = person("root", is_superuser=True)
    item = campaign(whose, root, someone, nova)

    assert allowed(root, item) == found(root, item) == "yyy"
    assert access.role_in(root, nova) == Role.SUPERUSER
    assert access.may_hold_everything(root)


def test_what_an_analyst_made_is_a_members_own_wherever_the_member_works(nova, dune):
    user = person("me", nova, Role.ANALYSIS)
    Membership.objects.create(experimenter=user, experiment=dune, role=Role.SHIFTER)
    here, there = (campaign("own", user, user, experiment) for experiment in (nova, dune))

    assert allowed(user, here) == found(user, here) == "yyy"
    assert allowed(user, there) == found(user, there) == "ynn"


@pytest.mark.parametrize(
    ("role", "makes"),
    [
        ("analysis", ["analysis"]),
        ("production-shifter", []),
        ("production", ["production"]),
        ("superuser", ["production", "analysis"]),
    ],
)
def test_what_a_member_makes_belongs_to_the_members_role(role, makes, nova):
    user = person("me", nova, role)

    assert access.may_create(user, nova) == bool(makes)
    assert [
        owner for owner in ("production", "analysis") if access.may_create(user, nova, owner)
    ] == makes
    assert access.creator_role(user, nova) == (makes[0] if makes else None)


@pytest.mark.parametrize(
    ("predicate", "roles"),
    [
        (access.may_enter, list(Role)),
        (access.may_manage, ["superuser"]),
        (access.may_hold_experiment, ["production-shifter", "production", "superuser"]),
        (access.may_report, ["production", "superuser"]),
        (access.may_declare, ["production", "superuser"]),
    ],
)
def test_over_an_experiment_a_role_may(predicate, roles, nova):
    members = {role: person(role, nova, role) for role in Role}

    assert [role for role, user in members.items() if predicate(user, nova)] == roles


def test_an_agent_reports_for_every_experiment(nova, dune):
    agent = person("lens", is_agent=True)

    assert access.may_report(agent, nova)
    assert access.may_report(agent, dune)


def test_the_roles_of_a_person_cost_one_query(nova, someone, django_assert_num_queries):
    user = person("me", nova)
    items = [campaign(whose, user, someone, nova) for whose in ("own", "other", "production")]

    with django_assert_num_queries(1):
        assert [allowed(user, item) for item in items] == ["yny", "yny", "yyy"]


# whose stage, whose part: may the stage launch with this job type, with this login setup
PARTS = {
    ("production", "production"): (True, True),
    ("production", "own"): (False, False),
    ("own", "production"): (True, False),
    ("own", "own"): (True, True),
    ("own", "other"): (False, False),
}


@pytest.mark.parametrize(("stages", "parts"), PARTS)
def test_a_stage_launches_nothing_that_its_owner_has_no_say_over(stages, parts, nova, someone):
    user = person("me", nova)
    stage = stage_in(campaign(stages, user, someone, nova))
    owner = {
        "experiment": nova,
        "creator": user if parts == "own" else someone,
        "creator_role": OwnerRole.PRODUCTION if parts == "production" else OwnerRole.ANALYSIS,
    }
    candidates = JobType(name="reco", **owner), LoginSetup(name="grid", **owner)

    usable = tuple(access.why_not_usable(stage, part) is None for part in candidates)

    assert usable == PARTS[stages, parts]


def test_a_stage_uses_nothing_of_another_experiment(nova, dune, someone):
    stage = stage_in(campaign("production", someone, someone, nova))
    theirs = JobType(name="reco", experiment=dune, creator=someone, creator_role="production")

    assert access.why_not_usable(stage, theirs) == "reco belongs to dune, not to nova"
