"""Form fields and forms for what a campaign is made of; the admin's pages use them."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError

from campaigns import access, durations
from campaigns.admin.dispatcher_form import DispatcherFields
from campaigns.models import Campaign, CampaignStage, Experiment, JobType, LoginSetup
from campaigns.parameters import Pairs
from campaigns.roles import OwnerRole
from datahandling import storable

if TYPE_CHECKING:
    from campaigns.models import Experimenter

PAIRS_HELP = (
    'One ["key", "value"] per line, such as ["--memory=", "2000MB"]. '
    'A key that ends in a blank, such as "-N ", makes two words.'
)


class PairsField(forms.JSONField):
    """[key, value] pairs, one to a line; a whole JSON list of them is understood too."""

    widget = forms.Textarea(attrs={"rows": 4, "cols": 70, "spellcheck": "false"})

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"help_text": PAIRS_HELP, **kwargs})

    def to_python(self, value: Any) -> Any:
        if not isinstance(value, str):
            return value or []
        whole = _whole_list(value)
        if whole is not None:
            _require_storable(whole)
            return whole
        lines = enumerate(value.splitlines(), start=1)
        return [_pair(number, line) for number, line in lines if line.strip()]

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, list):
            return "\n".join(json.dumps(pair, ensure_ascii=False) for pair in value)
        return value

    def bound_data(self, data: Any, initial: Any) -> Any:
        return data


def _require_storable(value: Any) -> None:
    try:
        storable.require_json(value)
    except ValueError as error:
        raise ValidationError(str(error)) from None


def _whole_list(text: str) -> Pairs | None:
    """Return the list of lists that ``text`` is; None for one pair, or pairs by the line."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return (
        found if isinstance(found, list) and all(isinstance(one, list) for one in found) else None
    )


def _pair(number: int, line: str) -> list[str]:
    try:
        pair = storable.read_json(line.strip().rstrip(","))
    except ValueError as error:
        raise ValidationError(f"line {number}: {line.strip()!r} isn't JSON: {error}") from None
    if (
        not isinstance(pair, list)
        or len(pair) != 2
        or not all(isinstance(part, str) for part in pair)
    ):
        raise ValidationError(
            f'line {number}: {line.strip()!r} isn\'t a pair such as ["-N ", "10"]'
        )
    return pair


class MappingField(forms.JSONField):
    """A JSON object, shown with one key to a line."""

    widget = forms.Textarea(attrs={"rows": 5, "cols": 70, "spellcheck": "false"})

    def to_python(self, value: Any) -> Any:
        try:
            said = super().to_python(value) or {}
        except RecursionError:
            raise ValidationError("this is nested too deeply") from None
        _require_storable(said)
        return said

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, dict):
            return json.dumps(value, indent=2, ensure_ascii=False) if value else ""
        return value


class SpanField(forms.CharField):
    """A length of time, such as ``2d``, ``12h`` or ``1d 6h``; empty or ``never`` for no end."""

    def to_python(self, value: Any) -> Any:
        if isinstance(value, timedelta):
            return value
        text = super().to_python(value) or ""
        if text in {"", "never"} and not self.required:
            return None
        try:
            return durations.read(text)
        except ValueError as error:
            raise ValidationError(str(error)) from None

    def prepare_value(self, value: Any) -> Any:
        return durations.write(value) if isinstance(value, timedelta) else value


class MembersForm(forms.ModelForm):
    """What a member fills in; ``user`` is who does."""

    user: ClassVar[Experimenter]
    problems: ClassVar[list[str]] = []

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if self.problems:
            raise ValidationError(self.problems)
        return cleaned


class OwnedForm(MembersForm):
    """An item of an experiment: that is chosen once, among those where the member may make it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        experiment = self.fields.get("experiment")
        if isinstance(experiment, forms.ModelChoiceField):
            experiment.disabled = self.instance.pk is not None
            if self.instance.pk is None:
                offered = access.creates_in(Experiment.objects.all(), self.user)
                experiment.queryset = offered
                experiment.initial = offered.first() if offered.count() == 1 else None

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        experiment = cleaned.get("experiment")
        if self.instance.pk is None and experiment is not None:
            self.instance.creator = self.user
            self.instance.creator_role = access.creator_role(self.user, experiment)
        return cleaned


class LoginSetupForm(OwnedForm):
    class Meta:
        model = LoginSetup
        exclude: ClassVar[list[str]] = []


class JobTypeForm(OwnedForm):
    parameters = PairsField(required=False)

    class Meta:
        model = JobType
        exclude: ClassVar[list[str]] = []


class CampaignForm(OwnedForm):
    keywords = MappingField(
        required=False, help_text='Your own %(name)s placeholders, such as {"det": "near"}.'
    )
    defaults = MappingField(
        required=False,
        help_text="Default values of stage fields, for new stages and campaign files.",
    )

    class Meta:
        model = Campaign
        exclude: ClassVar[list[str]] = []

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        experiment = cleaned.get("experiment")
        for tag in cleaned.get("tags") or []:
            if experiment is not None and tag.experiment_id != experiment.pk:
                self.add_error(
                    "tags", f"the tag {tag} belongs to {tag.experiment}, not to {experiment}"
                )
        return cleaned


class StageForm(DispatcherFields, MembersForm):
    param_overrides = PairsField(required=False)
    test_param_overrides = PairsField(
        required=False, help_text="Only for test launches. " + PAIRS_HELP
    )
    give_up_after = SpanField(
        required=False,
        help_text="How long missing output is waited for, such as 2d or 12h; empty: for ever.",
    )
    settle_time = SpanField(
        help_text="What a recovery of pending files waits after the last job ended, such as 30m."
    )

    class Meta:
        model = CampaignStage
        exclude: ClassVar[list[str]] = ["data_dispatcher"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            if isinstance(field, SpanField):
                field.initial = getattr(self.instance, name)
        if "campaign" in self.fields:
            self.fields["campaign"].disabled = self.instance.pk is not None
        self.show_settings(self.instance.data_dispatcher)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        self.instance.data_dispatcher = self.settings_said()
        campaign = cleaned.get("campaign")
        if campaign is None:
            return cleaned
        if self.instance.pk is None:
            self._take_owner(campaign)
        for name in {"job_type", "login_setup"} & cleaned.keys():
            reason = access.why_not_usable(self.instance, cleaned[name])
            if reason:
                self.add_error(name, reason)
        return cleaned

    def _take_owner(self, campaign: Campaign) -> None:
        """Make a new stage the team's where the campaign is, and else the campaign's owner's."""
        if not access.may_edit(self.user, campaign):
            raise ValidationError({"campaign": f"you may not change {campaign}"})
        self.instance.campaign = campaign
        self.instance.creator_role = campaign.creator_role
        is_analysis = campaign.creator_role == OwnerRole.ANALYSIS
        self.instance.creator = campaign.creator if is_analysis else self.user
