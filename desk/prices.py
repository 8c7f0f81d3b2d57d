"""Prices as programs ask for them: many quotes in one statement, and long spans of bars."""

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from weakref import WeakKeyDictionary

from core.calendar import IST
from core.continuous import stretches
from core.day_figures import Day
from core.instruments import Instrument
from db import market_screen
from db.engine import Database
from db.screen_rows import QuoteRow
from desk import asked_prices, masters
from desk.market import Candle as Bar
from desk.screens import INTERVALS

__all__ = ["Bar", "Day", "QuoteRow", "bars", "days_of_all", "days_so_far", "joined", "quotes"]

_FIRST = date(1990, 1, 1)
DAYS_SECONDS = 10.0
MOST_DAYS = 50_000
_NEVER: tuple[float, Day | None] = (0.0, None)


@dataclass(frozen=True, slots=True)
class _Kept:
    """What was found, by market and instrument, with when it is to be asked for anew. ``asking`` is held by who does:
    many programs ask in the moment in which it grows old."""

    found: dict[tuple[str, int], tuple[float, Day | None]] = field(default_factory=dict)
    asking: threading.Lock = field(default_factory=threading.Lock)

    def look(self, market: str, ids: Sequence[int]) -> tuple[dict[int, Day | None], list[int]]:
        """What is known of some instruments, and those that are due."""
        now = time.monotonic()
        known = {number: self.found.get((market, number), _NEVER) for number in ids}
        return {number: day for number, (_, day) in known.items()}, [
            n for n, (until, _) in known.items() if until <= now
        ]


_kept: WeakKeyDictionary[Database, _Kept] = WeakKeyDictionary()
_lock = threading.Lock()
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


def days_of_all(database: Database, market: str) -> dict[int, Day]:
    """What the bars of the market's date say of every instrument, by id; of those without a trade nothing."""
    return {number: Day(*rest) for number, *rest in market_screen.days_so_far(database, market)}


def days_so_far(database: Database, market: str, ids: Sequence[int]) -> dict[int, Day]:
    """The same of some. Programs ask every second, and a day of bars is long: what was found is good for some
    seconds."""
    with _lock:
        kept = _kept.setdefault(database, _Kept())
    days, due = kept.look(market, ids)
    if due:
        with kept.asking:
            days, due = kept.look(market, ids)  # another may have asked meanwhile
            if due:
                found = {number: Day(*rest) for number, *rest in market_screen.days_so_far(database, market, due)}
                days |= {number: found.get(number) for number in due}
                if len(kept.found) > MOST_DAYS:
                    kept.found.clear()
                until = time.monotonic() + DAYS_SECONDS
                kept.found.update({(market, number): (until, found.get(number)) for number in due})
    return {number: day for number, day in days.items() if day is not None}


def bars(
    database: Database, market: str, instrument_id: int, interval: str, start: datetime, end: datetime
) -> list[Bar]:
    """All bars (``1m``, ``5m``, ``1d``, …) that begin in [start, end), oldest first. Prices in paise."""
    stored = "1d" if interval == "1d" else "1m"
    found = market_screen.candles(database, market, instrument_id, stored, INTERVALS[interval], start, end, MOST_BARS)
    return [Bar(**each) for each in found]


def joined(database: Database, market: str, future: Instrument, start: datetime, end: datetime) -> list[Bar]:
    """The days in [start, end), oldest first, of a future and before it of those that ended one after the other until
    it was the next. Prices in paise."""
    parts = [
        (each.instrument_id, _midnight(each.first), _midnight(each.last + timedelta(days=1)))
        for each in stretches(future, masters.get(database).by_id.values())
    ]
    return [Bar(**each) for each in market_screen.joined(database, market, parts, start, end)]


def _midnight(day: date) -> datetime:
    """When a day begins in India; before the first one that a zone can tell it does not matter."""
    return datetime.combine(max(day, _FIRST), datetime.min.time(), IST).astimezone(UTC)
