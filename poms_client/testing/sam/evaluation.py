"""A query of dimensions as one condition in SQL on ``f``, a row of ``files``.

Which files a query shows (ours, after what POMS's pairs of queries need): those with a location,
unless it says ``with availability anylocation``. That holds for a whole query, and anew for the one
in the parentheses of a relation. A definition's text stands in its place as if it were written
there in parentheses; such a part follows what it is in, unless it says something itself. ``with
offset``, ``stride`` and ``limit`` count the files that are shown, in the order of their ids.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Optional, Protocol

from poms_client.testing.sam.dimensions import condition, is_of_consumption
from poms_client.testing.sam.errors import DimensionError
from poms_client.testing.sam.grammar import parse
from poms_client.testing.sam.sql import ALWAYS, Sql, both, either, negated
from poms_client.testing.sam.tree import (
    And,
    Availability,
    Definition,
    Node,
    Not,
    Or,
    Query,
    Relation,
    Sets,
    Term,
    children,
)

PHYSICAL, ANY = "physical", "anylocation"
LOCATED = Sql("exists (select 1 from locations l where l.file = f.id)")
RELATED = {
    "isparentof": "select parent from parents where child in {}",
    "ischildof": "select child from parents where parent in {}",
    "isancestorof": """with recursive up(id) as (select parent from parents where child in {}
        union select parent from parents join up on child = up.id) select id from up""",
    "isdescendantof": """with recursive down(id) as (select child from parents where parent in {}
        union select child from parents join down on parent = down.id) select id from down""",
}
MANY_STEPS = ("isancestorof", "isdescendantof")
MOST_TERMS = 2_000


class Names(Protocol):
    """What a query may name, as the store knows it."""

    def dims_of(self, name: str) -> Optional[str]: ...

    def name_of_definition(self, number: str) -> Optional[str]: ...

    def has_snapshot(self, number: str) -> bool: ...

    def has_project(self, name: str) -> bool: ...


@dataclass(frozen=True)
class Selection:
    """The ``condition`` on the files of a query, and the queries (``parts``) that it refers to.

    They have names of their own, as SQLite takes no deep nesting.
    """

    condition: Sql
    parts: tuple[Sql, ...]

    def selected(self, columns: str, order: str) -> Sql:
        """Select ``columns`` of the files ``f``."""
        names = ", ".join(
            f"part{number} as ({part.text})" for number, part in enumerate(self.parts)
        )
        values = [value for part in self.parts for value in part.values]
        text = f"select {columns} from files f where {self.condition.text} {order}"  # noqa: S608
        text = f"with {names} {text}" if names else text
        return Sql(text, (*values, *self.condition.values))


def evaluated(text: str, names: Names, most_terms: int = MOST_TERMS) -> Selection:
    """Which files a query has; DimensionError if it makes no sense."""
    evaluation = _Evaluation(names, most_terms)
    condition = evaluation.whole(parse(text))
    return Selection(condition, tuple(evaluation.parts))


class _Evaluation:
    def __init__(self, names: Names, most_terms: int) -> None:
        self._names = names
        self._most_terms = most_terms
        self.parts: list[Sql] = []
        self._terms = 0
        self._relations: list[str] = []
        self._definitions: list[str] = []

    def whole(self, query: Query) -> Sql:
        found = self._query(query, PHYSICAL, alone=True)
        many = [kind for kind in self._relations if kind in MANY_STEPS]
        if len(many) > 1 or (many and len(many) < len(self._relations)):
            raise DimensionError(
                "Query forbidden: isancestorof and isdescendantof can be used once in a query, and"
                " not together with isparentof or ischildof"
            )
        return found

    def _query(self, query: Query, around: str, *, alone: bool) -> Sql:
        """``around`` is what the query around shows; ``alone``: this isn't a part of it."""
        said = _availability(query)
        shows = said or around
        is_all = isinstance(query.of, Availability)
        found = ALWAYS if is_all else self._node(query.of, shows)
        is_part = query.limit is not None or query.offset is not None or query.stride is not None
        if shows == PHYSICAL and (alone or said or is_part):
            found = both([LOCATED, found])
        return self._named(_part(query, found)).within("f.id in {}") if is_part else found

    def _named(self, part: Sql) -> Sql:
        """Give a query a name; return that."""
        self.parts.append(part)
        return Sql(f"part{len(self.parts) - 1}")

    def _node(self, node: Node, shows: str) -> Sql:
        return NODES[type(node)](self, node, shows)

    def _not(self, node: Not, shows: str) -> Sql:
        return negated(self._node(node.of, shows))

    def _or(self, node: Or, shows: str) -> Sql:
        return either([self._node(part, shows) for part in node.parts])

    def _and(self, node: And, shows: str) -> Sql:
        """What is said of consumption stands together: it is about one file in one project."""
        parts = [part for part in _flat(node) if not isinstance(part, Availability)]
        of_rows = [part for part in parts if _is_of_rows(part)]
        if any(not isinstance(part, Not) for part in of_rows):
            parts = [part for part in parts if part not in of_rows]
        else:
            of_rows = []
        conditions = [self._rows(of_rows)] if of_rows else []
        conditions += [self._node(part, shows) for part in parts]
        return both(conditions) if conditions else ALWAYS

    def _sets(self, node: Sets, shows: str) -> Sql:
        """From left to right: what is taken away and kept is gathered until something is added."""
        kept = [self._node(node.first, shows)]
        for operator, part in node.rest:
            found = self._node(part, shows)
            if operator == "union":
                kept = [either([both(kept), found])]
            else:
                kept.append(negated(found) if operator == "minus" else found)
        return both(kept)

    def _relation(self, node: Relation, shows: str) -> Sql:
        self._relations.append(node.kind)
        of = self._query(node.of, PHYSICAL, alone=True).within("select f.id from files f where {}")
        related = self._named(of).within(RELATED[node.kind])
        return self._named(related).within("f.id in {}")

    def _term(self, node: Term, shows: str) -> Sql:
        name, value = node.name.lower(), str(node.values.items[0])
        self._count()
        if name in ("dataset_def_name", "dataset_def_id"):
            return self._definition(Definition(self._defined(node)), shows)
        if node.operator == "=" and len(node.values.items) == 1 and "%" not in value:
            check = EXISTING.get(name)
            if check is not None and not check(self._names, value):
                raise DimensionError(f"{node} isn't there: {name} {value} not found")
        return self._rows([node]) if is_of_consumption(node) else condition(node)

    def _defined(self, term: Term) -> str:
        """The name of the definition that ``dataset_def_…`` is about: ours, only one by one."""
        value = term.values.items[0]
        if term.operator != "=" or len(term.values.items) > 1 or not isinstance(value, str):
            raise DimensionError(f"{term.name} takes one value")
        if term.name.lower() == "dataset_def_name":
            return value
        return self._names.name_of_definition(value) or value

    def _definition(self, node: Definition, shows: str) -> Sql:
        dims = self._names.dims_of(node.name)
        if dims is None:
            raise DimensionError(f"Dataset definition '{node.name}' not found")
        if node.name in self._definitions:
            raise DimensionError(f"Dataset definition '{node.name}' is about itself")
        self._definitions.append(node.name)
        found = self._query(parse(dims), shows, alone=False)
        self._definitions.pop()
        return found

    def _misplaced(self, node: Availability, shows: str) -> Sql:
        raise DimensionError(f"'{node}' belongs among the terms of an and, or after with")

    def _rows(self, nodes: Sequence[Node]) -> Sql:
        found = both([self._row(node) for node in nodes])
        return found.within("f.id in (select c.file from consumption c where {})")

    def _row(self, node: Node) -> Sql:
        """The condition on one row of consumption."""
        if isinstance(node, Term):
            self._count()
            return condition(node)
        inner = [self._row(child) for child in children(node)]
        if isinstance(node, Not):
            return negated(inner[0])
        return both(inner) if isinstance(node, And) else either(inner)

    def _count(self) -> None:
        self._terms += 1
        if self._terms > self._most_terms:
            raise DimensionError(
                f"The query exceeds the query limit of {self._most_terms} dimensions"
            )


