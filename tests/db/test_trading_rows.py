"""What the commit path sends is what the database's function reads: a missing column would be written as null."""

import re
from pathlib import Path

from db.engine import Database
from db.trading_rows import MUTABLE

WORK = Path(__file__).resolve().parents[2] / "db" / "migrations" / "sql" / "work.sql"


def test_an_update_of_an_order_carries_every_column_that_it_sets() -> None:
    text = WORK.read_text("utf-8")
    read = re.search(r"jsonb_to_recordset\(p -> 'orders'\) as x\(([^)]+)\)", text)
    assert read
    columns = [column.split()[0] for column in read[1].split(",")]
    assert sorted(columns) == sorted(MUTABLE)


def test_no_function_that_forbids_scans_is_compiled(clean_database: Database) -> None:
    """Before version 18 a scan that cannot be avoided then costs ten thousand million, at which price Postgres
    compiles each call anew: a second instead of a millisecond."""
    with clean_database.autocommit() as connection:
        found = connection.execute(
            "select proname, 'jit=off' = any (proconfig) from pg_proc where 'enable_seqscan=off' = any (proconfig)"
        ).fetchall()
    assert sorted(found) == [("commit_work", True), ("load_work", True)]
