"""Render queries as SAM's dimensions (docs/adr/0019): text from values, asking nobody.

A *level* is the whole text, what stands in parentheses with a ``with`` of its own, or what lineage
asks about. Each shows the files that have a location, unless it says ``with availability``: that is
``Declared`` and ``Located``. What is said of consumption within an ``and`` is about one project; so
the files of two are joined by ``intersect``.
"""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from datahandling import query as q
from datahandling.handlers.sam import statuses
from datahandling.handlers.sam.fragments import Form, form_of
from datahandling.handlers.sam.words import dimension, exactly, moment, number, word
from datahandling.query import Query, QueryError

ALL = "file_name like %"
NONE = "file_id 0"  # SAM's ids begin with 1
ANY, PHYSICAL = "availability anylocation", "availability physical"


class Binding(IntEnum):
    """How a text holds together, loosest first: it needs parentheses where more is asked for."""

    LEVEL = 0  # ends in a with
    SET = 1  # union, intersect
    MINUS = 2
    OR = 3
    AND = 4
    TERM = 5


@dataclass(frozen=True)
class Text:
    text: str
    binding: Binding = Binding.TERM
    of_consumption: bool = False

    def at_least(self, binding: Binding) -> str:
        return self.text if self.binding >= binding else f"( {self.text} )"

    @property
    def is_condition(self) -> bool:
        """Whether ``and`` and ``or`` can join it, and not only the set operators."""
        return self.binding >= Binding.OR


def dimensions(query: Query) -> str:
    """Return the query as SAM is asked it.

    Raises:
        QueryError: SAM can't express it.
    """
    return render(query).text


def render(query: Query, shows_all: bool = False) -> Text:
    """Return the text of a level, or of a part of one; ``shows_all`` if that shows every file."""
    kind = type(query)
    if kind in LEAVES:
        return LEAVES[kind](query)
    if kind in PARTS:
        return PARTS[kind](query, shows_all)
    raise QueryError(UNSPEAKABLE.get(kind, f"SAM can't be asked for {kind.__name__}"))


# Levels


def level(of: Text, *modifiers: str) -> Text:
    said = " ".join(modifier for modifier in modifiers if modifier)
    if not said:
        return of
    return Text(f"{of.at_least(Binding.SET)} with {said}", Binding.LEVEL)


def shown(shows_all: bool) -> str:
    return ANY if shows_all else ""


def span(query: q.Span, shows_all: bool) -> Text:
    if query.stop is not None and query.stop <= query.start:
        return Text(NONE)
    limit = "" if query.stop is None else f"limit {query.stop - query.start}"
    offset = f"offset {query.start}" if query.start else ""
    return part_of(query.of, shows_all, limit, offset)


def stride(query: q.Stride, shows_all: bool) -> Text:
    return part_of(query.of, shows_all, f"stride {query.n} offset {query.offset}")


def part_of(query: Query, shows_all: bool, *modifiers: str) -> Text:
    """Count what the query shows: the level that counts has to show as much."""
    every = shows_all or declares(query)
    return level(render(query, shows_all), shown(every), *modifiers)


def declares(query: Query) -> bool:
    """Tell whether a query shows every file, or is a part of one that does."""
    if isinstance(query, q.Span | q.Stride):
        return declares(query.of)
    return query == q.Declared() or (
        isinstance(query, q.Intersection) and q.Declared() in query.parts
    )


def lineage(relation: str) -> Callable[[Any, bool], Text]:
    def render_it(query: q.Children | q.Parents, _: bool) -> Text:
        text = render(query.of).text
        for _step in range(query.depth):
            text = f"{relation}:( {text} )"
        return Text(text)

    return render_it


# Combinations


def intersection(query: q.Intersection, shows_all: bool) -> Text:
    """Join conditions by ``and``; what is left out of a part is left out of the whole."""
    located = q.Located() in query.parts
    declared = q.Declared() in query.parts
    inner = shows_all or declared
    visible = PHYSICAL if located else shown(declared)
    kept, left_out = _without_differences(query.parts)
    texts = [render(each, inner) for each in kept] or [Text(ALL)]
    whole = _minus(_all_of(texts), (render(each, inner) for each in left_out))
    return level(whole, visible)


def _without_differences(parts: Iterable[Query]) -> tuple[list[Query], list[Query]]:
    """Return what is asked for, and what is left out of it: ``(a - b) & c`` is ``(a & c) - b``."""
    kept: list[Query] = []
    left_out: list[Query] = []
    for each in parts:
        if each in (q.Located(), q.Declared()):
            continue
        unwanted = []
        while isinstance(each, q.Difference):
            unwanted.append(each.right)
            each = each.left  # noqa: PLW2901 - what is left of it
        kept.append(each)
        left_out += reversed(unwanted)
    return kept, left_out


