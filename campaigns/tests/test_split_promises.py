"""What each split type promises of a pass, on many datasets (W7)."""

from collections import Counter
from datetime import UTC, datetime
from itertools import chain

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.slicing import find_slice
from campaigns.splits import parse_split
from campaigns.tests.memory import MemoryFile, MemoryHandler, walk
from datahandling.query import Dataset

pytestmark = pytest.mark.property

START = 1_700_000_000
NOW = datetime.fromtimestamp(START, UTC)


def handed_out(handler, slices):
    """The files of each slice as they were when it was handed out: datasets here don't shrink."""
    return [handler.files(Dataset(piece.dataset)) for piece in slices]


def runs():
    return st.lists(
        st.none() | st.integers(1, 6).map(str) | st.sampled_from(["2.0001", "2.0002"]), max_size=20
    )


@given(st.integers(0, 30), st.integers(1, 8), st.sampled_from(["nfiles", "mod"]))
def test_a_static_dataset_is_handed_out_once_and_in_order(files, n, name):
    handler = MemoryHandler()
    handler.declare("raw", *(f"f{i}" for i in range(files)))

    slices, _ = walk(parse_split(f"{name}({n})"), handler, "raw", find_slice, NOW)

    taken = handed_out(handler, slices)
    assert all(taken)
    assert sorted(chain(*taken)) == sorted(handler.files(Dataset("raw")))
    order = handler.files(Dataset("raw")).index
    assert all(list(piece) == sorted(piece, key=order) for piece in taken)
    if name == "nfiles":
        assert list(chain(*taken)) == handler.files(Dataset("raw"))
        assert [len(piece) for piece in taken[:-1]] == [n] * (len(taken) - 1)


@given(runs(), st.integers(0, 4), st.integers(0, 4))
def test_byrun_hands_out_each_run_between_its_bounds_once(file_runs, low, more):
    handler = MemoryHandler()
    handler.declare("raw", *(MemoryFile(f"f{i}", run) for i, run in enumerate(file_runs)))

    slices, _ = walk(parse_split(f"byrun({low}, {low + more})"), handler, "raw", find_slice, NOW)

    wanted = [
        f.name for f in handler.all if f.run and low <= int(f.run.partition(".")[0]) <= low + more
    ]
    taken = handed_out(handler, slices)
    assert all(taken)
    assert Counter(chain(*taken)) == Counter(wanted)


@given(
    st.lists(
        st.lists(st.sampled_from("abcd"), min_size=1, max_size=4, unique=True),
        min_size=1,
        max_size=3,
    )
)
def test_multiparam_hands_out_each_combination_once(lists):
    numbered = [[f"{i}{value}" for value in values] for i, values in enumerate(lists)]

    slices, _ = walk(
        parse_split("multiparam"), MemoryHandler(), str(numbered).replace("'", '"'), find_slice, NOW
    )

    size = 1
    for values in numbered:
        size *= len(values)
    assert len({piece.dataset for piece in slices}) == len(slices) == size


@given(st.lists(st.text("abc_", min_size=1, max_size=3), min_size=1, max_size=8))
def test_list_hands_out_each_entry_in_order(entries):
    slices, _ = walk(parse_split("list"), MemoryHandler(), " , ".join(entries), find_slice, NOW)

    assert [piece.dataset for piece in slices] == entries


# Each step of the growing ones: so many files arrive, then a worker looks; some looks are lost.
arrivals = st.lists(st.tuples(st.integers(0, 4), st.booleans()), min_size=1, max_size=12)


@given(arrivals, st.integers(1, 4), st.sampled_from(["drainingn", "stagedfiles", "byexistingruns"]))
def test_a_growing_dataset_is_handed_out_once_though_plans_get_lost(steps, n, name):
    handler = MemoryHandler()
    handler.declare("raw")
    handler.consumed["raw"] = []
    split = parse_split(name if name == "byexistingruns" else f"{name}({n})")
    taken, position, made = [], None, 0
    for arrive, lost in [*steps, *[(0, False)] * 50]:
        new = [MemoryFile(f"f{made + i}", str((made + i) % 3)) for i in range(arrive)]
        made += arrive
        handler.declare("raw", *new)
        handler.consumed["raw"] += [file.name for file in new]
        found = find_slice(handler, split, "raw", position, "stage 1 pass 1", NOW)
        if found.slice is not None and not lost:
            taken.append(found.slice)
            position = found.slice.position_after

    assert Counter(chain(*handed_out(handler, taken))) == Counter(f"f{i}" for i in range(made))


@given(
    st.lists(
        st.tuples(st.integers(0, 5000), st.integers(0, 300), st.integers(0, 900)), max_size=12
    ),
    st.lists(st.tuples(st.integers(1, 1500), st.booleans()), min_size=1, max_size=10),
)
def test_new_hands_out_once_what_was_declared_in_time(files, looks):
    """Files end at some second, are declared within fts=300; looks come at any time, some lost."""
    handler = MemoryHandler()
    handler.declare("raw")
    split = parse_split(f"new(window=600, round=10, fts=300, firsttime={START})")
    waiting = sorted(
        ((ended + delay, f"f{i}", ended) for i, (ended, delay, _) in enumerate(files)), reverse=True
    )
    clock, position, taken = 0, None, []
    for later, lost in [*looks, *[(600, False)] * 20]:
        clock += later
        while waiting and waiting[-1][0] <= clock:
            _, name, ended = waiting.pop()
            handler.declare(
                "raw", MemoryFile(name, ended=datetime.fromtimestamp(START + ended, UTC))
            )
        now = datetime.fromtimestamp(START + clock, UTC)
        found = find_slice(handler, split, "raw", position, "stage 1 pass 1", now)
        if lost:
            continue
        if found.slice is not None:
            taken.append(found.slice)
            position = found.slice.position_after
        elif found.continue_at is not None:
            position = found.continue_at

    wanted = [f"f{i}" for i, (ended, _, _) in enumerate(files) if ended > 0]
    assert Counter(chain(*handed_out(handler, taken))) == Counter(wanted)
