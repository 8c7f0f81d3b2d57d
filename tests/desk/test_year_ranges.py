"""The range of a year is of the daily bars within a year of the market's own clock."""

from datetime import datetime, timedelta

import pytest

from core.calendar import IST
from core.reasons import Refusal
from db.engine import Database
from desk import masters, year_ranges

NOW = datetime(2026, 11, 20, 12, tzinfo=IST)


@pytest.fixture
def barred(database: Database) -> Database:
    """Bars of INFY: two within the year, one before it, one by the minute; and one of another market."""
    infy = masters.get(database).by_key["NSE:INFY"].id
    bars = (
        ("sim", "1d", NOW - timedelta(days=2), 149_000, 151_000),
        ("sim", "1d", NOW - timedelta(days=300), 120_000, 149_000),
        ("sim", "1d", NOW - timedelta(days=400), 90_000, 199_000),
        ("sim", "1m", NOW - timedelta(days=1), 80_000, 210_000),
        ("replay", "1d", NOW - timedelta(days=2), 10_000, 220_000),
    )
    with database.connection() as connection:
        connection.execute("update markets set exchange_time = %s where id = 'sim'", [NOW])
        for market, interval, start, low, high in bars:
            connection.execute(
                "insert into candles (market, instrument_id, interval, start, open, high, low, close, volume, oi)"
                " values (%s, %s, %s, %s, %s, %s, %s, %s, 1, 0)",
                [market, infy, interval, start, low, high, low, high],
            )
    return database


def test_the_range_of_a_year(barred: Database) -> None:
    told = year_ranges.of(barred, "sim", ["NSE:INFY", "NSE:SBIN", "NSE:NOSUCH"])
    assert told == {"market": "sim", "items": {"NSE:INFY": {"low": 1200, "high": 1510, "days": 2}}}


def test_no_more_are_told_of_than_a_list_holds(barred: Database) -> None:
    with pytest.raises(Refusal):
        year_ranges.of(barred, "sim", [f"NSE:X{number}" for number in range(501)])
