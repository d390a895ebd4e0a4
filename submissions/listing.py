"""Lists of submissions: which ones were asked for, with all that a row shows in a few queries."""

from collections.abc import Callable, Mapping
from urllib.parse import urlencode

from django import forms
from django.db.models import Prefetch, Q, QuerySet

from campaigns import access
from campaigns.models import Campaign
from submissions.models import Feed, Submission
from submissions.models.submissions import RECOVERED
from submissions.showing import with_shown_parts
from submissions.statuses import BROKEN, SETTLED, Status

OPEN = Q(finished_at=None, replaced_by=None) & ~Q(original__isnull=False, status__in=SETTLED)
STATES: dict[str, Q] = {
    "open": OPEN,
    "broken": Q(status__in=BROKEN, finished_at=None, replaced_by=None),
    "recoveries": Q(original__isnull=False) | Q(cause_key__startswith=RECOVERED),
    "tests": Q(test=True),
}
Rows = QuerySet[Submission]


def visible(user: access.User) -> Rows:
    return access.visible_to(Submission.objects.all(), user)


def with_row_parts(rows: Rows) -> Rows:
    """Fetch along what ``submissions/_row.html`` shows."""
    parents = Feed.objects.only("parent_id", "child_id", "walked_by_id").order_by("parent_id")
    return (
        with_shown_parts(rows)
        .select_related("stage__campaign", "experiment", "creator", "slice_of")
        .prefetch_related(Prefetch("fed_by", parents), Prefetch("slice_of__fed_by", parents))
    )


class Filters(forms.Form):
    """What a person narrows the list by; an empty field narrows nothing."""

    campaign = forms.ModelChoiceField(
        Campaign.objects.none(), required=False, empty_label="all campaigns"
    )
    stage = forms.CharField(required=False, max_length=200)
    status = forms.ChoiceField(required=False, choices=[("", "any status"), *Status.choices])
    state = forms.ChoiceField(
        required=False, choices=[("", "open or not"), *((name, name) for name in STATES)]
    )
    run = forms.IntegerField(required=False, min_value=1, max_value=2**62)

    def __init__(self, data: Mapping[str, str], user: access.User) -> None:
        super().__init__(data)
        campaigns = access.visible_to(Campaign.objects.all(), user)
        chooser = self.fields["campaign"]
        assert isinstance(chooser, forms.ModelChoiceField)
        chooser.queryset = campaigns.only("name", "experiment").order_by("name", "pk")

    def narrow(self, rows: Rows) -> Rows:
        """Return those of ``rows`` that were asked for; none where a filter makes no sense."""
        if not self.is_valid():
            return rows.none()
        for name, value in self.cleaned_data.items():
            if value:
                rows = rows.filter(NARROW[name](value))
        return rows

    @property
    def query(self) -> str:
        """The filters in force, as the beginning of a link's query."""
        asked = [(name, self.data[name]) for name in self.fields if self.data.get(name)]
        return f"{urlencode(asked)}&" if asked else ""


NARROW: dict[str, Callable[..., Q]] = {
    "campaign": lambda campaign: Q(stage__campaign=campaign),
    "stage": lambda name: Q(stage__name__iexact=name.strip()),
    "status": lambda status: Q(status=status),
    "state": lambda state: STATES[state],
    "run": lambda run: Q(run=run),
}
