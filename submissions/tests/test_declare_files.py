"""`manage.py declare_files`: real files on disk become files that POMS knows."""

import hashlib
import os
from datetime import UTC, datetime

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from campaigns.models import Experiment
from datahandling.handlers.catalogue import Catalogue
from datahandling.models import File
from datahandling.query import Dataset
from submissions.management.commands import declare_files

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def demo():
    Experiment.objects.create(name="demo")
    return Catalogue("demo")


@pytest.fixture
def raw(tmp_path):
    folder = tmp_path / "raw data"
    folder.mkdir()
    for name in ("b.raw", "a.raw", "notes.txt", ".hidden"):
        (folder / name).write_text(f"content of {name}")
    return folder


def declare(folder, *options, dataset="raw"):
    call_command("declare_files", folder, "--dataset", dataset, *options)


def test_a_file_is_declared_with_size_checksum_and_location(raw, demo):
    declare(raw, "--glob", "a.raw")

    known = demo.metadata("a.raw")
    content = b"content of a.raw"
    assert known["size"] == len(content)
    assert known["checksum"] == f"sha256:{hashlib.sha256(content).hexdigest()}"
    assert known["locations"] == [(raw / "a.raw").as_uri()]
    assert known["metadata"] == {}


def test_the_dataset_has_the_visible_files_in_order_of_their_names(raw, demo):
    declare(raw)

    assert demo.files(Dataset("raw")) == ["a.raw", "b.raw", "notes.txt"]


def test_only_files_that_match_one_of_the_patterns_are_taken(raw, demo):
    (raw / "deep").mkdir()
    (raw / "deep" / "c.raw").write_text("c")

    declare(raw, "--glob", "**/*.raw", "--glob", ".hid*")

    assert demo.files(Dataset("raw")) == [".hidden", "a.raw", "b.raw", "c.raw"]


def test_metadata_are_said_of_each_file(raw, demo):
    declare(raw, "--meta", "run_number=4321", "--meta", "data_tier=raw", "--meta", "det=near=1")

    said = demo.metadata("b.raw")["metadata"]
    assert said == {"run_number": 4321, "data_tier": "raw", "det": "near=1"}
    assert File.objects.get(name="b.raw").run == "4321"


def test_the_end_of_the_data_is_the_files_time_only_if_asked_for(raw, demo):
    os.utime(raw / "a.raw", (1_700_000_000, 1_700_000_000))
    declare(raw, "--glob", "a.raw", "--end-time")
    declare(raw, "--glob", "b.raw")

    assert File.objects.get(name="a.raw").end_time == datetime.fromtimestamp(1_700_000_000, UTC)
    assert File.objects.get(name="b.raw").end_time is None


def test_declaring_again_changes_nothing_and_says_so(raw, demo, capsys):
    declare(raw)
    (raw / "late.raw").write_text("late")
    declare(raw)

    first, second = capsys.readouterr().out.splitlines()
    assert first == "raw of demo: 3 files declared, 0 unchanged"
    assert second == "raw of demo: 1 files declared, 3 unchanged"
    assert demo.count(Dataset("raw")) == 4


def test_a_dry_run_writes_nothing(raw, demo, capsys):
    declare(raw, "--dry-run")

    assert capsys.readouterr().out == "raw of demo: 3 files would be declared, 0 unchanged\n"
    assert not File.objects.exists()
    assert not demo.exists("raw")


def test_a_file_that_has_changed_is_refused_by_name(raw, demo):
    declare(raw)
    (raw / "a.raw").write_text("something else of the same name")

    with pytest.raises(CommandError, match=r"a\.raw is declared already with another size"):
        declare(raw)


def test_files_before_a_conflict_are_declared_batch_by_batch(raw, demo, monkeypatch):
    monkeypatch.setattr(declare_files, "BATCH", 1)
    declare(raw, "--glob", "b.raw")
    (raw / "b.raw").write_text("another")

    with pytest.raises(CommandError, match=r"another size.*\(1 files before that one are declared"):
        declare(raw)

    assert set(demo.files(Dataset("raw"))) == {"a.raw", "b.raw"}


def test_a_file_that_cannot_be_read_is_named(raw):
    (raw / "gone.raw").symlink_to(raw / "nowhere")

    with pytest.raises(CommandError, match=r"gone.raw can't be read \(No such file"):
        declare(raw)


def test_what_is_no_file_is_named(raw):
    os.mkfifo(raw / "pipe.raw")

    with pytest.raises(CommandError, match=r"pipe.raw can't be read \(it is no regular file"):
        declare(raw)


def test_two_files_of_one_name_are_refused(raw):
    (raw / "deep").mkdir()
    (raw / "deep" / "a.raw").write_text("another")

    with pytest.raises(CommandError, match=r"deep/a.raw have one name|a.raw and .* have one name"):
        declare(raw, "--glob", "**/*.raw")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--glob", "*.root"], r"has no file that matches \*.root"),
        (["--experiment", "nova"], "there is no experiment nova; there are demo"),
        (["--meta", "novalue"], "write key=value"),
        (["--meta", "run_number=soon"], "a run is a number"),
    ],
)
def test_what_makes_no_sense_is_refused(raw, options, message):
    with pytest.raises(CommandError, match=message):
        declare(raw, *options)

    assert not File.objects.exists()


def test_a_directory_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(CommandError, match="is no directory"):
        declare(tmp_path / "nowhere")


def test_the_experiment_is_asked_for_where_there_are_several(raw):
    Experiment.objects.create(name="nova")

    with pytest.raises(CommandError, match="say which --experiment; there are demo, nova"):
        declare(raw)


def test_a_dataset_that_is_a_query_takes_no_files(raw, demo):
    declare(raw)
    demo.define("same", Dataset("raw"))

    with pytest.raises(CommandError, match="same is defined by a query"):
        declare(raw, dataset="same")


def test_ten_thousand_files_are_declared_in_batches(tmp_path, demo, django_assert_max_num_queries):
    for number in range(10_000):
        (tmp_path / f"f{number:05}").write_bytes(b"%d" % number)

    with django_assert_max_num_queries(300):
        declare(tmp_path)

    assert demo.count(Dataset("raw")) == 10_000
