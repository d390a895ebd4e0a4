"""Datasets of POMS's on MetaCat: lists that are whole or don't count, queries that people typed."""

import pytest

from datahandling.base import DatasetConflict, NoSuchName, QueryError, Unknown
from datahandling.dispatcher_models import NamedQuery
from datahandling.handlers.data_dispatcher import datasets, evaluating, resolving
from datahandling.query import (
    Children,
    Consumed,
    Dataset,
    Everything,
    Named,
    NameLike,
    Nothing,
    Parents,
    ProjectFiles,
    Run,
    Snapshot,
)
from poms_client.testing.engine import data_dispatcher
from poms_client.testing.faults import Fault

pytestmark = [pytest.mark.django_db, pytest.mark.filterwarnings("ignore::ResourceWarning")]


@pytest.fixture
def metacat(site):
    return site.running["demo"].metacat


def names_of(metacat):
    with metacat.database.connection("metacat") as db:
        cursor = db.cursor()
        cursor.execute("select name from datasets order by name")
        return [name for (name,) in cursor.fetchall()]


def test_a_list_is_a_dataset_of_metacat_by_the_same_name(handler, service, metacat):
    service.declare("a", "b")

    handler.freeze("poms_depends_1_1", Dataset("raw"))

    assert names_of(metacat) == ["poms_depends_1_1", "raw"]


def test_a_definition_is_no_dataset_of_metacat(handler, service, metacat):
    service.declare("a", "b")

    handler.define("first", Dataset("raw")[:1])

    assert names_of(metacat) == ["raw"]
    assert handler.text(Dataset("first")) == "(files from demo:raw) ordered limit 1"


def test_what_metacat_has_cannot_be_defined(handler, service):
    service.declare("a")

    with pytest.raises(DatasetConflict, match="in MetaCat already"):
        handler.define("raw", Everything())


def test_a_list_that_a_crash_left_does_not_count(handler, service, metacat):
    """MetaCat makes the dataset before it fills it, and answers nobody who has gone."""
    service.declare("a", "b")
    metacat.faults.add(Fault("save_as", "truncated", times=1))
    with pytest.raises(Unknown):
        handler.freeze("d", Dataset("raw"))
    assert not handler.exists("d")
    with pytest.raises(NoSuchName):
        handler.count(Dataset("d"))
    service.declare("c")

    assert handler.freeze("d", Dataset("raw")) == 3
    assert handler.files(Dataset("d")) == ["a", "b", "c"]
    assert names_of(metacat) == ["d", "d_v2", "raw"]


def test_the_same_list_is_not_made_anew(handler, service, metacat):
    service.declare("a", "b")
    handler.freeze("d", Dataset("raw"))

    assert handler.freeze("d", Dataset("raw"), anew=True) == 2
    assert names_of(metacat) == ["d", "raw"]


def test_a_list_may_shrink_anew(handler, service):
    service.declare("a", "b")
    handler.freeze("d", Dataset("raw"))

    assert handler.freeze("d", Named(("a",)), anew=True) == 1
    assert handler.files(Dataset("d")) == ["a"]


def test_long_lists_are_saved_in_pieces(handler, service, monkeypatch):
    names = [f"f{number}" for number in range(9)]
    service.declare(*names)
    service.start_project("p", Dataset("raw"))
    for module in (datasets, evaluating):
        monkeypatch.setattr(module, "MANY", 4)

    assert handler.freeze("d", ProjectFiles("p")) == 9
    assert handler.files(Dataset("d")) == names


def test_a_long_list_that_was_left_half_full_does_not_count(handler, service, metacat, monkeypatch):
    names = [f"f{number}" for number in range(9)]
    service.declare(*names)
    service.start_project("p", Dataset("raw"))
    for module in (datasets, evaluating):
        monkeypatch.setattr(module, "MANY", 4)
    metacat.faults.add(Fault("add_to", "500"))

    with pytest.raises(Unknown):
        handler.freeze("d", ProjectFiles("p"))
    assert not handler.exists("d")
    metacat.faults.clear()
    assert handler.freeze("d", ProjectFiles("p")) == 9


def test_what_many_files_are_asked_about_is_answered_in_pieces(handler, service, monkeypatch):
    monkeypatch.setattr(evaluating, "MANY", 6)
    monkeypatch.setattr(evaluating, "FEWEST", 1)
    names = [f"f{number}" for number in range(12)]
    service.declare(*names)
    service.start_project("p", Dataset("raw"))
    for name in names[::2]:
        service.declare(f"{name}.reco", parents=[name], dataset=None)

    files = ProjectFiles("p")
    assert handler.files(files & Parents(NameLike("%.reco"))) == names[::2]
    assert handler.files(files - Parents(NameLike("%.reco"))) == names[1::2]
    assert handler.count(Children(files)) == 6
    assert handler.files(files[2:5]) == names[2:5]
    assert handler.files(files.stride(4, 1)) == names[1::4]
    assert handler.first_run(files) is None


