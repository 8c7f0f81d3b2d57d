"""Place, modify, cancel: commands of a person, decided against the account's locked rows.

Each changes the working copy and returns the order, or raises a Refusal and changes nothing that is
written. Money is decided here, once: a fill is never refused.
"""

from dataclasses import replace
from datetime import timedelta

from core import exposure, holds
from core.account import Work
from core.facts import Facts
from core.instruments import OPTIONS, Instrument
from core.ledger import Ledger
from core.margin import is_margined
from core.orders import WORKING, ModifyOrder, Order, OrderType, PlaceOrder, Status
from core.reasons import WITHOUT_ORDER, Reason, Refusal
from core.risk import STOPS, Asked, form, funds, intraday_is_open, no_option_is_written, shares_are_there
from core.risk_legs import leg_to_close_first
from core.risk_listing import instrument_is_not_halted, only_settled_shares_are_sold
from core.risk_orders import terms_of
from core.risk_rules import judge
from core.risk_weighed import Weighed

CHANGEABLE = ("order_type", "quantity", "validity", "price", "trigger_price", "disclosed_quantity")


def place(
    work: Work, facts: Facts, wish: PlaceOrder, order_id: int, client_order_id: str, actor: str, origin: str = "USER"
) -> Order:
    """Accept or reject a wish. A refusal of form, or of pace, raises; one of risk returns a REJECTED order."""
    instrument = facts.instruments[wish.instrument_id]
    refusals = form(Asked(wish, instrument, facts))
    if halted := instrument_is_not_halted(facts, instrument):
        refusals.append(halted)
    if late := intraday_is_open(work, facts, instrument, wish):
        refusals.append(late)
    if refusals:
        raise refusals[0]
    order = _draft(work, facts, instrument, wish, order_id, client_order_id)
    order.origin = origin
    refusal = _weigh(work, facts, instrument, order, wish, None)
    if refusal and refusal.reason in WITHOUT_ORDER:
        raise refusal
    work.orders[order.id] = order
    work.new_orders.add(order.id)
    work.standing.sent(terms_of(order), facts.now)
    if refusal:
        work.refused.append((refusal, order.id))
        order.status = Status.REJECTED
        order.reason_code, order.reason = int(refusal.reason), refusal.sentence
        work.record(order, "REJECTED", None, actor, facts.now, (order.reason_code, refusal.sentence))
        return order
    with exposure.followed(work, facts, instrument):
        holds.reserve(work, instrument, order, order.quantity)
    holds.secure(work, facts, instrument, order, facts.now)
    work.record(order, "PLACED", None, actor, facts.now)
    return order


def _draft(
    work: Work, facts: Facts, instrument: Instrument, wish: PlaceOrder, order_id: int, client_order_id: str
) -> Order:
    status = Status.TRIGGER_PENDING if wish.order_type in STOPS else Status.OPEN
    return Order(
        id=order_id,
        account_id=work.id,
        client_order_id=client_order_id,
        instrument_id=instrument.id,
        side=wish.side,
        order_type=wish.order_type,
        product=wish.product,
        validity=wish.validity,
        quantity=wish.quantity,
        price=wish.price,
        trigger_price=wish.trigger_price,
        worst_price=holds.worst_price(facts, instrument, wish),
        status=status,
        trading_date=work.trading_date,
        placed_at=facts.now,
        updated_at=facts.now,
        active_from=facts.market.exchange_time + timedelta(milliseconds=facts.latency_ms),
        priority=int(facts.now.timestamp() * 1_000_000),
        disclosed_quantity=wish.disclosed_quantity,
        tag=wish.tag,
    )


