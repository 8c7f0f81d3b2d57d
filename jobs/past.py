"""Fills in the candles that a new market would have had."""

import time
from collections.abc import Mapping, Sequence
from datetime import timedelta

import log
from desk import market as markets
from desk.market import Database
from feeds.bars import Bar
from feeds.history import History
from feeds.universe import Universe

# A year of days, and the last few dates by the minute.
YEAR = timedelta(days=365)
BY_MINUTE = 5


def fill(
    database: Database, market: str, universe: Universe, seed: int, known: Mapping[int, Sequence[Bar]] | None = None
) -> None:
    """Writes past days and minutes of instruments that have none; exchange hours, whatever the session. ``known`` has
    real days by instrument."""
    calendar = markets.calendar(database, "nse")
    first, last = universe.trading_date - YEAR, universe.trading_date - timedelta(days=1)
    if markets.has_past(database, market, universe.opened):
        return
    began = time.monotonic()
    history = History(universe, list(calendar.trading_dates(first, last)), seed, known)
    days = history.days()
    written = markets.load_candles(database, market, "1d", days)
    written += markets.load_candles(database, market, "1m", history.minutes(BY_MINUTE, days))
    took = round(time.monotonic() - began, 2)
    log.get(__name__).info("The past is filled in", extra={"market": market, "candles": written, "seconds": took})
