"""MQL as upstream answers it, traps and all."""

import pytest
from metacat.webapi.webapi import AlreadyExistsError, BadRequestError

ALL = [f"k{i:02}.root" for i in range(10)]


@pytest.fixture
def names(catalogue, dataset):
    """Return the names that a query selects, sorted."""

    def ask(query, **options):
        return sorted(each["name"] for each in catalogue.query(query, **options))

    return ask


@pytest.fixture
def family(catalogue, dataset):
    """Declare c0 and c1, children of k00 and k01, into samples:made."""
    catalogue.create_dataset("samples:made")
    catalogue.declare_files(
        "samples:made",
        [
            {"name": f"c{i}", "size": 1, "parents": [{"did": f"samples:k0{i}.root"}]}
            for i in range(2)
        ],
        namespace="samples",
    )


@pytest.mark.parametrize(
    ("query", "answer"),
    [
        ("files from samples:raw", ALL),
        ("files from samples:raw where core.run = 1", ALL[2:4]),
        ("files from samples:raw where core.run in (1,2)", ALL[2:6]),
        ("files from samples:raw where name like '%01%'", ["k01.root"]),
        ("files from samples:raw ordered skip 1 limit 2", ALL[1:3]),
        ("files samples:k00.root, samples:k01.root", ALL[:2]),
        ("files from samples:raw - files from samples:raw where core.run = 0", ALL[2:]),
        ("union(files samples:k00.root, files samples:k09.root)", [ALL[0], ALL[9]]),
        ("join(files from samples:raw, files samples:k09.root)", ALL[9:]),
        ("filter sample(0.5) (files from samples:raw ordered)", ALL[::2]),
        ("files where creator='poms' and created_timestamp > '2020-01-01'", ALL),
        ("datasets matching samples:*", ["raw"]),
    ],
)
def test_a_query_selects(names, query, answer):
    assert names(query) == answer


def test_relatives_are_selected_both_ways(names, family):
    assert names("children(files from samples:raw)") == ["c0", "c1"]
    assert names("parents(files from samples:made)") == ["k00.root", "k01.root"]
    assert names("files from samples:raw - parents(files from samples:made)") == ALL[2:]


def test_ids_select_files(catalogue, names):
    fids = [catalogue.get_file(did=f"samples:{name}")["fid"] for name in ALL[:2]]

    assert names(f"fids {', '.join(fids)}") == ALL[:2]


def test_a_count_is_an_object_of_its_own(catalogue, dataset):
    assert list(catalogue.query(f"files from {dataset}", summary="count")) == [
        {"count": 10, "total_size": 55}
    ]
    assert list(catalogue.query(f"files from {dataset}", summary="keys")) == [["core.run"]]


def test_metadata_and_relatives_come_when_they_are_asked_for(catalogue, family):
    query = "files samples:k00.root"
    (bare,) = catalogue.query(query)
    (full,) = catalogue.query(query, with_metadata=True, with_provenance=True)

    assert not {"metadata", "parents", "children"} & set(bare)
    assert full["metadata"] == {"core.run": 0}
    assert (len(full["parents"]), len(full["children"])) == (0, 1)


def test_save_as_makes_a_dataset_that_nobody_created(catalogue, dataset):
    list(catalogue.query(f"files from {dataset} where core.run = 1", save_as="samples:some"))

    saved = catalogue.get_dataset("samples:some", exact_file_count=True)
    assert (saved["creator"], saved["file_count"]) == (None, 2)
    with pytest.raises(AlreadyExistsError):
        list(catalogue.query(f"files from {dataset}", save_as="samples:some"))


def test_add_to_fills_a_dataset_that_is_there(catalogue, dataset, names):
    catalogue.create_dataset("samples:some")
    list(catalogue.query("files samples:k00.root", add_to="samples:some"))
    list(catalogue.query("files samples:k01.root", add_to="samples:some"))

    assert names("files from samples:some") == ALL[:2]


def test_a_frozen_answer_doesnt_grow_with_its_query(catalogue, dataset, names):
    list(catalogue.query(f"files from {dataset}", save_as="samples:then"))
    catalogue.declare_files(dataset, [{"name": "late", "namespace": "samples", "size": 1}])

    assert names(f"files from {dataset} - files from samples:then") == ["late"]


class TestTraps:
    """What MetaCat does that one wouldn't expect."""

    def test_a_query_that_nobody_reads_is_never_sent(self, metacat, catalogue, dataset):
        metacat.faults.log.clear()
        catalogue.query(f"files from {dataset}", save_as="samples:some")

        assert metacat.faults.asked("/data/query") == 0
        assert catalogue.get_dataset("samples:some") is None

    def test_a_dataset_that_isnt_there_has_no_files_and_is_no_error(self, names):
        assert names("files from samples:lost") == []

    def test_the_order_of_clauses_matters(self, names):
        assert len(names("files from samples:raw ordered limit 2 skip 1")) == 1
        assert len(names("files from samples:raw ordered skip 1 limit 2")) == 2

    def test_a_range_of_integers_selects_everything(self, names):
        assert names("files from samples:raw where core.run in 1:2") == ALL

    def test_a_name_with_files_before_it_selects_nothing(self, names):
        assert names("files from samples:raw where files.name = 'k00.root'") == []

    def test_an_id_and_a_size_dont_mix(self, catalogue, dataset):
        with pytest.raises(BadRequestError, match=r"^MQLCompilationError: "):
            list(catalogue.query("files where fid = 'x' or size > 3"))

    def test_wrong_syntax_is_said_as_text(self, catalogue, dataset):
        with pytest.raises(BadRequestError, match=r"^MQLSyntaxError: ") as caught:
            list(catalogue.query("files from where"))
        assert caught.value.StatusCode == 400

    def test_a_wrong_query_leaves_the_dataset_that_it_was_to_fill(self, catalogue, dataset):
        with pytest.raises(BadRequestError):
            list(catalogue.query("files from where", save_as="samples:some"))

        assert catalogue.get_dataset("samples:some")["file_count"] == 0


def test_records_are_separated_as_the_standard_says(metacat, dataset):
    import requests

    said = requests.post(f"{metacat.url}/data/query", data=f"files from {dataset}", timeout=5)

    assert said.headers["Content-Type"] == "application/json-seq"
    assert said.content.count(b"\x1e{") == said.content.count(b"}\n") == 10
