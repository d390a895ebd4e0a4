"""Settings are documented, and mistakes in them are found by ``manage.py check``."""

import ast
import re
from pathlib import Path

import pytest
from django.core.checks import run_checks

CHECKOUT = Path(__file__).resolve().parent.parent.parent
PAGE = CHECKOUT / "docs/reference/settings.md"
APPS = ("pomsproject", "datahandling", "campaigns", "submissions", "workflow")


def settings_asked_for():
    """Return the names in all calls of ``env.text("POMS_…")`` and its like."""
    for app in APPS:
        for path in (CHECKOUT / app).rglob("*.py"):
            if "tests" not in path.parts:
                yield from names_in(ast.parse(path.read_text()))


def names_in(tree):
    for node in ast.walk(tree):
        match node:
            case ast.Call(
                func=ast.Attribute(value=ast.Name(id="env")),
                args=[ast.Constant(value=str(name)), *_],
            ) if name.startswith("POMS_"):
                yield name


def test_every_setting_is_documented():
    documented = set(re.findall(r"`(POMS_[A-Z_]+)`", PAGE.read_text()))

    assert set(settings_asked_for()) <= documented


@pytest.mark.parametrize("sign", "#%\n")
def test_a_path_that_a_crontab_would_cut_is_found(settings, sign):
    settings.CRONTAB_DJANGO_MANAGE_PATH = f"/opt/po{sign}ms/manage.py"

    assert "pomsproject.W001" in [found.id for found in run_checks()]


def test_debug_pages_for_more_than_this_machine_are_found(settings):
    settings.DEBUG = True
    settings.ALLOWED_HOSTS = ["poms.example.org"]

    assert "pomsproject.W002" in [found.id for found in run_checks()]


def test_missing_front_end_packages_are_found(settings, tmp_path):
    settings.NODE_MODULES = tmp_path

    assert "pomsproject.W003" in [found.id for found in run_checks()]


def test_a_launcher_on_this_machine_is_pointed_out_where_others_reach_poms(settings):
    settings.LOCAL_LAUNCHER = True
    settings.ALLOWED_HOSTS = ["poms.example.org"]

    assert "pomsproject.W004" in [found.id for found in run_checks()]
