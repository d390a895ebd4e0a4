"""The algebra worked out in memory, file by file: what the handlers' answers are held against."""

import re
from dataclasses import dataclass, field

from datahandling import query as q
from datahandling.handlers.catalogue.fragments import parse
from datahandling.runs import parse_run


@dataclass
class NaiveFile:
    name: str
    parents: list[str]
    metadata: dict
    version: str
    run: tuple
    end_time: object
    created_at: object
    submission: int | None
    located: bool


@dataclass
class World:
    """Files in the declared order; datasets are queries or lists of names."""

    files: list[NaiveFile]
    datasets: dict = field(default_factory=dict)
    snapshots: dict = field(default_factory=dict)
    projects: dict = field(default_factory=dict)

    def answer(self, query):
        """The names of the files, in the declared order."""
        chosen = self.chosen(query)
        return [file.name for file in self.files if file.name in chosen]

    def chosen(self, query):
        return set(getattr(self, type(query).__name__.lower())(query))

    def where(self, test):
        return {file.name for file in self.files if test(file)}

    # Lists

    def nothing(self, query):
        return set()

    def everything(self, query):
        return self.where(lambda file: True)

    def declared(self, query):
        return self.where(lambda file: True)

    def dataset(self, query):
        content = self.datasets[query.name]
        return self.chosen(content) if isinstance(content, q.Query) else content

    def snapshot(self, query):
        return self.snapshots[query.id]

    def projectfiles(self, query):
        return self.projects[query.project].keys()

    def handles(self, query):
        states = self.projects[query.project]
        return {name for name, state in states.items() if state in query.states}

    def consumed(self, query):
        return self.handles(q.Handles(query.project, ("done",)))

    def named(self, query):
        return self.where(lambda file: file.name in query.names)

    def madeby(self, query):
        return self.where(lambda file: file.submission in query.submissions)

    def unsigned(self, query):
        return self.where(lambda file: file.submission is None)

    # Lineage

    def children(self, query):
        found = self.chosen(query.of)
        for _ in range(query.depth):
            found = self.where(lambda file, of=found: of & set(file.parents))
        return found

    def parents(self, query):
        found = self.chosen(query.of)
        for _ in range(query.depth):
            found = {name for file in self.files if file.name in found for name in file.parents}
        return found

    # Conditions

    def runsbetween(self, query):
        return self.where(lambda file: file.run[0] and query.low <= file.run[0] <= query.high)

    def run(self, query):
        run, subrun = parse_run(query.number)
        return self.where(lambda file: file.run[0] == run and subrun in {None, file.run[1]})

    def endedbetween(self, query):
        return self.where(
            lambda file: file.end_time is not None and query.after < file.end_time <= query.until
        )

    def createdafter(self, query):
        return self.where(lambda file: file.created_at > query.time)

    def version(self, query):
        return self.where(lambda file: file.version == query.version)

    def namelike(self, query):
        return self.where(lambda file: like(file.name, query.pattern))

    def metadata(self, query):
        return self.where(lambda file: says(file.metadata, query.key, "=", query.value))

    def located(self, query):
        return self.where(lambda file: file.located)

    def fragment(self, query):
        terms = parse(query.text)
        return self.where(lambda file: all(meets(file, term) for term in terms))

    # Combinations

    def union(self, query):
        return set().union(*map(self.chosen, query.parts))

    def intersection(self, query):
        return set.intersection(*map(self.chosen, query.parts))

    def difference(self, query):
        return self.chosen(query.left) - self.chosen(query.right)

    def span(self, query):
        return self.answer(query.of)[query.start : query.stop]

    def stride(self, query):
        return self.answer(query.of)[query.offset :: query.n]


COMPARE = {
    "=": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
    "like": lambda a, b: like(a, b),
}


def like(text, pattern):
    regex = "".join({"%": ".*", "_": "."}.get(sign, re.escape(sign)) for sign in pattern)
    return re.fullmatch(regex, text, re.DOTALL) is not None


def meets(file, term):
    columns = {
        "file_name": file.name,
        "version": file.version,
        "run_number": file.run[0],
        "create_date": file.created_at,
        "end_time": file.end_time,
    }
    if term.name not in columns:
        return says(file.metadata, term.name, term.operator, term.value)
    value = columns[term.name]
    return value is not None and COMPARE[term.operator](value, term.value)


def says(metadata, key, operator, wanted):
    if key not in metadata:
        return False
    value = metadata[key]
    return any(
        kind(item) == kind(wanted) and COMPARE[operator](item, wanted)
        for item in (value if isinstance(value, list) else [value])
    )


def kind(value):
    return bool if isinstance(value, bool) else str if isinstance(value, str) else float
