"""Who may do what: one table, one predicate per action, asked by pages, API and admin alike.

Rights go by the role of a person's active membership in the experiment. Root (``is_superuser``)
counts as superuser everywhere; inactive people, inactive memberships and agents count for nothing.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, TypeVar

from django.db.models import Q, QuerySet

from campaigns.roles import OwnerRole, Role

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from campaigns.models import CampaignStage, Experiment, Experimenter, JobType, LoginSetup


User: TypeAlias = "Experimenter | AnonymousUser"
Rows = TypeVar("Rows", bound=QuerySet[Any])


class Action(Enum):
    VIEW = "view"
    EDIT = "edit"
    LAUNCH = "launch"


class Whose(Enum):
    OWN = "one's own analysis item"
    OTHERS = "another's analysis item"
    PRODUCTION = "a production item"


LOOK = frozenset({Action.VIEW})
RUN = frozenset({Action.VIEW, Action.LAUNCH})
ALL = frozenset(Action)

RIGHTS: dict[Role, dict[Whose, frozenset[Action]]] = {
    Role.ANALYSIS: {Whose.OWN: ALL, Whose.OTHERS: LOOK, Whose.PRODUCTION: LOOK},
    Role.SHIFTER: {Whose.OWN: LOOK, Whose.OTHERS: LOOK, Whose.PRODUCTION: RUN},
    Role.PRODUCTION: {Whose.OWN: RUN, Whose.OTHERS: RUN, Whose.PRODUCTION: ALL},
    Role.SUPERUSER: {Whose.OWN: ALL, Whose.OTHERS: ALL, Whose.PRODUCTION: ALL},
}

# Whose the things may be that a member makes; the first is what they are unless told otherwise.
CREATES: dict[Role, tuple[OwnerRole, ...]] = {
    Role.ANALYSIS: (OwnerRole.ANALYSIS,),
    Role.SHIFTER: (),
    Role.PRODUCTION: (OwnerRole.PRODUCTION,),
    Role.SUPERUSER: (OwnerRole.PRODUCTION, OwnerRole.ANALYSIS),
}

HOLDS_EXPERIMENT = frozenset({Role.SHIFTER, Role.PRODUCTION, Role.SUPERUSER})
REPORTS = frozenset({Role.PRODUCTION, Role.SUPERUSER})
DECLARES = frozenset({Role.PRODUCTION, Role.SUPERUSER})


class Owned(Protocol):
    """What rights are asked about: it is somebody's, in an experiment."""

    creator_id: Any
    creator_role: Any

    @property
    def experiment(self) -> Experiment: ...


def is_root(user: User) -> bool:
    return user.is_active and user.is_superuser and not is_agent(user)


def is_agent(user: User) -> bool:
    """Say whether this is a program that reports what became of jobs, and does nothing else."""
    return user.is_active and getattr(user, "is_agent", False)


def roles_of(user: User) -> dict[int, Role]:
    """Return the role in each experiment, by the experiment's key."""
    roles: dict[int, Role] = getattr(user, "roles", {})  # the anonymous and jobs have none
    return roles


def role_in(user: User, experiment: Experiment) -> Role | None:
    return Role.SUPERUSER if is_root(user) else roles_of(user).get(experiment.pk)


def is_member(user: User) -> bool:
    """Say whether this is an active member of anything: who may enter the admin."""
    return is_root(user) or bool(roles_of(user))


def may_view(user: User, item: Owned) -> bool:
    return _may(Action.VIEW, user, item)


def may_edit(user: User, item: Owned) -> bool:
    return _may(Action.EDIT, user, item)


def may_launch(user: User, item: Owned) -> bool:
    """Launch, kill, hold, release, mark active, relaunch, recover, kick or approve."""
    return _may(Action.LAUNCH, user, item)


def may_enter(user: User, experiment: Experiment) -> bool:
    """See what an experiment has."""
    return role_in(user, experiment) is not None


def may_create(user: User, experiment: Experiment, as_role: str | None = None) -> bool:
    """Make something that belongs to ``as_role`` (None: to any role)."""
    creates = _creates(user, experiment)
    return bool(creates) if as_role is None else as_role in creates


def may_manage(user: User, experiment: Experiment) -> bool:
    """Manage who is a member of an experiment, and in which role."""
    return role_in(user, experiment) == Role.SUPERUSER


def may_hold_experiment(user: User, experiment: Experiment) -> bool:
    return role_in(user, experiment) in HOLDS_EXPERIMENT


def may_hold_everything(user: User) -> bool:
    return is_root(user)


def may_report(user: User, experiment: Experiment) -> bool:
    """Say what became of jobs: agents for every experiment, the production team for its own."""
    return is_agent(user) or role_in(user, experiment) in REPORTS


def may_declare(user: User, experiment: Experiment) -> bool:
    """Declare files to the embedded catalogue, and change the projects over them."""
    return role_in(user, experiment) in DECLARES


