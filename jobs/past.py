"""Fills in the candles that a new market would have had."""

import time
from datetime import timedelta

import log
from desk import market as markets
from desk.market import Database, MarketState
from feeds.history import History
from feeds.universe import Universe
from jobs import sources
from settings import Settings

# A year of days, and the last few dates by the minute.
YEAR = timedelta(days=365)
BY_MINUTE = 5


def fill(database: Database, settings: Settings, state: MarketState, universe: Universe) -> None:
    """Writes past days and minutes of instruments that have none; exchange hours, whatever the session. Of what a
    replay plays, the days before it are as they were."""
    market = state.id
    calendar = markets.calendar(database, "nse")
    first, last = universe.trading_date - YEAR, universe.trading_date - timedelta(days=1)
    if markets.has_past(database, market, universe.opened):
        return
    began = time.monotonic()
    known = sources.known_past(database, settings, state, markets.resume_state(database, market))
    history = History(universe, list(calendar.trading_dates(first, last)), settings.kagaz_seed, known)
    days = history.days()
    written = markets.load_candles(database, market, "1d", days)
    written += markets.load_candles(database, market, "1m", history.minutes(BY_MINUTE, days))
    took = round(time.monotonic() - began, 2)
    log.get(__name__).info("The past is filled in", extra={"market": market, "candles": written, "seconds": took})
