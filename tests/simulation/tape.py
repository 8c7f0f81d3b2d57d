"""What the market displays: random walks with depth, gaps, silences and ticks that no exchange ever sent."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from random import Random

import numpy as np

from core.frames import DEPTH, Frame, Rows, row_type
from core.instruments import OPTIONS, Instrument, Kind
from feeds.guard import Guard
from feeds.universe import Listing, Universe

BAND = 20


@dataclass
class Walk:
    """One instrument's path. Prices in paise; ``low`` and ``high`` are the day's."""

    instrument: Instrument
    prev_close: int
    last: int
    low: int
    high: int
    volume: int = 0

    @property
    def band(self) -> tuple[int, int]:
        """(lower, upper) on tick; (0, 0) for an index or an option, which have none."""
        if self.instrument.kind not in (Kind.EQ, Kind.ETF, Kind.FUT):
            return 0, 0
        tick = self.instrument.tick
        return self.prev_close * (100 - BAND) // 100 // tick * tick, self.prev_close * (
            100 + BAND
        ) // 100 // tick * tick


class Tape:
    """Makes the frames of a market, numbered as it stores them."""

    def __init__(self, random: Random, instruments: Collection[Instrument], prices: dict[int, int], day: date) -> None:
        self.random = random
        self.number = 0
        self.quoted: dict[int, int] = {}
        """When each instrument was quoted last, in ms since the Unix epoch."""
        self.options = {i.id for i in instruments if i.kind in OPTIONS}
        self.walks = {i.id: Walk(i, prices[i.id], prices[i.id], prices[i.id], prices[i.id]) for i in instruments}
        self.begin(day)

    def begin(self, day: date) -> None:
        """Open a trading date at the last prices; contracts that have expired are quoted no more."""
        self.day = day
        for key, walk in list(self.walks.items()):
            if walk.instrument.expiry is not None and walk.instrument.expiry < day:
                del self.walks[key]
            walk.prev_close = walk.low = walk.high = walk.last
            walk.volume = 0
        listings = [Listing(w.instrument, w.prev_close, *w.band) for w in self.walks.values()]
        self.guard = Guard(Universe(listings, day))

    def frame(self, now_ms: int) -> Frame:
        """The next frame: what passed the guard, and now and then a display that may fill nothing."""
        rows = np.concatenate([self._row(walk, now_ms) for walk in self.walks.values() if self.random.random() < 0.8]
                              or [np.zeros(0, row_type())])  # fmt: skip
        rows = self.guard.check(self._with_garbage(rows, now_ms), now_ms).copy()
        for row in rows:
            if self.random.random() < 0.06:
                self._void(row)
        self.number += 1
        self.quoted.update(dict.fromkeys(rows["instrument"].tolist(), now_ms))
        return Frame("sim", self.number, now_ms, rows)

    def _row(self, walk: Walk, now_ms: int) -> Rows:
        random, tick, lot = self.random, walk.instrument.tick, walk.instrument.lot
        widest = max(1, walk.last // tick // (250 if random.random() < 0.9 else 40))
        walk.last = max(walk.last + random.randint(-widest, widest) * tick, 3 * tick)
        lower, upper = walk.band
        if upper:
            walk.last = min(max(walk.last, lower), upper)
        walk.low, walk.high = min(walk.low, walk.last), max(walk.high, walk.last)
        walk.volume += random.choice((0, 1, 3, 10, 40)) * lot
        row = np.zeros(1, row_type())
        one = row[0]
        for name, value in (
            ("instrument", walk.instrument.id), ("last_price", walk.last), ("open", walk.prev_close),
            ("high", walk.high), ("low", walk.low), ("prev_close", walk.prev_close), ("volume", walk.volume),
            ("exchange_time", now_ms),
        ):  # fmt: skip
            one[name] = value
        if walk.instrument.kind is not Kind.INDEX:
            middle = walk.last + random.choice((-1, 0, 0, 1)) * tick
            self._side(one, "bid", middle, -tick, lot)
            self._side(one, "ask", middle, tick, lot)
        return row

    def _side(self, row: Rows, side: str, middle: int, step: int, lot: int) -> None:
        price = middle
        for place in range(DEPTH if self.random.random() < 0.8 else self.random.randint(0, DEPTH)):
            price += step * self.random.randint(1, 3)
            if price <= 0:
                return
            row[f"{side}_price"][place] = price
            row[f"{side}_quantity"][place] = lot * self.random.choice((1, 2, 5, 20, 60))
            row[f"{side}_orders"][place] = 1

    def _with_garbage(self, rows: Rows, now_ms: int) -> Rows:
        """Impossible, late and repeated ticks among the good ones: the feed's guard must drop them."""
        extra = []
        for row in rows:
            if self.random.random() > 0.08:
                continue
            bad = row.copy()
            match self.random.randrange(5):
                case 1 if int(row["instrument"]) in self.options:
                    continue
                case 0:
                    bad["last_price"] = self.random.choice((0, -5))
                case 1:
                    bad["last_price"] = int(row["last_price"]) * 10
                case 2:
                    bad["exchange_time"] = now_ms - 60_000
                case 3:
                    bad["bid_quantity"][0] = -1
                case _:
                    bad["instrument"] = 2_000_000_000
            extra.append(bad)
        return np.concatenate([rows, np.array(extra, rows.dtype)]) if extra else rows

    def _void(self, row: Rows) -> None:
        """Crossed or empty depth, as a venue shows between two phases."""
        if self.random.random() < 0.5:
            for side in ("bid", "ask"):
                row[f"{side}_price"], row[f"{side}_quantity"] = 0, 0
        elif row["ask_price"][0]:
            row["bid_price"][0], row["bid_quantity"][0] = row["ask_price"][0], 1