def cost(work: Work, facts: Facts, instrument: Instrument, order: Order, reserved: int) -> tuple[int, int]:
    """(required, available) paise of accepting ``order`` where ``reserved`` of its quantity is resting already.

    Required is the rise of its own hold, or of its group's margins; nothing is changed.
    """
    credit = work.balances[Ledger.OPTION_CREDIT] if instrument.kind in OPTIONS else 0
    if holds.carries_hold(instrument, order):
        held = order.hold_cash + order.hold_credit
        return holds.own_hold(facts, order) - held, work.available + credit
    if not is_margined(instrument, order.product):
        return 0, work.available
    group = work.group(instrument)
    holds.reserve(work, instrument, order, order.pending - reserved)
    position_margin, order_margin = holds.needed(work, facts, instrument.segment, instrument.margin_underlying)
    holds.reserve(work, instrument, order, reserved - order.pending)
    return position_margin + order_margin - group.position_margin - group.order_margin, work.available


def _weigh(
    work: Work, facts: Facts, instrument: Instrument, order: Order, wish: PlaceOrder, old: Order | None
) -> Refusal | None:
    """Risk's answer: shares, written options, the account's limits, money. An order that raises nothing needs no
    money. ``old`` is the order that a change starts from."""
    reserved = old.pending if old else 0
    before = work.balances[Ledger.CASH]
    if is_margined(instrument, order.product):
        if instrument.margin_underlying not in facts.snapshots:
            return Refusal(Reason.NO_PRICE, "What its margin depends on has no price yet. Wait for one.", "symbol")
        holds.post_margin(work, facts, instrument, facts.now)
    asked = replace(wish, quantity=order.pending)
    refusal = (
        shares_are_there(work, instrument, asked, reserved)
        or only_settled_shares_are_sold(work, facts, instrument, asked, reserved)
        or no_option_is_written(work, instrument, asked, reserved)
    )
    if refusal:
        return refusal
    required, available = cost(work, facts, instrument, order, reserved)
    refusal = judge(Weighed(work, facts, instrument, order, old, required))
    if refusal or required <= 0:
        return refusal
    if required > available:
        return leg_to_close_first(work, facts, instrument, order, reserved, funds(required, available))
    credit = work.balances[Ledger.OPTION_CREDIT] if instrument.kind in OPTIONS else 0
    # The stored CASH must cover it, so that what a newer snapshot has just taken or set free counts as well.
    spend = required - credit + before - work.balances[Ledger.CASH]
    work.spend = spend if spend > 0 else None
    return None


def modify(work: Work, facts: Facts, order: Order, change: ModifyOrder, actor: str) -> Order:
    """Change an open order's terms. Raises a Refusal and leaves the order as it was; a refusal by risk has
    an event of its own, recorded before the raise, which the caller writes."""
    _still_open(order)
    instrument = facts.instruments[order.instrument_id]
    if order.modifications >= facts.rulebook.most_modifications:
        most = facts.rulebook.most_modifications
        sentence = f"An order can be modified {most} times. Cancel it and place anew."
        raise Refusal(Reason.TOO_MANY_MODIFICATIONS, sentence)
    wish = _changed(order, change)
    triggered = order.order_type in STOPS and order.status is Status.OPEN and wish.order_type is order.order_type
    if triggered and wish.trigger_price != order.trigger_price:
        raise Refusal(Reason.TRIGGER_NOT_ALLOWED, "The stop has triggered: its trigger cannot change.", "trigger_price")
    if wish.quantity <= order.filled:
        sentence = f"{order.filled} are filled already. Ask for more than that, or cancel the rest."
        raise Refusal(Reason.BELOW_FILLED, sentence, "quantity")
    refusals = form(Asked(wish, instrument, facts, triggered))
    if halted := instrument_is_not_halted(facts, instrument):
        refusals.append(halted)
    if refusals:
        raise refusals[0]
    more = replace(wish, quantity=wish.quantity - order.filled)
    if wish.quantity > order.quantity and (late := intraday_is_open(work, facts, instrument, more)):
        raise late
    before = replace(order)
    _apply_terms(order, facts, instrument, wish, triggered)
    refusal = _weigh(work, facts, instrument, order, wish, before)
    if refusal:
        _restore(order, before)
        work.spend = None
        if refusal.reason in WITHOUT_ORDER:
            raise refusal
        work.refused.append((refusal, order.id))
        work.record(order, "MODIFY_REFUSED", order.status, actor, facts.now, (int(refusal.reason), refusal.sentence))
        raise refusal
    order.modifications += 1
    with exposure.followed(work, facts, instrument):
        holds.reserve(work, instrument, order, order.pending - before.pending)
    holds.secure(work, facts, instrument, order, facts.now)
    work.record(order, "MODIFIED", before.status, actor, facts.now)
    return order


