"""How programs sign in: tokens of ours, and the names that issuers of tokens have for people."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from knox.models import AbstractAuthToken
from simple_history.models import HistoricalRecords

from campaigns.models.people import Experimenter
from campaigns.scopes import Scope


def every_scope() -> list[str]:
    return list(Scope.values)


class ApiToken(AbstractAuthToken):
    """A token of a person or an agent; only its digest is kept."""

    scopes = ArrayField(models.CharField(max_length=10), default=every_scope)

    class Meta:
        verbose_name = "API token"
        ordering = ["-created"]
        constraints = [
            models.CheckConstraint(
                condition=Q(scopes__contained_by=Scope.values) & ~Q(scopes=[]),
                name="token_scopes_are_known",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.token_key}… of {self.user}"


class Identity(models.Model):
    """Who somebody is to an issuer of tokens: the ``sub`` of its SciTokens or WLCG tokens."""

    experimenter = models.ForeignKey(
        Experimenter, on_delete=models.CASCADE, related_name="identities"
    )
    issuer = models.CharField(max_length=200, help_text="The iss of the tokens, a URL.")
    subject = models.CharField(max_length=255, help_text="The sub of the tokens.")
    history = HistoricalRecords()

    class Meta:
        verbose_name_plural = "identities"
        ordering = ["issuer", "subject"]
        constraints = [
            models.UniqueConstraint(fields=["issuer", "subject"], name="subject_is_one_person"),
        ]

    def __str__(self) -> str:
        return f"{self.subject} of {self.issuer}"
