"""What the environment says."""

import subprocess

import pytest

from pomsproject import env


@pytest.fixture(autouse=True)
def no_cache():
    env.from_file.cache_clear()
    yield
    env.from_file.cache_clear()


def test_a_secret_may_come_from_a_file(monkeypatch, tmp_path):
    (tmp_path / "key").write_text("s3cret\n")
    monkeypatch.setenv("POMS_SOMETHING_FILE", str(tmp_path / "key"))

    assert env.text("POMS_SOMETHING") == "s3cret"


def test_what_the_environment_says_itself_goes_before_files(monkeypatch, tmp_path):
    (tmp_path / "poms.env").write_text("POMS_SOMETHING=from-file\n")
    monkeypatch.setenv("POMS_ENV_FILE", str(tmp_path / "poms.env"))
    monkeypatch.setenv("POMS_SOMETHING", "said")

    assert env.text("POMS_SOMETHING") == "said"


def test_the_rest_stands_in_a_file_that_a_shell_reads_alike(monkeypatch, tmp_path):
    file = tmp_path / "poms.env"
    file.write_text("# ours\nPOMS_SOMETHING='two words'\nPOMS_OTHER=a=b\n")
    monkeypatch.setenv("POMS_ENV_FILE", str(file))

    said = subprocess.check_output(
        ["sh", "-c", f". {file}; echo $POMS_SOMETHING; echo $POMS_OTHER"], text=True
    )

    assert [env.text("POMS_SOMETHING"), env.text("POMS_OTHER")] == said.splitlines()


def test_a_file_of_a_file_gives_a_secret_too(monkeypatch, tmp_path):
    (tmp_path / "key").write_text("s3cret\n")
    (tmp_path / "poms.env").write_text(f"POMS_SOMETHING_FILE={tmp_path}/key\n")
    monkeypatch.setenv("POMS_ENV_FILE", str(tmp_path / "poms.env"))

    assert env.text("POMS_SOMETHING") == "s3cret"


@pytest.mark.parametrize("line", ["just words", "POMS_A='open quote"])
def test_a_line_that_sets_nothing_is_refused_by_name(monkeypatch, tmp_path, line):
    (tmp_path / "poms.env").write_text(line)
    monkeypatch.setenv("POMS_ENV_FILE", str(tmp_path / "poms.env"))

    with pytest.raises(env.MissingSetting, match=r"poms\.env"):
        env.text("POMS_A")


def test_what_is_required_and_missing_is_named_with_advice():
    with pytest.raises(env.MissingSetting, match=r"set POMS_NOWHERE \(or POMS_NOWHERE_FILE\)"):
        env.required("POMS_NOWHERE")


@pytest.mark.parametrize(
    ("said", "meant"),
    [("1", True), ("yes", True), ("On", True), ("0", False), ("no", False), ("off", False)],
)
def test_a_flag_is_said_in_many_ways(monkeypatch, said, meant):
    monkeypatch.setenv("POMS_FLAG", said)

    assert env.flag("POMS_FLAG", default=not meant) is meant


def test_an_empty_flag_is_its_default(monkeypatch):
    monkeypatch.setenv("POMS_FLAG", "")

    assert env.flag("POMS_FLAG", default=True) is True


def test_words_lose_blanks_and_empty_ones(monkeypatch):
    monkeypatch.setenv("POMS_WORDS", " a, b ,,c")

    assert env.words("POMS_WORDS") == ["a", "b", "c"]


def test_a_line_for_cron_begins_with_the_file_of_settings(monkeypatch, tmp_path):
    assert env.for_cron() == ""

    monkeypatch.setenv("POMS_ENV_FILE", str(tmp_path / "with blank.env"))

    assert env.for_cron() == f"POMS_ENV_FILE='{tmp_path}/with blank.env'"


def test_numbers_that_are_not_said_stay(monkeypatch):
    monkeypatch.setenv("POMS_SOMETHING", "job=5")

    assert env.numbers("POMS_SOMETHING", {"person": 1, "job": 2}) == {"person": 1, "job": 5}


@pytest.mark.parametrize("said", ["jobs=5", "job=many", "job=-1", "job="])
def test_a_number_of_nothing_is_refused(monkeypatch, said):
    monkeypatch.setenv("POMS_SOMETHING", said)

    with pytest.raises(env.MissingSetting, match="there is person=NUMBER, job=NUMBER"):
        env.numbers("POMS_SOMETHING", {"person": 1, "job": 2})
