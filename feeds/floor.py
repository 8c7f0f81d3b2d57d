"""What every feed that makes its own book shares: model prices, who is priced, and when each prints."""

from collections.abc import Collection, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from core.frames import Rows, row_type
from feeds.crowd import Crowd, Hours
from feeds.derive import Derivatives
from feeds.packing import pack, unpack
from feeds.printer import Printer
from feeds.universe import Universe

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

# An instrument prints about this often; a pause longer than MOST passes as if it had not been.
EVERY_SECONDS = 1.0
MOST_SECONDS = 2.0
# Noise of a future about its fair price.
BASIS_NOISE = 0.0001
# Index options whose next expiry is priced near the money whether or not anybody asks.
ALWAYS_PRICED = frozenset({"NIFTY 50", "NIFTY BANK"})
STRIKES = 10
REPRICE_MS = 5_000
HIGHEST = 2_000_000_000
LATENT_TYPE = np.dtype([("instrument", "<i4"), ("price", "<f8")])


class Floor:
    """One trading date's model prices (``latent``, paise, for cash rows alone) and what is printed of them."""

    def __init__(self, universe: Universe, seed: int, levels: int) -> None:
        self.universe = universe
        self.rng = np.random.Generator(np.random.PCG64(seed))
        self.latent = universe.prev_close.astype(float)
        self.derive = Derivatives(universe)
        self.printer = Printer(universe, levels)
        self.cash = np.flatnonzero(universe.is_share | universe.is_index)
        self.last_ms = 0
        self.hours: Hours | None = None
        self.crowd = Crowd(universe, seed, self.printer)
        self.struck: set[str] = set()
        self._printed = np.zeros(len(universe), np.int64)  # when each row printed last
        self._wanted: Ints = np.empty(0, np.int64)
        self._near: Ints = np.empty(0, np.int64)
        self._near_at = 0

    def want(self, ids: Collection[int]) -> None:
        """Options to price beside the busy ones."""
        rows = self.universe.rows_of(list(ids))
        self._wanted = rows[self.universe.is_option[rows]]

    def empty(self) -> Rows:
        """No rows, of the type this floor prints."""
        return np.zeros(0, row_type(self.printer.levels))

    def seconds_since(self, now_ms: int) -> float:
        """Seconds since the last print of the floor, no more than counts as one step."""
        return EVERY_SECONDS if not self.last_ms else min((now_ms - self.last_ms) / 1000, MOST_SECONDS)

    def active(self, now_ms: int) -> Ints:
        """Rows that print at all: cash, futures, the busy options, and the options somebody wants."""
        universe = self.universe
        if now_ms - self._near_at > REPRICE_MS:
            self._near = self.derive.near_the_money(ALWAYS_PRICED, self.latent, STRIKES, now_ms)
            self._near_at = now_ms
        rows = np.unique(np.concatenate([self.cash, self.derive.futures, self._near, self._wanted]))
        if self.hours is not None:
            rows = rows[~self.hours.asleep[rows]]
        expiry = universe.expiry[rows]
        return np.asarray(rows[(expiry == 0) | (expiry > now_ms)])

    def print(self, now_ms: int, traded: Mapping[int, int] | None = None) -> Rows:
        """The rows that are due: all at first, then each about once a second, the newly wanted at once.

        ``traded`` gives the day's volume so far of the rows for which it is known; others get modelled volume.
        """
        seconds = self.seconds_since(now_ms)
        self.last_ms = now_ms
        active = self.active(now_ms)
        silent = self._printed[active] == 0
        rows = active[silent | (self.rng.random(len(active)) < seconds / EVERY_SECONDS)]
        waited = np.where(self._printed[rows] == 0, EVERY_SECONDS, (now_ms - self._printed[rows]) / 1000)
        self._printed[rows] = now_ms
        waited = np.minimum(waited, 2 * MOST_SECONDS)
        volume = np.array([(traded or {}).get(int(row), -1) for row in rows] if traded else [], np.int64)
        return self.printer.print(self.rng, rows, self.mids(rows, now_ms), waited, now_ms, volume)

    def mids(self, rows: Ints, now_ms: int, noise: bool = True) -> Floats:
        """Model prices of any rows, inside the bands."""
        universe = self.universe
        mids = self.latent[rows].copy()
        future = universe.is_future[rows] & (universe.underlying[rows] >= 0)
        option = universe.is_option[rows] & (universe.underlying[rows] >= 0)
        fair = self.derive.forward(rows[future], self.latent, now_ms)
        if noise:
            fair = fair * np.exp(BASIS_NOISE * self.rng.standard_normal(len(fair)))
        mids[future] = fair
        mids[option] = self.derive.premium(rows[option], self.latent, now_ms)
        low = np.maximum(universe.lower[rows], universe.tick[rows])
        high = np.where(universe.upper[rows] > 0, universe.upper[rows], HIGHEST)
        return np.asarray(np.clip(mids, low, high))

    def closes(self, now_ms: int) -> tuple[Ints, Ints]:
        """Ids and closing prices: the last trade of what trades often, the model price of the rest."""
        universe = self.universe
        rows = np.flatnonzero(~(universe.is_future | universe.is_option) | (universe.underlying >= 0))
        model = self.mids(rows, now_ms, noise=False)
        plain = np.maximum(1, np.rint(model / universe.tick[rows]).astype(np.int64)) * universe.tick[rows]
        last = self.printer.day["last"][rows].astype(np.int64)
        return universe.id[rows], np.where((last > 0) & ~universe.is_option[rows], last, plain)

    def with_crowd(self, rows: Rows, now_ms: int) -> Rows:
        """The rows that print, and those that show an auction's book or an offer at the close."""
        if self.hours is None or self.hours.quiet:
            return rows
        mids = np.zeros(len(self.universe))
        collecting = np.flatnonzero(self.hours.collecting)
        mids[collecting] = self.mids(collecting, now_ms, noise=False)
        return np.concatenate([rows, self.crowd.rows(now_ms, self.hours, mids)])

    def strike(self, kind: str, trades: Mapping[int, tuple[int, int]]) -> Ints:
        """Take in an auction's trades, once; the rows they are of."""
        known = {self.universe.row[one]: trade for one, trade in trades.items() if one in self.universe.row}
        if kind in self.struck or not known:
            return np.zeros(0, np.int64)
        self.struck.add(kind)
        rows = np.array(sorted(known), np.int64)
        prices = np.array([known[int(row)][0] for row in rows], np.int64)
        self.printer.trade(rows, prices, np.array([known[int(row)][1] for row in rows], np.int64))
        share = self.universe.is_share[rows]
        self.latent[rows[share]] = prices[share]
        return rows

    def told(self, rows: Ints, led: Ints, now_ms: int) -> Rows:
        """Rows that say what was struck; of ``led`` the model's price is what they say."""
        tick = self.universe.tick[led]
        level = np.maximum(1, np.rint(self.latent[led] / tick)).astype(np.int64) * tick
        self.printer.trade(led, level, np.zeros(len(led), np.int64))
        self._printed[rows] = now_ms
        return self.crowd.plain(rows, now_ms)

    def restore(self, resume: dict[str, Any]) -> bool:
        """Takes up what an earlier floor left; whether that was of the same trading date."""
        same_date = resume.get("trading_date") == self.universe.trading_date.isoformat()
        if "rng" in resume:
            self.rng.bit_generator.state = _as_state(resume["rng"])
        self.printer.restore(resume.get("day"), same_date)
        self.struck = set(resume.get("struck", ())) if same_date else set()
        saved = unpack(resume.get("latent"), LATENT_TYPE)
        for instrument, price in zip(saved["instrument"], saved["price"], strict=True):
            row = self.universe.row.get(int(instrument))
            if row is not None and np.isfinite(price) and price > 0:
                self.latent[row] = price if same_date else price * self.universe.splits.get(int(instrument), 1.0)
        return same_date

    def resume(self) -> dict[str, Any]:
        """What ``restore`` needs."""
        latent = np.zeros(len(self.cash), LATENT_TYPE)
        latent["instrument"], latent["price"] = self.universe.id[self.cash], self.latent[self.cash]
        return {
            "trading_date": self.universe.trading_date.isoformat(),
            "clock": self.last_ms,
            "rng": _as_json(self.rng.bit_generator.state),
            "latent": pack(latent),
            "day": self.printer.resume(),
            "struck": sorted(self.struck),
        }

    def state(self) -> dict[str, Any]:
        """How many instruments there are and how many of them print."""
        return {"listed": len(self.universe), "priced": len(self.active(self.last_ms)) if self.last_ms else 0}


def _as_json(state: Any) -> Any:
    """A bit generator's state with its 128-bit integers as text, which every JSON reader keeps exactly."""
    if isinstance(state, dict):
        return {name: _as_json(value) for name, value in state.items()}
    return f"int:{state}" if isinstance(state, int) else state


def _as_state(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _as_state(item) for name, item in value.items()}
    return int(value[4:]) if isinstance(value, str) and value.startswith("int:") else value
