"""The guard of a live market: a price that the exchange cannot have made is not traded at, and it is said which."""

from collections.abc import Collection
from typing import Any

import numpy as np

from core import live_range
from core.frames import Rows
from feeds.guard import JUMP, Guard, Ints, Mask
from feeds.protocol import Feed
from feeds.universe import Universe

# Instruments of whose prices it is remembered, and said, that they are not believed.
REMEMBERED, TOLD = 500, 20


class LiveGuard(Guard):
    """Judges by the day's furthest ranges besides. ``leads`` are the instruments that contracts are listed on.

    The previous close that a price is held against is the row's own, which a vendor may have put right since.
    """

    def __init__(self, universe: Universe, leads: Collection[int]) -> None:
        super().__init__(universe)
        self._ranges = live_range.in_force(universe.trading_date)
        instruments = [(each.instrument, each.instrument.id in leads) for each in universe.listings]
        self._flexes = np.array([live_range.flexes(*one) for one in instruments], np.bool_)
        fixed = [live_range.fixed_percent(self._ranges, *one) for one in instruments]
        self._percent = np.array(fixed, np.int64)
        self._strike = universe.strike.astype(np.int64)
        self._doubted: dict[int, dict[str, Any]] = {}

    def check(self, rows: Rows, clock_ms: int) -> Rows:
        """The rows worth believing. An instrument is doubted until one of its rows is."""
        passed = super().check(rows, clock_ms)
        if self._doubted and len(passed):
            for one in self._doubted.keys() & set(passed["instrument"].tolist()):
                del self._doubted[one]
        return passed

    def doubted(self) -> list[dict[str, Any]]:
        """Prices that are not believed at present, the newest first: instrument, price and bounds in paise."""
        return list(self._doubted.values())[: -TOLD - 1 : -1]

    def closes(self, feed: Feed, now_ms: int) -> tuple[Ints, Ints]:
        """The feed's closes, and the last believed price in place of each that cannot be: a feed knows what was said
        last, whoever believed it."""
        ids, prices = feed.closes(now_ms)
        at, known = self._find(ids)
        last = np.where(known, self._last[at], 0) if len(ids) else prices
        lower, upper = self._bounds(at, self._universe.prev_close[at], feed.clock(now_ms))
        wrong = (upper > 0) & ((prices < lower) | (prices > upper))
        wrong |= ~self._universe.is_option[at] & ((prices >= JUMP * last) | (prices * JUMP <= last))
        return ids, np.where(wrong & (last > 0), last, prices)

    def _bounds(self, at: Ints, close: Ints, clock_ms: int) -> tuple[Ints, Ints]:
        universe = self._universe
        widened = live_range.widened(self._ranges, clock_ms - universe.opened)
        lower, upper = live_range.bounds(close, np.where(self._flexes[at], widened, self._percent[at]))
        on = universe.underlying[at]
        worth = live_range.option_bound(self._strike[at], universe.is_call[at], np.where(on >= 0, self._last[on], 0))
        return lower, np.where(universe.is_option[at], worth, upper)

    def _beyond_range(self, rows: Rows, at: Ints, known: Mask, clock_ms: int) -> Mask:
        price = rows["last_price"].astype(np.int64)
        lower, upper = self._bounds(at, rows["prev_close"].astype(np.int64), clock_ms)
        bad = (upper > 0) & ((price < lower) | (price > upper))
        for place in np.flatnonzero(bad)[:REMEMBERED].tolist():
            one = int(rows["instrument"][place])
            self._doubted.pop(one, None)
            self._doubted[one] = {
                "instrument": one, "price": int(price[place]), "lower": int(lower[place]), "upper": int(upper[place]),
            }  # fmt: skip
        while len(self._doubted) > REMEMBERED:
            del self._doubted[next(iter(self._doubted))]
        return np.asarray(bad)
