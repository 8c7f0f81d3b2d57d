"""The surface of implied volatility that the simulator quotes: a pure function of moneyness and time.

A strike is placed by how many standard deviations it lies from the forward, so that the smile keeps its shape
as expiry comes near. Far wings flatten out: beyond what any chain lists, a parabola would let a further
strike cost more than a nearer one.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from core.options import SHORTEST, Floats

FLOOR: Final = 0.06
CEILING: Final = 1.5
REACH: Final = 3.0  # standard deviations at which the wings are well on their way to flat
FAR_LEVEL: Final = 0.01
SETTLING_YEARS: Final = 0.25


@dataclass(frozen=True, slots=True)
class Smile:
    """``skew`` and ``curve`` are fractions of volatility for one and for one squared standard deviation."""

    skew: float
    curve: float


INDEX: Final = Smile(skew=-0.009, curve=0.0035)
SHARE: Final = Smile(skew=-0.004, curve=0.006)


def at_the_money(base: npt.ArrayLike, years: npt.ArrayLike, spot_return: npt.ArrayLike = 0.0) -> Floats:
    """Volatility at the forward: a point more for each percent the spot has lost, a calm rise over months.

    ``base`` is the underlying's usual level, ``spot_return`` its return since then.
    """
    t = np.maximum(np.asarray(years, float), SHORTEST)
    level = np.asarray(base, float) - np.asarray(spot_return, float)
    return np.asarray(np.clip(level + FAR_LEVEL * -np.expm1(-t / SETTLING_YEARS), FLOOR, CEILING))


def volatility(
    forward: npt.ArrayLike,
    strike: npt.ArrayLike,
    years: npt.ArrayLike,
    atm: npt.ArrayLike,
    smile: Smile = INDEX,
) -> Floats:
    """Implied volatility of strikes around a forward, given the level at the money for their expiry."""
    level = np.asarray(atm, float)
    t = np.maximum(np.asarray(years, float), SHORTEST)
    away = np.log(np.asarray(strike, float) / np.asarray(forward, float)) / (level * np.sqrt(t))
    reach = REACH * np.tanh(away / REACH)
    return np.asarray(np.clip(level + smile.skew * reach + smile.curve * reach**2, FLOOR, CEILING))
