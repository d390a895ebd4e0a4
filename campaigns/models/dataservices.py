"""An experiment's data services: where they are, and where to find what opens them."""

from __future__ import annotations

from datetime import timedelta
from typing import Self

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from simple_history.models import HistoricalRecords

from campaigns import access
from campaigns.models.people import Experiment
from datahandling.services import CredentialKind, Service


class DataHandlerName(models.TextChoices):
    CATALOGUE = "catalogue", "embedded catalogue"
    SAM = "sam", "SAM"
    DATA_DISPATCHER = "data_dispatcher", "MetaCat and Data Dispatcher"


class ServiceKind(models.TextChoices):
    """The data handlers that are services of a site's, with an address."""

    SAM = DataHandlerName.SAM.value, DataHandlerName.SAM.label
    DATA_DISPATCHER = DataHandlerName.DATA_DISPATCHER.value, DataHandlerName.DATA_DISPATCHER.label


class Credential(models.TextChoices):
    NONE = CredentialKind.NONE.value, "none: the service asks for none"
    BEARER = CredentialKind.BEARER.value, "bearer token, in a file"
    PROXY = CredentialKind.PROXY.value, "X.509 proxy, in a file"
    LIBRARY = CredentialKind.LIBRARY.value, "token library: a line per server"


class DataServiceQuerySet(models.QuerySet["DataService"]):
    def visible_to(self, user: access.User) -> Self:
        return access.visible_to(self, user)


class DataService(models.Model):
    """How one experiment's SAM, or MetaCat with Data Dispatcher, is asked. Holds no secret."""

    experiment = models.ForeignKey(
        Experiment, on_delete=models.CASCADE, related_name="data_services"
    )
    kind = models.CharField(max_length=20, choices=ServiceKind)
    url = models.URLField(
        "address",
        help_text="SAM: up to and with /sam/EXPERIMENT/api. Data Dispatcher: its server.",
    )
    auth_url = models.URLField(
        "sign-in address",
        blank=True,
        help_text="Data Dispatcher's; empty: /auth behind its address.",
    )
    metacat_url = models.URLField("MetaCat's address", blank=True)
    metacat_auth_url = models.URLField("MetaCat's sign-in address", blank=True)
    namespace = models.CharField(
        max_length=100,
        blank=True,
        help_text="MetaCat's namespace: of names that say none, and of the datasets POMS makes.",
    )
    owner = models.CharField(
        max_length=100, default="poms", help_text="Who POMS is to the service: its user name there."
    )
    credential = models.CharField(
        max_length=10, choices=Credential, default=Credential.NONE, help_text="What opens it."
    )
    credential_file = models.CharField(
        max_length=500, blank=True, help_text="Where that is on this machine; never its content."
    )
    file_page = models.CharField(
        "page of a file",
        max_length=500,
        blank=True,
        help_text="Address with %(file)s for the name (MetaCat: the fid); empty: the usual one.",
    )
    fts_url = models.URLField(
        "FTS registry", blank=True, help_text="Where the file transfer services are listed."
    )
    connect_timeout = models.DurationField(default=timedelta(seconds=3))
    read_timeout = models.DurationField(default=timedelta(seconds=10))
    at_once = models.PositiveSmallIntegerField(
        "requests at once",
        default=16,
        validators=[MinValueValidator(1), MaxValueValidator(64)],
        help_text="All of POMS's processes together never ask more than this at the same time.",
    )
    history = HistoricalRecords()
    objects = DataServiceQuerySet.as_manager()

    class Meta:
        ordering = ["experiment__name", "kind"]
        constraints = [
            models.UniqueConstraint(
                fields=["experiment", "kind"], name="one_data_service_of_a_kind"
            ),
            models.CheckConstraint(
                condition=models.Q(kind__in=ServiceKind.values), name="data_service_kind_is_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} of {self.experiment}"

    @property
    def service(self) -> Service:
        """The same as a plain value, as data handlers take it."""
        return Service(
            kind=self.kind,
            experiment=self.experiment.name,
            url=self.url.rstrip("/"),
            auth_url=self.auth_url.rstrip("/"),
            metacat_url=self.metacat_url.rstrip("/"),
            metacat_auth_url=self.metacat_auth_url.rstrip("/"),
            namespace=self.namespace,
            owner=self.owner,
            credential=CredentialKind(self.credential),
            credential_file=self.credential_file,
            file_page=self.file_page,
            fts_url=self.fts_url,
            connect_timeout=self.connect_timeout,
            read_timeout=self.read_timeout,
            at_once=self.at_once,
        )
