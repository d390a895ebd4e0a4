"""What each split type hands out, and under which name."""

from datetime import UTC, datetime

import pytest

from campaigns.slicing import find_slice, peek_slice
from campaigns.splits import SplitError, parse_split
from campaigns.tests.memory import MemoryFile, MemoryHandler, walk
from datahandling.query import Dataset

NOW = datetime(2026, 3, 14, 15, 9, 26, tzinfo=UTC)
EPOCH = int(NOW.timestamp())


@pytest.fixture
def handler():
    handler = MemoryHandler()
    handler.declare("raw", *(f"f{n}" for n in range(7)))
    return handler


def found(handler, text, dataset="raw", position=None, now=NOW, **options):
    return find_slice(
        handler, parse_split(text), dataset, position, "stage 1 pass 1", now, **options
    )


def walked(handler, text, dataset="raw", now=NOW, position=None):
    slices, _ = walk(parse_split(text), handler, dataset, find_slice, now, position=position)
    return [piece.dataset for piece in slices], [
        handler.files(Dataset(piece.dataset)) for piece in slices
    ]


def test_nfiles_takes_n_at_a_time_and_names_the_slice_after_its_index(handler):
    names, files = walked(handler, "nfiles(3)")

    assert names == ["raw_slice0_files3", "raw_slice1_files3", "raw_slice2_files3"]
    assert files == [["f0", "f1", "f2"], ["f3", "f4", "f5"], ["f6"]]


def test_mod_deals_the_files_out(handler):
    names, files = walked(handler, "mod(3)")

    assert names == ["raw_slice0_of_3", "raw_slice1_of_3", "raw_slice2_of_3"]
    assert files == [["f0", "f3", "f6"], ["f1", "f4"], ["f2", "f5"]]


def test_mod_passes_over_slices_that_got_no_file(handler):
    handler.declare("two", "a", "b")

    names, _ = walked(handler, "mod(5)", "two")

    assert names == ["two_slice0_of_5", "two_slice1_of_5"]


def test_setting_the_position_sets_the_next_slice(handler):
    assert found(handler, "nfiles(2)", position=3).slice.dataset == "raw_slice3_files2"


def test_limitn_offers_the_same_files_again_under_another_name(handler):
    first = found(handler, "limitn(2)").slice
    second = found(handler, "limitn(2)", position=first.position_after).slice

    assert first.dataset != second.dataset
    assert (
        handler.files(Dataset(first.dataset))
        == handler.files(Dataset(second.dataset))
        == ["f0", "f1"]
    )


def test_limitn_of_nothing_is_exhausted(handler):
    handler.declare("none")

    assert found(handler, "limitn(2)", "none").exhausted


def test_draining_hands_out_the_dataset_itself_every_time(handler):
    first = found(handler, "draining").slice
    second = found(handler, "draining", position=first.position_after).slice

    assert (first.dataset, second.dataset) == ("raw", "raw")
    assert first.position_after != second.position_after


def test_drainingn_takes_what_came_in_between(handler):
    first = found(handler, "drainingn(5)").slice
    handler.declare("raw", "late")
    second = found(handler, "drainingn(5)", position=first.position_after).slice

    assert first.dataset == "raw_slice_0_stage_5"
    assert second.dataset == f"raw_slice_{first.position_after}_stage_5"
    assert handler.files(Dataset(second.dataset)) == ["f5", "f6", "late"]
    assert found(handler, "drainingn(5)", position=second.position_after).exhausted


def test_a_file_that_comes_after_a_slice_was_listed_is_not_lost(handler):
    handler.declare("few", "a")
    first = found(handler, "drainingn(5)", "few").slice

    handler.declare("few", "b")
    _, files = walked(handler, "drainingn(5)", "few", position=first.position_after)

    assert handler.files(Dataset(first.dataset)) == ["a"]
    assert files == [["b"]]


