"""A store for each experiment, made when it is first asked for."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Optional

from poms_client.testing.sam.evaluation import MOST_TERMS
from poms_client.testing.sam.store import Store


class Experiments:
    """:param folder: for a file ``<experiment>.sqlite`` each; None keeps all in memory."""

    def __init__(self, folder: Optional[Path] = None, query_limit: int = MOST_TERMS) -> None:
        self._folder = folder
        self._query_limit = query_limit
        self._stores: dict[str, Store] = {}
        self._lock = threading.Lock()
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)

    def store(self, experiment: str) -> Store:
        with self._lock:
            if experiment not in self._stores:
                path = self._folder / f"{experiment}.sqlite" if self._folder else None
                self._stores[experiment] = Store(path, self._query_limit)
            return self._stores[experiment]

    def close(self) -> None:
        for store in self._stores.values():
            store.close()
