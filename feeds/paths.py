"""The way a price may have taken through its bars: to one end of the range, to the other, to the close."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from feeds.bars import CLOSES, OPENS, WHOLE_DAY, Bar

Floats = npt.NDArray[np.float64]

MINUTE_MS = 60_000
SESSION_MS = (CLOSES - OPENS) * MINUTE_MS


@dataclass(frozen=True, slots=True)
class Path:
    """Knots in ms since 9:15 that ascend: price in paise, and units traded so far (None: not known)."""

    at: Floats
    price: Floats
    traded_at: Floats
    traded: Floats | None

    def price_at(self, ms: float) -> float:
        """The price then; before the first bar its open, after the last its close."""
        return float(np.interp(ms, self.at, self.price))

    def traded_by(self, ms: float) -> int | None:
        """Units traded by then, or None where the bars do not say."""
        return None if self.traded is None else int(np.interp(ms, self.traded_at, self.traded))


def through(bars: Sequence[Bar], rng: np.random.Generator) -> Path:
    """A path through a day's bars; each bar's direction is drawn, open-low-high-close or open-high-low-close.

    What is before an instant depends on the bars that have begun by then and on the draws alone.
    """
    at: list[float] = []
    price: list[float] = []
    traded_at, traded = [0.0], [0.0]
    for bar in bars:
        start = 0.0 if bar.minute == WHOLE_DAY else float((bar.minute - OPENS) * MINUTE_MS)
        length = SESSION_MS if bar.minute == WHOLE_DAY else MINUTE_MS
        turns = np.sort(rng.uniform(0.1, 0.9, 2)) if bar.minute == WHOLE_DAY else np.array([1 / 3, 2 / 3])
        ends = [bar.low, bar.high] if rng.random() < 0.5 else [bar.high, bar.low]
        knots = np.array([0.0, *turns, 0.999]) * length + start
        legs = np.array([bar.open, *ends, bar.close], float)
        if bar.minute == WHOLE_DAY:
            knots, legs = _wander(knots, legs, bar, rng)
        at.extend(knots)
        price.extend(legs)
        traded_at.append(start + length)
        traded.append(traded[-1] + bar.volume)
    known = np.array(traded) if traded[-1] > 0 else None
    return Path(np.array(at), np.array(price), np.array(traded_at), known)


def _wander(knots: Floats, legs: Floats, bar: Bar, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """A day's four knots joined by a random walk minute by minute that never leaves the day's range."""
    minutes = np.arange(0.0, SESSION_MS, MINUTE_MS)
    at = np.unique(np.concatenate([minutes, knots]))
    straight = np.interp(at, knots, legs)
    walk = np.cumsum(rng.standard_normal(len(at))) * (bar.high - bar.low) / 3 / np.sqrt(len(at))
    # The walk is tied down at each knot, so that the path passes through all four.
    tied = walk - np.interp(at, knots, np.interp(knots, at, walk))
    return at, np.clip(straight + tied, bar.low, bar.high)
