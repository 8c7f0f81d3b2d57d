"""What the commit path sends is what the database's function reads: a missing column would be written as null."""

import re
from pathlib import Path

import pytest

from db.engine import Database
from db.trading_rows import COLUMNS

WORK = Path(__file__).resolve().parents[2] / "db" / "migrations" / "sql" / "work.sql"


def read_of(name: str) -> tuple[list[int], list[str]]:
    """The numbers that the function reads of an array, and the columns that they are or go to."""
    text = WORK.read_text("utf-8")
    found = re.search(rf"select ((?:(?!select).)+?)\s+from jsonb_array_elements\(p -> '{name}'\)", text, re.DOTALL)
    assert found
    numbers = [int(each) for each in re.findall(r"x ->>? (\d+)", found[1])]
    named = re.findall(r" as (\w+)", found[1])
    if not named:
        into = re.search(r"insert into \w+ \(([^)]+)\)\s*$", text[: found.start()])
        assert into
        named = [each.strip() for each in into[1].split(",")]
    return numbers, named


@pytest.mark.parametrize("name", COLUMNS)
def test_a_row_is_read_in_the_order_in_which_it_is_sent(name: str) -> None:
    numbers, columns = read_of(name)
    assert numbers == list(range(len(columns)))
    assert columns == list(COLUMNS[name])


def test_an_order_is_updated_by_every_column_that_is_sent() -> None:
    text = WORK.read_text("utf-8")
    update = re.search(r"update orders o set(.+?)\sfrom \(", text, re.DOTALL)
    assert update
    assert sorted(re.findall(r"(\w+) = x\.\1", update[1])) == sorted(set(COLUMNS["orders"]) - {"id"})


def test_no_function_that_forbids_scans_is_compiled(clean_database: Database) -> None:
    """Before version 18 a scan that cannot be avoided then costs ten thousand million, at which price Postgres
    compiles each call anew: a second instead of a millisecond."""
    with clean_database.autocommit() as connection:
        found = connection.execute(
            "select proname, 'jit=off' = any (proconfig) from pg_proc where 'enable_seqscan=off' = any (proconfig)"
        ).fetchall()
    assert sorted(found) == [("commit_work", True), ("load_work", True)]
