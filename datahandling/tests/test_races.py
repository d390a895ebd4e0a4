"""Several at once: each thing happens once, and nothing gets stuck."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from threading import Barrier

import pytest
from django.db import connection

from datahandling.handlers.catalogue import Catalogue, Declaration
from datahandling.models import DatasetDefinition, File, Handle, Project, Snapshot
from datahandling.query import Dataset, Everything, NameLike
from datahandling.testing import declare_files

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]

WORKERS = 8


@pytest.fixture
def catalogue():
    return Catalogue("demo")


def at_once(work: Callable, workers: int = WORKERS) -> list:
    """Call ``work(number)`` in as many threads, started at one instant; return what they return."""
    start = Barrier(workers)

    def run(number):
        try:
            start.wait(timeout=30)
            return work(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(workers) as pool:
        return list(pool.map(run, range(workers)))


def test_workers_draw_each_file_once(catalogue):
    names = declare_files("demo", "raw", 200)
    catalogue.start_project("p", Dataset("raw"))

    def draw(number):
        drawn = []
        while file := catalogue.next_file("p", f"worker {number}"):
            catalogue.file_done("p", file.name, f"worker {number}")
            drawn.append(file.name)
        return drawn

    drawn = at_once(draw)

    assert sorted(chain.from_iterable(drawn)) == names
    assert not Handle.objects.exclude(state="done", attempts=1).exists()


def test_a_project_is_started_once(catalogue):
    declare_files("demo", "raw", 50)

    summaries = at_once(lambda _: catalogue.start_project("p", Dataset("raw")))

    assert {summary.files for summary in summaries} == {50}
    assert Project.objects.count() == 1
    assert Handle.objects.count() == 50


def test_a_dataset_is_frozen_once_and_all_are_told_the_same(catalogue):
    declare_files("demo", "raw", 20)

    def freeze(number):
        if number % 2:
            catalogue.declare([Declaration(f"raw_extra{number}")])
        return catalogue.freeze("d", NameLike("raw%"))

    counts = at_once(freeze)

    assert counts == [catalogue.count(Dataset("d"))] * WORKERS
    assert DatasetDefinition.objects.filter(name="d").count() == 1
    assert Snapshot.objects.count() == 1


def test_a_dataset_is_defined_once(catalogue):
    at_once(lambda _: catalogue.define("d", Everything()))

    assert DatasetDefinition.objects.count() == 1


def test_the_same_files_are_declared_once_in_whatever_order(catalogue):
    declarations = [Declaration(f"f{number}", datasets=["d", "e"]) for number in range(200)]

    def declare(number):
        return catalogue.declare(declarations if number % 2 else reversed(declarations))

    outcomes = [outcome for declared in at_once(declare) for _, outcome in declared]

    assert outcomes.count("declared") == 200
    assert File.objects.count() == catalogue.count(Dataset("d")) == 200


def test_who_reads_up_to_a_file_never_finds_an_earlier_one_later(catalogue):
    """Keys come from a sequence; what commits out of order would change lists already read."""

    def declare_or_read(number):
        if number:
            for round_ in range(20):
                catalogue.declare([Declaration(f"{number}_{round_}_{i}") for i in range(5)])
            return []
        return [catalogue.files(Everything()) for _ in range(60)]

    reads, *_ = at_once(declare_or_read)

    final = catalogue.files(Everything())
    assert len(final) == 700
    assert all(read == final[: len(read)] for read in reads)
