"""What reading a campaign file finds: values, where each was said, and what is wrong."""

from dataclasses import dataclass, field, replace
from difflib import get_close_matches

from django.core.exceptions import ValidationError
from django.db import models

from campaigns.documents import Fields, Problem, keys
from campaigns.documents.defaults import plain_field
from campaigns.documents.keys import Key
from campaigns.exchange.ini import Section


@dataclass
class Findings:
    problems: list[Problem] = field(default_factory=list)
    lines: dict[tuple[str, str], int] = field(default_factory=dict)

    def take(self, section: Section, known: tuple[Key, ...], suffix: str = "") -> Fields:
        """Take what ``section`` says of the known keys, as {field: value}."""
        fields: Fields = {}
        for key in known:
            text = self.take_text(section, key.name + suffix)
            if text is None:
                continue
            try:
                fields[key.field] = key.codec.read(text)
            except ValueError as error:
                self.complain(section, key.name + suffix, str(error))
        return fields

    def take_text(self, section: Section, key: str) -> str | None:
        entry = section.take(key)
        if entry is None:
            return None
        self.lines[section.title, key] = entry.line
        return entry.value

    def check(self, model: type[models.Model], fields: Fields, section: Section) -> None:
        """Ask the model's own validators about each of its plain fields."""
        names = key_names(section.kind)
        for name, value in fields.items():
            known = plain_field(model, name)
            if known is None:
                continue
            try:
                known.clean(value, None)
            except ValidationError as error:
                self.complain(section, names.get(name, ""), " ".join(error.messages))

    def refuse_the_rest(self, section: Section) -> None:
        """Complain of the keys that nobody took."""
        known = [key.name for key in keys.OF_SECTION.get(section.kind, ())]
        for name, entry in section.entries.items():
            close = get_close_matches(name, known, n=1)
            hint = f"; did you mean {close[0]}?" if close else ""
            self.problems.append(
                Problem(f"there is no such key{hint}", section.title, name, entry.line)
            )

    def complain(self, section: Section, key: str, message: str) -> None:
        line = self.lines.get((section.title, key), section.line)
        self.problems.append(Problem(message, section.title, key, line))

    def located(self, problem: Problem) -> Problem:
        """Return a problem of a document with the key and the line where that is said."""
        kind = problem.section.partition(" ")[0]
        key = key_names(kind).get(problem.field, problem.field)
        line = self.lines.get((problem.section, key)) or self.lines.get((problem.section, ""))
        return replace(problem, field=key, line=line)


def key_names(kind: str) -> dict[str, str]:
    """Return {field: key} of a kind of section."""
    return {key.field: key.name for key in keys.OF_SECTION.get(kind, ())}
