"""What a fill, or a trigger, does to an account. Money was decided at placement: nothing here is refused.

One fill posts, in this order: the group's margins, what was bought or sold, the charges, what an order that
has ended gives back, and what other orders must hold where a short that they were to close has shrunk. The
table of transfers is in ``docs/architecture.md``.
"""

from datetime import datetime
from typing import NamedTuple

from core import claims, holds
from core.account import Broken, ChargeEntry, Evidence, Trade, Work
from core.booking import Booking, Deal
from core.charges import NOTHING
from core.disclosure import ends, values_after
from core.facts import Facts
from core.instruments import OPTIONS
from core.margin import is_margined
from core.margin_rules import of_cash
from core.money import rupees
from core.order_limits import beyond, limits_on
from core.orders import CLOSED_BY_BROKER, Order, OrderType, Side, Status
from core.reasons import Reason


class Fill(NamedTuple):
    """``quantity`` units at ``price`` paise, with the numbers its rows will have."""

    quantity: int
    price: int
    at: datetime
    evidence: Evidence
    trade_id: int
    charge_id: int


def can_fill(order: Order, quantity: int, price: int) -> bool:
    """Whether the order, as it stands under the lock, can still take this fill."""
    if order.status is not Status.OPEN or not 0 < quantity <= order.pending:
        return False
    return (price - order.worst_price) * order.side.sign <= 0


def can_trigger(order: Order, last_price: int) -> bool:
    """Whether the order still waits for a trigger that ``last_price`` reaches."""
    if order.status is not Status.TRIGGER_PENDING:
        return False
    return (last_price - order.trigger_price) * order.side.sign >= 0


def trigger(work: Work, order: Order, at: datetime) -> None:
    """A stop whose trigger was reached becomes an open order at its worst price, last in time."""
    before = order.status
    order.status = Status.OPEN
    order.priority = int(at.timestamp() * 1_000_000)
    work.record(order, "TRIGGERED", before, "exchange", at)


def beyond_reference(facts: Facts, order: Order, last_price: int) -> tuple[Reason, str] | None:
    """Why the exchange turns a stop away whose trigger was reached at ``last_price``: its limit, which was not looked
    at while it waited, lies beyond the protection of limit prices. None where it does not."""
    instrument = facts.instruments[order.instrument_id]
    if order.order_type is not OrderType.SL:
        return None
    underlying = facts.instruments.get(instrument.margin_underlying)
    limits, buys = limits_on(facts.market.trading_date), order.side is Side.BUY
    edge = beyond(limits, instrument, underlying, last_price, order.price, buys=buys)
    if edge is None:
        return None
    where = "above" if buys else "below"
    sentence = (
        f"Triggered at {rupees(last_price)}, and turned away: its limit of {rupees(order.price)} is {where} "
        f"{rupees(edge)}, as far as the exchange's price protection reaches."
    )
    return Reason.OUTSIDE_REFERENCE, sentence


def _joins_the_back(order: Order, filled: int) -> bool:
    """Whether the part that showed when ``filled`` were filled is done, and another one takes its turn."""
    if not order.disclosed_quantity:
        return False
    parts = ends(order.quantity, order.disclosed_quantity, order.legs)
    return any(order.pending <= end < order.quantity - filled for end in parts) and order.pending > 0


def fill(work: Work, facts: Facts, order: Order, fill: Fill) -> Trade:
    """Apply one fill of an open order. Raises Broken where the order cannot take it."""
    if not can_fill(order, fill.quantity, fill.price):
        raise Broken(f"order {order.id} ({order.status}, {order.pending} at {order.worst_price}) cannot take {fill}")
    instrument, before = facts.instruments[order.instrument_id], order.status
    charged = facts.charges(order)
    first = not order.turnover
    order.leg_values = values_after(order, fill.quantity, fill.price)
    order.filled += fill.quantity
    order.turnover += fill.quantity * fill.price
    holds.reserve(work, instrument, order, -fill.quantity)
    holds.claim(work, instrument, order, max(0, order.closing - fill.quantity))
    deal = Deal(order.side, order.product, fill.quantity, fill.price, fill.at, fill.trade_id, order.id)
    usable = of_cash(work.trading_date).usable_proceeds
    booking = Booking(work, instrument, deal, order, fill.charge_id, usable)

    def post_margin() -> None:
        if is_margined(instrument, order.product):
            holds.post_margin(work, facts, instrument, fill.at, order.id)

    realised, proceeds = booking.exchange(facts.settles_on or work.trading_date, post_margin)
    heads = facts.charges(order) - charged
    if heads != NOTHING:
        # The fee of the square-off is due with the first fill, once however many there are.
        kind = "SQUARE_OFF" if first and order.origin in CLOSED_BY_BROKER else "TRADE"
        work.charges.append(ChargeEntry(fill.charge_id, order.id, instrument.id, kind, heads))
        booking.charge(heads.total, proceeds)
    trade = Trade(
        fill.trade_id, order.id, instrument.id, "FILL", order.side, order.product, fill.quantity, fill.price,
        realised, fill.charge_id if heads != NOTHING else None, order.worst_price, fill.at, fill.evidence,
    )  # fmt: skip
    work.trades.append(trade)
    if _joins_the_back(order, order.filled - fill.quantity):
        order.priority = int(fill.at.timestamp() * 1_000_000)
    if order.filled + order.cancelled == order.quantity:
        order.status = Status.COMPLETE
        holds.set_hold(work, order, 0, instrument.kind in OPTIONS, fill.at)
    work.record(order, "FILLED", before, "exchange", fill.at)
    if instrument.kind in OPTIONS and order.side is Side.BUY:
        claims.keep(work, facts, instrument, order.product, fill.at, order)
    return trade
