"""What one unit of a contract loses in each scenario of a risk snapshot: the risk array of a clearing house.

Sixteen scenarios: the price still, or a third, two thirds and the whole of the scan range up or down, each
with volatility up and with volatility down; and a move far beyond the range, both ways, of which a part
counts. Options are priced anew by Black-76 on the shifted forward, at their own volatility of the smile,
shifted; futures move with the price. Here floats end: what leaves this file is integer paise a unit.

A snapshot never changes, so a contract's array is worked out once for it and kept with it; those of a group that
are missing are worked out together, because a call of numpy costs as much for one option as for fifty.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache
from typing import Final

import numpy as np
import numpy.typing as npt

from core import options, smile
from core.calendar import expires_at
from core.instruments import OPTIONS, Instrument, Kind
from core.margin_rules import ContractRule, of_cash, of_contracts
from core.options import Floats

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

DEFAULT_RATE: Final = 625
LOWEST_VOLATILITY: Final = 0.01
THIRDS: Final = np.array([0, 0, 1, 1, -1, -1, 2, 2, -2, -2, 3, 3, -3, -3], float) / 3
ABOVE_AND_BELOW: Final = np.array([1, -1] * 7, float)
SCENARIOS: Final = len(THIRDS) + 2
_YEAR: Final = 365.0 * 86_400.0
# Snapshots kept with their arrays: some markets' underlyings for some days.
KEPT: Final = 2_048


@dataclass(frozen=True, slots=True)
class Risk:
    """One unit held long. ``losses`` are 16 numbers: loss in a scenario less the value the unit counts for now,
    so that an option's is minus its value there. ``rise`` and ``fall`` are the most that a unit bought, or sold,
    can add to a scenario. ``delta``, ``exposure``, ``expiry_day`` and ``calendar`` are basis points; ``value`` is
    paise, 0 of a future. ``apart``: it offsets no other expiry today. ``delivery`` is what a unit held long asks for,
    in hundred-millionths of the price, and ``last_day`` what one that may have to be delivered today adds, in
    paise."""

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
    delivery: int = 0
    last_day: int = 0


# A contract whose expiry a holiday has moved, or its strike a split, is another one to its risk.
Key = tuple[int, date | None, int | None]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """An underlying as it was taken at a fixed time of the day: ``price`` in paise; ``volatility`` (a year's, at
    the money, 0 where it is not known) and ``rate`` in basis points. ``on`` is the trading date whose rules
    hold, ``at`` the instant from which options are priced; ``ahead`` are the trading dates after ``on``, as far as
    rules look."""

    id: int | None
    price: int
    on: date
    at: datetime
    volatility: int = 0
    rate: int = DEFAULT_RATE
    ahead: tuple[date, ...] = ()
    risks: dict[Key, Risk] = field(default_factory=dict, compare=False, repr=False)

    def left(self, expiry: date) -> int | None:
        """Trading dates until an expiry, 0 on the day itself; None where it lies further ahead than is known."""
        if expiry <= self.on:
            return 0
        return bisect_right(self.ahead, expiry) if self.ahead and expiry <= self.ahead[-1] else None

    def risk(self, instrument: Instrument, index: bool) -> Risk:
        """The array of a contract on it; ``index`` says whether it is one."""
        key = _key(instrument)
        found = self.risks.get(key)
        if found is None:
            self.prepare((instrument,), index)
            found = self.risks[key]
        return found

    def prepare(self, instruments: Iterable[Instrument], index: bool) -> None:
        """Work out the arrays of contracts that have none yet, all of them in one go."""
        missing = [each for each in instruments if _key(each) not in self.risks]
        if missing:
            found = risks_of(missing, self, of_contracts(self.on, index), index)
            self.risks.update((_key(each), risk) for each, risk in zip(missing, found, strict=True))


def _key(instrument: Instrument) -> Key:
    return instrument.id, instrument.expiry, instrument.strike


@lru_cache(KEPT)
def taken(
    id: int | None, price: int, on: date, at: datetime, volatility: int, rate: int, ahead: tuple[date, ...] = ()
) -> Snapshot:
    """The snapshot of these values, the same one each time, so that its arrays are worked out once."""
    return Snapshot(id, price, on, at, volatility, rate, ahead)


def risks_of(instruments: Sequence[Instrument], snapshot: Snapshot, rule: ContractRule, index: bool) -> list[Risk]:
    """Work out the arrays of contracts on one underlying, in their order. Raises ValueError for what is no contract."""
    reach = rule.price_range(snapshot.price, snapshot.volatility)
    table = np.empty((len(instruments), SCENARIOS), np.int64)
    values, deltas = [0] * len(instruments), [10_000] * len(instruments)
    table[:] = future_losses(reach, rule)
    written = [number for number, each in enumerate(instruments) if each.kind in OPTIONS]
    if written:
        table[written], worth, leaning = _options([instruments[n] for n in written], snapshot, rule, index, reach)
        for number, value, delta in zip(written, worth, leaning, strict=True):
            values[number], deltas[number] = value, delta
    most, least = table.max(1).tolist(), table.min(1).tolist()
    return [
        _risk(each, snapshot, rule, table[n], max(0, most[n]), max(0, -least[n]), values[n], deltas[n])
        for n, each in enumerate(instruments)
    ]


def _risk(
    instrument: Instrument, snapshot: Snapshot, rule: ContractRule, losses: Ints, rise: int, fall: int, value: int,
    delta: int,
) -> Risk:  # fmt: skip
    if instrument.expiry is None:
        raise ValueError(f"{instrument.symbol} is no contract")
    option, ends = instrument.kind in OPTIONS, instrument.expiry <= snapshot.on
    exposure = _exposure(instrument, snapshot.price, rule)
    return Risk(
        losses=losses,
        rise=rise,
        fall=fall,
        value=value,
        delta=delta,
        exposure=exposure,
        expiry_day=rule.expiry_day if option and ends else 0,
        calendar=rule.calendar,
        option=option,
        expiry=instrument.expiry,
        apart=ends and not rule.offsets_on_expiry,
        delivery=_delivery(instrument, snapshot, rule) if option else 0,
        last_day=rule.last_day(snapshot.price, fall if option else max(rise, fall), exposure) if ends else 0,
    )


def future_losses(reach: int, rule: ContractRule) -> Ints:
    """Of a future: it gains what the price gains."""
    part = rule.extreme_move * rule.extreme_weight / 10_000
    return _whole(-reach * np.concatenate([THIRDS, [part, -part]]))


def option_losses(
    spot: float, strikes: Floats, years: Floats, volatilities: Floats, rate: float, calls: Bools, reach: float,
    rule: ContractRule,
) -> tuple[Ints, Ints]:  # fmt: skip
    """(minus the value in each scenario, value now) of options on one underlying, in whole paise: a row and a number
    an option. ``volatilities`` and ``rate`` are fractions a year. Of the move beyond the range only the weighted part
    of the loss counts."""
    growth = np.exp(rate * np.maximum(years, 0.0))
    moves = np.concatenate([[0.0], THIRDS, [rule.extreme_move, -rule.extreme_move]])
    shift = rule.volatility_range / 10_000
    shifts = np.concatenate([[0.0], ABOVE_AND_BELOW * shift, [0.0, 0.0]])
    prices = np.maximum(spot + moves * reach, 1.0)
    values = options.price(
        prices * growth[:, None],
        strikes[:, None],
        years[:, None],
        np.maximum(volatilities[:, None] + shifts, LOWEST_VOLATILITY),
        rate,
        calls[:, None],
    )
    now, weight = values[:, :1], rule.extreme_weight / 10_000
    scanned, beyond = values[:, 1:15], now + (values[:, 15:] - now) * weight
    return _whole(-np.concatenate([scanned, beyond], axis=1)), _whole(now[:, 0])


def _options(
    instruments: Sequence[Instrument], snapshot: Snapshot, rule: ContractRule, index: bool, reach: int
) -> tuple[Ints, list[int], list[int]]:
    """(scenarios, values now, deltas in basis points) of options on one underlying."""
    left = {each.expiry: _years(each, snapshot.at) for each in instruments}
    years = np.array([left[each.expiry] for each in instruments])
    strikes = np.array([each.strike for each in instruments], float)
    calls = np.array([each.kind is Kind.CE for each in instruments])
    rate = snapshot.rate / 10_000
    forwards = snapshot.price * np.exp(rate * np.maximum(years, 0.0))
    base = (snapshot.volatility or rule.unknown_volatility) / 10_000
    shape = smile.INDEX if index else smile.SHARE
    own = smile.volatility(forwards, strikes, years, smile.at_the_money(base, years), shape)
    losses, values = option_losses(snapshot.price, strikes, years, own, rate, calls, reach, rule)
    deltas = np.rint(options.delta(forwards, strikes, years, own, rate, calls) * 10_000)
    return losses, values.tolist(), deltas.astype(np.int64).tolist()


def _years(instrument: Instrument, at: datetime) -> float:
    if instrument.expiry is None or instrument.strike is None:
        raise ValueError(f"{instrument.symbol} is no option")
    return (expires_at(instrument.expiry) - at).total_seconds() / _YEAR


def _exposure(instrument: Instrument, price: int, rule: ContractRule) -> int:
    if instrument.strike is None:
        return rule.exposure
    out = instrument.strike - price if instrument.kind is Kind.CE else price - instrument.strike
    return rule.deep_exposure if out * 10_000 > price * rule.deep_from else rule.exposure


def in_the_money(instrument: Instrument, price: int) -> bool:
    """Whether an option would be exercised at a price of its underlying."""
    strike = instrument.strike or 0
    return price > strike if instrument.kind is Kind.CE else price < strike


def _delivery(instrument: Instrument, snapshot: Snapshot, rule: ContractRule) -> int:
    """A part of the share's value at risk, where it is in the money and near its end."""
    left = snapshot.left(instrument.expiry) if instrument.expiry else None
    rate = rule.delivery_rate(left)
    if not rate or not in_the_money(instrument, snapshot.price):
        return 0
    return rate * of_cash(snapshot.on).at_risk(Kind.EQ, snapshot.volatility)


def _whole(values: Floats) -> Ints:
    return np.asarray(np.rint(values), np.int64)
