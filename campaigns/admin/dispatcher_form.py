"""Data Dispatcher's settings as fields of a form, each said or left to the campaign's default."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from campaigns import durations
from campaigns.dispatcher import LARGEST, NEVER, SETTINGS, Methodology, read_settings

PREFIX = "dispatcher_"
LEFT = [("", "as the campaign says")]


class SecondsField(forms.CharField):
    """Seconds, written as a length of time such as ``3d``; ``never``; or empty: not said."""

    def to_python(self, value: Any) -> Any:
        text = (super().to_python(value) or "").strip()
        if text in {"", NEVER}:
            return text
        try:
            return int(durations.read(text).total_seconds())
        except ValueError as error:
            raise ValidationError(f"{error}, or {NEVER!r}") from None

    def prepare_value(self, value: Any) -> Any:
        return durations.write(timedelta(seconds=value)) if isinstance(value, int) else value


def _field(name: str, kind: type[forms.Field], **options: Any) -> Any:
    return kind(
        required=False,
        label=name.replace("_", " ").capitalize(),
        help_text=SETTINGS[name].help,
        **options,
    )


class DispatcherFields(forms.Form):
    """To be a base of the form of a model with the JSON field ``data_dispatcher``."""

    dispatcher_project_id = _field("project_id", forms.IntegerField, min_value=1, max_value=LARGEST)
    dispatcher_methodology = _field(
        "methodology", forms.ChoiceField, choices=[*LEFT, *Methodology.choices]
    )
    dispatcher_load_limit = _field("load_limit", forms.IntegerField, min_value=1, max_value=LARGEST)
    dispatcher_virtual = _field(
        "virtual", forms.ChoiceField, choices=[*LEFT, ("true", "yes"), ("false", "no")]
    )
    dispatcher_idle_timeout = _field("idle_timeout", SecondsField)
    dispatcher_worker_timeout = _field("worker_timeout", SecondsField)

    def show_settings(self, said: Any) -> None:
        """Fill in what the model's field holds."""
        settings = read_settings(said)[0]
        for name, value in settings.items():
            shown = str(value).lower() if isinstance(value, bool) else value
            self.initial[f"{PREFIX}{name}"] = shown

    def settings_said(self) -> dict[str, Any]:
        """Return the settings that were filled in, as the model's field holds them."""
        said = {name: self.cleaned_data.get(f"{PREFIX}{name}") for name in SETTINGS}
        return read_settings(said)[0]


FIELDS = tuple(f"{PREFIX}{name}" for name in SETTINGS)
