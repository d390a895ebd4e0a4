"""MetaCat over HTTP, as POMS asks it: queries, datasets, files (server 4.1).

A query in MQL is a POST of its text; files come as a JSON sequence. Names are full, ``ns:name``.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, TypeVar

from datahandling.handlers.data_dispatcher.tokens import Server
from datahandling.http import Answer
from datahandling.query import QueryError
from datahandling.storable import is_count

T = TypeVar("T", dict[str, Any], list[Any])

AT_A_TIME = 2000  # names in one question about files
UNREADABLE = 400  # MetaCat can't read the query
END_OF_TIME = 253_402_300_800  # seconds since 1970: the year 10000, which Python doesn't know


@dataclass(frozen=True)
class File:
    """``name`` is ``ns:name``; ``created`` in seconds since 1970; ``parents`` are ids."""

    name: str
    fid: str
    created: float
    size: int = 0
    checksums: dict[str, str] = field(default_factory=dict)
    metadata: dict[str, Any] = field(default_factory=dict)
    parents: tuple[str, ...] = ()

    @property
    def place(self) -> tuple[float, str]:
        """Where it stands in the declared order."""
        return self.created, self.fid


@dataclass(frozen=True)
class MetaCat:
    server: Server

    def version(self) -> str:
        return self.server.ask("GET", "version").line()

    def count(self, mql: str) -> int:
        answer = self._query(mql, summary="count")
        said = answer.json()
        said = said[0] if isinstance(said, list) and len(said) == 1 else said
        return int(_whole(answer, said, "count"))

    def find(self, mql: str, *, metadata: bool = False) -> list[File]:
        """Return the files of a query in the declared order, each once."""
        answer = self._query(mql, with_meta=_yes(metadata), with_provenance="no")
        found = {file.fid: file for file in _files(answer)}
        return sorted(found.values(), key=lambda file: file.place)

    def save(self, mql: str, dataset: str) -> bool:
        """Make a dataset of the files that a query has now; False if there is one of the name.

        MetaCat makes the dataset first: one that can't be filled is left behind, empty.
        """
        answer = self._query(mql, ok=(200, UNREADABLE, 409), again=False, save_as=dataset)
        if answer.status == 200:
            _files(answer)  # or else it may have been cut short
        return answer.status != 409

    def add(self, mql: str, dataset: str) -> None:
        """Put the files of a query into a dataset."""
        _files(self._query(mql, add_to=dataset))

    def has_dataset(self, name: str) -> bool:
        params = {"dataset": name, "exact_file_count": "no"}
        answer = self.server.ask("GET", "data/dataset", params=params, ok=(200, 404))
        if answer.status == 404:
            return _is_said(answer, "Dataset not found")
        said = answer.json()
        if f"{_text(answer, said, 'namespace')}:{_text(answer, said, 'name')}" != name:
            raise answer.nonsense(f"about something else than {name}")
        return True

    def file(self, name: str) -> File | None:
        params = {"did": name, "with_metadata": "yes", "with_provenance": "yes"}
        answer = self.server.ask("GET", "data/file", params=params, ok=(200, 404))
        if answer.status == 404:
            _is_said(answer, "File not found")
            return None
        return _file(answer, answer.json())

    def files(self, key: str, values: Collection[str]) -> list[File]:
        """Return those that exist, in the declared order; ``key``: they are ``did`` or ``fid``."""
        found: dict[str, File] = {}
        for some in batches(sorted(values), AT_A_TIME):
            params = {"with_metadata": "no", "with_provenance": "no"}
            wanted = [{key: value} for value in some]
            answer = self.server.ask(
                "POST", "data/files", params=params, json=wanted, idempotent=True
            )
            found |= {file.fid: file for file in _files(answer)}
        return sorted(found.values(), key=lambda file: file.place)

    def _query(
        self,
        mql: str,
        *,
        ok: Collection[int] = (200, UNREADABLE),
        again: bool = True,
        **params: str,
    ) -> Answer:
        answer = self.server.ask(
            "POST", "data/query", params=params, text=mql, ok=ok, idempotent=again
        )
        if answer.status == UNREADABLE:
            answer.is_clear()
            raise QueryError(f"MetaCat can't read {shortened(mql)}: {answer.excerpt}")
        return answer


def batches(names: Collection[str], size: int) -> Iterator[list[str]]:
    left = iter(names)
    while some := list(islice(left, size)):
        yield some


def shortened(text: str, length: int = 200) -> str:
    return text if len(text) <= length else f"{text[:length]}…"


def _yes(value: bool) -> str:
    return "yes" if value else "no"


def _is_said(answer: Answer, words: str) -> bool:
    """Return False, as a 404 of MetaCat's own means; Unknown for anybody else's."""
    if words.lower() not in answer.text.lower():
        raise answer.nonsense(f"with a 404 that isn't its own: {answer.excerpt}")
    answer.is_clear()
    return False


def _files(answer: Answer) -> list[File]:
    return [_file(answer, record) for record in answer.records()]


def _file(answer: Answer, said: Any) -> File:
    name = f"{_text(answer, said, 'namespace')}:{_text(answer, said, 'name')}"
    created = said.get("created_timestamp")
    if not isinstance(created, int | float) or not 0 <= created < END_OF_TIME:
        raise answer.nonsense(f"without the time at which {name} was declared")
    return File(
        name,
        _text(answer, said, "fid"),
        float(created),
        _whole(answer, said, "size") if said.get("size") else 0,
        _some(answer, said, "checksums", dict),
        _some(answer, said, "metadata", dict),
        tuple(_text(answer, parent, "fid") for parent in _some(answer, said, "parents", list)),
    )


def _some(answer: Answer, said: dict[str, Any], key: str, kind: type[T]) -> T:
    """Return what is said under ``key``; empty if nothing is."""
    value = said.get(key) or kind()
    if not isinstance(value, kind):
        raise answer.nonsense(f"with something odd as {key}: {answer.excerpt}")
    return value


def _text(answer: Answer, said: Any, key: str) -> str:
    value = said.get(key) if isinstance(said, dict) else None
    if not isinstance(value, str) or not value:
        raise answer.nonsense(f"without {key}: {answer.excerpt}")
    return value


def _whole(answer: Answer, said: Any, key: str) -> int:
    value = said.get(key) if isinstance(said, dict) else None
    if not is_count(value):
        raise answer.nonsense(f"without a number as {key}: {answer.excerpt}")
    return value
