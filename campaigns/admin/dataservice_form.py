"""The form of a data service: its time-outs in words, and refused with reasons at the fields."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError

from campaigns import access
from campaigns.admin.forms import MembersForm, SpanField
from campaigns.models import DataService, Experiment
from campaigns.validation.services import complaints


class DataServiceForm(MembersForm):
    """Experiment and kind are chosen once: what is known of its files hangs on them."""

    connect_timeout = SpanField(help_text="How long to wait until it takes the call, such as 3s.")
    read_timeout = SpanField(help_text="How long to wait for an answer, such as 10s.")

    class Meta:
        model = DataService
        fields: ClassVar[list[str]] = []  # the admin's page says which

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("connect_timeout", "read_timeout"):
            self.initial.setdefault(name, getattr(self.instance, name))
        for name in {"experiment", "kind"} & self.fields.keys():
            self.fields[name].disabled = self.instance.pk is not None
        experiment = self.fields.get("experiment")
        if isinstance(experiment, forms.ModelChoiceField) and self.instance.pk is None:
            experiment.queryset = access.managed_by(Experiment.objects.all(), self.user)

    def _post_clean(self) -> None:
        """Check the service that would be saved, once its fields are what they should be."""
        super()._post_clean()  # type: ignore[misc]
        if self.errors:
            return
        for field, sentence in complaints(self.instance.service):
            # What this person can't fill in can't be complained of at its field.
            self.add_error(field if field in self.fields else None, ValidationError(sentence))
