"""The files of the front-end packages (``package.json``) that pages load, under ``vendor/``."""

from collections.abc import Iterable, Iterator
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import FileSystemFinder
from django.core.files.storage import FileSystemStorage, Storage

FILES = {
    "@tabler/core/dist/css/tabler.min.css",
    "@tabler/core/dist/css/tabler.min.css.map",
    "@tabler/core/dist/js/tabler.min.js",
    "@tabler/core/dist/js/tabler.min.js.map",
}
PREFIX = "vendor"


class PackageFinder(FileSystemFinder):
    """Find ``vendor/<package>/<file>`` for the files above, and no other of thousands."""

    def __init__(self, app_names: Iterable[str] | None = None, *args: Any, **kwargs: Any) -> None:
        storage = FileSystemStorage(location=settings.NODE_MODULES)
        storage.prefix = PREFIX  # type: ignore[attr-defined]  # what collectstatic asks for
        self.locations = [(PREFIX, str(settings.NODE_MODULES))]
        self.storages = {str(settings.NODE_MODULES): storage}

    def check(self, **kwargs: Any) -> list[Any]:
        return []

    def find_location(self, root: str, path: str, prefix: str | None = None) -> str | None:
        if path.removeprefix(f"{PREFIX}/") not in FILES:
            return None
        return super().find_location(root, path, prefix)

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterator[tuple[str, Storage]]:
        storage = self.storages[str(settings.NODE_MODULES)]
        for name in sorted(FILES):
            if storage.exists(name):
                yield name, storage
