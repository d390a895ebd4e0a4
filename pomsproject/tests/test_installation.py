"""What an installation keeps: its folder, its secrets, its settings."""

import stat

import pytest

from pomsproject import embedded, env, installation, running


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    monkeypatch.delenv("POMS_DATA_DIR")
    monkeypatch.setattr(installation, "CHECKOUT", tmp_path)
    return tmp_path


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_secrets_are_made_once_and_are_nobody_elses(checkout):
    data = installation.data_folder()
    first = installation.secret_file(data, "secret-key")
    key = first.read_text()

    assert installation.secret_file(data, "secret-key").read_text() == key
    assert len(key) >= 50
    assert (mode(data), mode(first.parent), mode(first)) == (0o700, 0o700, 0o600)


def test_two_installations_share_no_secret(tmp_path):
    one, other = tmp_path / "one", tmp_path / "other"
    one.mkdir()
    other.mkdir()

    keys = {installation.secret_file(data, "secret-key").read_text() for data in (one, other)}

    assert len(keys) == 2


def test_the_data_of_another_account_is_left_alone(checkout, monkeypatch):
    theirs = installation.data_folder()
    monkeypatch.setattr(installation, "is_ours", lambda path: path != theirs)

    ours = installation.data_folder()

    assert ours.parent == theirs.parent
    assert ours.name.startswith("var-")


def test_a_data_folder_that_belongs_to_another_account_is_refused_with_advice(
    checkout, monkeypatch
):
    monkeypatch.setenv("POMS_DATA_DIR", str(checkout))
    monkeypatch.setattr(installation, "is_ours", lambda path: False)

    with pytest.raises(installation.NoDataFolder, match="set POMS_DATA_DIR to your own"):
        installation.data_folder()


@pytest.mark.parametrize("own_folder", [True, False])
def test_settings_of_an_earlier_run_are_found_out_anew(checkout, monkeypatch, own_folder):
    """The tutorial has its shell name them, and the database that they name may be stopped."""
    if own_folder:
        monkeypatch.setenv("POMS_DATA_DIR", str(checkout / "data"))
    monkeypatch.delenv("POMS_DATABASE_URL", raising=False)
    data = installation.data_folder()
    file = installation.write_settings(
        data, installation.settings_for(data, 8123, "postgresql:///x")
    )
    monkeypatch.setenv("POMS_ENV_FILE", str(file))
    assert env.text("POMS_DATABASE_URL") == "postgresql:///x"

    assert installation.data_folder() == data
    assert env.text("POMS_DATABASE_URL") == ""


def test_settings_of_a_site_stay(checkout, monkeypatch):
    file = checkout / "poms.env"
    file.write_text("POMS_DATABASE_URL=postgresql://db.example/poms\n")
    monkeypatch.setenv("POMS_ENV_FILE", str(file))
    monkeypatch.delenv("POMS_DATABASE_URL", raising=False)

    installation.data_folder()

    assert env.text("POMS_DATABASE_URL") == "postgresql://db.example/poms"


def test_a_data_folder_that_was_deleted_is_made_again(checkout, monkeypatch):
    monkeypatch.setenv("POMS_ENV_FILE", str(checkout / "var/poms.env"))

    assert installation.data_folder() == checkout / "var"


def test_other_shells_find_the_installation_by_one_file(checkout, monkeypatch):
    data = installation.data_folder()
    settings = installation.settings_for(data, 8123, "postgresql://u:p@/d?host=/s&port=5432")

    file = installation.write_settings(data, settings)

    assert mode(file) == 0o600
    assert env.from_file(str(file)) == settings


def test_a_second_make_run_in_one_folder_is_refused(tmp_path):
    with (
        running.alone_in(tmp_path),
        pytest.raises(running.CantRun, match="already"),
        running.alone_in(tmp_path),
    ):
        pass


def test_a_taken_port_is_named_and_another_proposed():
    import socket

    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with pytest.raises(running.CantRun, match=f"port {port} .*PORT={port + 1}"):
            running.refuse_taken(port)


def test_a_private_file_appears_whole(tmp_path):
    embedded.write_private(tmp_path / "secret", "word")

    assert [path.name for path in tmp_path.iterdir()] == ["secret"]
    assert mode(tmp_path / "secret") == 0o600
