"""What one unit of a contract loses in each scenario of a risk snapshot: the risk array of a clearing house.

Sixteen scenarios: the price still, or a third, two thirds and the whole of the scan range up or down, each
with volatility up and with volatility down; and a move far beyond the range, both ways, of which a part
counts. Options are priced anew by Black-76 on the shifted forward, at their own volatility of the smile,
shifted; futures move with the price. Here floats end: what leaves this file is integer paise a unit.

A snapshot never changes, so a contract's array is worked out once for it and kept with it.
"""

from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache
from typing import Final

import numpy as np
import numpy.typing as npt

from core import options, smile
from core.calendar import expires_at
from core.instruments import OPTIONS, Instrument, Kind
from core.margin_rules import ContractRule, of_contracts

Ints = npt.NDArray[np.int64]

DEFAULT_RATE: Final = 625
LOWEST_VOLATILITY: Final = 0.01
THIRDS: Final = np.array([0, 0, 1, 1, -1, -1, 2, 2, -2, -2, 3, 3, -3, -3], float) / 3
ABOVE_AND_BELOW: Final = np.array([1, -1] * 7, float)
_YEAR: Final = 365.0 * 86_400.0
# Snapshots kept with their arrays: some markets' underlyings for some days.
KEPT: Final = 2_048


@dataclass(frozen=True, slots=True)
class Risk:
    """One unit held long. ``losses`` are 16 numbers: loss in a scenario less the value the unit counts for now,
    so that an option's is minus its value there. ``rise`` and ``fall`` are the most that a unit bought, or sold,
    can add to a scenario. ``delta``, ``exposure``, ``expiry_day`` and ``calendar`` are basis points;
    ``value`` is paise, 0 of a future. ``apart``: it offsets no other expiry today."""

    losses: Ints
    rise: int
    fall: int
    value: int
    delta: int
    exposure: int
    expiry_day: int
    calendar: int
    option: bool
    expiry: date
    apart: bool


@dataclass(frozen=True, slots=True)
class Snapshot:
    """An underlying as it was taken at a fixed time of the day: ``price`` in paise; ``volatility`` (a year's, at
    the money, 0 where it is not known) and ``rate`` in basis points. ``on`` is the trading date whose rules
    hold, ``at`` the instant from which options are priced."""

    id: int | None
    price: int
    on: date
    at: datetime
    volatility: int = 0
    rate: int = DEFAULT_RATE
    risks: dict[int, Risk] = field(default_factory=dict, compare=False, repr=False)

    def risk(self, instrument: Instrument, index: bool) -> Risk:
        """The array of a contract on it; ``index`` says whether it is one."""
        found = self.risks.get(instrument.id)
        if found is None:
            found = self.risks[instrument.id] = risk_of(instrument, self, of_contracts(self.on, index), index)
        return found


@lru_cache(KEPT)
def taken(id: int | None, price: int, on: date, at: datetime, volatility: int, rate: int) -> Snapshot:
    """The snapshot of these values, the same one each time, so that its arrays are worked out once."""
    return Snapshot(id, price, on, at, volatility, rate)


def risk_of(instrument: Instrument, snapshot: Snapshot, rule: ContractRule, index: bool) -> Risk:
    """Work out one array. Raises ValueError for what is no contract."""
    if instrument.expiry is None:
        raise ValueError(f"{instrument.symbol} is no contract")
    reach = rule.price_range(snapshot.price, snapshot.volatility)
    apart = instrument.expiry <= snapshot.on and not rule.offsets_on_expiry
    if instrument.kind is Kind.FUT:
        losses, value, delta = future_losses(reach, rule), 0, 10_000
    else:
        losses, value, delta = _option(instrument, snapshot, rule, index, reach)
    return Risk(
        losses=losses,
        rise=max(0, int(losses.max())),
        fall=max(0, -int(losses.min())),
        value=value,
        delta=delta,
        exposure=_exposure(instrument, snapshot.price, rule),
        expiry_day=rule.expiry_day if instrument.kind in OPTIONS and instrument.expiry <= snapshot.on else 0,
        calendar=rule.calendar,
        option=instrument.kind in OPTIONS,
        expiry=instrument.expiry,
        apart=apart,
    )


def future_losses(reach: int, rule: ContractRule) -> Ints:
    """Of a future: it gains what the price gains."""
    part = rule.extreme_move * rule.extreme_weight / 10_000
    return _whole(-reach * np.concatenate([THIRDS, [part, -part]]))


def option_losses(
    spot: float, strike: float, years: float, volatility: float, rate: float, call: bool, reach: float,
    rule: ContractRule,
) -> tuple[Ints, int]:  # fmt: skip
    """(minus the value in each scenario, value now) of an option, in whole paise. ``volatility`` and ``rate`` are
    fractions a year. Of the move beyond the range only the weighted part of the loss counts."""
    growth = np.exp(rate * max(years, 0.0))
    moves = np.concatenate([[0.0], THIRDS, [rule.extreme_move, -rule.extreme_move]])
    shift = rule.volatility_range / 10_000
    shifts = np.concatenate([[0.0], ABOVE_AND_BELOW * shift, [0.0, 0.0]])
    prices = np.maximum(spot + moves * reach, 1.0)
    values = options.price(
        prices * growth, strike, years, np.maximum(volatility + shifts, LOWEST_VOLATILITY), rate, call
    )
    now, weight = values[0], rule.extreme_weight / 10_000
    scanned, beyond = values[1:15], now + (values[15:] - now) * weight
    return _whole(-np.concatenate([scanned, beyond])), round(float(now))


def _option(
    instrument: Instrument, snapshot: Snapshot, rule: ContractRule, index: bool, reach: int
) -> tuple[Ints, int, int]:
    assert instrument.expiry is not None
    assert instrument.strike is not None
    years = (expires_at(instrument.expiry) - snapshot.at).total_seconds() / _YEAR
    rate, strike, call = snapshot.rate / 10_000, float(instrument.strike), instrument.kind is Kind.CE
    forward = snapshot.price * float(np.exp(rate * max(years, 0.0)))
    base = (snapshot.volatility or rule.unknown_volatility) / 10_000
    shape = smile.INDEX if index else smile.SHARE
    own = float(smile.volatility(forward, strike, years, smile.at_the_money(base, years), shape))
    losses, value = option_losses(snapshot.price, strike, years, own, rate, call, reach, rule)
    delta = options.greeks(forward, strike, years, own, rate, call).delta
    return losses, value, round(float(delta) * 10_000)


def _exposure(instrument: Instrument, price: int, rule: ContractRule) -> int:
    if instrument.strike is None:
        return rule.exposure
    out = instrument.strike - price if instrument.kind is Kind.CE else price - instrument.strike
    return rule.deep_exposure if out * 10_000 > price * rule.deep_from else rule.exposure


def _whole(values: options.Floats) -> Ints:
    return np.asarray(np.rint(values), np.int64)