OUTSIDERS = [  # what their project says that it was made over, and whether that helps
    ("files from demo:raw", True),
    ("files from demo:raw where size >= 0 ordered limit 12", True),
    ("files from demo:raw,demo:huge", False),
    ("files from raw", False),
    ("files from demo:raw) - (files from demo:raw", False),
    ("files from demo:nowhere", False),
    ("what I found on my disk", False),
    ("", False),
]


@pytest.mark.parametrize(("query", "helps"), OUTSIDERS)
def test_a_long_project_of_somebody_elses_is_asked_about_as_the_query_that_it_names(
    handler, service, metacat, dispatcher, monkeypatch, query, helps
):
    for module in (evaluating, resolving, datasets):
        monkeypatch.setattr(module, "MANY", 6)
    monkeypatch.setattr(evaluating, "FEWEST", 1)
    names = [f"f{number:02}" for number in range(12)]
    service.declare(*names)
    service.declare(*[f"h{number:02}" for number in range(40)], dataset="huge")
    for name in names[::2]:
        service.declare(f"{name}.reco", parents=[name], dataset=None)
    with dispatcher.database.connection(dispatcher.schemas) as db:
        made = data_dispatcher.db.DBProject.create(db, "prod", query=query)
        made.add_files([{"namespace": "demo", "name": name} for name in names])
    handler.start_project("p", Nothing(), {"project_id": made.ID})
    metacat.faults.log.clear()

    files = ProjectFiles("p")
    assert handler.files(files & Parents(NameLike("%.reco"))) == names[::2]
    assert handler.count(Children(files)) == 6

    asked = [one for one in metacat.faults.log if one.path == "/data/query"]
    assert any("demo:f" in one.body for one in asked) != helps
    assert all("summary=count" in one.query for one in asked if "demo:huge" in one.body)


def test_a_project_over_a_long_dataset_is_asked_about_as_that(
    handler, service, metacat, monkeypatch
):
    for module in (evaluating, resolving, datasets):
        monkeypatch.setattr(module, "MANY", 6)
    names = [f"f{number:02}" for number in range(12)]
    service.declare(*names)
    service.start_project("p", Dataset("raw"))
    service.consume("p", *names[:10])
    for name in names[::2]:
        service.declare(f"{name}.reco", parents=[name], dataset=None)
    metacat.faults.log.clear()

    consumed = Consumed("p")
    assert handler.files(consumed & Parents(NameLike("%.reco"))) == names[:10:2]
    assert handler.count(Children(ProjectFiles("p"))) == 6
    assert handler.freeze("d", Children(ProjectFiles("p"))) == 6
    asked = [one.body for one in metacat.faults.log if one.path == "/data/query"]
    assert not any("demo:f" in mql for mql in asked)

    service.declare("late")  # the dataset is another now: its project's files are not all of it
    assert handler.files(consumed & Parents(NameLike("%.reco"))) == names[:10:2]
    assert handler.count(Children(ProjectFiles("p"))) == 6


def test_snapshots_are_lists_that_metacat_keeps(handler, service, metacat):
    service.declare("a", "b")

    number = handler.take_snapshot(Dataset("raw"))

    (name,) = [each for each in names_of(metacat) if each != "raw"]
    assert name.startswith(f"poms_snapshot_{number}_")
    assert handler.text(Snapshot(number)) == f"files from demo:{name}"


def test_a_query_may_stand_for_a_dataset(handler, service):
    service.declare("a.root", metadata={"data_tier": "raw", "run_number": 1})
    service.declare("b.root", metadata={"data_tier": "raw", "run_number": 2})
    service.declare("c.log", metadata={"data_tier": "log", "run_number": 2})
    typed = Dataset("files from demo:raw where core.data_tier = raw")

    assert handler.files(typed) == ["a.root", "b.root"]
    assert handler.files(typed & Run("2")) == ["b.root"]
    assert handler.files(typed[1:2]) == ["b.root"]
    assert handler.exists(typed.name)
    assert handler.stem(typed.name).startswith("poms_query_")
    assert handler.stem("raw") == "raw"


@pytest.mark.parametrize(
    ("typed", "names"),
    [
        ("files from demo:raw limit 1", 1),
        ("files from demo:raw ordered skip 1", 2),
        ("files from demo:raw, demo:other", 4),
        ("union(files from demo:raw, files from demo:other)", 4),
        ("[files from demo:raw, files from demo:other]", 4),
        ("files demo:a, demo:b", 2),
        ("files from demo:raw - files from demo:other", 2),
        ("(files from demo:raw where name like 'a%') - files demo:b", 1),
        ("children(files from demo:raw)", 1),
    ],
)
def test_queries_of_every_kind(handler, service, typed, names):
    service.declare("a", "b", "shared")
    service.declare("d", dataset="other", parents=["a"])
    with service.running.metacat.database.connection("metacat") as db:
        db.cursor().execute(
            "insert into files_datasets select id, 'demo', 'other' from files where name = 'shared'"
        )

    assert handler.count(Dataset(typed) & (Everything() | Everything())) == names
    assert handler.count(Dataset(typed) - Named(("nobody",))) == names


