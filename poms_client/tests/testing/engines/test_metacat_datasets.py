"""Namespaces and datasets of MetaCat, through the real client."""

import pytest
from metacat.webapi.webapi import (
    AlreadyExistsError,
    BadRequestError,
    NotFoundError,
    PermissionDeniedError,
)


def test_a_namespace_belongs_to_who_makes_it(catalogue):
    assert catalogue.create_namespace("mine", description="my own")["owner_user"] == "poms"

    assert catalogue.get_namespace("mine")["creator"] == "poms"
    assert catalogue.get_namespace("lost") is None
    assert [each["name"] for each in catalogue.list_namespaces()] == ["mine"]


def test_a_namespace_is_made_once(catalogue):
    catalogue.create_namespace("mine")

    with pytest.raises(AlreadyExistsError, match=r"^Namespace already exists$"):
        catalogue.create_namespace("mine")


def test_a_namespace_for_a_role_needs_the_role(metacat, catalogue, tmp_path):
    from metacat.webapi import MetaCatClient

    guest = MetaCatClient(
        metacat.url, token=metacat.token("guest"), token_library=str(tmp_path / "t")
    )

    assert guest.create_namespace("shifts", owner_role="shifters")["owner_role"] == "shifters"
    assert guest.create_dataset("shifts:log")["name"] == "log"
    with pytest.raises(PermissionDeniedError):
        catalogue.create_namespace("taken", owner_role="shifters")
    with pytest.raises(PermissionDeniedError):
        catalogue.create_dataset("shifts:mine")


def test_a_dataset_is_described_with_the_keys_that_upstream_gives_it(catalogue, dataset):
    assert set(catalogue.get_dataset(dataset)) == {
        *("namespace", "name", "frozen", "monotonic", "metadata", "file_meta_requirements"),
        *("creator", "created_timestamp", "updated_by", "updated_timestamp"),
        *("description", "file_count"),
    }


def test_a_dataset_is_made_once(catalogue, dataset):
    with pytest.raises(AlreadyExistsError):
        catalogue.create_dataset(dataset)
    with pytest.raises(NotFoundError):
        catalogue.create_dataset("lost:raw")
    assert catalogue.get_dataset("samples:lost") is None


def test_a_dataset_can_be_made_of_a_query(catalogue, dataset):
    made = catalogue.create_dataset(
        "samples:run1", files_query="files from samples:raw where core.run = 1"
    )

    assert made["file_count"] == 2
    assert {each["name"] for each in catalogue.get_dataset_files("samples:run1")} == {
        "k02.root",
        "k03.root",
    }


def test_files_are_put_in_and_taken_out(catalogue, dataset):
    catalogue.create_dataset("samples:some")

    assert catalogue.add_files("samples:some", [{"did": "samples:k00.root"}]) == 1
    assert catalogue.add_files("samples:some", query=f"files from {dataset}") == 9
    assert catalogue.remove_files("samples:some", [{"did": "samples:k00.root"}]) == 1
    assert catalogue.get_dataset("samples:some", exact_file_count=True)["file_count"] == 9


def test_a_frozen_dataset_stays_as_it_is(catalogue, dataset):
    catalogue.update_dataset(dataset, frozen=True, metadata={"a.b": 1})

    with pytest.raises(PermissionDeniedError, match="Dataset is frozen"):
        catalogue.add_files(dataset, query="files from samples:raw")
    assert catalogue.get_dataset(dataset)["metadata"] == {"a.b": 1}


def test_datasets_have_children_but_no_circles(catalogue, dataset):
    catalogue.create_dataset("samples:part")
    catalogue.add_child_dataset(dataset, "samples:part")

    assert catalogue.get_dataset_counts(dataset)["child_count"] == 1
    with pytest.raises(BadRequestError, match="Circular"):
        catalogue.add_child_dataset("samples:part", dataset)


def test_datasets_are_listed_and_removed(catalogue, dataset):
    catalogue.create_dataset("samples:some")
    listed = list(catalogue.list_datasets(name_pattern="r*"))
    catalogue.remove_dataset("samples:some")

    assert [(each["name"], each["file_count"]) for each in listed] == [("raw", 10)]
    assert [each["name"] for each in catalogue.list_datasets()] == ["raw"]


def test_requirements_on_metadata_hold_for_what_is_declared(catalogue, dataset):
    import requests
    from metacat.webapi.webapi import InvalidMetadataError

    wanted = {"core.run": {"required": True, "min": 1}}
    requests.post(
        f"{catalogue.ServerURL}/data/create_dataset",
        json={"namespace": "samples", "name": "strict", "file_meta_requirements": wanted},
        headers={"X-Authentication-Token": catalogue.Token.encode()},
        timeout=5,
    ).raise_for_status()
    file = {"name": "new", "namespace": "samples", "size": 1}

    with pytest.raises(InvalidMetadataError):
        catalogue.declare_files("samples:strict", [file])
    assert catalogue.declare_files("samples:strict", [{**file, "metadata": {"core.run": 1}}])