NODES: dict[type, Callable[..., Sql]] = {
    Term: _Evaluation._term,  # noqa: SLF001 - our own
    Definition: _Evaluation._definition,  # noqa: SLF001
    Availability: _Evaluation._misplaced,  # noqa: SLF001
    Relation: _Evaluation._relation,  # noqa: SLF001
    Not: _Evaluation._not,  # noqa: SLF001
    And: _Evaluation._and,  # noqa: SLF001
    Or: _Evaluation._or,  # noqa: SLF001
    Sets: _Evaluation._sets,  # noqa: SLF001
    Query: lambda self, node, shows: self._query(node, shows, alone=False),
}
EXISTING: dict[str, Callable[[Names, str], bool]] = {
    "snapshot_id": lambda names, value: names.has_snapshot(value),
    "snapshot_for_project_name": lambda names, value: names.has_project(value),
}


def _availability(query: Query) -> Optional[str]:
    """What a query says of where its files are: physical, anylocation, or nothing (None)."""
    said = [query.availability] if query.availability else []
    parts = _flat(query.of) if isinstance(query.of, And) else [query.of]
    said += [part.values for part in parts if isinstance(part, Availability)]
    words = {word for words in said for word in words}
    if words - {PHYSICAL, ANY}:
        strange = ", ".join(sorted(words - {PHYSICAL, ANY}))
        raise DimensionError(f"availability {strange} isn't known: {ANY} or {PHYSICAL}")
    if not words:
        return None
    return ANY if ANY in words else PHYSICAL


def _flat(node: And) -> list[Node]:
    return [
        deeper
        for part in node.parts
        for deeper in (_flat(part) if isinstance(part, And) else [part])
    ]


def _is_of_rows(node: Node) -> bool:
    """Whether a part of an ``and`` is about consumption, and about nothing else."""
    if isinstance(node, Term):
        return not node.name.lower().startswith("dataset_def_") and is_of_consumption(node)
    return isinstance(node, (Not, Or, And)) and all(map(_is_of_rows, children(node)))


def _part(query: Query, found: Sql) -> Sql:
    """Every ``stride``-th of the files from number ``offset`` on, and at most ``limit`` of them."""
    if query.stride == 0:
        raise DimensionError("stride starts at 1")
    offset, stride = query.offset or 0, query.stride or 1
    limit = -1 if query.limit is None else query.limit
    if stride == 1:
        ordered = found.within("select f.id from files f where {} order by f.id limit ? offset ?")
        return Sql(ordered.text, (*found.values, limit, offset))
    numbered = found.within(
        "select id from (select f.id, row_number() over (order by f.id) - 1 as number from files f"
        " where {}) where number >= ? and (number - ?) % ? = 0 order by id limit ?"
    )
    return Sql(numbered.text, (*found.values, offset, offset, stride, limit))
