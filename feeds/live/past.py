"""One vendor's past candles, whoever the vendor is: asked within its pace, by its own keys."""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from functools import partial
from typing import Protocol, TypeVar

from core import vendor_limits
from core.calendar import IST
from core.vendors import Vendor
from feeds.candles import Candles, in_order
from feeds.live import upstox_history
from feeds.live.pace import REST, Pace
from feeds.live.refusal import VendorRefusal
from feeds.live.truedata_history import TrueDataHistory
from feeds.live.upstox_rest import HOST

T = TypeVar("T")
ANSWERS_LAST = frozenset({Vendor.UPSTOX})
"""Vendors that tell last prices when they are asked, and not by their streams alone."""


class Past(Protocol):
    """What one account may ask of the past. Candles come oldest first under our number ``instrument``, prices in paise.

    Each call may wait for the vendor's pace. Raises VendorRefusal.
    """

    def today(self, key: str, instrument: int, begin: datetime, end: datetime) -> Candles:
        """Minutes of the present trading date that start from ``begin`` to ``end``."""

    def minutes(self, key: str, instrument: int, first: date, last: date) -> Candles:
        """Minutes of past dates, both included; not today's."""

    def last(self, keys: Sequence[str]) -> Mapping[str, tuple[int, int]]:
        """(last price, previous close) in paise by key, 0 where the vendor does not say it; nothing from a vendor that
        tells them by its stream alone."""

    def days(self, key: str, instrument: int, first: date, last: date) -> Candles:
        """Days, both included; not today's. Prices are adjusted for splits and the like as the vendor does it."""


class UpstoxPast:
    """``token`` is the day's. ``mono`` (seconds) and ``wait`` are for tests."""

    def __init__(
        self,
        token: str,
        host: str = HOST,
        mono: Callable[[], float] = time.monotonic,
        wait: Callable[[float], object] = time.sleep,
    ) -> None:
        self._token, self._host, self._mono, self._wait = token, host, mono, wait
        self._pace = Pace(vendor_limits.of(Vendor.UPSTOX, datetime.now(IST).date()).questions)
        self._lock = threading.Lock()

    def today(self, key: str, instrument: int, begin: datetime, end: datetime) -> Candles:
        """The vendor tells all of the date's minutes at once."""
        found = self._asked(lambda: upstox_history.today(self._token, key, instrument, self._host))
        first, last = (int(each.timestamp() * 1000) for each in (begin, end))
        return found[(found["start"] >= first) & (found["start"] <= last)]

    def minutes(self, key: str, instrument: int, first: date, last: date) -> Candles:
        """In parts of a month each."""
        return self._history(key, instrument, first, last, "minutes")

    def days(self, key: str, instrument: int, first: date, last: date) -> Candles:
        """One question for ten years."""
        return self._history(key, instrument, first, last, "days")

    def last(self, keys: Sequence[str]) -> Mapping[str, tuple[int, int]]:
        """One question for five hundred."""
        return self._asked(lambda: upstox_history.last_prices(self._token, keys, self._host))

    def _history(self, key: str, instrument: int, first: date, last: date, unit: str) -> Candles:
        parts = [
            self._asked(partial(upstox_history.history, self._token, key, instrument, begin, end, unit, self._host))
            for begin, end in upstox_history.spans(first, last, unit)
        ]
        return in_order(parts)

    def _asked(self, ask: Callable[[], T]) -> T:
        with self._lock:
            self._pace.turn("Upstox", self._mono, self._wait)
        try:
            return ask()
        except VendorRefusal as refused:
            if refused.status == 429:
                self._pace.rest(self._mono() + REST)
            raise


class TrueDataPast:
    """Over a history that keeps its own pace and remembers a refused password."""

    def __init__(self, history: TrueDataHistory) -> None:
        self._history = history

    def today(self, key: str, instrument: int, begin: datetime, end: datetime) -> Candles:
        """Just those."""
        return self._history.minutes(key, instrument, begin, end)

    def minutes(self, key: str, instrument: int, first: date, last: date) -> Candles:
        """From the first date's midnight to the last one's."""
        begin, end = datetime.combine(first, datetime.min.time(), IST), datetime.combine(last, datetime.max.time(), IST)
        return self._history.minutes(key, instrument, begin, end.replace(microsecond=0))

    def days(self, key: str, instrument: int, first: date, last: date) -> Candles:
        """As the vendor has them."""
        return self._history.days(key, instrument, first, last)

    def last(self, keys: Sequence[str]) -> Mapping[str, tuple[int, int]]:
        """Nothing: its stream tells them."""
        return {}
