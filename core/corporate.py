"""Splits and bonuses: what ``held`` units of before are after, of shares, lots, prices, strikes and positions.

What is not a whole unit after the action is paid out at the previous close, brought to the new units. Costs stay
what they were, so that a split earns and loses nothing by itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from math import gcd

from core.money import half_up
from core.positions import Lot, Position

SPLIT, BONUS = "SPLIT", "BONUS"
STRIKE_STEP = 5
"""An adjusted strike goes to the nearest so many paise."""
ROUND = (50_000, 25_000, 10_000, 5_000, 2_500, 1_000, 500, 250, 100, 50, STRIKE_STEP)
"""Steps of strikes in paise, the widest first."""


@dataclass(frozen=True, slots=True)
class Action:
    """``held`` units become ``becomes`` at the opening of ``ex_date``. ``new_lot`` is that of its contracts, in
    units; ``new_tick`` its own, in paise; None where the rule of the ratio holds, or nothing changes."""

    id: int
    instrument_id: int
    ex_date: date
    kind: str
    becomes: int
    held: int
    new_isin: str | None = None
    new_lot: int | None = None
    new_tick: int | None = None

    def price(self, before: int, tick: int = 1) -> int:
        """A price of before in the new units, on the tick, never below one."""
        return max(half_up(before * self.held, self.becomes * tick), 1) * tick

    def strike(self, before: int) -> int:
        """A contract's strike in the new units."""
        return self.price(before, STRIKE_STEP)

    def strike_before(self, after: int) -> int:
        """The strike that is ``after`` in the new units. Of several that come to it the roundest, as strikes are listed
        on round steps; one that an earlier action had made uneven is met to within a few paise."""
        centre, around = half_up(after * self.becomes, self.held * STRIKE_STEP), self.becomes // (2 * self.held) + 1
        near = [number * STRIKE_STEP for number in range(max(1, centre - around), centre + around + 1)]
        same = [each for each in near if self.strike(each) == after] or [centre * STRIKE_STEP]
        return max(same, key=lambda each: (next(step for step in ROUND if each % step == 0), each))

    def lot(self, before: int) -> int:
        """A contract's lot in the new units."""
        return self.new_lot or max(half_up(before * self.becomes, self.held), 1)


def ratio(kind: str, text: str) -> tuple[int, int]:
    """(becomes, held) of ``5:1``: a split makes 5 of 1, a bonus gives 5 to 1, which makes 6. In lowest terms.

    Raises ValueError, in a sentence, for anything that is no ratio or changes nothing.
    """
    given, _, base = text.strip().partition(":")
    parts = [int(each) if each.isascii() and each.isdigit() and len(each) <= 4 else 0 for each in (given, base)]
    if 0 in parts:
        raise ValueError(f"{text[:20]!r} is no ratio: write it as 5:1.")
    becomes, held = (parts[0] + parts[1], parts[1]) if kind == BONUS else (parts[0], parts[1])
    if becomes == held:
        raise ValueError("A ratio of 1:1 splits nothing.")
    common = gcd(becomes, held)
    return becomes // common, held // common


@dataclass(frozen=True, slots=True)
class Change:
    """What an action did to a position: ``change`` units were added (or taken), the fraction was worth ``cash`` paise
    and had cost ``cost``, from which ``realised`` came. All are signed like the position."""

    change: int
    cash: int
    cost: int
    realised: int


def whole_units(quantity: int, becomes: int, held: int, lots: tuple[int, int] | None = None) -> int:
    """What a signed quantity becomes, fractions cut off; of contracts (old lot, new lot) the same number of lots."""
    if lots and quantity % lots[0] == 0:
        return quantity // lots[0] * lots[1]
    sign = 1 if quantity > 0 else -1
    return sign * (abs(quantity) * becomes // held)


def adjust(position: Position, becomes: int, held: int, close: int, lots: tuple[int, int] | None = None) -> Change:
    """Change a position that is not flat. ``close`` is the previous close in the new units, paise."""
    exact = position.quantity * becomes  # in parts of 1 / held
    after = whole_units(position.quantity, becomes, held, lots)
    rest = exact - after * held
    cash = half_up(rest * close, held)
    cost, mark = _part(position.cost, rest, exact), _part(position.mark, rest, exact)
    change = Change(after - position.quantity, cash, cost, cash - mark)
    position.quantity = after
    position.cost -= cost
    position.mark -= mark
    position.realised += change.realised
    return change


def _part(value: int, rest: int, exact: int) -> int:
    return half_up(value * rest, exact) if exact > 0 else half_up(value * -rest, -exact)


def adjust_lots(lots: Sequence[Lot], becomes: int, held: int, cost: int) -> None:
    """Multiply lots, oldest first, so that they add up to the position; ``cost`` leaves with the fraction.

    A lot too small to be a unit ends with quantity 0, and what it cost goes to the next.
    """
    before = after = carried = 0
    ordered = sorted(lots, key=lambda lot: (lot.bought_on, lot.trade_id))
    last: Lot | None = None
    for lot in ordered:
        before += lot.quantity
        lot.quantity = before * becomes // held - after
        after += lot.quantity
        lot.cost, carried = lot.cost + carried, 0
        if lot.quantity == 0:
            carried, lot.cost = lot.cost, 0
        else:
            last = lot
    if last is not None:
        last.cost += carried
    for lot in ordered:
        part = min(lot.cost, cost)
        lot.cost -= part
        cost -= part
