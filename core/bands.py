"""Daily price bands: how far from yesterday's close an instrument may trade."""

import numpy as np
import numpy.typing as npt

from core.instruments import Instrument, Kind

Ints = npt.NDArray[np.int64]

# Percent of the previous close. Shares with derivatives start at ten; those without have a fixed twenty.
WITH_DERIVATIVES, WITHOUT, FUTURES = 10, 20, 10


def percent(instrument: Instrument, has_derivatives: bool) -> int:
    """Percent of the band; 0 where there is none (indices are not traded, options have no band)."""
    if instrument.kind is Kind.FUT:
        return FUTURES
    if instrument.kind in (Kind.EQ, Kind.ETF):
        return WITH_DERIVATIVES if has_derivatives else WITHOUT
    return 0


def bands(prev_close: Ints, tick: Ints, percents: Ints) -> tuple[Ints, Ints]:
    """(lower, upper) in paise, on tick and inside the percentage; both 0 where the percentage is 0."""
    lower = -(-(prev_close * (100 - percents)) // (100 * tick)) * tick
    upper = prev_close * (100 + percents) // (100 * tick) * tick
    lower = np.maximum(lower, tick)
    upper = np.maximum(upper, lower)
    return np.where(percents > 0, lower, 0), np.where(percents > 0, upper, 0)