def may_try(user: User, experiment: Experiment) -> bool:
    """Try whether an experiment's data service answers."""
    return role_in(user, experiment) in HOLDS_EXPERIMENT


def may_keep_files(user: User, experiment: Experiment, owner: Experimenter) -> bool:
    """Keep files for launches, and get them back: one's own, and a superuser anybody's."""
    if user.pk == owner.pk:
        return may_enter(user, experiment)
    return may_manage(user, experiment)


def creator_role(user: User, experiment: Experiment) -> OwnerRole | None:
    """Return whose the things are that a person makes, or None for who may make none."""
    return next(iter(_creates(user, experiment)), None)


def creates_anything(user: User) -> bool:
    return is_root(user) or any(CREATES[role] for role in roles_of(user).values())


def manages_anything(user: User) -> bool:
    return is_root(user) or Role.SUPERUSER in roles_of(user).values()


def creates_in(experiments: QuerySet[Experiment], user: User) -> QuerySet[Experiment]:
    """Narrow ``experiments`` to those in which ``user`` may make things."""
    if is_root(user):
        return experiments
    return experiments.filter(pk__in=[key for key, role in roles_of(user).items() if CREATES[role]])


def managed_by(experiments: QuerySet[Experiment], user: User) -> QuerySet[Experiment]:
    """Narrow ``experiments`` to those that ``may_manage`` allows."""
    if is_root(user):
        return experiments
    manages = [key for key, role in roles_of(user).items() if role == Role.SUPERUSER]
    return experiments.filter(pk__in=manages)


def visible_to(items: Rows, user: User, experiment_path: str = "experiment") -> Rows:
    """Narrow ``items`` to those of the experiments that ``user`` is a member of."""
    if is_root(user):
        return items
    return items.filter(**{f"{experiment_path}__in": list(roles_of(user))})


def editable_by(
    items: Rows, user: User, experiment_path: str = "experiment", owner_path: str = ""
) -> Rows:
    """Narrow ``items`` to those that ``may_edit`` allows; ``owner_path`` leads to what is owned."""
    return _allowed(Action.EDIT, items, user, experiment_path, owner_path)


def launchable_by(
    items: Rows, user: User, experiment_path: str = "experiment", owner_path: str = ""
) -> Rows:
    """Narrow ``items`` to those that ``may_launch`` allows."""
    return _allowed(Action.LAUNCH, items, user, experiment_path, owner_path)


def why_not_usable(stage: CampaignStage, part: JobType | LoginSetup) -> str | None:
    """Say why ``stage`` may not launch with this job type or login setup; None where it may.

    Both are programs. Whoever may edit one decides what runs on the account of the other, so that
    production runs only what the production team wrote, an analyst only on their own account.
    """
    if part.experiment_id != stage.experiment.pk:
        return f"{part} belongs to {part.experiment}, not to {stage.experiment}"
    if part.creator_role == OwnerRole.ANALYSIS and stage.creator_role == OwnerRole.PRODUCTION:
        return f"{part} is an analyst's: a production stage uses what the production team wrote"
    if part.creator_role == OwnerRole.ANALYSIS and part.creator_id != stage.creator_id:
        return f"{part} is another analyst's: make your own"
    if part.creator_role == OwnerRole.PRODUCTION != stage.creator_role and _is_account(part):
        return f"{part} launches as the production team: an analysis stage uses its own"
    return None


def _creates(user: User, experiment: Experiment) -> tuple[OwnerRole, ...]:
    role = role_in(user, experiment)
    return CREATES[role] if role else ()


def _is_account(part: JobType | LoginSetup) -> bool:
    return hasattr(part, "launch_account")


def _may(action: Action, user: User, item: Owned) -> bool:
    role = role_in(user, item.experiment)
    return role is not None and action in RIGHTS[role][_whose(user, item)]


def _whose(user: User, item: Owned) -> Whose:
    if item.creator_role == OwnerRole.PRODUCTION:
        return Whose.PRODUCTION
    return Whose.OWN if item.creator_id == user.pk else Whose.OTHERS


def _allowed(
    action: Action, items: Rows, user: User, experiment_path: str, owner_path: str
) -> Rows:
    if is_root(user):
        return items
    prefix = f"{owner_path}__" if owner_path else ""
    analysis = Q(**{f"{prefix}creator_role": OwnerRole.ANALYSIS})
    own = Q(**{f"{prefix}creator": user.pk})
    belongs = {
        Whose.OWN: analysis & own,
        Whose.OTHERS: analysis & ~own,
        Whose.PRODUCTION: Q(**{f"{prefix}creator_role": OwnerRole.PRODUCTION}),
    }
    allowed = Q(pk__in=[])
    for experiment, role in roles_of(user).items():
        for whose, actions in RIGHTS[role].items():
            if action in actions:
                allowed |= Q(**{experiment_path: experiment}) & belongs[whose]
    return items.filter(allowed)