def test_stagedfiles_takes_what_the_staging_project_has_consumed(handler):
    handler.consumed["staging"] = ["f1", "f2", "f4"]
    first = found(handler, "stagedfiles(2)", "staging").slice
    handler.consumed["staging"].append("f5")
    second = found(handler, "stagedfiles(2)", "staging", position=first.position_after).slice

    assert first.dataset == "staging_slice_0_stage_2"
    assert handler.files(Dataset(first.dataset)) == ["f1", "f2"]
    assert handler.files(Dataset(second.dataset)) == ["f4", "f5"]


def with_runs(handler, **runs):
    handler.declare("runs", *(MemoryFile(name, run) for name, run in runs.items()))


def test_byrun_takes_both_bounds_and_passes_over_runs_without_files(handler):
    with_runs(handler, a="1", b="2", c="4", d="5", e="4.0002")

    names, files = walked(handler, "byrun(low=2, high=5)", "runs")

    assert [name.partition("_run_")[2] for name in names] == ["2", "4", "5"]
    assert files == [["b"], ["c", "e"], ["d"]]


def test_byrun_finds_a_far_run_and_the_end_with_few_questions(handler):
    with_runs(handler, far="50001")

    first = found(handler, "byrun", "runs")
    assert first.slice.dataset.endswith("_run_50001")
    assert found(handler, "byrun", "runs", position=first.slice.position_after).exhausted
    assert handler.asked < 60


def test_byexistingruns_takes_run_by_run_those_that_are_there(handler):
    with_runs(handler, a="7.0001", b="3.0001", none=None, c="7.0001")

    names, files = walked(handler, "byexistingruns", "runs")

    assert names[0] == "runs_slice_0_run_7.0001"
    assert files == [["a", "c"], ["b"]]


def test_byexistingruns_offers_a_run_again_for_files_that_came_late(handler):
    with_runs(handler, a="7.0001")
    first = found(handler, "byexistingruns", "runs").slice
    with_runs(handler, late="7.0001")

    second = found(handler, "byexistingruns", "runs", position=first.position_after).slice

    assert handler.files(Dataset(second.dataset)) == ["late"]


def at(seconds):
    return datetime.fromtimestamp(seconds, UTC)


def test_new_begins_with_the_newest_window_that_is_over_by_the_transfer_time(handler):
    handler.declare(
        "times",
        MemoryFile("seen", ended=at(EPOCH - 1801)),
        MemoryFile("soon", ended=at(EPOCH - 1799)),
    )

    piece = found(handler, "new(window=1h)", "times").slice

    assert piece.dataset.endswith(f"_time_{EPOCH - 1800 - 3600}__{EPOCH - 1800}")
    assert handler.files(Dataset(piece.dataset)) == ["seen"]
    assert found(handler, "new(window=1h)", "times", position=piece.position_after).exhausted


