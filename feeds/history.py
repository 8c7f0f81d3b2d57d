"""A past for a market that has just been made, so that charts and averages are not empty on the first day.

It ends at the previous closes of the universe's trading date, and obeys the same laws as what follows:
shares move together, an index is the worth of its basket, a future carries its basis.
"""

from collections.abc import Mapping, Sequence
from datetime import date

import numpy as np
import numpy.typing as npt

from feeds.bars import Bar
from feeds.candles import CANDLE_TYPE, MINUTE_MS, Candles
from feeds.derive import Derivatives
from feeds.returns import Returns, bustle, restlessness
from feeds.simulator import baskets
from feeds.universe import Universe, close_of

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

MINUTES = 375  # of a session from 9:15 to 15:30
MIDNIGHT_MS = 15 * 3_600_000 + 1_800_000  # from an Indian midnight to 15:30


class History:
    """Past candles of cash, indices and futures. ``dates`` ascend and end before the universe's own.

    ``known`` has the real days of an instrument (by id, oldest first), which are taken for the last of the dates.
    """

    def __init__(
        self,
        universe: Universe,
        dates: Sequence[date],
        seed: int,
        known: Mapping[int, Sequence[Bar]] | None = None,
    ) -> None:
        self._universe = universe
        self._closes_at = np.array([close_of(day) for day in dates], np.int64)
        self._rng = np.random.Generator(np.random.PCG64([seed, len(dates)]))
        self._baskets = baskets(universe)
        derive = Derivatives(universe)
        self._futures = derive.futures[universe.expiry[derive.futures] > universe.closes]
        cash = np.flatnonzero(universe.is_share | universe.is_index)
        self._rows = np.concatenate([cash, self._futures])
        sectors = [universe.listings[int(n)].instrument.sector or "other" for n in cash]
        correlation = [universe.listings[int(n)].correlation for n in cash]
        self._known = {
            universe.row[number]: list(bars)[-len(dates) :]
            for number, bars in (known or {}).items()
            if number in universe.row and bars and dates
        }
        self._cash, self._returns = cash, Returns(sectors, universe.sigma[cash], correlation)

    def days(self) -> Candles:
        """One candle a date and instrument."""
        universe, count = self._universe, len(self._closes_at)
        steps = np.stack([self._returns.step(self._rng, 1.0, 1.0)[0] for _ in range(count)])
        # The sum of what is still to come, so that the last close is the universe's previous close.
        to_come = np.cumsum(steps[::-1], axis=0)[::-1] - steps
        moved: Floats = universe.prev_close[self._cash].astype(float) * np.exp(-to_come)
        close: Floats = self._spread_out(moved, self._closes_at)
        sigma = universe.sigma[self._rows]
        opened = np.vstack([close[:1], close[:-1]]) * np.exp(self._noise(count, sigma * 0.4))
        high = np.maximum(opened, close) * np.exp(np.abs(self._noise(count, sigma * 0.5)))
        low = np.minimum(opened, close) * np.exp(-np.abs(self._noise(count, sigma * 0.5)))
        share = np.exp(0.4 * self._rng.standard_normal(close.shape) - 0.08)
        days = self._candles(self._closes_at - MIDNIGHT_MS, opened, high, low, close, share)
        self._put_known(days.reshape(count, len(self._rows)))
        return days

    def _put_known(self, days: Candles) -> None:
        """Real days in place of those made up, a row a date."""
        for column, row in enumerate(map(int, self._rows)):
            for day, bar in zip(days[::-1, column], reversed(self._known.get(row, [])), strict=False):
                for name in ("open", "high", "low", "close", "volume"):
                    day[name] = getattr(bar, name)

    def minutes(self, last: int, days: Candles) -> Candles:
        """One candle a minute and instrument of the ``last`` dates, leading to each date's own close."""
        parts = []
        by_date = days.reshape(len(self._closes_at), len(self._rows))[-last:]
        for at, date_rows in zip(self._closes_at[-last:], by_date, strict=True):
            parts.append(self._minutes_of(int(at), date_rows))
        return np.concatenate(parts) if parts else np.zeros(0, CANDLE_TYPE)

    def _minutes_of(self, closes_at: int, date_rows: Candles) -> Candles:
        passed = (np.arange(MINUTES) + 0.5) / MINUTES
        weight = np.array([restlessness(part) for part in passed])
        walk = np.cumsum(self._noise(MINUTES, self._universe.sigma[self._rows] / np.sqrt(MINUTES)) * weight[:, None], 0)
        first, final = np.log(date_rows["open"]), np.log(date_rows["close"])
        along = ((np.arange(MINUTES) + 1) / MINUTES)[:, None]
        path = first + along * (final - first) + walk - along * walk[-1]
        close = np.exp(_within(path, np.log(date_rows["low"]), np.log(date_rows["high"])))
        opened = np.vstack([date_rows["open"][None, :], close[:-1]])
        wide = self._universe.sigma[self._rows] / np.sqrt(MINUTES) * 0.5
        high = np.maximum(opened, close) * np.exp(np.abs(self._noise(MINUTES, wide)))
        low = np.minimum(opened, close) * np.exp(-np.abs(self._noise(MINUTES, wide)))
        high, low = np.minimum(high, date_rows["high"]), np.maximum(low, date_rows["low"])
        share = np.array([bustle(part) for part in passed])[:, None] / MINUTES
        share = share * np.exp(0.5 * self._rng.standard_normal(close.shape) - 0.125)
        starts = closes_at - (MINUTES - np.arange(MINUTES)) * MINUTE_MS
        return self._candles(starts, opened, high, low, close, share)

    def _spread_out(self, cash: Floats, at: Ints) -> Floats:
        """Closes of all rows from those of cash that moved by chance: baskets, funds, futures."""
        universe = self._universe
        full = np.zeros((len(cash), len(universe)))
        full[:, self._cash] = cash
        for index, parts, units in self._baskets:
            full[:, index] = full[:, parts] @ units
        for row in map(int, self._cash):
            follows = universe.row.get(universe.listings[row].follows or 0)
            if follows is not None:
                full[:, row] = universe.prev_close[row] * full[:, follows] / universe.prev_close[follows]
        for row, bars in self._known.items():
            closes = np.array([bar.close for bar in bars], float)
            # What was made up leads to the first that is known.
            full[:, row] *= closes[0] / full[-len(closes), row]
            full[-len(closes) :, row] = closes
        under = universe.underlying[self._futures]
        basis = universe.prev_close[self._futures] / universe.prev_close[under]
        # The basis of yesterday grows with the time that was still to pass.
        left = (universe.expiry[self._futures] - at[:, None]) / (universe.expiry[self._futures] - at[-1])
        full[:, self._futures] = full[:, under] * basis**left
        return np.asarray(full[:, self._rows])

    def _candles(
        self, starts: Ints, opened: Floats, high: Floats, low: Floats, close: Floats, share: Floats
    ) -> Candles:
        universe, rows = self._universe, self._rows
        out = np.zeros(close.shape, CANDLE_TYPE)
        tick, lot = universe.tick[rows], universe.lot[rows]
        out["instrument"], out["start"] = universe.id[rows], starts[:, None]
        for name, prices in (("open", opened), ("high", high), ("low", low), ("close", close)):
            out[name] = np.maximum(1, np.rint(prices / tick)) * tick
        out["high"] = np.maximum.reduce([out[name] for name in ("open", "high", "low", "close")])
        out["low"] = np.minimum.reduce([out[name] for name in ("open", "low", "close")])
        volume = np.where(universe.is_future[rows], lot * 20_000.0, universe.usual_volume[rows])
        out["volume"] = np.floor(volume * share / lot) * lot
        out["oi"] = np.where(universe.is_future[rows], lot * 8_000, 0)
        return out.ravel()

    def _noise(self, count: int, sigma: Floats) -> Floats:
        return np.asarray(self._rng.standard_normal((count, len(sigma))) * sigma)


def _within(path: Floats, low: Floats, high: Floats) -> Floats:
    """The path turned back at the day's extremes, as prices turn there; cut off it would run along them."""
    room = np.maximum(high - low, 1e-9)
    folded = np.mod(path - low, 2 * room)
    return np.asarray(low + np.minimum(folded, 2 * room - folded))
