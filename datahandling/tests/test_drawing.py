import pytest

from datahandling.base import NoSuchName, ProjectSummary
from datahandling.handlers.catalogue import Catalogue, HandleConflict
from datahandling.models import Handle, Project
from datahandling.query import Dataset
from datahandling.testing import declare_files

pytestmark = pytest.mark.django_db


@pytest.fixture
def catalogue():
    """Three files, a to c, in project p."""
    catalogue = Catalogue("demo")
    declare_files("demo", "raw", 3)
    catalogue.start_project("p", Dataset("raw"))
    return catalogue


def handle(name):
    return Handle.objects.get(file__name=name)


def test_files_are_handed_out_in_the_declared_order(catalogue):
    drawn = [catalogue.next_file("p", "w").name for _ in range(3)]

    assert drawn == ["raw_001.root", "raw_002.root", "raw_003.root"]


def test_when_none_is_left_there_is_no_next_file(catalogue):
    for _ in range(3):
        catalogue.next_file("p", "w")

    assert catalogue.next_file("p", "w") is None


def test_a_file_is_handed_out_with_its_locations(catalogue):
    file = catalogue.next_file("p", "w")

    assert [location.url for location in file.locations.all()] == ["file:///data/raw_001.root"]


def test_a_worker_that_asks_again_gets_the_next_file_and_keeps_the_first(catalogue):
    catalogue.next_file("p", "w")
    catalogue.next_file("p", "w")

    assert catalogue.project("p") == ProjectSummary(3, initial=1, reserved=2, done=0, failed=0)


def test_a_request_that_is_repeated_is_answered_with_the_same_file(catalogue):
    first = catalogue.next_file("p", "w", "request 1")

    assert catalogue.next_file("p", "w", "request 1") == first
    assert catalogue.next_file("p", "w", "request 2") != first
    assert catalogue.project("p") == ProjectSummary(3, initial=1, reserved=2, done=0, failed=0)


def test_a_file_offered_again_is_a_matter_of_another_request(catalogue):
    file = catalogue.next_file("p", "w", "request 1")
    catalogue.file_failed("p", file.name, "w", retry=True)
    for number in (2, 3, 4):
        last = catalogue.next_file("p", "w", f"request {number}")

    assert last == file
    assert catalogue.next_file("p", "w", "request 4") == file


def test_who_asks_without_a_name_is_refused(catalogue):
    with pytest.raises(ValueError, match="a worker needs a name"):
        catalogue.next_file("p", "")


def test_a_file_is_done(catalogue):
    file = catalogue.next_file("p", "w")
    catalogue.file_done("p", file.name, "w")

    assert handle(file.name).state == "done"
    assert handle(file.name).ended_at is not None


def test_saying_done_again_is_fine(catalogue):
    file = catalogue.next_file("p", "w")
    catalogue.file_done("p", file.name, "w")
    ended = handle(file.name).ended_at
    catalogue.file_done("p", file.name, "w")

    assert handle(file.name).ended_at == ended


def test_only_the_worker_that_holds_a_file_answers_for_it(catalogue):
    file = catalogue.next_file("p", "w1")

    with pytest.raises(HandleConflict, match="is reserved by w1, not reserved by w2"):
        catalogue.file_done("p", file.name, "w2")
    with pytest.raises(HandleConflict):
        catalogue.file_failed("p", file.name, "w2", retry=True)
    assert handle(file.name).state == "reserved"


def test_a_file_that_nobody_drew_cannot_be_done(catalogue):
    with pytest.raises(HandleConflict, match="is initial, not reserved by w"):
        catalogue.file_done("p", "raw_001.root", "w")


def test_what_is_done_stays_done(catalogue):
    file = catalogue.next_file("p", "w")
    catalogue.file_done("p", file.name, "w")

    with pytest.raises(HandleConflict, match="is done by w"):
        catalogue.file_failed("p", file.name, "w")
    assert handle(file.name).state == "done"


def test_a_failed_file_is_not_handed_out_again(catalogue):
    file = catalogue.next_file("p", "w")
    catalogue.file_failed("p", file.name, "w", why="unreadable")
    catalogue.file_failed("p", file.name, "w", why="unreadable")

    assert handle(file.name).state == "failed"
    assert handle(file.name).why == "unreadable"
    assert catalogue.next_file("p", "w").name != file.name


def test_a_file_that_failed_with_retry_is_handed_out_again_after_the_others(catalogue):
    catalogue.next_file("p", "w")
    catalogue.file_failed("p", "raw_001.root", "w", retry=True, why="disk full")
    drawn = [catalogue.next_file("p", "w2").name for _ in range(3)]

    assert drawn == ["raw_002.root", "raw_003.root", "raw_001.root"]
    assert handle("raw_001.root").attempts == 2
    assert handle("raw_001.root").retry


def test_saying_retry_again_is_fine_until_somebody_else_has_the_file(catalogue):
    catalogue.next_file("p", "w")
    catalogue.file_failed("p", "raw_001.root", "w", retry=True)
    catalogue.file_failed("p", "raw_001.root", "w", retry=True)
    for _ in range(3):
        catalogue.next_file("p", "w2")

    with pytest.raises(HandleConflict, match="is reserved by w2"):
        catalogue.file_failed("p", "raw_001.root", "w", retry=True)


def test_unknown_projects_and_files_are_named(catalogue):
    with pytest.raises(NoSuchName, match="no project q"):
        catalogue.next_file("q", "w")
    with pytest.raises(NoSuchName, match="no project q"):
        catalogue.file_done("q", "raw_001.root", "w")
    with pytest.raises(NoSuchName, match="project p has no file other"):
        catalogue.file_done("p", "other", "w")


def test_projects_of_other_experiments_are_out_of_reach(catalogue):
    catalogue.next_file("p", "w")

    with pytest.raises(NoSuchName):
        Catalogue("other").next_file("p", "w")
    with pytest.raises(NoSuchName):
        Catalogue("other").file_done("p", "raw_001.root", "w")


def test_a_draw_takes_the_same_statements_however_many_files_there_are(
    catalogue, django_assert_num_queries
):
    declare_files("demo", "many", 1000)
    catalogue.start_project("q", Dataset("many"))

    for project in ("p", "q"):
        # project, savepoint, handle, its update, end of the savepoint, file, locations
        with django_assert_num_queries(7):
            catalogue.next_file(project, "w")


def test_a_project_knows_the_dataset_it_was_started_over(catalogue):
    catalogue.start_project("part", Dataset("raw")[:1])

    assert Project.objects.get(name="p").dataset == "raw"
    assert Project.objects.get(name="part").dataset is None
