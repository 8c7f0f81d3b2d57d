"""What a fill, or a trigger, does to an account. Money was decided at placement: nothing here is refused.

One fill posts, in this order: what was bought or sold, the group's margins, the charges, and what an order
that has ended gives back. The table of transfers is in ``docs/architecture.md``.
"""

from dataclasses import dataclass
from datetime import date, datetime

from core import holds
from core.account import Broken, ChargeEntry, Evidence, Trade, Work
from core.charges import Heads
from core.facts import Facts
from core.instruments import OPTIONS, Instrument
from core.ledger import Code, Ledger
from core.margin import is_margined
from core.orders import Order, Product, Side, Status
from core.positions import Lot, apply_fill, sell_lots


@dataclass(frozen=True, slots=True)
class Fill:
    """``quantity`` units at ``price`` paise, with the numbers its rows will have."""

    quantity: int
    price: int
    at: datetime
    evidence: Evidence
    trade_id: int
    charge_id: int


def trigger(work: Work, facts: Facts, order: Order, at: datetime) -> None:
    """A stop whose trigger was reached becomes an open order at its worst price, last in time."""
    before = order.status
    order.status = Status.OPEN
    order.priority = int(at.timestamp() * 1_000_000)
    work.record(order, "TRIGGERED", before, "exchange", at)


def fill(work: Work, facts: Facts, order: Order, fill: Fill) -> Trade:
    """Apply one fill of an open order. Raises Broken where it is none, is too large, or breaks the limit."""
    instrument = facts.instruments[order.instrument_id]
    _must_fit(order, fill)
    before = order.status
    charged = facts.charges(instrument, order.product, order.side, order.turnover)
    order.filled += fill.quantity
    order.turnover += fill.quantity * fill.price
    holds.reserve(work, instrument, order, -fill.quantity)
    realised, proceeds = _exchange(work, facts, instrument, order, fill)
    if is_margined(instrument, order.product):
        holds.post_margin(work, facts, instrument, fill.at, order.id)
    heads = facts.charges(instrument, order.product, order.side, order.turnover) - charged
    charge_id = _charge(work, instrument, order, fill, heads, proceeds)
    trade = Trade(
        fill.trade_id, order.id, instrument.id, "FILL", order.side, order.product, fill.quantity, fill.price,
        realised, charge_id, order.worst_price, fill.at, fill.evidence,
    )  # fmt: skip
    work.trades.append(trade)
    if order.filled + order.cancelled == order.quantity:
        order.status = Status.COMPLETE
        holds.set_hold(work, order, 0, instrument.kind in OPTIONS, fill.at)
    work.record(order, "FILLED", before, "exchange", fill.at)
    return trade


def _must_fit(order: Order, fill: Fill) -> None:
    if order.status is not Status.OPEN or not 0 < fill.quantity <= order.pending:
        raise Broken(f"order {order.id} is {order.status} with {order.pending} to fill, not {fill.quantity}")
    if (fill.price - order.worst_price) * order.side.sign > 0:
        raise Broken(f"order {order.id}: a fill at {fill.price} is worse than its limit {order.worst_price}")


def _exchange(
    work: Work, facts: Facts, instrument: Instrument, order: Order, fill: Fill
) -> tuple[int, Ledger | None]:
    """Move what was bought or sold; returns what it realised and where its proceeds went, if anywhere."""
    if order.product is Product.CNC:
        if order.side is Side.BUY:
            return _buy_shares(work, facts, order, instrument, fill), None
        return _sell_shares(work, order, instrument, fill)
    position = work.position(instrument, order.product)
    effect = apply_fill(position, order.side, fill.quantity, fill.price)
    if instrument.kind not in OPTIONS:
        _take_profit(work, effect.realised, order, fill)
        return effect.realised, None
    if order.side is Side.BUY:
        _buy_back(work, -effect.closed_mark, effect.realised, order, fill)
        _pay(work, order, effect.opened_value, Ledger.INVESTED, Code.COST, fill)
        return effect.realised, None
    _proceeds(work, effect.closed_mark, effect.realised, Ledger.OPTION_CREDIT, Ledger.OPTION_CREDIT, order, fill)
    _move(work, Ledger.INVESTED, Ledger.CASH, effect.opened_value, Code.COST, order, fill)
    return effect.realised, Ledger.OPTION_CREDIT if effect.closed else Ledger.CASH


def _move(work: Work, source: Ledger, target: Ledger, amount: int, code: Code, order: Order, fill: Fill) -> None:
    work.move(source, target, amount, code, fill.at, order_id=order.id, trade_id=fill.trade_id)


