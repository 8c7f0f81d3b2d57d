"""The crowd's side of an auction: a book that crosses about the model's price and fills as entry goes on."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.frames import Rows, row_type
from feeds.printer import Printer
from feeds.universe import Universe

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

EVERY_MS = 1_000
# The book's levels are this far apart, as a part of the price; what stands at a level is this part of a usual day.
STEP, PART = 0.0005, 0.0015
# How much of the book is there when entry begins.
FIRST = 0.1
WITHOUT_DAY = 3e10  # paise of a usual day where nothing is known


@dataclass(frozen=True, slots=True)
class Hours:
    """What the rows of a universe do now: ``asleep`` trade nothing, ``collecting`` show an auction's book,
    ``at_close`` trade at ``closes`` (paise). ``since`` and ``until`` bound the entry, in ms since the epoch."""

    asleep: Flags
    collecting: Flags
    at_close: Flags
    closes: Ints
    since: int = 0
    until: int = 0

    @property
    def quiet(self) -> bool:
        """Whether nothing but continuous trading goes on."""
        return not (self.collecting.any() or self.at_close.any())


class Crowd:
    """Draws once an auction what will stand where; the same seed, date and auction give the same book."""

    def __init__(self, universe: Universe, seed: int, printer: Printer) -> None:
        self._universe, self._seed, self._printer = universe, seed, printer
        self._drawn: dict[int, Floats] = {}
        self._shown_at = 0

    def rows(self, now_ms: int, hours: Hours, mids: Floats) -> Rows:
        """The books of all rows that collect orders, and the offers at the close, once a second."""
        if hours.quiet or now_ms - self._shown_at < EVERY_MS:
            return np.zeros(0, row_type(self._printer.levels))
        self._shown_at = now_ms
        collecting, closing = np.flatnonzero(hours.collecting), np.flatnonzero(hours.at_close & (hours.closes > 0))
        return np.concatenate([self._books(collecting, mids, now_ms, hours), self._offers(closing, now_ms, hours)])

    def plain(self, rows: Ints, now_ms: int) -> Rows:
        """What the rows printed last, with no book."""
        out = np.zeros(len(rows), row_type(self._printer.levels))
        day, prev = self._printer.day[rows], self._universe.prev_close[rows]
        out["instrument"], out["exchange_time"], out["prev_close"] = self._universe.id[rows], now_ms, prev
        out["volume"], out["oi"] = day["volume"], day["oi"]
        for theirs, ours in (("last_price", "last"), ("open", "open"), ("high", "high"), ("low", "low")):
            out[theirs] = np.where(day[ours] > 0, day[ours], prev)
        return out

    def _sizes(self, rows: Ints, hours: Hours) -> Floats:
        """Units at each level of each side when entry ends, for these rows."""
        levels = self._printer.levels
        drawn = self._drawn.get(hours.since)
        if drawn is None:
            rng = np.random.Generator(np.random.PCG64([self._seed, hours.since // 1000]))
            drawn = self._drawn[hours.since] = np.exp(0.6 * rng.standard_normal((len(self._universe), 2, levels)))
        universe = self._universe
        usual = universe.usual_volume[rows]
        usual = np.where(usual > 0, usual, WITHOUT_DAY / np.maximum(universe.prev_close[rows], 1))
        return np.asarray(drawn[rows] * (usual * PART)[:, None, None])

    def _books(self, rows: Ints, mids: Floats, now_ms: int, hours: Hours) -> Rows:
        out = self.plain(rows, now_ms)
        if not len(rows):
            return out
        universe, levels = self._universe, self._printer.levels
        tick, lot = universe.tick[rows], universe.lot[rows]
        step = np.maximum(1, np.rint(mids[rows] * STEP / tick).astype(np.int64)) * tick
        reach = levels // 2 * step
        low = np.where(universe.lower[rows] > 0, universe.lower[rows], tick) + reach
        high = np.where(universe.upper[rows] > 0, universe.upper[rows], np.iinfo(np.int32).max) - reach
        middle = np.clip(np.rint(mids[rows] / tick).astype(np.int64) * tick, low, np.maximum(low, high))
        ladder = np.arange(levels // 2, levels // 2 - levels, -1)[None, :] * step[:, None]
        part = (now_ms - hours.since) / max(1, hours.until - hours.since)
        grown = FIRST + (1 - FIRST) * min(1.0, max(0.0, part))
        units = np.maximum(1, np.rint(self._sizes(rows, hours) * grown / lot[:, None, None])).astype(np.int64)
        units = np.minimum(units * lot[:, None, None], 50_000_000)
        for side, sign, lane in (("bid", 1, 0), ("ask", -1, 1)):
            out[f"{side}_price"] = middle[:, None] + sign * ladder
            out[f"{side}_quantity"] = units[:, lane]
            out[f"{side}_orders"] = 1 + units[:, lane] // np.maximum(1, 20 * lot[:, None])
        return out

    def _offers(self, rows: Ints, now_ms: int, hours: Hours) -> Rows:
        """Now a bid, now an offer, at the closing price."""
        out = self.plain(rows, now_ms)
        if not len(rows):
            return out
        side, lane = ("bid", 0) if now_ms // EVERY_MS % 2 else ("ask", 1)
        lot = self._universe.lot[rows]
        units = np.maximum(lot, self._sizes(rows, hours)[:, lane, 0].astype(np.int64) // 10 // lot * lot)
        out[f"{side}_price"][:, 0] = hours.closes[rows]
        out[f"{side}_quantity"][:, 0] = np.minimum(units, 50_000_000)
        out[f"{side}_orders"][:, 0] = 1
        return out
