"""Login setups and job types of a campaign file: made where missing, changed with care.

They may be shared. What another campaign uses as well isn't changed by importing this one.
"""

from dataclasses import dataclass, field
from typing import Any

from campaigns import access
from campaigns.documents import Document, Fields, Problem
from campaigns.documents.loading import load_job_type, load_login_setup
from campaigns.exchange.saving import save_if_changed
from campaigns.models import (
    Campaign,
    CampaignStage,
    Experiment,
    Experimenter,
    JobType,
    LoginSetup,
    RecoveryStep,
)
from campaigns.roles import OwnerRole

Part = LoginSetup | JobType


@dataclass(frozen=True)
class Kind:
    """One kind of part: its model, the key that names it, and what people call it in messages."""

    model: type[Any]
    key: str
    word: str


LOGIN_SETUPS = Kind(LoginSetup, "login_setup", "LoginSetup")
JOB_TYPES = Kind(JobType, "job_type", "JobType")


@dataclass
class SetupStore:
    """Stores the parts of a document, for one person and one campaign (None: a new one)."""

    experiment: Experiment
    creator: Experimenter
    creator_role: OwnerRole
    campaign: Campaign | None
    problems: list[Problem] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    refused: set[tuple[str, str]] = field(default_factory=set)

    def store(self, document: Document) -> None:
        for name, fields in document.login_setups.items():
            self._store(LOGIN_SETUPS, name, fields)
        for name, fields in document.job_types.items():
            self._store(JOB_TYPES, name, fields)

    def parts_of(self, stage: str, fields: Fields) -> dict[str, Part] | None:
        """Return the job type and login setup of a stage; None where one can't be had."""
        parts = {}
        for kind in (LOGIN_SETUPS, JOB_TYPES):
            name = fields[kind.key]
            if (kind.key, name) in self.refused:
                return None
            part = self._find(kind, name)
            if part is None:
                message = f"Error: {kind.word} '{name}' not found! Campaign is incomplete!"
                self.problems.append(Problem(message, f"campaign_stage {stage}", kind.key))
                return None
            parts[kind.key] = part
        return parts

    def _find(self, kind: Kind, name: str) -> Any:
        return kind.model.objects.filter(experiment=self.experiment, name=name).first()

    def _store(self, kind: Kind, name: str, fields: Fields) -> None:
        part = self._find(kind, name)
        if part is not None and _said(part) == fields:
            return
        if part is None:
            part = kind.model(
                experiment=self.experiment,
                name=name,
                creator=self.creator,
                creator_role=self.creator_role,
            )
        elif (
            self.campaign is None
            or not access.may_edit(self.creator, part)
            or self._is_shared(kind, part)
        ):
            self.warnings.append(
                f"Warning: {kind.word} '{name}' already exists and will not change."
            )
            return
        self._save(kind, part, dict(fields))

    def _is_shared(self, kind: Kind, part: Part) -> bool:
        users = CampaignStage.objects.filter(**{kind.key: part})
        return users.exclude(campaign=self.campaign).exists()

    def _save(self, kind: Kind, part: Any, fields: Fields) -> None:
        recoveries = fields.pop("recoveries", None)
        problems = save_if_changed(part, fields, f"{kind.key} {part.name}")
        if problems:
            self.problems += problems
            self.refused.add((kind.key, part.name))
            return
        self._warn_of_overruled(kind, part, fields)
        if recoveries is not None and load_job_type(part)["recoveries"] != recoveries:
            part.recoveries.all().delete()
            for order, (recovery_type, overrides) in enumerate(recoveries):
                RecoveryStep.objects.create(
                    job_type=part,
                    order=order,
                    recovery_type=recovery_type,
                    param_overrides=overrides,
                )

    def _warn_of_overruled(self, kind: Kind, part: Any, fields: Fields) -> None:
        """Tell what isn't as the file says: where, and as whom, an analyst's launches run."""
        overruled = [name for name, said in fields.items() if getattr(part, name) != said]
        if overruled:
            self.warnings.append(
                f"Warning: {kind.word} '{part.name}' is an analyst's, for which this site says: "
                + ", ".join(f"{name} = {getattr(part, name) or '(none yet)'}" for name in overruled)
            )


def _said(part: Part) -> Fields:
    return load_login_setup(part) if isinstance(part, LoginSetup) else load_job_type(part)
