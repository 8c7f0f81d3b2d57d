"""Black-76: prices, Greeks and implied volatility of European options on a forward.

Every function takes numbers or numpy arrays and broadcasts; a whole chain is one call. Prices are in the
unit of forward and strike (paise or rupees), volatility is a fraction a year, ``years`` the time to expiry,
``rate`` continuously compounded. Floats are fine here: this is a model of a price, never money in a ledger.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

RATE: Final = 0.0625
DAYS: Final = 365.0
MINUTES: Final = DAYS * 24 * 60
SHORTEST: Final = 1 / MINUTES
LOWEST, HIGHEST = 1e-4, 10.0
_ROOT_TWO_PI: Final = float(np.sqrt(2 * np.pi))
# Hart's rational approximation of the normal tail, coefficients from the highest power down; it is exact
# to about fifteen digits below seven standard deviations, where a continued fraction takes over.
_ABOVE: Final = (
    0.0352624965998911,
    0.700383064443688,
    6.37396220353165,
    33.912866078383,
    112.079291497871,
    221.213596169931,
    220.206867912376,
)
_BELOW: Final = (
    0.0883883476483184,
    1.75566716318264,
    16.064177579207,
    86.7807322029461,
    296.564248779674,
    637.333633378831,
    793.826512519948,
    440.413735824752,
)
_FAR: Final = 7.07106781186547


@dataclass(frozen=True, slots=True)
class Greeks:
    """Sensitivities: ``delta`` and ``gamma`` to the forward, ``vega`` to one point (1 %) of volatility,
    ``theta`` to one calendar day that passes, the forward staying where it is."""

    delta: Floats
    gamma: Floats
    vega: Floats
    theta: Floats


def normal(x: npt.ArrayLike) -> Floats:
    """The standard normal distribution function."""
    x = np.asarray(x, float)
    size = np.minimum(np.abs(x), 37.0)
    peak = np.exp(-size * size / 2)
    near = peak * np.polyval(_ABOVE, size) / np.polyval(_BELOW, size)
    deep = size + 0.65
    for step in (4, 3, 2, 1):
        deep = size + step / deep
    tail = np.where(size < _FAR, near, peak / (deep * _ROOT_TWO_PI))
    return np.asarray(np.where(x > 0, 1 - tail, tail))


def density(x: npt.ArrayLike) -> Floats:
    """The standard normal density."""
    return np.asarray(np.exp(-np.square(np.asarray(x, float)) / 2) / _ROOT_TWO_PI)


def _d1(forward: Floats, strike: Floats, deviation: Floats) -> Floats:
    return np.asarray(np.log(forward / strike) / deviation + deviation / 2)


def _deviation(years: npt.ArrayLike, volatility: npt.ArrayLike) -> Floats:
    """Standard deviation of the log forward at expiry, kept above zero so that nothing divides by it."""
    years = np.maximum(np.asarray(years, float), 0.0)
    return np.asarray(np.maximum(np.asarray(volatility, float) * np.sqrt(years), 1e-9))


def _sign(call: npt.ArrayLike) -> Floats:
    """1 of a call, −1 of a put."""
    return np.where(np.asarray(call, bool), 1.0, -1.0)


def price(
    forward: npt.ArrayLike,
    strike: npt.ArrayLike,
    years: npt.ArrayLike,
    volatility: npt.ArrayLike,
    rate: npt.ArrayLike = RATE,
    call: npt.ArrayLike = True,
) -> Floats:
    """The premium. At or after expiry (``years`` <= 0) it is the intrinsic value."""
    f, k = np.asarray(forward, float), np.asarray(strike, float)
    deviation = _deviation(years, volatility)
    d1 = _d1(f, k, deviation)
    sign = _sign(call)
    value = sign * (f * normal(sign * d1) - k * normal(sign * (d1 - deviation)))
    return np.asarray(np.maximum(value, 0.0) * discount(years, rate))


def discount(years: npt.ArrayLike, rate: npt.ArrayLike = RATE) -> Floats:
    """What one at expiry is worth now."""
    return np.asarray(np.exp(-np.asarray(rate, float) * np.maximum(np.asarray(years, float), 0.0)))


def delta(
    forward: npt.ArrayLike,
    strike: npt.ArrayLike,
    years: npt.ArrayLike,
    volatility: npt.ArrayLike,
    rate: npt.ArrayLike = RATE,
    call: npt.ArrayLike = True,
) -> Floats:
    """The delta alone; within the last minute that of a minute before expiry."""
    t = np.maximum(np.asarray(years, float), SHORTEST)
    d1 = _d1(np.asarray(forward, float), np.asarray(strike, float), _deviation(t, volatility))
    sign = _sign(call)
    return np.asarray(sign * discount(t, rate) * normal(sign * d1))


def greeks(
    forward: npt.ArrayLike,
    strike: npt.ArrayLike,
    years: npt.ArrayLike,
    volatility: npt.ArrayLike,
    rate: npt.ArrayLike = RATE,
    call: npt.ArrayLike = True,
) -> Greeks:
    """The sensitivities of the premium; within the last minute those of a minute before expiry."""
    f, k = np.asarray(forward, float), np.asarray(strike, float)
    t = np.maximum(np.asarray(years, float), SHORTEST)
    deviation = _deviation(t, volatility)
    slope = discount(t, rate) * density(_d1(f, k, deviation))
    decay = -f * slope * deviation / (2 * t) + np.asarray(rate, float) * price(f, k, t, volatility, rate, call)
    return Greeks(
        delta=delta(forward, strike, years, volatility, rate, call),
        gamma=np.asarray(slope / (f * deviation)),
        vega=np.asarray(f * slope * np.sqrt(t) / 100),
        theta=np.asarray(decay / DAYS),
    )


def implied_volatility(
    premium: npt.ArrayLike,
    forward: npt.ArrayLike,
    strike: npt.ArrayLike,
    years: npt.ArrayLike,
    rate: npt.ArrayLike = RATE,
    call: npt.ArrayLike = True,
) -> Floats:
    """The volatility at which ``price`` gives the premium; NaN where none does.

    None does below the intrinsic value, above the forward (call) or strike (put), or at expiry. Newton's
    steps within a shrinking bracket: as quick as Newton near the money, as safe as halving in the wings.
    """
    f, k, t, r, p, c = np.broadcast_arrays(
        np.asarray(forward, float),
        np.asarray(strike, float),
        np.asarray(years, float),
        np.asarray(rate, float),
        np.asarray(premium, float),
        np.asarray(call, bool),
    )
    paid = discount(t, r)
    floor = paid * np.maximum(np.where(c, f - k, k - f), 0.0)
    possible = (t > 0) & (p > floor) & (p < paid * np.where(c, f, k))
    low, high = np.full(f.shape, LOWEST), np.full(f.shape, HIGHEST)
    guess = np.full(f.shape, 0.25)
    for _ in range(64):
        error = price(f, k, t, guess, r, c) - p
        low, high = np.where(error < 0, guess, low), np.where(error < 0, high, guess)
        deviation = _deviation(t, guess)
        slope = np.maximum(f * paid * density(_d1(f, k, deviation)) * np.sqrt(np.maximum(t, 0.0)), 1e-300)
        step = guess - np.clip(error / slope, -HIGHEST, HIGHEST)
        following = np.where((step > low) & (step < high), step, (low + high) / 2)
        if np.all(np.abs(following - guess) < 1e-12):
            break
        guess = following
    return np.where(possible, guess, np.nan)
