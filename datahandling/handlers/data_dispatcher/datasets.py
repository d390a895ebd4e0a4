"""Datasets and snapshots of POMS's on MetaCat, which has lists and no definitions.

A definition is kept by POMS and written out where it is used. A list is a dataset of MetaCat's,
made by one query (``save_as``). MetaCat makes it before it fills it, so a list counts only once it
is known to be whole: one that a crash left is passed over, the next attempt takes another name.
"""

import hashlib
import uuid
from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.db.models import Exists, QuerySet
from django.utils import timezone

from datahandling import query as q
from datahandling.dispatcher_models import DispatcherProject, ListSnapshot, NamedQuery
from datahandling.errors import DatasetConflict, Unknown
from datahandling.handlers.data_dispatcher import typed, words
from datahandling.handlers.data_dispatcher.evaluating import MANY, Evaluator, is_long
from datahandling.handlers.data_dispatcher.lists import Listed, Stored
from datahandling.handlers.data_dispatcher.metacat import batches
from datahandling.handlers.data_dispatcher.rendering import render
from datahandling.query import Query, QueryError
from datahandling.stored import to_json

ATTEMPTS = 20  # names that crashes may have left for one list


@dataclass(frozen=True)
class Datasets:
    experiment: str
    namespace: str
    evaluator: Evaluator

    def exists(self, name: str) -> bool:
        row = self._row(name)
        if row is not None:
            return not row.dataset or row.saved_at is not None
        return typed.is_typed(name) or self._is_others(name)

    def define(self, name: str, query: Query) -> None:
        definition = to_json(query)
        row = self._row(name)
        if row is None and self._is_others(name):
            raise DatasetConflict(f"there is a dataset {name} in MetaCat already")
        if row is None:
            row = self._create(name, definition)
        if row.dataset or row.definition != definition:
            raise DatasetConflict(f"there is another dataset {name} in {self.experiment}")

    def freeze(self, name: str, query: Query, resolved: Query, *, anew: bool) -> Query | None:
        """Save a list, unless there is one that is to stay; return what says it now, if it is new.

        One that a project was started over is in use, and stays. None: the dataset is somebody
        else's or defined, and is left as it is.
        """
        row = self._row(name)
        if row is None:
            if typed.is_typed(name) or self._is_others(name):
                return None
            row = self._create(name, to_json(query), self._full_name(name))
        elif not row.dataset:
            return None
        elif row.saved_at is not None and not (anew and self._may_change(row, resolved)):
            return Stored(row.dataset)
        saved = self._save_somewhere(row.dataset, resolved)
        as_read = NamedQuery.objects.filter(pk=row.pk, saved_at=row.saved_at)
        free = as_read.filter(~Exists(self._projects_over(name)))
        if not free.update(dataset=saved, definition=to_json(query), saved_at=timezone.now()):
            row.refresh_from_db()  # somebody has saved it meanwhile, or uses it
            return Stored(row.dataset)
        return Stored(saved)

    def take_snapshot(self, query: Query, resolved: Query) -> int:
        self._require_namespace()
        row = ListSnapshot.objects.create(experiment=self.experiment, definition=to_json(query))
        name = f"{self.namespace}:poms_snapshot_{row.pk}_{uuid.uuid4().hex[:8]}"
        dataset = self._save_somewhere(name, resolved)
        ListSnapshot.objects.filter(pk=row.pk).update(dataset=dataset, saved_at=timezone.now())
        return row.pk

    def _row(self, name: str) -> NamedQuery | None:
        return NamedQuery.objects.filter(experiment=self.experiment, name=name).first()

    def _create(self, name: str, definition: dict[str, object], dataset: str = "") -> NamedQuery:
        """Create the row, or return the one that somebody else has created at this moment."""
        try:
            with transaction.atomic():
                return NamedQuery.objects.create(
                    experiment=self.experiment, name=name, definition=definition, dataset=dataset
                )
        except IntegrityError:
            row = self._row(name)
            assert row is not None
            return row

    def _is_others(self, name: str) -> bool:
        """Tell whether MetaCat has a dataset of this name, which isn't one of POMS's lists."""
        try:
            full = words.full_name(name, self.namespace)
        except QueryError:
            return False
        is_name = words.NAME.fullmatch(full.replace(":", "", 1)) is not None
        return is_name and self.evaluator.metacat.has_dataset(full)

    def _full_name(self, name: str) -> str:
        """Return where the list goes: its own name if MetaCat can have it, else one made of it."""
        self._require_namespace()
        full = words.full_name(name, self.namespace)
        if words.NAME.fullmatch(full.replace(":", "", 1)):
            return full
        digest = hashlib.sha256(f"{self.experiment}/{name}".encode()).hexdigest()[:16]
        return f"{self.namespace}:poms_list_{digest}"

    def _require_namespace(self) -> None:
        if not self.namespace:
            raise QueryError(
                "POMS keeps lists of files in MetaCat: give the data service a namespace for them"
            )

    def _may_change(self, row: NamedQuery, resolved: Query) -> bool:
        return self._differs(row, resolved) and not self._projects_over(row.name).exists()

    def _projects_over(self, name: str) -> QuerySet[DispatcherProject]:
        """Return the projects that were started over the list, made or about to be."""
        definition = to_json(q.Dataset(name))
        return DispatcherProject.objects.filter(experiment=self.experiment, definition=definition)

    def _differs(self, row: NamedQuery, resolved: Query) -> bool:
        there = Stored(row.dataset)
        count = self.evaluator.count
        return count(there) != count(resolved) or count(resolved - there) > 0

    def _save_somewhere(self, dataset: str, resolved: Query) -> str:
        """Save the list as ``dataset``, or behind it a number if that is taken; return the name."""
        for attempt in range(1, ATTEMPTS + 1):
            name = dataset if attempt == 1 else f"{dataset}_v{attempt}"
            if self._save(name, resolved):
                return name
        raise Unknown(f"MetaCat has {ATTEMPTS} datasets {dataset}_v… already: remove some of them")

    def _save(self, dataset: str, resolved: Query) -> bool:
        metacat, keys = self.evaluator.metacat, self.evaluator.keys
        resolved = self.evaluator.short(resolved)
        if not is_long(resolved):
            return metacat.save(render(resolved, keys), dataset)
        first, *others = batches(sorted(self.evaluator.names(resolved)) or [""], MANY)
        begun = Listed(frozenset(first)) if first != [""] else q.Nothing()
        if not metacat.save(render(begun, keys), dataset):
            return False
        for some in others:
            metacat.add(render(Listed(frozenset(some)), keys), dataset)
        return True
