"""What a campaign's fields are unless said otherwise, by the models and by the campaign itself."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import models

from campaigns.documents import Fields, keys
from campaigns.documents.keys import Key
from campaigns.models import CampaignStage


def model_defaults(model: type[models.Model], known: tuple[Key, ...]) -> Fields:
    """Return what the plain fields of a model are unless said otherwise."""
    fields = {key.field: plain_field(model, key.field) for key in known}
    return {name: field.get_default() for name, field in fields.items() if field is not None}


def plain_field(model: type[models.Model], name: str) -> Any:
    """Return the model's field of that name; None where it points at other rows."""
    found = model._meta.get_field(name)
    return None if found.is_relation else found


def read_defaults(said: Any) -> tuple[Fields, list[str]]:
    """Return the stage fields that ``Campaign.defaults`` says, and what can't be read of it."""
    if not isinstance(said, dict):
        return {}, ["the campaign's defaults are a mapping of stage fields to values"]
    known = {key.field: key for key in keys.STAGE}
    fields: Fields = {}
    problems = []
    for name, value in said.items():
        try:
            fields[name] = _value(known[name], value)
        except KeyError:
            problems.append(f"the campaign's defaults: no stage has a field {name!r}")
        except ValueError as error:
            problems.append(f"the campaign's defaults: {name}: {error}")
        except ValidationError as error:
            problems.append(f"the campaign's defaults: {name}: {' '.join(error.messages)}")
    return {name: fields[name] for name in known if name in fields}, problems


def dump_defaults(fields: Fields) -> Fields:
    """Return stage fields as ``Campaign.defaults`` holds them."""
    return {
        key.field: key.codec.to_json(fields[key.field]) for key in keys.STAGE if key.field in fields
    }


def _value(key: Key, value: Any) -> Any:
    value = key.codec.from_json(value)
    field = plain_field(CampaignStage, key.field)
    return value if field is None else field.clean(value, None)