def _still_open(order: Order) -> None:
    if order.status in WORKING:
        return
    words = {Status.COMPLETE: "filled", Status.CANCELLED: "cancelled", Status.REJECTED: "rejected"}[order.status]
    sentence = f"The order is {words} already, since {order.updated_at:%H:%M:%S} UTC. Nothing was changed."
    raise Refusal(Reason.ORDER_FINAL, sentence, order_id=order.id)


def _changed(order: Order, change: ModifyOrder) -> PlaceOrder:
    """The order's terms with the change in; a type that takes no price or trigger drops it by itself."""
    order_type = change.order_type or order.order_type
    price = order.price if change.price is None else change.price
    trigger = order.trigger_price if change.trigger_price is None else change.trigger_price
    if change.price is None and order_type not in (OrderType.LIMIT, OrderType.SL):
        price = 0
    if change.trigger_price is None and order_type not in STOPS:
        trigger = 0
    wish = PlaceOrder(
        instrument_id=order.instrument_id,
        side=order.side,
        order_type=order_type,
        product=order.product,
        quantity=order.quantity if change.quantity is None else change.quantity,
        validity=change.validity or order.validity,
        price=price,
        trigger_price=trigger,
        disclosed_quantity=order.disclosed_quantity if change.disclosed_quantity is None else change.disclosed_quantity,
        tag=order.tag,
    )
    if all(getattr(order, name) == getattr(wish, name) for name in CHANGEABLE):
        raise Refusal(Reason.NOTHING_TO_CHANGE, "Nothing is different from the order as it stands.")
    return wish


def _apply_terms(order: Order, facts: Facts, instrument: Instrument, wish: PlaceOrder, triggered: bool) -> None:
    """Price or more quantity loses time priority; less quantity keeps it."""
    reprice = (wish.price, wish.trigger_price, wish.order_type) != (order.price, order.trigger_price, order.order_type)
    if reprice:
        order.worst_price = holds.worst_price(facts, instrument, wish)
    if reprice or wish.quantity > order.quantity:
        order.priority = int(facts.now.timestamp() * 1_000_000)
        order.active_from = facts.market.exchange_time + timedelta(milliseconds=facts.latency_ms)
    if not triggered:
        order.status = Status.TRIGGER_PENDING if wish.order_type in STOPS else Status.OPEN
    order.order_type, order.validity = wish.order_type, wish.validity
    order.quantity, order.price, order.trigger_price = wish.quantity, wish.price, wish.trigger_price
    order.disclosed_quantity = wish.disclosed_quantity


def _restore(order: Order, before: Order) -> None:
    for name in Order.__slots__:
        setattr(order, name, getattr(before, name))


def cancel(
    work: Work, facts: Facts, order: Order, actor: str, reason: tuple[Reason, str], event: str = "CANCELLED"
) -> Order:
    """End an open order; all that it ties up returns. Raises ORDER_FINAL where it has ended already."""
    _still_open(order)
    instrument = facts.instruments[order.instrument_id]
    left, before = order.pending, order.status
    order.cancelled += left
    order.status = Status.CANCELLED
    order.reason_code, order.reason = int(reason[0]), reason[1]
    with exposure.followed(work, facts, instrument):
        holds.release(work, facts, instrument, order, left, facts.now)
    work.record(order, event, before, actor, facts.now, (order.reason_code, order.reason))
    return order
