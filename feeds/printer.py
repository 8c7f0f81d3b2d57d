"""Turns model prices into what an exchange prints: trades on tick, depth, volume, the day's range."""

from typing import Any

import numpy as np
import numpy.typing as npt

from core.frames import DEPTH, Rows, row_type
from feeds import depth
from feeds.packing import pack, unpack
from feeds.returns import bustle
from feeds.universe import Universe

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Rng = np.random.Generator

DAY_TYPE = np.dtype(
    [("instrument", "<i4"), ("open", "<i4"), ("high", "<i4"), ("low", "<i4"), ("last", "<i4"),
     ("volume", "<i8"), ("oi", "<i8")]
)  # fmt: skip

# Paise that stand at the best price of a share, and that change hands on a usual day, where nothing is known.
BEST_VALUE = 4e7
DAY_VALUE = 3e10
FIRST_MINUTES_MS = 300_000


class Printer:
    """Keeps each instrument's day (open, high, low, last, volume, open interest) and prints rows.

    One trading date of one universe. ``day`` is what ``resume`` of an earlier printer of the same
    trading date gave; of another date only the open interest counts.
    """

    def __init__(self, universe: Universe, levels: int = DEPTH) -> None:
        self._universe = universe
        self.levels = levels
        self.day = np.zeros(len(universe), DAY_TYPE)
        self.day["instrument"] = universe.id
        self._carry = np.zeros(len(universe))  # part of a unit of volume that was not printed yet

    def restore(self, text: Any, same_date: bool) -> None:
        """Takes up the day where an earlier printer left it."""
        saved = unpack(text, DAY_TYPE)
        known = np.isin(saved["instrument"], self._universe.id)
        rows = np.searchsorted(self._universe.id, saved["instrument"][known])
        if same_date:
            self.day[rows] = saved[known]
        else:
            self.day["oi"][rows] = saved["oi"][known]

    def resume(self) -> str:
        """The day of every instrument that has printed."""
        return pack(self.day[(self.day["last"] > 0) | (self.day["oi"] > 0)])

    def print(
        self, rng: Rng, rows: Ints, mids: Floats, seconds: float | Floats, now_ms: int, known_volume: Ints | None = None
    ) -> Rows:
        """Rows for these (ascending) universe rows at these model prices.

        ``seconds`` is how long ago each printed last, which sets its volume where ``known_volume`` (the day's
        so far; -1 for not known) does not.
        """
        universe = self._universe
        out = np.zeros(len(rows), row_type(self.levels))
        if not len(rows):
            return out
        tick, lot = universe.tick[rows], universe.lot[rows]
        index = universe.is_index[rows]
        sides = depth.draw(
            rng, mids, self._spread(rng, rows, mids, now_ms), tick, lot, self._best(rows, mids),
            (universe.lower[rows], universe.upper[rows]), self.levels,
        )  # fmt: skip
        for side in ("bid", "ask"):
            for what in ("price", "quantity", "orders"):
                out[f"{side}_{what}"] = np.where(index[:, None], 0, getattr(sides, f"{side}_{what}"))
        bid, ask = sides.bid_price[:, 0], sides.ask_price[:, 0]
        hit = (rng.random(len(rows)) < 0.5) & (bid > 0)
        traded = np.where(hit | (ask == 0), bid, ask)
        plain = np.maximum(tick, np.rint(mids / tick).astype(np.int64) * tick)
        last = np.where(index | (traded == 0), plain, traded)
        done = self._traded(rng, rows, mids, seconds, now_ms)
        if known_volume is not None and len(known_volume):
            since = np.maximum(known_volume - self.day["volume"][rows], 0)
            done = np.where(known_volume >= 0, since, done)
        self._remember(rng, rows, last, np.where(index, 0, done))
        day = self.day[rows]
        out["instrument"], out["last_price"], out["exchange_time"] = universe.id[rows], last, now_ms
        out["prev_close"] = universe.prev_close[rows]
        for name in ("open", "high", "low", "volume", "oi"):
            out[name] = day[name]
        return out

    def trade(self, rows: Ints, prices: Ints, quantities: Ints) -> None:
        """Take trades into the day that no book of this printer's showed."""
        day = self.day[rows]
        fresh = day["open"] == 0
        day["open"] = np.where(fresh, prices, day["open"])
        day["high"] = np.maximum(day["high"], prices)
        day["low"] = np.where(fresh, prices, np.minimum(day["low"], prices))
        day["last"] = prices
        day["volume"] += quantities
        self.day[rows] = day

    def _remember(self, rng: Rng, rows: Ints, last: Ints, traded: Ints) -> None:
        day = self.day[rows]
        fresh = day["open"] == 0
        day["open"] = np.where(fresh, last, day["open"])
        day["high"] = np.maximum(day["high"], last)
        day["low"] = np.where(fresh, last, np.minimum(day["low"], last))
        day["last"] = last
        day["volume"] += traded
        derived = self._universe.underlying[rows] >= 0
        lot = self._universe.lot[rows]
        began = np.where(day["oi"] == 0, lot * rng.integers(200, 20_000, len(rows)), 0)
        drift = np.rint(traded / lot * rng.normal(0.0, 0.2, len(rows))).astype(np.int64) * lot
        day["oi"] = np.where(derived, np.maximum(day["oi"] + began + drift, lot), 0)
        self.day[rows] = day

    def _spread(self, rng: Rng, rows: Ints, mids: Floats, now_ms: int) -> Floats:
        universe = self._universe
        on_index = universe.is_index[np.maximum(universe.underlying[rows], 0)]
        # Cheap options quote wide for their premium, dear ones a few ticks.
        option = mids * (0.0008 + 0.015 * np.exp(-mids / 1500))
        future = mids * np.where(on_index, 0.00004, 0.0004)
        usual = np.where(universe.is_option[rows], option, np.where(universe.is_future[rows], future, mids * 0.00015))
        early = 2.0 if now_ms - universe.opened < FIRST_MINUTES_MS else 1.0
        return np.asarray(usual * rng.uniform(0.5, 1.8, len(rows)) * early)

    def _best(self, rows: Ints, mids: Floats) -> Floats:
        universe = self._universe
        on_index = universe.is_index[np.maximum(universe.underlying[rows], 0)]
        option = universe.lot[rows] * np.where(on_index, 40.0, 6.0) * np.clip(mids / 5_000, 0.2, 1.0)
        future = universe.lot[rows] * np.where(on_index, 5.0, 3.0)
        share = BEST_VALUE / np.maximum(mids, 1)
        return np.where(universe.is_option[rows], option, np.where(universe.is_future[rows], future, share))

    def _traded(self, rng: Rng, rows: Ints, mids: Floats, seconds: float | Floats, now_ms: int) -> Ints:
        """Units since the last print: a usual day's volume, by the hour, in bursts."""
        universe = self._universe
        lot = universe.lot[rows]
        on_index = universe.is_index[np.maximum(universe.underlying[rows], 0)]
        option = lot * np.where(on_index, 150_000.0, 800.0) * np.clip(mids / 10_000, 0.02, 1.0)
        future = lot * np.where(on_index, 90_000.0, 9_000.0)
        share = DAY_VALUE / np.maximum(mids, 1)
        guess = np.where(universe.is_option[rows], option, np.where(universe.is_future[rows], future, share))
        usual = universe.usual_volume[rows]
        rate = np.where(usual > 0, usual, guess) * bustle(universe.passed(now_ms)) / universe.seconds
        # The mean of exp(0.8 z - 0.32) is one: bursts leave a day's volume as it is.
        burst = np.exp(0.8 * rng.standard_normal(len(rows)) - 0.32)
        units = rate * seconds * burst + self._carry[rows]
        lots = np.floor(units / lot).astype(np.int64)
        self._carry[rows] = units - lots * lot
        return np.asarray(lots * lot)
