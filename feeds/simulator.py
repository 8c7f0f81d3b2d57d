"""A market made by chance: seeded, reproducible, and able to go on where it was stopped."""

from collections.abc import Collection, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from core.frames import DEPTH, Rows
from feeds.crowd import Hours
from feeds.derive import USUAL_VIX, VIX
from feeds.floor import HIGHEST, Floor
from feeds.returns import Returns, restlessness
from feeds.universe import Universe

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

# Part of a day's variance that happens while an exchange with hours is closed.
OVERNIGHT = 0.3
# The volatility index: pull to its usual level a day, answer to the market's factor, its own noise a day.
PULL, FEAR, FLICKER = 0.05, 0.05, 0.02


class Simulator:
    """Prices of one trading date. The same universe, seed and resume state give the same rows.

    ``resume`` is what an earlier simulator's ``resume()`` gave, of this trading date or an earlier one.
    """

    name = "simulator"

    def __init__(
        self, universe: Universe, seed: int, resume: dict[str, Any] | None = None, levels: int = DEPTH
    ) -> None:
        self._universe = universe
        self._floor = Floor(universe, seed, levels)
        self._baskets = baskets(universe)
        self._follow_which()
        same_date = self._floor.restore(resume or {})
        if resume and not same_date and not universe.always_open:
            self._move(OVERNIGHT, 1.0)
        self._follow()

    def clock(self, now_ms: int) -> int:
        """The wall clock is the exchange's."""
        return now_ms

    def want(self, ids: Collection[int]) -> None:
        """Prices those options too."""
        self._floor.want(ids)

    def keep_hours(self, hours: Hours) -> None:
        """Prints by them from here on."""
        self._floor.hours = hours

    def next_rows(self, now_ms: int) -> Rows:
        """Every priced instrument prints at the first call and then about once a second."""
        if now_ms <= self._floor.last_ms or not len(self._universe):
            return self._floor.empty()
        if self._floor.last_ms:
            part = self._floor.seconds_since(now_ms) / self._universe.seconds
            self._move(part, restlessness(self._universe.passed(now_ms)))
        return self._floor.with_crowd(self._floor.print(now_ms), now_ms)

    def strike(self, kind: str, trades: Mapping[int, tuple[int, int]], now_ms: int) -> Rows:
        """Prices go on from what was struck; indices follow their shares at once."""
        rows = self._floor.strike(kind, trades)
        if not len(rows):
            return self._floor.empty()
        self._follow()
        led = np.array([row for row, _, _ in self._baskets], np.int64)
        return self._floor.told(np.union1d(rows, led), led, now_ms)

    def closes(self, now_ms: int) -> tuple[Ints, Ints]:
        """Ids and closing prices of all that can be priced."""
        return self._floor.closes(now_ms)

    def state(self) -> dict[str, Any]:
        """The name, and how much is listed and priced."""
        return {"feed": self.name, **self._floor.state()}

    def resume(self) -> dict[str, Any]:
        """Model prices, the state of chance, and the day so far."""
        return self._floor.resume()

    def _follow_which(self) -> None:
        """Which rows move by chance, and which funds follow an index."""
        universe = self._universe
        follows = {n: universe.row[x.follows] for n, x in enumerate(universe.listings) if x.follows in universe.row}
        self._funds = np.array(sorted(follows), np.int64)
        self._tracked = np.array([follows[n] for n in sorted(follows)], np.int64)
        vix = [n for n, x in enumerate(universe.listings) if x.instrument.symbol == VIX]
        self._vix = vix[0] if vix else -1
        led = {*(row for row, _, _ in self._baskets), *follows, self._vix}
        self._moving = np.array([n for n in self._floor.cash if int(n) not in led], np.int64)
        sectors = [
            "index" if universe.is_index[n] else universe.listings[n].instrument.sector or "other" for n in self._moving
        ]
        known = [universe.listings[n].correlation for n in self._moving]
        self._returns = Returns(sectors, universe.sigma[self._moving], known)

    def _move(self, days: float, restless: float) -> None:
        """Moves every share by chance, then what follows from shares."""
        universe, rows, latent = self._universe, self._moving, self._floor.latent
        steps, market = self._returns.step(self._floor.rng, days, restless)
        high = np.where(universe.upper[rows] > 0, universe.upper[rows], HIGHEST)
        latent[rows] = np.clip(latent[rows] * np.exp(steps), np.maximum(universe.lower[rows], 1), high)
        if self._vix >= 0:
            # Fear returns to its usual level over a few weeks and jumps when shares fall.
            gap = np.log(USUAL_VIX * 100 / latent[self._vix])
            noise = FLICKER * np.sqrt(days) * self._floor.rng.standard_normal()
            latent[self._vix] *= float(np.exp(PULL * gap * days - FEAR * market + noise))
        self._follow()

    def _follow(self) -> None:
        latent, prev = self._floor.latent, self._universe.prev_close
        for row, parts, units in self._baskets:
            latent[row] = float(units @ latent[parts])
        if len(self._funds):
            moved = latent[self._tracked] / np.maximum(prev[self._tracked], 1)
            latent[self._funds] = prev[self._funds] * moved


def baskets(universe: Universe) -> list[tuple[int, Ints, Floats]]:
    """(index, constituents, units of each): an index is the worth of its basket.

    The divisor makes yesterday's closes of the shares give yesterday's of the index, so that no date
    begins with a jump.
    """
    out = []
    for index_id, weights in universe.weights.items():
        parts = universe.rows_of(list(weights))
        if index_id not in universe.row or not len(parts):
            continue
        ids = [int(universe.id[n]) for n in parts]
        base = np.array([universe.base.get(i, int(universe.prev_close[universe.row[i]])) for i in ids], float)
        units = np.array([weights[i] for i in ids], float) / base
        row = universe.row[index_id]
        scale = float(universe.prev_close[row]) / float(units @ universe.prev_close[parts])
        out.append((row, parts, units * scale))
    return out
