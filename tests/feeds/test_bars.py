"""Files of bars: both shapes, and bad rows that are counted and never fatal."""

from datetime import date
from pathlib import Path

import pytest

from feeds.bars import WHOLE_DAY, Bar, read

DAY = date(2023, 1, 2)
GOOD = "NIFTY,20230102,09:16,18133.65,18153.20,18117.05,18141.35,0,0\n"


def write(folder: Path, name: str, text: str) -> Path:
    file = folder / name
    file.write_text(text, encoding="utf-8")
    return file


def test_minutes_with_their_symbol_are_end_stamped(tmp_path: Path) -> None:
    reading = read(write(tmp_path, "any.csv", GOOD))
    assert reading.days == {DAY: {"NIFTY": [Bar(9 * 60 + 15, 1813365, 1815320, 1811705, 1814135, 0, 0)]}}
    assert not reading.problems


def test_stamps_may_be_of_the_start(tmp_path: Path) -> None:
    reading = read(write(tmp_path, "any.csv", GOOD), end_stamped=False)
    assert reading.days[DAY]["NIFTY"][0].minute == 9 * 60 + 16


def test_days_take_their_symbol_from_the_file(tmp_path: Path) -> None:
    text = (
        "timestamp,open,high,low,close,volume,oi\n"
        "2020-10-01 00:00:00+05:30,1020.6,1026.5,1011.75,1017.65,5563432,0\n"
        "2020-10-05 09:16:00+05:30,1018.05,1054.9,1018.05,1048.7,142,7\n"
    )
    reading = read(write(tmp_path, "INFY.csv", text))
    assert reading.days[date(2020, 10, 1)]["INFY"] == [Bar(WHOLE_DAY, 102060, 102650, 101175, 101765, 5563432, 0)]
    assert reading.days[date(2020, 10, 5)]["INFY"][0].minute == 9 * 60 + 15


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ("NIFTY,20230102,09:16,1,2,1", "wrong_number_of_fields"),
        ("NIFTY,20230132,09:16,1,2,1,1,0,0", "unreadable_time"),
        ("NIFTY,20230102,25:16,1,2,1,1,0,0", "unreadable_time"),
        ("NIFTY,20230102,09:16,x,2,1,1,0,0", "unreadable_number"),
        ("NIFTY,20230102,09:16,nan,2,1,1,0,0", "impossible_price"),
        ("NIFTY,20230102,09:16,inf,2,1,1,0,0", "impossible_price"),
        ("NIFTY,20230102,09:16,0,2,0,1,0,0", "impossible_price"),
        ("NIFTY,20230102,09:16,-5,2,-5,1,0,0", "impossible_price"),
        ("NIFTY,20230102,09:16,1,2,1,1,-3,0", "impossible_quantity"),
        ("NIFTY,20230102,09:16,1,2,1,3,0,0", "range_without_its_ends"),
        ("NIFTY,20230102,09:08,1,2,1,1,0,0", "outside_hours"),
        ("NIFTY,20230102,15:31,1,2,1,1,0,0", "outside_hours"),
        (",20230102,09:16,1,2,1,1,0,0", "no_symbol"),
        (GOOD.strip(), "repeated"),
    ],
)
def test_a_bad_row_is_named_and_the_rest_is_read(tmp_path: Path, row: str, problem: str) -> None:
    reading = read(write(tmp_path, "any.csv", f"{GOOD}{row}\n\n"))
    assert reading.problems == {problem: 1}
    assert reading.first == {problem: "NIFTY" if problem == "repeated" else "any.csv:2"}
    assert len(reading.days[DAY]["NIFTY"]) == 1


def test_a_folder_holds_many_symbols_and_rows_in_any_order(tmp_path: Path) -> None:
    later = GOOD.replace("09:16", "09:17")
    write(tmp_path, "a.csv", later + GOOD)
    write(tmp_path, "b.csv", GOOD.replace("NIFTY", "BANKNIFTY"))
    reading = read(tmp_path)
    assert [bar.minute for bar in reading.days[DAY]["NIFTY"]] == [555, 556]
    assert set(reading.days[DAY]) == {"NIFTY", "BANKNIFTY"}


def test_a_folder_may_keep_its_days_and_minutes_in_folders_of_their_own(tmp_path: Path) -> None:
    (tmp_path / "minutes").mkdir()
    (tmp_path / "days" / "old").mkdir(parents=True)
    write(tmp_path / "minutes", "any.csv", GOOD)
    head = "timestamp,open,high,low,close,volume,oi\n"
    write(tmp_path / "days" / "old", "INFY.csv", head + "2023-01-02 00:00:00+05:30,1,2,1,1,5,0\n")
    assert set(read(tmp_path).days[DAY]) == {"NIFTY", "INFY"}


def test_bytes_that_are_no_text_are_bad_rows(tmp_path: Path) -> None:
    file = tmp_path / "any.csv"
    file.write_bytes(b"\x00\xff\xfe\x01,\x80\n" + GOOD.encode() + b'"unclosed,1,2\n')
    reading = read(file)
    assert len(reading.days[DAY]["NIFTY"]) == 1
    assert sum(reading.problems.values()) == 2
