"""How a stage's jobs are launched: from where, with which program, and how they are recovered."""

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from simple_history.models import HistoricalRecords

from campaigns.models.constraints import pairs
from campaigns.models.names import NAME
from campaigns.models.people import Owned
from campaigns.parameters import validate_overrides
from campaigns.recoveries import RECOVERY_TYPES
from campaigns.roles import OwnerRole

# Neither begins with a dash: ssh would take it for an option. Placeholders are filled in at launch.
PLACEHOLDER = r"%\(\w+\)s"
HOST = RegexValidator(
    rf"^(?:[A-Za-z0-9]|{PLACEHOLDER})(?:[A-Za-z0-9.:-]|{PLACEHOLDER})*\Z",
    "a host name or address, such as pomsgpvm01.fnal.gov",
)
ACCOUNT = RegexValidator(
    rf"^(?:[A-Za-z_]|{PLACEHOLDER})(?:[A-Za-z0-9_.-]|{PLACEHOLDER})*\Z",
    "the name of an account, such as novapro",
)


class LauncherName(models.TextChoices):
    LOCAL = "local", "on this machine"
    SSH = "ssh", "over ssh"


class CredentialName(models.TextChoices):
    """With what a launch opens batch systems and storage (DOMAIN 4.7)."""

    NONE = "none", "none"
    PROXY = "proxy", "an X.509 proxy"
    VAULT_TOKEN = "vault_token", "a token for an uploaded vault token"
    MANAGED_TOKEN = "managed_token", "a token of the managed tokens service"


def recovery_choices() -> list[tuple[str, str]]:
    return [(name, kind.title) for name, kind in RECOVERY_TYPES.items()]


class LoginSetup(Owned):
    """Where a launch runs: host, account, and the shell text that prepares the environment."""

    name = models.CharField(max_length=100, validators=[NAME])
    launcher = models.CharField(max_length=10, choices=LauncherName, default=LauncherName.SSH)
    launch_host = models.CharField(max_length=255, default="localhost", validators=[HOST])
    launch_account = models.CharField(max_length=100, blank=True, validators=[ACCOUNT])
    launch_setup = models.TextField(
        blank=True,
        help_text="Shell text run before the launch script. Each %(…)s becomes one quoted word.",
    )
    credential = models.CharField(
        max_length=15, choices=CredentialName, default=CredentialName.NONE
    )
    history = HistoricalRecords()

    class Meta:
        ordering = ["experiment__name", "name"]
        constraints = [
            models.UniqueConstraint(
                fields=["experiment", "name"], name="login_setup_name_is_unique"
            )
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Let an analyst's launches run where, and as whom, this site lets analysts run.

        On this machine nothing runs unless the site says so.
        """
        if self.creator_role == OwnerRole.ANALYSIS:
            self.launcher = LauncherName.SSH
            self.launch_host = settings.ANALYSIS_LAUNCH_HOST
            self.launch_account = settings.ANALYSIS_LAUNCH_ACCOUNT
        elif self.launcher == LauncherName.LOCAL and not settings.LOCAL_LAUNCHER:
            message = "nothing is launched on this machine unless POMS_LOCAL_LAUNCHER=1 is set"
            raise ValidationError({"launcher": message})


class JobType(Owned):
    """What is run: the launch script, its parameters, the files it makes, and its recoveries."""

    name = models.CharField(max_length=100, validators=[NAME])
    launch_script = models.TextField(
        help_text="The command that submits the jobs, such as: poms submit -N files -- reco.py"
    )
    parameters = models.JSONField(
        default=list,
        blank=True,
        validators=[validate_overrides],
        help_text='A list of [key, value] pairs, such as [["--memory=", "2000MB"]].',
    )
    output_file_patterns = models.CharField(
        max_length=500,
        blank=True,
        help_text="Such as %reco.root,%hist.root; text with a blank is a metadata query.",
    )
    history = HistoricalRecords()

    class Meta:
        ordering = ["experiment__name", "name"]
        constraints = [
            models.UniqueConstraint(fields=["experiment", "name"], name="job_type_name_is_unique"),
            pairs("parameters", name="job_type_parameters_are_pairs"),
        ]

    def __str__(self) -> str:
        return self.name


class RecoveryStep(models.Model):
    """One entry of a job type's recoveries: launched once, in order, over what is missing."""

    job_type = models.ForeignKey(JobType, on_delete=models.CASCADE, related_name="recoveries")
    order = models.PositiveSmallIntegerField(default=0)
    recovery_type = models.CharField(max_length=30, choices=recovery_choices)
    param_overrides = models.JSONField(
        default=list,
        blank=True,
        validators=[validate_overrides],
        help_text='Such as [["--memory=", "4000MB"]].',
    )
    history = HistoricalRecords()

    class Meta:
        ordering = ["job_type", "order"]
        constraints = [
            models.UniqueConstraint(fields=["job_type", "order"], name="recovery_order_is_unique"),
            pairs("param_overrides", name="recovery_overrides_are_pairs"),
        ]

    def __str__(self) -> str:
        return f"{self.order}: {self.recovery_type}"
