"""What positions in contracts are sensitive to: each one's Greeks times its units, so that those of a group add up.

The volatility is what the last premium implies; where none does (a premium below intrinsic value, or one that is out
of date), it is the usual one of an underlying whose volatility is not known. A model of a price, never money.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

import numpy as np

from core import options, smile
from core.calendar import expires_at
from core.instruments import OPTIONS, Kind
from core.margin_rules import of_contracts

_YEAR = options.DAYS * 86_400


@dataclass(frozen=True, slots=True)
class Line:
    """Units (signed) of one instrument. ``premium`` and ``spot``, the underlying's last price, in paise; an option
    has a strike in paise and an expiry. ``index`` says whether the underlying is one."""

    kind: Kind
    quantity: int
    premium: int | None = None
    spot: int | None = None
    strike: int | None = None
    expiry: date | None = None
    index: bool = True


@dataclass(frozen=True, slots=True)
class Held:
    """Of all units: ``delta`` in units of the underlying, ``gamma`` its change a rupee, ``theta`` in rupees a calendar
    day, ``vega`` in rupees a point of volatility."""

    delta: float
    gamma: float = 0.0
    theta: float = 0.0
    vega: float = 0.0


def held(lines: Sequence[Line], at: datetime) -> list[Held | None]:
    """The Greeks of each line, in their order; None of an option without a price of its underlying. All options are
    worked out in one go. What is no option moves with its underlying, unit for unit."""
    found: list[Held | None] = [None if each.kind in OPTIONS else Held(float(each.quantity)) for each in lines]
    priced = [n for n, each in enumerate(lines) if each.kind in OPTIONS and each.spot and each.strike and each.expiry]
    if priced:
        for number, greeks in zip(priced, _options([lines[n] for n in priced], at), strict=True):
            found[number] = greeks
    return found


def _options(lines: Sequence[Line], at: datetime) -> list[Held]:
    years = np.array([(expires_at(each.expiry) - at).total_seconds() / _YEAR if each.expiry else 0.0 for each in lines])
    forward = np.array([float(each.spot or 0) for each in lines]) * np.exp(options.RATE * np.maximum(years, 0.0))
    strike = np.array([float(each.strike or 0) for each in lines])
    premium = np.array([float(each.premium or 0) for each in lines])
    call = np.array([each.kind is Kind.CE for each in lines])
    usual = np.array([of_contracts(at.date(), each.index).unknown_volatility / 10_000 for each in lines])
    shaped = [
        smile.volatility(f, k, t, smile.at_the_money(base, t), smile.INDEX if each.index else smile.SHARE)
        for f, k, t, base, each in zip(forward, strike, years, usual, lines, strict=True)
    ]
    implied = options.implied_volatility(premium, forward, strike, years, options.RATE, call)
    own = np.where(np.isnan(implied), np.array(shaped), implied)
    greeks = options.greeks(forward, strike, years, own, options.RATE, call)
    units = np.array([each.quantity for each in lines], float)
    table = np.stack([greeks.delta, greeks.gamma * 100, greeks.theta / 100, greeks.vega / 100]) * units
    return [Held(*row) for row in table.T.tolist()]
