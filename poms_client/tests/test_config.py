"""What a person's file says, and which token is used."""

import os

import pytest

from poms_client import config
from poms_client.errors import NotConfigured


@pytest.fixture
def folder(environment, tmp_path, monkeypatch):
    """The person's folder; the environment says nothing of POMS."""
    for name in ("POMS_URL", "POMS_TOKEN_FILE", "POMS_PATIENCE", "BEARER_TOKEN_FILE"):
        monkeypatch.delenv(name, raising=False)
    place = tmp_path / "config/poms"
    place.mkdir(parents=True)
    return place


def token_file(path, text="secret\n", mode=0o600):
    path.write_text(text)
    path.chmod(mode)
    return str(path)


def test_a_file_says_what_the_environment_does_not(folder, monkeypatch):
    (folder / "config").write_text("# ours\nPOMS_URL = https://poms\n\nPOMS_PATIENCE=3\n")

    assert config.text("POMS_URL") == "https://poms"
    assert config.patience() == 3.0
    monkeypatch.setenv("POMS_PATIENCE", "7")
    assert config.patience() == 7.0


def test_commands_work_with_files_alone(folder, run, poms):
    poms.rows["/campaigns/"] = []
    (folder / "config").write_text(f"POMS_URL={poms.url}\n")
    token_file(folder / "token", "from-the-usual-place\n")

    assert run("campaigns").returncode == 0
    assert set(poms.tokens) == {"Bearer from-the-usual-place"}


@pytest.mark.parametrize("line", ["POMS_URL", "POMS_TOKEN=secret", "url=https://poms"])
def test_a_line_that_makes_no_sense_is_refused(folder, line):
    (folder / "config").write_text(f"{line}\n")

    with pytest.raises(NotConfigured, match="NAME=value"):
        config.text("POMS_URL")


def test_a_file_that_is_named_has_to_be_there(folder, tmp_path, monkeypatch):
    monkeypatch.setenv("POMS_CONFIG", str(tmp_path / "nowhere"))

    with pytest.raises(NotConfigured, match="nowhere can't be read"):
        config.patience()


def test_without_an_address_both_places_for_it_are_named(folder):
    with pytest.raises(NotConfigured, match=r"set POMS_URL, or write it into .*poms/config"):
        config.text("POMS_URL")


def test_without_a_token_the_usual_place_for_it_is_named(folder):
    with pytest.raises(NotConfigured, match=r"into .*poms/token, or set POMS_TOKEN_FILE"):
        config.person_token()


def test_the_nearest_token_is_taken(folder, tmp_path, monkeypatch):
    token_file(folder / "token", "usual")
    assert config.person_token() == "usual"
    monkeypatch.setenv("BEARER_TOKEN_FILE", token_file(tmp_path / "a", "bearer"))
    assert config.person_token() == "bearer"
    (folder / "config").write_text(f"POMS_TOKEN_FILE={token_file(tmp_path / 'b', 'file')}")
    assert config.person_token() == "file"
    monkeypatch.setenv("POMS_TOKEN_FILE", token_file(tmp_path / "c", "environment"))
    assert config.person_token() == "environment"
    monkeypatch.setenv("POMS_TOKEN", "itself")
    assert config.person_token() == "itself"


def test_a_tilde_is_the_home(folder, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    token_file(tmp_path / "mine", "of-home")
    (folder / "config").write_text("POMS_TOKEN_FILE=~/mine\n")

    assert config.person_token() == "of-home"


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620])
def test_a_token_that_others_could_take_is_not_used(folder, mode):
    token_file(folder / "token", mode=mode)

    with pytest.raises(NotConfigured, match="chmod 600"):
        config.person_token()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_a_file_that_somebody_else_provides_may_be_open_to_a_group(folder, monkeypatch):
    os.chown(token_file(folder / "token", mode=0o640), 12345, 12345)

    assert config.person_token() == "secret"
