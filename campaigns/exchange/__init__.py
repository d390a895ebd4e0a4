"""Campaign files: a whole campaign as text, to be kept, changed and carried elsewhere."""

from dataclasses import dataclass
from difflib import unified_diff

from django.core.exceptions import PermissionDenied
from django.db import transaction

from campaigns import access
from campaigns.dataservices import what_is_missing
from campaigns.documents import CampaignFileError, Document, Problem
from campaigns.documents.loading import load
from campaigns.exchange.findings import Findings
from campaigns.exchange.reading import read
from campaigns.exchange.storing import Store
from campaigns.exchange.writing import write
from campaigns.models import Campaign, Experiment, Experimenter
from campaigns.roles import OwnerRole
from campaigns.validation import problems_of, validate_campaign

__all__ = [
    "CampaignFileError",
    "Imported",
    "Problem",
    "experiment_of",
    "export_campaign",
    "import_campaign",
]


@dataclass(frozen=True)
class Imported:
    """What an import did, or would do; ``difference`` is empty when the campaign was so already."""

    campaign: Campaign
    difference: str
    warnings: tuple[str, ...]
    is_new: bool


def export_campaign(campaign: Campaign) -> str:
    """Return the campaign file of ``campaign``."""
    return write(load(campaign))


def experiment_of(text: str) -> str:
    """Return the name of the experiment that a campaign file is of; empty where it doesn't say."""
    return read(text)[0].experiment


def import_campaign(
    text: str,
    experiment: Experiment,
    creator: Experimenter,
    creator_role: OwnerRole,
    *,
    replace: bool = False,
    dry_run: bool = False,
) -> Imported:
    """Make the campaign of a file in ``experiment``: all of it, or nothing.

    ``replace`` allows changing one of that name. A dry run tells the difference and writes nothing.

    Raises:
        CampaignFileError: what is wrong with the file, all of it at once.
        PermissionDenied: ``creator`` may not make, or not change, this campaign.
    """
    document, findings = read(text)
    problems = findings.problems or [findings.located(problem) for problem in problems_of(document)]
    if problems:
        raise CampaignFileError(problems)
    with transaction.atomic():
        existing = _existing(document, experiment, replace)
        _require_rights(existing, experiment, creator, creator_role)
        before = export_campaign(existing) if existing else ""
        store = Store(document, experiment, creator, creator_role)
        campaign = store.store(existing)
        _require_sound(store, campaign, findings)
        difference = _difference(campaign, before)
        if dry_run:
            transaction.set_rollback(True)
        missing = what_is_missing(campaign)
    warnings = (*store.warnings, *filter(None, [missing]))
    return Imported(campaign, difference, warnings, is_new=existing is None)


def _existing(document: Document, experiment: Experiment, replace: bool) -> Campaign | None:
    campaigns = Campaign.objects.select_for_update()
    found = campaigns.filter(experiment=experiment, name=document.name).first()
    if found is not None and not replace:
        message = f"{experiment} has a campaign {document.name}: replace it, or choose another name"
        raise CampaignFileError([Problem(message, "campaign", "name")])
    return found


def _require_rights(
    existing: Campaign | None,
    experiment: Experiment,
    creator: Experimenter,
    creator_role: OwnerRole,
) -> None:
    if existing is None and not access.may_create(creator, experiment, creator_role):
        raise PermissionDenied(f"{creator} may not make {creator_role} campaigns in {experiment}")
    if existing is not None and not access.may_edit(creator, existing):
        raise PermissionDenied(f"{creator} may not change the campaign {existing}")


def _require_sound(store: Store, campaign: Campaign, findings: Findings) -> None:
    problems = [findings.located(problem) for problem in store.problems]
    if not problems:
        problems = [Problem(message) for message in validate_campaign(campaign)]
    if problems:
        raise CampaignFileError(problems)


def _difference(campaign: Campaign, before: str) -> str:
    stored = Campaign.objects.get(pk=campaign.pk)
    lines = unified_diff(
        before.splitlines(),
        export_campaign(stored).splitlines(),
        "before",
        "after",
        lineterm="",
        n=1,
    )
    return "\n".join(lines)
