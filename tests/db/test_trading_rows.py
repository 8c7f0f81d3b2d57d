"""What the commit path sends is what the database's function reads: a missing column would be written as null."""

import re
from pathlib import Path

from db.trading_rows import MUTABLE

WORK = Path(__file__).resolve().parents[2] / "db" / "migrations" / "sql" / "work.sql"


def test_an_update_of_an_order_carries_every_column_that_it_sets() -> None:
    text = WORK.read_text("utf-8")
    read = re.search(r"jsonb_to_recordset\(p -> 'orders'\) as x\(([^)]+)\)", text)
    assert read
    columns = [column.split()[0] for column in read[1].split(",")]
    assert sorted(columns) == sorted(MUTABLE)
