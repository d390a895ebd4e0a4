"""Of the front-end packages, the files that pages need are served, and no others."""

import pytest
from django.contrib.staticfiles import finders

from pomsproject import packages


@pytest.fixture(autouse=True)
def installed(settings, tmp_path):
    settings.NODE_MODULES = tmp_path
    for name in [*packages.FILES, "@tabler/core/package.json"]:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    finders.get_finder.cache_clear()
    yield
    finders.get_finder.cache_clear()


@pytest.mark.parametrize("name", sorted(packages.FILES))
def test_what_pages_load_is_found(name, tmp_path):
    assert finders.find(f"vendor/{name}") == str(tmp_path / name)


@pytest.mark.parametrize(
    "name", ["@tabler/core/package.json", "../vendor/@tabler/core/package.json"]
)
def test_nothing_else_is(name):
    assert finders.find(f"vendor/{name}") is None


def test_just_these_files_are_collected():
    finder = finders.get_finder("pomsproject.packages.PackageFinder")

    assert {name for name, _ in finder.list([])} == packages.FILES
