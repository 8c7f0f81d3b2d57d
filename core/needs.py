"""What an order takes of an account's money, and for how many of its units the money would do."""

from dataclasses import dataclass, replace

from core import decide, holds
from core.account import Work
from core.facts import Facts
from core.instruments import Instrument
from core.orders import Order, Status

# How often a guess at what the money would do for is made smaller.
GUESSES = 3


@dataclass(frozen=True, slots=True)
class Needs:
    """``required`` paise, and ``margin`` of them: all but the charges that an order holds beforehand.

    ``available`` is None of an order that rests: it was there. ``affordable`` units are told where it is too little.
    """

    required: int
    margin: int
    available: int | None
    affordable: int | None


def of_order(work: Work, facts: Facts, instrument: Instrument, order: Order) -> Needs:
    """What an order that was decided takes: what it has taken where it rests, what it would where it was refused."""
    if order.status is not Status.REJECTED:
        # What a newer snapshot moves at the same time names no order.
        own = (each for each in work.transfers if each.order_id == order.id)
        required = max(0, sum(each.amount for each in own if each.target == "HOLD"))
        return Needs(required, _margin(facts, order, required, order.hold_cash + order.hold_credit), None, None)
    order = replace(order, status=Status.OPEN)
    required, available = decide.cost(work, facts, instrument, order, 0)
    held = 0
    if holds.carries_hold(instrument, order):
        held = holds.own_hold(facts, order, holds.closable(work, instrument, order))
    required = max(0, required)
    enough = required <= available
    affordable = None if enough else _affordable(work, facts, instrument, order, required, available)
    return Needs(required, _margin(facts, order, required, held), available, affordable)


def _margin(facts: Facts, order: Order, required: int, held: int) -> int:
    charges = facts.charges(order, order.quantity, order.worst_price).total if held else 0
    return max(0, required - charges)


def _affordable(work: Work, facts: Facts, instrument: Instrument, order: Order, required: int, available: int) -> int:
    """How many whole lots of an order the money would do for, in units; near enough where charges have steps."""
    whole, lot = order.quantity, instrument.lot
    units = max(0, whole * available // required) // lot * lot if required > 0 else 0
    for _ in range(GUESSES):
        if units <= 0:
            return 0
        required, _spend = decide.cost(work, facts, instrument, replace(order, quantity=units), 0)
        if required <= available:
            return units
        units = min(units - lot, max(0, units * available // required) // lot * lot)
    return 0
