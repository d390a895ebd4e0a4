"""Changing and deleting what a campaign is made of, as the pages do.

What is changed goes through their validators, and makes no campaign worse; what was used stays.
"""

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from django.db import IntegrityError, models, transaction
from rest_framework.exceptions import ValidationError

from campaigns.exchange.saving import save_if_changed
from campaigns.models import Campaign, CampaignStage, JobType
from campaigns.parameters import Pairs
from campaigns.validation import validate_campaign
from pomsproject.compat.calls import NO, Call

Read = Callable[[Call, str], Any]
Table = Mapping[str, tuple[str, Read]]  # old name: our field, and how what is sent is read
YES = frozenset({"1", "True", "true", "yes", "on", "Active"})
TAKEN = "Integrity error: you are most likely using a name which already exists in database."


def text(call: Call, name: str) -> str:
    return call.text(name)


def pairs(call: Call, name: str) -> Pairs:
    return call.pairs(name)


def flag(call: Call, name: str) -> bool:
    return call.flag(name)


def word(call: Call, name: str) -> bool:
    """Read yes or no, in the words that the old forms have for it."""
    said = call.text(name)
    if said not in YES | NO:
        raise ValidationError({"detail": f"{name} is True or False"})
    return said in YES


def percent(call: Call, name: str) -> Decimal:
    try:
        number = Decimal(call.text(name))
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite():
        raise ValidationError({"detail": f"{name} is a number"})
    return number


def count(call: Call, name: str) -> int:
    return call.key(name)


def fields_of(call: Call, table: Table) -> dict[str, Any]:
    """Return our fields of those arguments that are sent, empty ones too."""
    return {field: read(call, old) for old, (field, read) in table.items() if old in call.given}


def change(item: Any, fields: dict[str, Any], also: Callable[[], None] = lambda: None) -> None:
    """Save ``item`` with these values, and do what belongs to it: all, or nothing.

    Raises:
        ValidationError: the values make no sense, or would make a campaign worse; says how.
    """
    known = _problems(item)
    try:
        with transaction.atomic():
            wrong = [str(problem) for problem in save_if_changed(item, fields, "")]
            if not wrong:
                also()
                wrong = [problem for problem in _problems(item) if problem not in known]
            if wrong:
                raise ValidationError({"detail": "; ".join(wrong)})
    except IntegrityError as error:
        raise ValidationError({"detail": TAKEN}) from error


def _problems(item: Any) -> list[str]:
    """Return what is wrong with the campaigns that ``item`` is part of, as they are stored."""
    if isinstance(item, CampaignStage):
        campaigns: Iterable[Campaign] = [item.campaign]
    elif item.pk is None:
        campaigns = []
    else:
        used_as = "job_type" if isinstance(item, JobType) else "login_setup"
        campaigns = Campaign.objects.filter(**{f"stages__{used_as}": item.pk}).distinct()
    return [problem for campaign in campaigns for problem in validate_campaign(campaign)]


def deleted(row: models.Model) -> bool:
    """Delete a row with what is part of it; False where something else needs it."""
    try:
        with transaction.atomic():
            row.delete()
    except models.ProtectedError:
        return False
    return True
