from datetime import UTC, datetime

import pytest

from datahandling.handlers.catalogue.fragments import Term, parse
from datahandling.query import QueryError


@pytest.mark.parametrize(
    ("text", "term"),
    [
        ("data_tier raw", Term("data_tier", "=", "raw")),
        ("data_tier = raw", Term("data_tier", "=", "raw")),
        ("data_tier=raw", Term("data_tier", "=", "raw")),
        ("data_tier 'raw data'", Term("data_tier", "=", "raw data")),
        ('data_tier "it\'s"', Term("data_tier", "=", "it's")),
        ("data_tier != raw", Term("data_tier", "!=", "raw")),
        ("data_tier like r%", Term("data_tier", "like", "r%")),
        ("data_tier LIKE r%", Term("data_tier", "like", "r%")),
        ("data_tier r%", Term("data_tier", "like", "r%")),
        ("data_tier 'and'", Term("data_tier", "=", "and")),
        ("energy > 6.5", Term("energy", ">", 6.5)),
        ("energy>=6", Term("energy", ">=", 6)),
        ("energy '6'", Term("energy", "=", "6")),
        ("energy 1e999", Term("energy", "=", "1e999")),
        ("energy NaN", Term("energy", "=", "NaN")),
        ("good true", Term("good", "=", True)),
        ("good null", Term("good", "=", "null")),
        ("detector.type fardet-1", Term("detector.type", "=", "fardet-1")),
        ("file_name a%b", Term("file_name", "like", "a%b")),
        ("file_name like 'a b'", Term("file_name", "like", "a b")),
        ("version 2", Term("version", "=", "2")),
        ("run_number 4321", Term("run_number", "=", 4321)),
        ("run_number <= 4321", Term("run_number", "<=", 4321)),
        (
            "create_date > '2025-03-01T12:00:00+0000'",
            Term("create_date", ">", datetime(2025, 3, 1, 12, tzinfo=UTC)),
        ),
        ("end_time < 2025-03-01", Term("end_time", "<", datetime(2025, 3, 1, tzinfo=UTC))),
    ],
)
def test_one_term(text, term):
    assert parse(text) == (term,)


def test_terms_are_joined_by_and():
    assert parse("data_tier raw and run_number 5 AND file_name %.root") == (
        Term("data_tier", "=", "raw"),
        Term("run_number", "=", 5),
        Term("file_name", "like", "%.root"),
    )


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "a term"),
        ("data_tier", "'data_tier' has no value"),
        ("data_tier =", "'data_tier' has no value"),
        ("data_tier = and", "'data_tier' has no value"),
        ("data_tier = = raw", "'data_tier' has no value"),
        ("data_tier raw and", "a term"),
        ("and data_tier raw", "a term"),
        ("'data_tier' raw", "a term"),
        ("data_tier raw run_number 5", "joined by 'and'"),
        ("data_tier raw or data_tier reco", "joined by 'and'"),
        ("data_tier 'raw", "can't read \"'raw\""),
        ("file_name > a", "file_name can't be compared by '>'"),
        ("run_number like 4%", "run_number can't be compared by 'like'"),
        ("run_number first", "run_number can't be 'first'"),
        ("create_date > yesterday", "create_date can't be 'yesterday'"),
    ],
)
def test_what_cannot_be_read_is_refused_with_the_reason(text, complaint):
    with pytest.raises(QueryError, match=complaint):
        parse(text)
