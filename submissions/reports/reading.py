"""What a report is, and reading reports out of JSON: one that makes no sense spoils no other.

By pydantic and not by a serializer: 10,000 at a time are usual, and it takes a twentieth of that.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    StringConstraints,
    TypeAdapter,
    ValidationError,
)
from pydantic.json_schema import GenerateJsonSchema

from datahandling.storable import MOST, as_json, require_text

COUNTS = {"submitted", "idle", "running", "held", "completed", "failed", "cancelled"}
LONGEST_JOBS = 10_000
ISO_DATE = re.compile(r"\s*[0-9]{4}-[0-9]{2}-[0-9]{2}")
Word = StringConstraints(max_length=40, strip_whitespace=True)
Name = StringConstraints(max_length=255, strip_whitespace=True)
Source = StringConstraints(max_length=100, strip_whitespace=True)


def _storable(text: str) -> str:
    require_text(text)
    return text


def _counts(jobs: dict[str, Any]) -> dict[str, Any]:
    """Check the counts; more may be said than POMS knows of, in reason."""
    if len(as_json(jobs)) > LONGEST_JOBS:
        raise ValueError(f"say it in {LONGEST_JOBS} characters of JSON")
    for name in COUNTS & jobs.keys():
        if jobs[name] is not None and not _is_count(jobs[name]):
            raise ValueError(f"{name} is a number of jobs")
    codes = jobs.get("by_exit_code") or {}
    if not isinstance(codes, dict) or not all(map(_is_count, codes.values())):
        raise ValueError("by_exit_code has a number of jobs for each code")
    return jobs


def _is_count(value: Any) -> bool:
    return type(value) is int and 0 <= value < 2**31  # True is an int, too


def _in_iso(said: Any) -> Any:
    """Refuse bare numbers: seconds, or thousandths of them, since some day."""
    if isinstance(said, int | float) or (isinstance(said, str) and not ISO_DATE.match(said)):
        raise ValueError("say a time in ISO 8601, like 2026-11-22T15:00:00Z")
    return said


def _aware(at: datetime) -> datetime:
    try:
        return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
    except OverflowError:
        raise ValueError("that is no time of ours") from None


Text = AfterValidator(_storable)


@dataclass(frozen=True)
class Report:
    """What one source saw of one submission.

    ``status`` may be a word that POMS doesn't know (agents say "Unknown"): then only the rest is
    recorded. ``pct_complete`` is percent of jobs; ``jobs`` has counts by state, and whatever else
    the source knows. What comes from outside is checked as the types say.
    """

    submission_id: Annotated[int, Field(strict=True, ge=1, le=MOST)]
    status: Annotated[str, Word, Text] = ""
    jobsub_job_id: Annotated[str, Name, Text] = ""
    project: Annotated[str, Name, Text] = ""
    pct_complete: Annotated[float, Field(ge=0, le=100, allow_inf_nan=False)] | None = None
    jobs: Annotated[dict[str, Any], AfterValidator(_counts)] = field(default_factory=dict)
    observed_at: Annotated[datetime, BeforeValidator(_in_iso), AfterValidator(_aware)] | None = None
    source: Annotated[str, Source, Text] = ""


ONE, MANY = TypeAdapter(Report), TypeAdapter(list[Report])

Mistakes = Mapping[str, Sequence[str]]  # what is wrong, by the name of the field


def read_report(said: Any) -> Report:
    """Return the report that ``said`` makes; raises ``BadReport``."""
    try:
        return ONE.validate_python(said)
    except ValidationError as error:
        raise BadReport(_mistakes(error)) from None


def read_reports(said: Sequence[Any]) -> list["Report | BadReport"]:
    """Return what each makes: a report, or what is wrong with it."""
    try:
        return [*MANY.validate_python(said)]
    except ValidationError:
        return [_read_or_refuse(one) for one in said]


class BadReport(Exception):
    """What makes no report."""

    def __init__(self, mistakes: Mistakes) -> None:
        super().__init__(mistakes)
        self.mistakes = mistakes


def _read_or_refuse(said: Any) -> "Report | BadReport":
    try:
        return read_report(said)
    except BadReport as bad:
        return bad


def _mistakes(error: ValidationError) -> Mistakes:
    found: dict[str, list[str]] = {}
    for mistake in error.errors(include_url=False, include_context=False, include_input=False):
        field = str(mistake["loc"][0]) if mistake["loc"] else "detail"
        found.setdefault(field, []).append(mistake["msg"].removeprefix("Value error, "))
    return found


class _OpenAPI30(GenerateJsonSchema):
    """JSON Schema as OpenAPI 3.0 has it, which knows no type ``null``."""

    def nullable_schema(self, schema: Any) -> dict[str, Any]:
        return {**self.generate_inner(schema["schema"]), "nullable": True}


def report_schema() -> dict[str, Any]:
    """Describe a report for the description of the API."""
    return ONE.json_schema(schema_generator=_OpenAPI30)
