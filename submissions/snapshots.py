"""What a launch used, frozen: later edits of a stage never change history."""

import hashlib
import json
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from campaigns import dispatcher
from campaigns.models import CampaignStage, JobType
from campaigns.models.dataservices import DataHandlerName
from campaigns.parameters import Pairs, fill_keywords
from campaigns.recoveries import ON_DATA_DISPATCHER
from submissions.models import Snapshot

FORMAT = 1


@dataclass(frozen=True)
class Policy:
    """The rules of a stage as they were when it was launched, read back from a snapshot."""

    stage_type: str
    software_version: str
    completion_type: str
    completion_pct: Decimal
    depth: int
    release_at: str
    give_up_after: timedelta | None
    settle_time: timedelta
    when_failed: str
    output_file_patterns: str
    recoveries: tuple[tuple[str, Pairs], ...]

    @classmethod
    def of(cls, content: dict[str, Any]) -> "Policy":
        stage, job_type = content["stage"], content["job_type"]
        return cls(
            stage_type=stage["stage_type"],
            software_version=stage["software_version"],
            completion_type=stage["completion_type"],
            completion_pct=Decimal(stage["completion_pct"]),
            depth=stage["output_ancestor_depth"],
            release_at=stage["release_at"],
            give_up_after=_duration(stage["give_up_after"]),
            settle_time=timedelta(seconds=stage["settle_time"]),
            when_failed=stage["when_failed"],
            output_file_patterns=job_type["output_file_patterns"],
            recoveries=tuple((kind, overrides) for kind, overrides in job_type["recoveries"]),
        )


def freeze(stage: CampaignStage) -> Snapshot:
    """Return the snapshot of ``stage`` with all that a launch takes from elsewhere.

    Equal content is one row: its digest is its name.
    """
    content = describe(stage)
    text = json.dumps(content, sort_keys=True, separators=(",", ":"))
    digest = hashlib.sha256(text.encode()).hexdigest()
    Snapshot.objects.bulk_create([Snapshot(digest=digest, content=content)], ignore_conflicts=True)
    return Snapshot.objects.get(pk=digest)


def describe(stage: CampaignStage) -> dict[str, Any]:
    """Return everything that a launch of ``stage`` uses, as plain JSON values."""
    campaign, job_type, login = stage.campaign, stage.job_type, stage.login_setup
    keywords = campaign.keywords
    return {
        "format": FORMAT,
        "experiment": campaign.experiment.name,
        "campaign": {
            "id": campaign.pk,
            "name": campaign.name,
            "is_test": campaign.is_test,
            "data_handler": campaign.data_handler,
            "keywords": keywords,
            "param_overrides": campaign.defaults.get("param_overrides", []),
        },
        "stage": {
            "id": stage.pk,
            "name": stage.name,
            "stage_type": stage.stage_type,
            "vo_role": stage.vo_role,
            "dataset": fill_keywords(stage.dataset, keywords),
            "software_version": fill_keywords(stage.software_version, keywords),
            "param_overrides": stage.param_overrides,
            "test_param_overrides": stage.test_param_overrides,
            "merge_overrides": stage.merge_overrides,
            "split_type": stage.split_type,
            "test_split_type": stage.test_split_type,
            "completion_type": stage.completion_type,
            "completion_pct": f"{Decimal(stage.completion_pct).normalize():f}",
            "output_ancestor_depth": stage.output_ancestor_depth,
            "release_at": stage.release_at,
            "give_up_after": _seconds(stage.give_up_after),
            "settle_time": _seconds(stage.settle_time),
            "when_failed": stage.when_failed,
            "join": stage.join,
            "data_dispatcher": _dispatcher_settings(stage),
        },
        "job_type": {
            "id": job_type.pk,
            "name": job_type.name,
            "launch_script": job_type.launch_script,
            "parameters": job_type.parameters,
            "output_file_patterns": fill_keywords(job_type.output_file_patterns, keywords),
            "recoveries": _recoveries(job_type, campaign.data_handler),
        },
        "login_setup": {
            "id": login.pk,
            "name": login.name,
            "launcher": login.launcher,
            "launch_host": login.launch_host,
            "launch_account": login.launch_account,
            "launch_setup": login.launch_setup,
            "credential": login.credential,
        },
    }


def _recoveries(job_type: JobType, data_handler: str) -> list[list[Any]]:
    """Return the recovery steps, by the names that they have with this data handler."""
    is_dispatchers = data_handler == DataHandlerName.DATA_DISPATCHER
    names = ON_DATA_DISPATCHER if is_dispatchers else {}
    steps = job_type.recoveries.all()
    return [
        [names.get(step.recovery_type, step.recovery_type), step.param_overrides] for step in steps
    ]


def _dispatcher_settings(stage: CampaignStage) -> dict[str, Any]:
    """Return every setting of Data Dispatcher as the launch uses it; none with another handler."""
    campaign = stage.campaign
    if campaign.data_handler != DataHandlerName.DATA_DISPATCHER:
        return {}
    return dispatcher.resolve(stage.data_dispatcher, campaign.defaults.get("data_dispatcher", {}))


def _seconds(duration: timedelta | None) -> float | None:
    return None if duration is None else duration.total_seconds()


def _duration(seconds: float | None) -> timedelta | None:
    return None if seconds is None else timedelta(seconds=seconds)
