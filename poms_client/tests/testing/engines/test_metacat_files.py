"""Files in MetaCat: declaring, looking up, changing; through the real client."""

import pytest
from metacat.webapi.webapi import (
    AlreadyExistsError,
    BadRequestError,
    InvalidMetadataError,
    NotFoundError,
    PermissionDeniedError,
    WebAPIError,
)

HIT = {"name": "new.root", "namespace": "samples", "size": 7}


def test_a_declared_file_is_found_by_name_and_by_id(catalogue, dataset):
    (declared,) = catalogue.declare_files(dataset, [{**HIT, "metadata": {"core.run": 9}}])

    by_name = catalogue.get_file(did="samples:new.root")
    by_id = catalogue.get_file(fid=declared["fid"])

    assert by_name == by_id
    assert by_name["metadata"] == {"core.run": 9}
    assert (by_name["creator"], by_name["size"], by_name["retired"]) == ("poms", 7, False)
    assert len(by_name["fid"]) == 16


def test_a_file_is_described_with_the_keys_that_upstream_gives_it(catalogue, dataset):
    assert set(catalogue.get_file(did="samples:k00.root")) == {
        *("fid", "namespace", "name", "size", "checksums", "metadata", "parents", "children"),
        *("creator", "created_timestamp", "updated_by", "updated_timestamp"),
        *("retired", "retired_by", "retired_timestamp"),
    }


def test_parents_are_named_any_way_and_known_from_both_sides(catalogue, dataset):
    first, second = (catalogue.get_file(did=f"samples:k0{i}.root") for i in range(2))
    child = {**HIT, "parents": [{"did": "samples:k00.root"}, {"fid": second["fid"]}]}

    catalogue.declare_files(dataset, [child])

    child = catalogue.get_file(did="samples:new.root")
    assert {each["fid"] for each in child["parents"]} == {first["fid"], second["fid"]}
    assert catalogue.get_file(did="samples:k00.root")["children"] == [{"fid": child["fid"]}]


def test_a_parent_that_nobody_knows_refuses_the_file(catalogue, dataset):
    with pytest.raises(InvalidMetadataError, match="Can not get file id for parent: samples:lost"):
        catalogue.declare_files(dataset, [{**HIT, "parents": [{"did": "samples:lost"}]}])

    assert catalogue.get_file(did="samples:new.root") is None


def test_declaring_again_is_a_conflict_that_names_the_files_and_declares_none(catalogue, dataset):
    with pytest.raises(AlreadyExistsError) as caught:
        catalogue.declare_files(dataset, [HIT, {**HIT, "name": "k03.root"}])

    assert caught.value.Message == "The following files already exist:\n  samples:k03.root"
    assert catalogue.get_file(did="samples:new.root") is None
    assert catalogue.get_dataset(dataset, exact_file_count=True)["file_count"] == 10


def test_a_dry_run_declares_nothing_and_the_client_takes_its_202_for_an_error(catalogue, dataset):
    with pytest.raises(WebAPIError) as caught:
        catalogue.declare_files(dataset, [HIT], dry_run=True)

    assert caught.value.StatusCode == 202
    assert set(caught.value.Data[0]) == {"fid", "namespace", "name"}
    assert catalogue.get_file(did="samples:new.root") is None


@pytest.mark.parametrize(
    ("into", "file", "error"),
    [
        ("samples:lost", HIT, BadRequestError),
        ("lost:raw", HIT, NotFoundError),
        ("samples:raw", {**HIT, "name": "with space"}, BadRequestError),
        ("samples:raw", {**HIT, "namespace": "lost"}, NotFoundError),
    ],
)
def test_what_cant_be_declared_is_refused(catalogue, dataset, into, file, error):
    with pytest.raises(error):
        catalogue.declare_files(into, [file])


def test_another_ones_namespace_is_closed(metacat, catalogue, dataset):
    from metacat.common import SignedToken

    catalogue.Token = SignedToken.decode(metacat.token("guest"))

    with pytest.raises(PermissionDeniedError):
        catalogue.declare_files(dataset, [HIT])


def test_files_are_looked_up_in_bulk_and_unknown_ones_left_out(catalogue, dataset):
    wanted = [{"did": "samples:k00.root"}, {"did": "samples:lost"}]
    wanted.append({"namespace": "samples", "name": "k05.root"})

    found = list(catalogue.get_files(wanted))

    assert {each["name"]: each["metadata"]["core.run"] for each in found} == {
        "k00.root": 0,
        "k05.root": 2,
    }


def test_metadata_is_merged_or_replaced(catalogue, dataset):
    catalogue.update_file(did="samples:k00.root", metadata={"a.b": 1})
    assert catalogue.get_file(did="samples:k00.root")["metadata"] == {"core.run": 0, "a.b": 1}

    said = catalogue.update_file(did="samples:k00.root", metadata={"a.b": 2}, replace=True)
    assert said["metadata"] == {"a.b": 2}


def test_a_retired_file_keeps_its_name_and_is_in_no_answer(catalogue, dataset):
    catalogue.retire_file(did="samples:k00.root")

    assert len(list(catalogue.query(f"files from {dataset}"))) == 9
    assert catalogue.get_file(did="samples:k00.root")["retired"]
    with pytest.raises(AlreadyExistsError):
        catalogue.declare_files(dataset, [{**HIT, "name": "k00.root"}])


def test_a_deleted_file_is_gone(catalogue, dataset):
    catalogue.delete_file(did="samples:k00.root")

    assert catalogue.get_file(did="samples:k00.root") is None


def test_the_page_of_a_file_is_a_link_away(metacat, catalogue, dataset):
    import requests

    fid = catalogue.get_file(did="samples:k00.root")["fid"]
    said = requests.get(f"{metacat.url}/gui/show_file?show_form=no&fid={fid}", timeout=5)

    assert said.headers["Content-Type"].startswith("text/html")
    assert "<h1>samples:k00.root</h1>" in said.text


def test_without_a_token_nothing_is_declared(catalogue, dataset):
    catalogue.Token = None

    with pytest.raises(WebAPIError, match="Token not found") as caught:
        catalogue.declare_files(dataset, [HIT])

    assert caught.value.StatusCode == 401
