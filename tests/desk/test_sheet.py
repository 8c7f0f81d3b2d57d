"""No cell of a table that leaves is run by the spreadsheet that opens it."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk import sheet


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        ("=1+1", "'=1+1"),
        ("+cmd|' /C calc'!A0", "'+cmd|' /C calc'!A0"),
        ("-2+3", "'-2+3"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("  =1", "'  =1"),
        ("\t=1", "'\t=1"),
        ("＝1", "'＝1"),
        ("SBIN", "SBIN"),
        ("M&M", "M&M"),
        (-12.5, "-12.5"),
        (0, "0"),
        (None, ""),
    ],
)
def test_a_cell_is_text(value: object, cell: str) -> None:
    assert sheet.guarded(value) == cell


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=12), min_size=1))
def test_no_cell_starts_a_formula(texts: list[str]) -> None:
    for text in texts:
        cell = sheet.guarded(text)
        assert cell.lstrip(" ")[:1] not in {"=", "@", "\t", "\r", "\n"}
        assert cell.removeprefix("'") == text or cell == text


def test_rows_come_back_as_they_were_written() -> None:
    rows = [{"a": "x, y", "b": 'said "no"'}, {"b": "two\nlines"}]
    parsed = list(csv.DictReader(io.StringIO(sheet.as_csv(["a", "b"], rows))))
    assert parsed == [{"a": "x, y", "b": 'said "no"'}, {"a": "", "b": "two\nlines"}]
