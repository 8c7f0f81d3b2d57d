"""Prices as programs ask for them: many quotes in one statement, and long spans of bars."""

from collections.abc import Sequence
from datetime import datetime

from core.instruments import Instrument
from db import market_screen
from db.engine import Database
from db.screen_rows import QuoteRow
from desk import asked_prices
from desk.market import Candle as Bar
from desk.screens import INTERVALS

__all__ = ["Bar", "QuoteRow", "bars", "quotes"]

MOST_BARS = 200_000
"""More than any span that is asked for has."""


def quotes(database: Database, market: str, instruments: Sequence[Instrument]) -> dict[str, QuoteRow]:
    """The latest quotes by key; those that have never traded are left out. Prices in paise."""
    names = [(one.exchange, one.symbol) for one in instruments]
    found = {each.listing.key: each for each in market_screen.quotes(database, market, names)[1]}
    asked_prices.note(
        database, market, [one.key for one in instruments], {key: each.age_ms for key, each in found.items()}
    )
    return found


def bars(
    database: Database, market: str, instrument_id: int, interval: str, start: datetime, end: datetime
) -> list[Bar]:
    """All bars (``1m``, ``5m``, ``1d``, …) that begin in [start, end), oldest first. Prices in paise."""
    stored = "1d" if interval == "1d" else "1m"
    found = market_screen.candles(database, market, instrument_id, stored, INTERVALS[interval], start, end, MOST_BARS)
    return [Bar(**each) for each in found]
