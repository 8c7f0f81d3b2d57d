"""Which leg of a hedge to close first: closing the protecting one raises the margin of the other."""

from core import holds
from core.account import Work
from core.facts import Facts
from core.instruments import Instrument
from core.orders import Order
from core.reasons import Refusal


def leg_to_close_first(
    work: Work, facts: Facts, instrument: Instrument, order: Order, reserved: int, refusal: Refusal
) -> Refusal:
    """The refusal for want of money, naming the leg whose margin the order would lay bare, where it closes one.

    The leg is the other position of the group that carries the most margin by itself once the order has filled.
    """
    position = work.positions.get((instrument.id, order.product))
    if position is None or position.quantity * order.side.sign >= 0:
        return refusal
    where = instrument.segment, instrument.margin_underlying
    units = order.side.sign * min(abs(position.quantity), order.pending - reserved)
    others = [
        each
        for each in work.positions.values()
        if each.quantity and each is not position and _together(facts, each.instrument_id, instrument)
    ]
    found: tuple[int, Instrument, int] | None = None
    position.quantity += units
    bare = sum(holds.needed(work, facts, *where))
    for each in others:
        quantity, each.quantity = each.quantity, 0
        freed = bare - sum(holds.needed(work, facts, *where))
        each.quantity = quantity
        if freed > 0 and (found is None or freed > found[0]):
            found = freed, facts.instruments[each.instrument_id], quantity
    position.quantity -= units
    if found is None:
        return refusal
    _, leg, quantity = found
    act = "Sell" if quantity > 0 else "Buy back"
    refusal.sentence += (
        f" This leg covers {leg.symbol}, which needs more margin without it:"
        f" {act.lower()} {abs(quantity)} {leg.symbol} first."
    )
    return refusal


def _together(facts: Facts, instrument_id: int, other: Instrument) -> bool:
    one = facts.instruments[instrument_id]
    return one.margin_underlying == other.margin_underlying and one.segment is other.segment
