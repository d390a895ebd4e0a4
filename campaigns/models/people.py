"""Experiments, the people who work for them, and in which role."""

from __future__ import annotations

from typing import Any, Self, TypeVar

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models.functions import Lower
from django.utils.functional import cached_property
from simple_history.models import HistoricalRecords

from campaigns import access
from campaigns.models.names import SHORT_NAME
from campaigns.roles import OwnerRole, Role

M = TypeVar("M", bound=models.Model)


class ExperimentQuerySet(models.QuerySet["Experiment"]):
    def visible_to(self, user: access.User) -> Self:
        return access.visible_to(self, user, "pk")


class OwnedQuerySet(models.QuerySet[M]):
    """Items that are somebody's, in an experiment."""

    def visible_to(self, user: access.User) -> Self:
        return access.visible_to(self, user)

    def editable_by(self, user: access.User) -> Self:
        return access.editable_by(self, user)

    def launchable_by(self, user: access.User) -> Self:
        return access.launchable_by(self, user)


class Experiment(models.Model):
    """A collaboration whose data are produced: the VO name is its key everywhere outside."""

    name = models.CharField(
        max_length=16,
        unique=True,
        validators=[SHORT_NAME],
        help_text="Short name of the virtual organisation, such as nova or dune.",
    )
    title = models.CharField(max_length=100, blank=True, help_text="The name people use.")
    logbook = models.URLField(blank=True, help_text="Shown among the external links.")
    service_desk = models.URLField(blank=True, help_text="Where shifters report trouble.")
    active = models.BooleanField(
        default=True, help_text="Inactive experiments are left out of selections."
    )
    history = HistoricalRecords()
    objects = ExperimentQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(name=Lower("name")), name="experiment_name_is_lower_case"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class RecordsOfWhatIsKept(HistoricalRecords):
    """Histories without a version for each save of fields that they leave out (each sign-in)."""

    def post_save(
        self, instance: models.Model, created: bool, using: str | None = None, **kwargs: Any
    ) -> None:
        saved = kwargs.get("update_fields")
        if saved is None or not saved <= set(self.excluded_fields):
            super().post_save(instance, created, using, **kwargs)


class Experimenter(AbstractUser):  # type: ignore[django-manager-missing]  # of tokens
    """A person, or a program that acts for POMS (an agent)."""

    is_agent = models.BooleanField(
        "submission agent",
        default=False,
        help_text="A program that reports what became of jobs, and does nothing else.",
    )
    history = RecordsOfWhatIsKept(excluded_fields=["password", "last_login"])

    class Meta(AbstractUser.Meta):
        ordering = ["username"]

    @cached_property
    def roles(self) -> dict[int, Role]:
        """The role in each experiment where it counts for something, by the experiment's key."""
        if not self.is_active or self.is_agent:
            return {}
        memberships = self.memberships.filter(active=True)
        return {key: Role(role) for key, role in memberships.values_list("experiment", "role")}


class Membership(models.Model):
    experimenter = models.ForeignKey(
        Experimenter, on_delete=models.CASCADE, related_name="memberships"
    )
    experiment = models.ForeignKey(Experiment, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=20, choices=Role, default=Role.ANALYSIS)
    active = models.BooleanField(
        default=True, help_text="An inactive membership counts for nothing."
    )
    history = HistoricalRecords()

    class Meta:
        ordering = ["experiment__name", "experimenter__username"]
        constraints = [
            models.UniqueConstraint(
                fields=["experimenter", "experiment"], name="one_membership_per_experiment"
            ),
            models.CheckConstraint(
                condition=models.Q(role__in=Role.values), name="membership_role_is_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.experimenter} in {self.experiment} as {self.role}"


class Owned(models.Model):
    """What belongs to somebody of an experiment; rights go by these three fields."""

    experiment = models.ForeignKey(Experiment, on_delete=models.PROTECT, related_name="%(class)ss")
    creator = models.ForeignKey(Experimenter, on_delete=models.PROTECT, related_name="+")
    creator_role = models.CharField(
        max_length=20,
        choices=OwnerRole,
        default=OwnerRole.PRODUCTION,
        help_text="Analysis items are their creator's, production items the team's.",
    )
    created = models.DateTimeField(auto_now_add=True)
    updated = models.DateTimeField(auto_now=True)
    active = models.BooleanField(default=True)

    objects = OwnedQuerySet.as_manager()

    class Meta:
        abstract = True
