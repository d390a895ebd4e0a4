"""The form of a campaign file: sections of ``key = value`` lines, each remembering its line.

As Python's configparser reads it without interpolation: ``#`` and ``;`` begin a comment line, ``:``
does for ``=``, an indented line goes on with the value of the line before.
"""

import re
from dataclasses import dataclass, field

from campaigns.documents import Problem

HEADER = re.compile(r"\[(?P<title>.*)\]")
ENTRY = re.compile(r"(?P<key>[^=:]*?)\s*[=:]\s*(?P<value>.*)")


@dataclass
class Entry:
    value: str
    line: int


@dataclass
class Section:
    """``[kind name]``, or ``[kind]``; keys are in small letters."""

    kind: str
    name: str
    line: int
    entries: dict[str, Entry] = field(default_factory=dict)

    @property
    def title(self) -> str:
        return f"{self.kind} {self.name}".strip()

    def take(self, key: str) -> Entry | None:
        """Return the entry and remove it: what is left at the end is unknown."""
        return self.entries.pop(key, None)


def parse(text: str) -> tuple[list[Section], list[Problem]]:
    """Return the sections of ``text``, and what isn't in the form of one."""
    reader = _Reader()
    for number, line in enumerate(
        text.removeprefix("\ufeff").replace("\r\n", "\n").split("\n"), start=1
    ):
        reader.read(line, number)
    return reader.sections, reader.problems


class _Reader:
    def __init__(self) -> None:
        self.sections: list[Section] = []
        self.problems: list[Problem] = []
        self.last: Entry | None = None

    def read(self, line: str, number: int) -> None:
        stripped = line.strip()
        if "\0" in line:
            self.complain("a file of text holds no NUL character", number)
        elif not stripped or stripped[0] in "#;":
            return
        elif line[0].isspace() and self.last is not None:
            self.last.value = f"{self.last.value}\n{stripped}"
        elif header := HEADER.fullmatch(stripped):
            self.open(header["title"], number)
        elif entry := ENTRY.fullmatch(stripped):
            self.add(entry["key"].lower(), entry["value"], number)
        else:
            self.complain(f"{stripped[:60]!r} is neither a [section] nor key = value", number)

    def open(self, title: str, number: int) -> None:
        kind, _, name = title.strip().partition(" ")
        section = Section(kind, name.strip(), number)
        if any((section.kind, section.name) == (other.kind, other.name) for other in self.sections):
            self.complain(f"there is a section [{section.title}] already", number)
        self.sections.append(section)
        self.last = None

    def add(self, key: str, value: str, number: int) -> None:
        self.last = Entry(value, number)
        if not self.sections:
            self.complain(f"{key} stands before the first [section]", number)
        elif key in self.sections[-1].entries:
            self.complain(f"{key} is said twice in this section", number)
        else:
            self.sections[-1].entries[key] = self.last

    def complain(self, message: str, number: int) -> None:
        title = self.sections[-1].title if self.sections else ""
        self.problems.append(Problem(message, title, line=number))


def render(sections: list[tuple[str, list[tuple[str, str]]]]) -> str:
    """Return the text of ``(title, [(key, value), …])`` sections."""
    return "\n".join(
        "".join([f"[{title}]\n", *(f"{key} = {value}".rstrip() + "\n" for key, value in entries)])
        for title, entries in sections
    )
