"""Saving what a campaign file says: only what it changes, and only what the models allow."""

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db.models import Model

from campaigns.documents import Fields, Problem


def save_if_changed(item: Model, fields: Fields, section: str) -> list[Problem]:
    """Give ``item`` these values and save it where that changes it; else say what is wrong."""
    changed = [name for name, value in fields.items() if getattr(item, name, None) != value]
    for name in changed:
        setattr(item, name, fields[name])
    if not changed and item.pk is not None:
        return []
    problems = _wrong(item, section)
    if not problems:
        item.save()
    return problems


def _wrong(item: Model, section: str) -> list[Problem]:
    """Ask the validators of each field and of the whole; constraints are left to the database."""
    try:
        item.full_clean(validate_unique=False, validate_constraints=False)
    except ValidationError as error:
        return [
            Problem(message, section, "" if name == NON_FIELD_ERRORS else name)
            for name, messages in error.message_dict.items()
            for message in messages
        ]
    return []
