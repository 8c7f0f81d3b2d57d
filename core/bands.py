"""Daily price bands: how far from yesterday's close an instrument may trade when its day begins."""

from datetime import date

import numpy as np
import numpy.typing as npt

from core import dated
from core.instruments import Instrument, Kind

Ints = npt.NDArray[np.int64]

# Percent of the previous close. Shares with derivatives, futures and, since the circular on funds, funds begin at ten
# and are widened as the day goes on (``core.flexing``); shares without derivatives have a fixed twenty.
WITH_DERIVATIVES, WITHOUT, FUTURES = 10, 20, 10
FUNDS = ((date(2000, 1, 1), 20), (date(2026, 6, 15), 10))


def percent(instrument: Instrument, has_derivatives: bool, on: date) -> int:
    """Percent of the band that a trading date begins with; 0 where there is none (indices are not traded, options have
    no band)."""
    if instrument.kind is Kind.FUT:
        return FUTURES
    if instrument.kind is Kind.ETF and not has_derivatives:
        return dated.value_in_force(FUNDS, on, "price bands of funds")
    if instrument.kind in (Kind.EQ, Kind.ETF):
        return WITH_DERIVATIVES if has_derivatives else WITHOUT
    return 0


def bands(prev_close: Ints, tick: Ints, percents: Ints) -> tuple[Ints, Ints]:
    """(lower, upper) in paise, on tick and inside the percentage; both 0 where the percentage is 0."""
    lower, upper = between(prev_close, tick, -percents, percents)
    return np.where(percents > 0, lower, 0), np.where(percents > 0, upper, 0)


def between(prev_close: Ints, tick: Ints, low: Ints, high: Ints) -> tuple[Ints, Ints]:
    """(lower, upper) in paise, on tick, no further from the close than ``low`` and ``high`` per cent, which have their
    sign: a band that has slid upwards may begin above the close."""
    lower = -(-(prev_close * (100 + low)) // (100 * tick)) * tick
    upper = prev_close * (100 + high) // (100 * tick) * tick
    lower = np.maximum(lower, tick)
    return lower, np.maximum(upper, lower)