def _pay(
    work: Work, order: Order, amount: int, target: Ledger, code: Code, fill: Fill, charge_id: int | None = None
) -> int:
    """Pay from the order's own hold, its credit first; returns what the hold did not cover."""
    for name in ("hold_credit", "hold_cash"):
        part = min(amount, getattr(order, name))
        setattr(order, name, getattr(order, name) - part)
        work.move(
            Ledger.HOLD, target, part, code, fill.at, order_id=order.id, trade_id=fill.trade_id, charge_id=charge_id
        )
        amount -= part
    if target is Ledger.INVESTED:
        _move(work, Ledger.CASH, target, amount, code, order, fill)
        return 0
    return amount


def _buy_shares(work: Work, facts: Facts, order: Order, instrument: Instrument, fill: Fill) -> int:
    value = fill.quantity * fill.price
    apply_fill(work.position(instrument, Product.CNC), Side.BUY, fill.quantity, fill.price)
    settles: date = facts.settles_on or work.trading_date
    lot = Lot(work.id, instrument.id, fill.trade_id, fill.quantity, value, work.trading_date, settles)
    work.lots.setdefault(instrument.id, []).append(lot)
    work.changed_lots.add(instrument.id)
    _pay(work, order, value, Ledger.INVESTED, Code.COST, fill)
    return 0


def _sell_shares(work: Work, order: Order, instrument: Instrument, fill: Fill) -> tuple[int, Ledger]:
    """Demat shares and today's pay into CASH (today's gain into GAINS), T1 shares into UNSETTLED."""
    position = work.position(instrument, Product.CNC)
    sales = sell_lots(position, work.lots.get(instrument.id, []), fill.quantity, fill.price)
    work.changed_lots.add(instrument.id)
    realised, last = 0, Ledger.CASH
    for sale in sales:
        gain = sale.proceeds - sale.cost
        realised += gain
        if sale.lot.bought_on == work.trading_date:
            _proceeds(work, sale.cost, gain, Ledger.CASH, Ledger.GAINS, order, fill)
            last = Ledger.CASH
        elif sale.lot.settles_on >= work.trading_date:
            _proceeds(work, sale.cost, gain, Ledger.UNSETTLED, Ledger.UNSETTLED, order, fill)
            last = Ledger.UNSETTLED
        else:
            _proceeds(work, sale.cost, gain, Ledger.CASH, Ledger.CASH, order, fill)
            last = Ledger.CASH
    return realised, last


def _proceeds(work: Work, cost: int, gain: int, back: Ledger, profit: Ledger, order: Order, fill: Fill) -> None:
    """Cost comes back to ``back``; a gain goes to ``profit``, a loss leaves what was just credited."""
    _move(work, Ledger.INVESTED, back, cost, Code.COST, order, fill)
    if gain >= 0:
        _move(work, Ledger.PNL, profit, gain, Code.GAIN, order, fill)
    else:
        _move(work, back, Ledger.PNL, -gain, Code.LOSS, order, fill)


def _take_profit(work: Work, realised: int, order: Order, fill: Fill) -> None:
    """Profit made today waits in GAINS; a loss takes from there as far as it goes, then from CASH."""
    if realised >= 0:
        _move(work, Ledger.PNL, Ledger.GAINS, realised, Code.GAIN, order, fill)
        return
    from_gains = min(-realised, work.balances[Ledger.GAINS])
    _move(work, Ledger.GAINS, Ledger.PNL, from_gains, Code.LOSS, order, fill)
    _move(work, Ledger.CASH, Ledger.PNL, -realised - from_gains, Code.LOSS, order, fill)


def _buy_back(work: Work, premium: int, realised: int, order: Order, fill: Fill) -> None:
    """Closing a written option returns its premium from CASH to INVESTED, then takes its profit or loss."""
    _move(work, Ledger.CASH, Ledger.INVESTED, premium, Code.COST, order, fill)
    _take_profit(work, realised, order, fill)


def _charge(
    work: Work, instrument: Instrument, order: Order, fill: Fill, heads: Heads, proceeds: Ledger | None
) -> int | None:
    """Book the difference of the order's charges: own hold, what the fill credited, CASH; a refund to CASH."""
    amount = heads.total
    if heads == Heads():
        return None
    work.charges.append(ChargeEntry(fill.charge_id, order.id, instrument.id, "TRADE", heads))
    if amount > 0:
        amount = _pay(work, order, amount, Ledger.CHARGES, Code.CHARGES, fill, fill.charge_id)
        if proceeds in (Ledger.UNSETTLED, Ledger.OPTION_CREDIT):
            part = min(amount, work.balances[proceeds])
            work.move(
                proceeds, Ledger.CHARGES, part, Code.CHARGES, fill.at,
                order_id=order.id, trade_id=fill.trade_id, charge_id=fill.charge_id,
            )  # fmt: skip
            amount -= part
    work.move(
        Ledger.CASH, Ledger.CHARGES, amount, Code.CHARGES, fill.at,
        order_id=order.id, trade_id=fill.trade_id, charge_id=fill.charge_id,
    )  # fmt: skip
    return fill.charge_id