def test_new_rounds_its_windows(handler):
    handler.declare("times", MemoryFile("a", ended=at(EPOCH - 2 * 86400)))

    piece = found(
        handler,
        "new(window=30h, round=1d, firsttime=0)",
        "times",
        position=(EPOCH // 86400 - 3) * 86400,
    ).slice

    assert piece.position_after % 86400 == 0


def test_a_look_passes_over_so_many_empty_windows_and_says_where_to_go_on(handler):
    handler.declare("times", MemoryFile("late", ended=at(1000 + 50 * 10)))
    text = "new(firsttime=1000, lasttime=2000, window=10, fts=0)"

    look = found(handler, text, "times", bound=20)
    assert (look.slice, look.exhausted, look.continue_at) == (None, False, 1200)

    _, taken = walked(handler, text, "times")
    assert taken == [["late"]]


def test_new_walks_from_the_first_time_to_the_last(handler):
    files = [MemoryFile(f"t{n}", ended=at(1000 + 100 * n)) for n in range(5)]
    handler.declare("times", *files)

    _, taken = walked(handler, "new(firsttime=999, lasttime=1399, window=200, fts=0)", "times")

    assert taken == [["t0", "t1"], ["t2", "t3"]]


def test_an_empty_window_is_not_looked_at_from_a_later_start(handler):
    """Else what ended between two looks at nothing would never be handed out."""
    handler.declare("times")
    split = parse_split("new(window=1h)")
    _, position = walk(split, handler, "times", find_slice, NOW)
    handler.declare("times", MemoryFile("between", ended=at(EPOCH)))

    slices, _ = walk(split, handler, "times", find_slice, at(EPOCH + 5 * 3600), position=position)

    assert [handler.files(Dataset(piece.dataset)) for piece in slices] == [["between"]]


def test_local_time_takes_what_the_clock_on_the_wall_said(handler, settings):
    settings.TIME_ZONE = "America/Chicago"
    winter = datetime(2026, 1, 10, 12, tzinfo=UTC)
    handler.declare("times", MemoryFile("wall", ended=datetime(2026, 1, 10, 6, tzinfo=UTC)))

    piece = found(handler, "new(localtime=1, window=1h, fts=0)", "times", now=winter).slice

    assert handler.files(Dataset(piece.dataset)) == ["wall"]


def test_list_takes_entry_by_entry_without_blanks_around(handler):
    slices, _ = walk(parse_split("list"), handler, " raw, other ,\nthird,", find_slice, NOW)

    assert [(piece.dataset, piece.query) for piece in slices] == [
        ("raw", None),
        ("other", None),
        ("third", None),
    ]


def test_multiparam_varies_the_first_list_fastest(handler):
    lists = '[["electron", "muon"], ["1GeV", "3GeV"]]'

    slices, _ = walk(parse_split("multiparam"), handler, lists, find_slice, NOW)

    assert [piece.dataset for piece in slices] == [
        "electron_1GeV",
        "muon_1GeV",
        "electron_3GeV",
        "muon_3GeV",
    ]


@pytest.mark.parametrize(
    "dataset", ["", "electron", "{}", "[]", '["a"]', "[[]]", '[["a"], []]', "[[{}]]"]
)
def test_multiparam_refuses_what_is_no_list_of_lists(handler, dataset):
    with pytest.raises(SplitError, match="multiparam needs a JSON list of lists"):
        found(handler, "multiparam", dataset)
    with pytest.raises(SplitError):
        parse_split("multiparam").check_dataset(dataset)


def test_planning_twice_gives_the_same_name(handler):
    with_runs(handler, a="1")
    for text, dataset in [
        ("nfiles(2)", "raw"),
        ("limitn(2)", "raw"),
        ("drainingn(2)", "raw"),
        ("byrun", "runs"),
    ]:
        assert (
            found(handler, text, dataset).slice.dataset
            == found(handler, text, dataset).slice.dataset
        )


def test_a_plan_that_was_lost_leaves_its_name_to_the_next_though_files_came(handler):
    handler.declare("few", "a")
    lost = found(handler, "drainingn(5)", "few").slice
    handler.declare("few", "b")

    again = found(handler, "drainingn(5)", "few").slice

    assert again.dataset == lost.dataset
    assert handler.files(Dataset(again.dataset)) == handler.snapshots[again.position_after] == ["a"]


@pytest.mark.parametrize(
    ("text", "name"), [("nfiles(2)", "raw_slice0_files2"), ("drainingn(2)", "raw_slice_0_stage_2")]
)
def test_a_name_that_somebody_else_took_gets_a_suffix(handler, text, name):
    handler.freeze(name, Dataset("raw")[5:7])

    piece = found(handler, text).slice

    assert piece.dataset.startswith(f"{name}_")
    assert handler.files(Dataset(piece.dataset)) == ["f0", "f1"]
    assert found(handler, text).slice.dataset == piece.dataset


def test_peeking_defines_nothing(handler):
    before = dict(handler.datasets)

    peeked = peek_slice(handler, parse_split("drainingn(2)"), "raw", None, "stage 1 pass 1", NOW)

    assert peeked.slice.dataset == "raw_slice_0_stage_2"
    assert handler.datasets == before
    assert not handler.snapshots
