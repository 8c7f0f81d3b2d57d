"""That intraday positions were squared off on each trading date: one run a date, from the first board's hour until
nothing intraday is left. What nobody watched, or could not close, is flagged when the date is rolled.
"""

from collections.abc import Collection
from datetime import date, datetime

from db import closing, runs
from db.engine import Database

JOB = "square-off"
ON_TIME_MS = 60_000
"""What begins within a minute of its hour is on time."""


def follow(
    database: Database, market: str, trading_date: date, ends: Collection[datetime], now: datetime, left: int
) -> bool:
    """Keep that the run has begun, and that it has ended where nothing is ``left`` and every board's hour (``ends``)
    has come; whether it has. Safe to repeat."""
    late_ms = int((now - min(ends)).total_seconds() * 1000)
    with database.autocommit() as connection:
        if not runs.begin(connection, market, JOB, trading_date, late_ms if late_ms > ON_TIME_MS else 0):
            return True
        if left or now < max(ends):
            return False
        runs.finish(connection, market, JOB, trading_date, {"open": 0})
    return True


def take_up(database: Database, market: str, trading_date: date, late_ms: int) -> None:
    """Keep that the run of a date has begun before that date is rolled, though nobody may have watched its hour."""
    with database.autocommit() as connection:
        runs.begin(connection, market, JOB, trading_date, late_ms)


def conclude(database: Database, market: str, trading_date: date, late_ms: int) -> None:
    """End the run of a date that is being rolled, where it has not ended: well where there was nothing to close, else
    with what was left, which stays in the list of jobs as a failure. What was left is counted in the rows that were
    kept since it was taken up, because a roll may die after it carried some and be resumed. Safe to repeat."""
    with database.autocommit() as connection:
        if not runs.begin(connection, market, JOB, trading_date, late_ms):
            return
        left = closing.carried_since(connection, market, JOB, trading_date)
        if not left:
            runs.finish(connection, market, JOB, trading_date, {"open": 0})
            return
        some = "1 intraday position was" if left == 1 else f"{left} intraday positions were"
        sentence = f"{some} still open when the date ended: see who carries them on the page Risk."
        runs.fail(connection, market, JOB, trading_date, sentence)