@pytest.mark.parametrize(
    "typed",
    [
        "files from demo:raw where (core.a = 1",
        "files from demo:raw) - (files",
        "files from demo:raw where name like 'a",
        "files from demo:raw # where core.a = 1",
        "union(files from demo:raw]",
    ],
)
def test_a_query_that_reaches_beyond_itself_is_refused(handler, service, typed):
    service.declare("a")

    with pytest.raises(QueryError, match="no query"):
        handler.check(Dataset(typed))
    with pytest.raises(QueryError, match="no query"):
        handler.count(Dataset(typed))


@pytest.mark.parametrize(
    "condition",
    [
        r"core.map['p\' '] = 1 ) - (files from demo:raw where core.map['q\'r'] = 1",
        r"core.a = 'p\' ' ) - (files from demo:raw where core.b = 'q\'r'",
        r"core.a ~ '[.]\d'",
    ],
)
def test_a_backslash_which_hides_the_end_of_a_text_is_refused(handler, service, condition):
    service.declare("a")
    typed = Dataset(f"files from demo:raw where {condition}")

    with pytest.raises(QueryError, match="backslash"):
        handler.check(typed)
    with pytest.raises(QueryError, match="backslash"):
        handler.count(typed)


def test_what_metacat_cannot_read_is_no_empty_answer(handler, service):
    service.declare("a")

    with pytest.raises(QueryError, match="MetaCat can't read"):
        handler.count(Dataset("files from demo:raw where where"))


def test_a_query_that_names_no_dataset_is_no_empty_answer(handler, service):
    for typed in ("files from demo:missing", "union(files from demo:missing, files demo:a)"):
        with pytest.raises(NoSuchName, match="demo:missing"):
            handler.count(Dataset(typed))


def test_names_say_their_namespace_where_it_is_not_the_services(handler, service):
    service.declare("a")
    with service.running.metacat.database.connection("metacat") as db:
        db.cursor().execute(
            "insert into namespaces(name, owner_user) values ('elsewhere', 'poms')"
            " on conflict do nothing;"
            "insert into files(id, namespace, name, metadata, size)"
            " values ('x', 'elsewhere', 'b', '{}', 0);"
            "insert into files_datasets(file_id, dataset_namespace, dataset_name)"
            " values ('x', 'demo', 'raw')"
        )

    assert handler.files(Dataset("raw")) == ["a", "elsewhere:b"]
    assert handler.files(Dataset("demo:raw")) == ["a", "elsewhere:b"]
    assert handler.files(Named(("elsewhere:b", "b"))) == ["elsewhere:b"]


def test_a_query_is_told_for_people(handler, service):
    service.declare("a")
    handler.define("first", Dataset("raw")[:1])

    assert handler.text(Dataset("first") - ProjectFiles("p")) == (
        "((files from demo:raw) ordered limit 1) - (<files of project p>)"
    )
    assert handler.text(Dataset("raw").stride(3, 1)).startswith("<every file number 1, 4, … of")
    assert "no way to write" in handler.text(NameLike("a'"))
    assert NamedQuery.objects.count() == 1


def test_the_page_of_a_file_is_metacats(handler, service):
    service.declare("a")

    assert handler.file_page("a") == (
        f"{handler.service.metacat_url}/gui/show_file?show_form=no&fid=fid000001"
    )
    assert handler.file_page("missing") is None


def test_a_list_that_a_project_was_started_over_stays_whoever_freezes_it_anew(handler, service):
    """A worker whose lease ran out comes late; SAM keeps definitions in use as well."""
    service.declare("a", "b")
    handler.freeze("poms_recover_1_0", Dataset("raw"), anew=True)
    handler.start_project("poms_2", Dataset("poms_recover_1_0"), {"virtual": True})
    service.declare("c")

    assert handler.freeze("poms_recover_1_0", Dataset("raw"), anew=True) == 2
    assert handler.files(Dataset("poms_recover_1_0")) == ["a", "b"]


def test_a_list_stays_if_it_comes_into_use_while_another_is_saved(handler, service, monkeypatch):
    service.declare("a", "b")
    handler.freeze("poms_recover_1_0", Dataset("raw"), anew=True)
    service.declare("c")
    save = datasets.Datasets._save

    def slowly(self, dataset, resolved):
        handler.start_project("poms_2", Dataset("poms_recover_1_0"), {"virtual": True})
        return save(self, dataset, resolved)

    monkeypatch.setattr(datasets.Datasets, "_save", slowly)

    assert handler.freeze("poms_recover_1_0", Dataset("raw"), anew=True) == 2
    assert handler.files(Dataset("poms_recover_1_0")) == ["a", "b"]