def _all_of(texts: list[Text]) -> Text:
    if len(texts) == 1:
        return texts[0]
    of_consumption = [text for text in texts if text.of_consumption]
    if len(of_consumption) <= 1 and all(text.is_condition for text in texts):
        joined = " and ".join(text.at_least(Binding.AND) for text in texts)
        return Text(joined, Binding.AND, bool(of_consumption))
    return Text(" intersect ".join(text.at_least(Binding.TERM) for text in texts), Binding.SET)


def union(query: q.Union, shows_all: bool) -> Text:
    texts = [render(each, shows_all) for each in query.parts]
    parts = [text.at_least(Binding.TERM) for text in texts]
    if not all(text.is_condition for text in texts):
        return Text(" union ".join(parts), Binding.SET)
    return Text(" or ".join(parts), Binding.OR, any(text.of_consumption for text in texts))


def difference(query: q.Difference, shows_all: bool) -> Text:
    return _minus(render(query.left, shows_all), [render(query.right, shows_all)])


def _minus(of: Text, unwanted: Iterable[Text]) -> Text:
    for each in unwanted:
        left = of.text if of.binding in (Binding.MINUS, Binding.AND) else of.at_least(Binding.TERM)
        of = Text(f"{left} minus {each.at_least(Binding.TERM)}", Binding.MINUS)
    return of


# What stands alone


def term(name: str, value: str) -> Text:
    return Text(f"{name} {value}")


def consumed(query: q.Consumed) -> Text:
    return _in_statuses(query.project, {statuses.DONE})


def handles(query: q.Handles) -> Text:
    """Nothing is said of files that are waiting: they are those of which nothing else is said."""
    wanted = set(query.states)
    if statuses.WAITING not in wanted:
        return _in_statuses(query.project, wanted)
    of_project = term("snapshot_for_project_name", exactly(query.project))
    others = statuses.SPOKEN_OF - wanted
    return _minus(of_project, [_in_statuses(query.project, others)] if others else [])


def _in_statuses(project: str, states: Collection[str]) -> Text:
    text = f"project_name {exactly(project)} and consumed_status {statuses.words(states)}"
    return Text(text, Binding.AND, of_consumption=True)


def named(query: q.Named) -> Text:
    if not query.names:
        return Text(NONE)
    return term("file_name", ",".join(exactly(name) for name in query.names))


def runs_between(query: q.RunsBetween) -> Text:
    """A range: two comparisons could be true of two runs of one file."""
    if query.low > query.high:
        return Text(NONE)
    return term("run_number", f"{query.low}-{query.high}")


def ended_between(query: q.EndedBetween) -> Text:
    after, until = moment(query.after), moment(query.until)
    return Text(f"end_time > {after} and end_time <= {until}", Binding.AND)


def metadata(query: q.Metadata) -> Text:
    value = query.value
    said = exactly(value) if isinstance(value, str) else number(value)
    return term(dimension(query.key), said)


def fragment(query: q.Fragment) -> Text:
    return Text(query.text.strip(), FORMS[form_of(query.text)])


FORMS = {Form.TERM: Binding.TERM, Form.CONDITION: Binding.OR, Form.QUERY: Binding.LEVEL}
LEAVES: dict[type[Query], Callable[[Any], Text]] = {
    q.Nothing: lambda _: Text(NONE),
    q.Everything: lambda _: Text(ALL),
    q.Declared: lambda _: level(Text(ALL), ANY),
    q.Located: lambda _: level(Text(ALL), PHYSICAL),
    q.Dataset: lambda query: Text(f"defname: {exactly(query.name)}"),
    q.Snapshot: lambda query: term("snapshot_id", number(query.id)),
    q.ProjectFiles: lambda query: term("snapshot_for_project_name", exactly(query.project)),
    q.Handles: handles,
    q.Consumed: consumed,
    q.Named: named,
    q.Run: lambda query: term("run_number", query.number),
    q.RunsBetween: runs_between,
    q.EndedBetween: ended_between,
    q.CreatedAfter: lambda query: term("create_date >", moment(query.time)),
    q.Version: lambda query: term("version", exactly(query.version)),
    q.NameLike: lambda query: term("file_name like", word(query.pattern)),
    q.Metadata: metadata,
    q.Fragment: fragment,
}
PARTS: dict[type[Query], Callable[[Any, bool], Text]] = {
    q.Children: lineage("ischildof"),
    q.Parents: lineage("isparentof"),
    q.Union: union,
    q.Intersection: intersection,
    q.Difference: difference,
    q.Span: span,
    q.Stride: stride,
}
UNSPEAKABLE: dict[type[Query], str] = {
    q.MadeBy: "SAM's files aren't signed: it can't say which submission made them",
    q.Unsigned: "SAM's files aren't signed: none says which submission made it",
}
