"""Candles from ticks: one minute as it passes, and the day's from what the rows themselves say."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from core.frames import Rows
from feeds.universe import Universe

MINUTE_MS = 60_000
CANDLE_TYPE = np.dtype(
    [("instrument", "<i4"), ("start", "<i8"), ("open", "<i4"), ("high", "<i4"), ("low", "<i4"),
     ("close", "<i4"), ("volume", "<i8"), ("oi", "<i8")]
)  # fmt: skip
Candles = npt.NDArray[np.void]
Prices = npt.NDArray[np.integer[Any]]


def in_order(parts: Sequence[Candles]) -> Candles:
    """One instrument's candles out of several answers, oldest first; of those that start alike the first that came."""
    rows = np.concatenate(parts) if parts else np.zeros(0, CANDLE_TYPE)
    _, first = np.unique(rows["start"], return_index=True)
    return rows[first]


class CandleMaker:
    """Collects rows of one universe; ``take`` gives the candles that changed since it was asked last."""

    def __init__(self, universe: Universe) -> None:
        self._universe = universe
        self._minute = np.zeros(len(universe), CANDLE_TYPE)
        self._minute["instrument"] = universe.id
        self._day = self._minute.copy()
        # A date's candle is stamped with the Indian midnight that begins it: 15:30 less fifteen and a half hours.
        self._day["start"] = universe.closes - 15 * 3_600_000 - 1_800_000
        self._before = np.full(len(universe), -1, np.int64)  # the day's volume when the minute began
        self._changed = np.zeros(len(universe), bool)
        self._changed_day = np.zeros(len(universe), bool)
        self._closed: list[Candles] = []

    def add(self, rows: Rows, highs: Prices | None = None, lows: Prices | None = None) -> None:
        """Takes good rows, at most one an instrument; with how far last prices went since the rows before them.

        Of a minute's first row only the last price counts: what went before it may be the minute's before.
        """
        if not len(rows):
            return
        at = np.searchsorted(self._universe.id, rows["instrument"])
        start = rows["exchange_time"] // MINUTE_MS * MINUTE_MS
        minute = self._minute[at]
        fresh = start > minute["start"]
        done = fresh & self._changed[at]
        if done.any():
            self._closed.append(minute[done])
        price = rows["last_price"]
        self._before[at] = np.where(
            self._before[at] < 0, rows["volume"], np.where(fresh, self._day["volume"][at], self._before[at])
        )
        minute["start"] = np.maximum(start, minute["start"])
        minute["open"] = np.where(fresh, price, minute["open"])
        high, low = price if highs is None else highs, price if lows is None else lows
        minute["high"] = np.where(fresh, price, np.maximum(minute["high"], high))
        minute["low"] = np.where(fresh, price, np.minimum(minute["low"], low))
        minute["close"], minute["oi"] = price, rows["oi"]
        minute["volume"] = np.maximum(rows["volume"] - self._before[at], 0)
        self._minute[at] = minute
        for name in ("open", "high", "low", "volume", "oi"):
            self._day[name][at] = rows[name]
        self._day["close"][at] = price
        self._changed[at] = self._changed_day[at] = True

    def take_minutes(self) -> Candles:
        """Candles of a minute that changed, the finished ones first."""
        out = np.concatenate([*self._closed, self._minute[self._changed]])
        self._closed.clear()
        self._changed[:] = False
        return out

    def take_days(self) -> Candles:
        """The date's candles that changed."""
        out = self._day[self._changed_day]
        self._changed_day[:] = False
        return out
