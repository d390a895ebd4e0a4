"""Render queries for the ORM: every query is a condition on a row of ``File``.

Conditions nest, so a question is one SQL statement whatever the query. Membership is asked of keys,
which are never NULL, and "not" as NOT EXISTS, which PostgreSQL plans as an anti-join however long
the lists are (NOT IN isn't).
"""

from collections.abc import Callable
from functools import reduce
from operator import and_, or_
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Window
from django.db.models.functions import RowNumber

from datahandling import query as q
from datahandling.handlers.catalogue import fragments
from datahandling.handlers.catalogue.conditions import CONDITIONS
from datahandling.handlers.catalogue.names import Collected, Names, look_up
from datahandling.models import DatasetFile, File, Handle, Parentage, SnapshotFile
from datahandling.query import Query

# Not the bare key: for the first few of a list PostgreSQL would walk the key's index and try the
# whole query on file after file, hoping to be through soon; with NOT EXISTS that took minutes.
DECLARED_ORDER = F("pk") + 0


def files(experiment: str, query: Query) -> "QuerySet[File]":
    """The files of the query in the declared order; NoSuchName, or QueryError as ``check``."""
    return select(query, look_up(experiment, query)).order_by(DECLARED_ORDER)


def check(query: Query) -> None:
    """Raise QueryError for a fragment that can't be read, wherever in the query."""
    for part in query.walk():
        if isinstance(part, q.Fragment):
            fragments.parse(part.text)


def select(query: Query, names: Names) -> "QuerySet[File]":
    return File.objects.filter(condition(query, names), experiment=names.experiment)


def condition(query: Query, names: Names) -> Q:
    kind = type(query)
    if kind in CONDITIONS:
        return CONDITIONS[kind](query)
    return LISTS[kind](query) if kind in LISTS else MADE_OF_OTHERS[kind](query, names)


def is_list(query: Query, names: Names) -> bool:
    """Whether the files can be found without trying all of the experiment's."""
    match query:
        case q.Dataset(name):
            return is_list(names.datasets[name], names)
        case q.Union(parts):
            return all(is_list(part, names) for part in parts)
        case q.Intersection(parts):
            return any(is_list(part, names) for part in parts)
        case q.Difference(left, _):
            return is_list(left, names)
    return type(query) not in CONDITIONS


def held(query: Query, names: Names) -> "QuerySet[Any, Any] | None":
    """The rows that hold the query's files in their column ``file``, where there are such rows."""
    match query:
        case q.Dataset(name):
            return held(names.datasets[name], names)
        case q.ProjectFiles(project):
            return Handle.objects.filter(project=names.projects[project])
        case q.Handles(project, states):
            return Handle.objects.filter(project=names.projects[project], state__in=states)
        case q.Consumed(project):
            return Handle.objects.filter(project=names.projects[project], state=Handle.State.DONE)
        case q.Snapshot(key):
            return SnapshotFile.objects.filter(snapshot=key)
        case Collected(dataset):
            return DatasetFile.objects.filter(dataset=dataset)
    return None


def keys(query: Query, names: Names) -> "QuerySet[Any, Any]":
    """The files' keys, without asking ``File`` for what a list of them tells already.

    Each such question is a join; and to a database without statistics (a new one) an experiment
    seems to have one file, so that it tries all of them again and again.
    """
    rows = held(query, names)
    return inner(query, names).values("pk") if rows is None else rows.values("file")


def inner(query: Query, names: Names) -> "QuerySet[File]":
    """The files within a larger question, which asks for the experiment's only in any case."""
    if is_list(query, names):
        return File.objects.filter(condition(query, names))
    return select(query, names)


def listed(query: Query, names: Names) -> Q:
    return Q(pk__in=keys(query, names))


def children(query: q.Children, names: Names) -> Q:
    found = keys(query.of, names)
    for _ in range(query.depth):
        found = Parentage.objects.filter(parent__in=found).values("child")
    return Q(pk__in=found)


def parents(query: q.Parents, names: Names) -> Q:
    found = keys(query.of, names)
    for _ in range(query.depth):
        found = Parentage.objects.filter(child__in=found).values("parent")
    return Q(pk__in=found)


def union(query: q.Union, names: Names) -> Q:
    """Lists are united as lists; OR would make PostgreSQL try each of them on each file."""
    if is_list(query, names):
        lists = [keys(part, names) for part in query.parts]
        return Q(pk__in=lists[0].union(*lists[1:], all=True))
    return reduce(or_, [condition(part, names) for part in query.parts])


def intersection(query: q.Intersection, names: Names) -> Q:
    return reduce(and_, [condition(part, names) for part in query.parts])


def difference(query: q.Difference, names: Names) -> Q:
    """An anti-join for each list to leave out; PostgreSQL can't make one of a UNION."""
    unwanted = query.right.parts if isinstance(query.right, q.Union) else (query.right,)
    return reduce(and_, [lacks(part, names) for part in unwanted], condition(query.left, names))


def lacks(query: Query, names: Names) -> Q:
    rows = held(query, names)
    if rows is None:
        return Q(~Exists(inner(query, names).filter(pk=OuterRef("pk"))))
    return Q(~Exists(rows.filter(file=OuterRef("pk"))))


def span(query: q.Span, names: Names) -> Q:
    ordered = select(query.of, names).order_by(DECLARED_ORDER)
    return Q(pk__in=ordered[query.start : query.stop].values("pk"))


def stride(query: q.Stride, names: Names) -> Q:
    places = select(query.of, names).annotate(place=Window(RowNumber(), order_by="pk") - 1)
    chosen = places.annotate(rest=F("place") % query.n).filter(rest=query.offset)
    return Q(pk__in=chosen.values("pk"))


LISTS: dict[type[Query], Callable[[Any], Q]] = {
    q.Nothing: lambda _: Q(pk__in=[]),
    q.MadeBy: lambda query: Q(made_by_submission__in=query.submissions),
}
MADE_OF_OTHERS: dict[type[Query], Callable[[Any, Names], Q]] = {
    q.Dataset: lambda query, names: condition(names.datasets[query.name], names),
    q.Named: lambda query, names: Q(name__in=query.names, experiment=names.experiment),
    q.ProjectFiles: listed,
    q.Handles: listed,
    q.Consumed: listed,
    q.Snapshot: listed,
    Collected: listed,
    q.Children: children,
    q.Parents: parents,
    q.Union: union,
    q.Intersection: intersection,
    q.Difference: difference,
    q.Span: span,
    q.Stride: stride,
}
