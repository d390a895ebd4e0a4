"""Settings are documented, and mistakes in them are found by ``manage.py check``."""

import ast
import os
import re
import subprocess
import sys
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


@pytest.mark.django_db
def test_a_web_server_in_front_says_that_a_request_came_over_tls(client, settings):
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    settings.SECURE_HSTS_SECONDS = 60

    said = client.get("/login/", headers={"X-Forwarded-Proto": "https"})

    assert said["Strict-Transport-Security"] == "max-age=60"
    assert "Strict-Transport-Security" not in client.get("/login/")


def settings_with(**said):
    """Import the settings anew, with this environment."""
    script = (
        "from pomsproject import settings as s;"
        "print(s.SECURE_PROXY_SSL_HEADER, s.SESSION_COOKIE_SECURE, s.CSRF_COOKIE_SECURE)"
    )
    environment = os.environ | said
    return subprocess.check_output(
        [sys.executable, "-c", script], env=environment, cwd=CHECKOUT, text=True
    ).strip()


def test_tls_is_set_up_by_the_address_and_the_header_of_the_web_server():
    assert settings_with(POMS_URL="http://127.0.0.1:8000") == "None False False"
    assert (
        settings_with(
            POMS_URL="https://poms.example.org", POMS_PROXY_SSL_HEADER="X-Forwarded-Proto"
        )
        == "('HTTP_X_FORWARDED_PROTO', 'https') True True"
    )


def test_keys_of_issuers_that_anybody_could_change_are_found(settings, tmp_path):
    keys = tmp_path / "keys.json"
    keys.write_text("{}")
    settings.TOKEN_ISSUERS = {"https://a": "https://a/jwks", "https://b": str(keys)}
    assert "pomsproject.W005" not in [found.id for found in run_checks()]

    for source in ("http://a/jwks", str(tmp_path / "none")):
        settings.TOKEN_ISSUERS = {"https://a": source}
        assert "pomsproject.W005" in [found.id for found in run_checks()]
