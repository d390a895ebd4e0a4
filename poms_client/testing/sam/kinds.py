"""Kinds of values: how a term's values are compared with a column."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Union

from poms_client.testing.sam.errors import DimensionError
from poms_client.testing.sam.sql import Sql, both, either
from poms_client.testing.sam.tree import DATE, NUMBER, Range, Values

Number = Union[int, float]
Item = Union[str, Range]
NEGATIONS = {"!=": "=", "not in": "in", "not like": "like"}
EQUALITIES = ("=", "in")
IS_NUMBER = re.compile(rf"[+-]?{NUMBER}(?:[eE][+-]?[0-9]+)?")
IS_RUN = re.compile(r"([0-9]{1,15})(?:\.([0-9]{1,9}))?")
GLOB = {"%": "*", "_": "?", "*": "[*]", "?": "[?]", "[": "[[]"}


def compared(kind: str, column: str, operator: str, values: Values) -> Sql:
    """The condition that a positive operator (none of ``NEGATIONS``) makes."""
    return KINDS[kind](column, operator, values)


def _text(column: str, operator: str, values: Values) -> Sql:
    if operator == "like":
        return _glob(column, _only(values))
    if operator not in EQUALITIES:
        return Sql(f"{column} {operator} ?", (_only(values),))
    plain = [item for item in values.items if isinstance(item, str) and "%" not in item]
    conditions = [_among(column, plain)] if plain else []
    for item in values.items:
        if isinstance(item, Range):
            conditions.append(Sql(f"{column} between ? and ?", (item.low, item.high)))
        elif "%" in item:
            conditions.append(_glob(column, item))
    return either(conditions)


def _number(column: str, operator: str, values: Values) -> Sql:
    if operator not in EQUALITIES:
        return Sql(f"{column} {_ordering(operator)} ?", (_to_number(_only(values)),))
    plain = [_to_number(item) for item in values.items if isinstance(item, str)]
    conditions = [_among(column, plain)] if plain else []
    for item in values.items:
        if isinstance(item, Range):
            ends = (_to_number(item.low), _to_number(item.high))
            conditions.append(Sql(f"{column} between ? and ?", ends))
    return either(conditions)


def _date(column: str, operator: str, values: Values) -> Sql:
    """A day without a time is its midnight to ``<`` and ``>``, else the whole day."""
    if operator not in EQUALITIES:
        return Sql(f"{column} {_ordering(operator)} ?", (_span(_only(values))[0],))
    conditions = []
    for item in values.items:
        low, high = (item.low, item.high) if isinstance(item, Range) else (item, item)
        ends = (_span(low)[0], _span(high)[1])
        conditions.append(Sql(f"({column} >= ? and {column} < ?)", ends))
    return either(conditions)


def _run(column: str, operator: str, values: Values) -> Sql:
    """``4321`` is the whole run, ``4321.0007`` one subrun of it."""
    if operator not in EQUALITIES:
        return Sql(f"{column} {_ordering(operator)} ?", (_whole_run(_only(values)),))
    return either([_one_run(column, item) for item in values.items])


def _one_run(column: str, item: Item) -> Sql:
    if isinstance(item, Range):
        ends = (_whole_run(item.low), _whole_run(item.high))
        return Sql(f"{column} between ? and ?", ends)
    run, subrun = _run_of(item)
    whole = Sql(f"{column} = ?", (run,))
    return whole if subrun is None else both([whole, Sql("subrun = ?", (subrun,))])


def _parameter(column: str, operator: str, values: Values) -> Sql:
    """A value of the experiment's own: compared as a number too, where it is one."""
    conditions = [_text(column, operator, values)]
    ends = [
        end
        for item in values.items
        for end in ((item.low, item.high) if isinstance(item, Range) else (item,))
    ]
    if operator != "like" and all(IS_NUMBER.fullmatch(end) for end in ends):
        numeric = _number("number", operator, values)
        return either([*conditions, numeric]) if operator in EQUALITIES else numeric
    return conditions[0]


KINDS: dict[str, Callable[[str, str, Values], Sql]] = {
    "text": _text,
    "number": _number,
    "date": _date,
    "run": _run,
    "parameter": _parameter,
}


def _glob(column: str, pattern: str) -> Sql:
    return Sql(f"{column} glob ?", ("".join(GLOB.get(each, each) for each in pattern),))


def _among(column: str, values: Union[list[str], list[Number]]) -> Sql:
    if len(values) == 1:
        return Sql(f"{column} = ?", (values[0],))
    return Sql(column, (json.dumps(values),)).within("{} in (select value from json_each(?))")


def _only(values: Values) -> str:
    (value,) = values.items
    assert isinstance(value, str), "the grammar takes one value here"
    return value


def _ordering(operator: str) -> str:
    if operator == "like":
        raise DimensionError("like compares text only")
    return operator


def _to_number(text: str) -> Number:
    if not IS_NUMBER.fullmatch(text):
        raise DimensionError(f"Invalid value '{text}': a number is needed")
    number = float(text)
    return int(text) if re.fullmatch("[+-]?[0-9]{1,18}", text) else number


def _run_of(text: str) -> tuple[int, Union[int, None]]:
    found = IS_RUN.fullmatch(text)
    if found is None:
        raise DimensionError(f"Invalid value '{text}': write a run as 4321 or 4321.0007")
    return int(found[1]), int(found[2]) if found[2] else None


def _whole_run(text: str) -> int:
    run, subrun = _run_of(text)
    if subrun is not None:
        raise DimensionError(f"Invalid value '{text}': ranges are of whole runs")
    return run


def _span(text: str) -> tuple[float, float]:
    """From when to when a written time is, in seconds since 1970: a day, or a second or less."""
    if re.fullmatch(DATE, text):
        form = "%Y-%m-%d" if text[4] == "-" else "%d-%b-%Y"
        start, length = _strptime(text, form), timedelta(days=1)
    else:
        iso = re.sub(r"([+-][0-9]{2})([0-9]{2})$", r"\1:\2", text.replace("Z", "+00:00"))
        try:
            start = datetime.fromisoformat(iso)
        except ValueError:
            raise _no_time(text) from None
        length = timedelta(microseconds=1) if start.microsecond else timedelta(seconds=1)
    start = start if start.tzinfo else start.replace(tzinfo=timezone.utc)
    return start.timestamp(), (start + length).timestamp()


def seconds_of(text: str) -> float:
    """A written time in seconds since 1970; DimensionError."""
    return _span(text)[0]


def _strptime(text: str, form: str) -> datetime:
    try:
        return datetime.strptime(text, form).replace(tzinfo=timezone.utc)
    except ValueError:
        raise _no_time(text) from None


def _no_time(text: str) -> DimensionError:
    return DimensionError(f"Invalid value '{text}': write a time as 2025-03-01T12:00:00+0000")
