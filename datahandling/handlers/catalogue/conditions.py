"""The queries that ask a row of ``File`` itself, as conditions for the ORM."""

import json
import re
from collections.abc import Callable
from functools import reduce
from operator import and_
from typing import Any

from django.db.models import BooleanField, Exists, F, Func, OuterRef, Q, Value

from datahandling import query as q
from datahandling.handlers.catalogue import fragments
from datahandling.models import Location
from datahandling.query import Query
from datahandling.runs import parse_run

LOOKUPS = {"=": "exact", "<": "lt", "<=": "lte", ">": "gt", ">=": "gte"}
COLUMNS = {
    "file_name": "name",
    "version": "software_version",
    "run_number": "run_number",
    "create_date": "created_at",
    "end_time": "end_time",
}


class Like(Func):
    """``name LIKE pattern`` without an escape character, as SAM understands patterns."""

    template = "(%(expressions)s ESCAPE '')"
    arg_joiner = " LIKE "
    output_field = BooleanField()


class HasPath(Func):
    """``document @? path``: whether a JSON path finds something; a GIN index answers equality."""

    template = "(%(expressions)s::jsonpath)"
    arg_joiner = " @? "
    output_field = BooleanField()


def like(column: str, pattern: str) -> Q:
    return Q(Like(F(column), Value(pattern)))


def of_run(query: q.Run) -> Q:
    run, subrun = parse_run(query.number)
    return Q(run_number=run) if subrun is None else Q(run_number=run, subrun=subrun)


def in_metadata(key: str, operator: str, value: fragments.Value) -> Q:
    """Compare within the type of ``value`` only; of a list in the metadata any item may do."""
    if operator == "like":
        test = f'@ like_regex {json.dumps(regex(str(value)))} flag "s"'
    else:
        test = f"@ {'==' if operator == '=' else operator} {json.dumps(value)}"
    return Q(HasPath(F("metadata"), Value(f"$.{json.dumps(key)} ? ({test})")))


def regex(pattern: str) -> str:
    signs = {"%": ".*", "_": "."}
    return f"^{''.join(signs.get(sign) or re.escape(sign) for sign in pattern)}$"


def meets(term: fragments.Term) -> Q:
    column = COLUMNS.get(term.name)
    if column is None:
        return in_metadata(term.name, term.operator, term.value)
    if term.operator == "like":
        return like(column, str(term.value))
    if term.operator == "!=":
        return Q(**{f"{column}__isnull": False}) & ~Q(**{column: term.value})
    return Q(**{f"{column}__{LOOKUPS[term.operator]}": term.value})


CONDITIONS: dict[type[Query], Callable[[Any], Q]] = {
    q.Everything: lambda _: Q(pk__isnull=False),  # Q() would get lost in an OR
    q.Declared: lambda _: Q(pk__isnull=False),
    q.Unsigned: lambda _: Q(made_by_submission=None),
    q.Run: of_run,
    q.RunsBetween: lambda query: Q(run_number__gte=query.low, run_number__lte=query.high),
    q.EndedBetween: lambda query: Q(end_time__gt=query.after, end_time__lte=query.until),
    q.CreatedAfter: lambda query: Q(created_at__gt=query.time),
    q.Version: lambda query: Q(software_version=query.version),
    q.NameLike: lambda query: like("name", query.pattern),
    q.Metadata: lambda query: in_metadata(query.key, "=", query.value),
    q.Located: lambda _: Q(Exists(Location.objects.filter(file=OuterRef("pk")))),
    q.Fragment: lambda query: reduce(and_, map(meets, fragments.parse(query.text))),
}
