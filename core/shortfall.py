"""The sentence of an order that the account cannot afford: what it needs, what there is, and what to do.

An order that closes one leg of a spread may raise the margin of the others. The way out is to close the leg
that bears the risk first, so that leg is named.
"""

from core import holds
from core.account import Work
from core.facts import Facts
from core.instruments import OPTIONS, Instrument, Kind
from core.margin import Net, whole_margin
from core.money import rupees
from core.orders import Order
from core.reasons import Reason, Refusal
from core.risk import funds


def told(work: Work, facts: Facts, instrument: Instrument, order: Order, required: int, available: int) -> Refusal:
    """The refusal of an order that needs ``required`` paise where ``available`` are free."""
    if closes(work, instrument, order) and (leg := first_leg(work, facts, instrument)):
        name, quantity, frees = leg
        way = "Buy back" if quantity < 0 else "Sell"
        sentence = (
            f"Closing {instrument.symbol} leaves what it covers bare and raises your margin by {rupees(required)};"
            f" you have {rupees(available)}. {way} {abs(quantity)} {name} first: that sets {rupees(frees)} free."
        )
        numbers = {"required": required, "available": available, "frees": frees}
        return Refusal(Reason.OTHER_LEG_FIRST, sentence, "quantity", numbers=numbers)
    return funds(required, available)


def closes(work: Work, instrument: Instrument, order: Order) -> bool:
    """Whether the order only takes away from the position that it trades."""
    position = work.positions.get((instrument.id, order.product))
    held = position.quantity if position else 0
    return held * order.side.sign < 0 and order.pending <= abs(held)


def first_leg(work: Work, facts: Facts, instrument: Instrument) -> tuple[str, int, int] | None:
    """(symbol, units held, paise set free) of the other leg of the group whose closing frees most; None where
    none frees anything."""
    underlying = instrument.margin_underlying
    snapshot = facts.snapshots.get(underlying)
    if snapshot is None:
        return None
    index = facts.instruments[underlying].kind is Kind.INDEX
    nets = holds.members(work, facts, instrument.segment, underlying)
    whole = whole_margin(nets.values(), snapshot, index)
    best: tuple[str, int, int] | None = None
    for one in nets.values():
        if one.instrument.id == instrument.id or one.quantity == 0 or _is_long_option(one):
            continue
        without = [each for each in nets.values() if each is not one]
        without.append(Net(one.instrument, 0, one.buy, one.sell))
        frees = whole - whole_margin(without, snapshot, index)
        if frees > (best[2] if best else 0):
            best = one.instrument.symbol, one.quantity, frees
    return best


def _is_long_option(net: Net) -> bool:
    return net.instrument.kind in OPTIONS and net.quantity > 0
