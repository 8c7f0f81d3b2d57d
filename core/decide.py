"""Place, modify, cancel: commands of a person, decided against the account's locked rows.

Each changes the working copy and returns the order, or raises a Refusal and changes nothing that is
written. Money is decided here, once: a fill is never refused.
"""

from dataclasses import replace
from datetime import timedelta

from core import amo, exposure, holds, shortfall, terms
from core.account import Work
from core.calendar import IST
from core.facts import Facts
from core.instruments import OPTIONS, Instrument
from core.ledger import Ledger
from core.margin import is_margined
from core.orders import WORKING, ModifyOrder, Order, OrderType, PlaceOrder, Status
from core.quantity_rules import legs_that_traded_stay
from core.reasons import WITHOUT_ORDER, Reason, Refusal
from core.risk import Asked, form, intraday_is_open, shares_are_there
from core.risk_listing import instrument_is_not_halted, only_settled_shares_are_sold
from core.risk_orders import terms_of
from core.risk_rules import BEYOND_FUNDS, judge
from core.risk_weighed import Weighed


def place(
    work: Work, facts: Facts, wish: PlaceOrder, order_id: int, client_order_id: str, actor: str, origin: str = "USER"
) -> Order:
    """Accept or reject a wish. A refusal of form, or of pace, raises; one of risk returns a REJECTED order."""
    instrument = facts.instruments[wish.instrument_id]
    refusals = form(Asked(wish, instrument, facts))
    if halted := instrument_is_not_halted(facts, instrument):
        refusals.append(halted)
    later = amo.waits(facts, instrument, wish)
    if not later and (late := intraday_is_open(work, facts, instrument, wish)):
        refusals.append(late)
    if refusals:
        raise refusals[0]
    order = terms.draft(work, facts, instrument, wish, order_id, client_order_id)
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
    word = amo.word(facts, instrument, wish) if later else None
    order.reason_code, order.reason = word or (None, None)
    work.record(order, "PLACED", None, actor, facts.now, word)
    return order


def release(work: Work, facts: Facts, order: Order, actor: str) -> Order:
    """Send an order that waited for the opening, judged anew by today's facts as if it were placed now.

    It becomes OPEN or TRIGGER_PENDING; where it is refused, REJECTED with the reason, and all that it tied up
    returns.
    """
    instrument, wish = facts.instruments[order.instrument_id], replace(terms.wish_of(order), amo=False)
    before = work.balances[Ledger.CASH]
    with exposure.followed(work, facts, instrument):
        holds.release(work, facts, instrument, order, order.pending, facts.now)
    returned = work.balances[Ledger.CASH] - before
    order.trading_date, order.reason_code, order.reason = work.trading_date, None, None
    order.worst_price = holds.worst_price(facts, instrument, wish)
    order.priority = int(facts.now.timestamp() * 1_000_000)
    order.active_from = facts.clock + timedelta(milliseconds=facts.latency_ms)
    order.status = terms.first_status(wish, later=False)
    refusals = form(Asked(wish, instrument, facts))
    refusal = refusals[0] if refusals else instrument_is_not_halted(facts, instrument)
    refusal = refusal or intraday_is_open(work, facts, instrument, wish)
    refusal = refusal or _weigh(work, facts, instrument, order, wish, None)
    if refusal:
        work.spend = None
        work.refused.append((refusal, order.id))
        order.status = Status.REJECTED
        order.reason_code, order.reason = int(refusal.reason), refusal.sentence
        work.record(order, "REJECTED", Status.AMO, actor, facts.now, (order.reason_code, refusal.sentence))
        return order
    # What it held until now is not in the stored CASH, and pays for what it holds from now on.
    work.spend = work.spend - returned if work.spend and work.spend > returned else None
    with exposure.followed(work, facts, instrument):
        holds.reserve(work, instrument, order, order.quantity)
    holds.secure(work, facts, instrument, order, facts.now)
    work.record(order, "RELEASED", Status.AMO, actor, facts.now)
    return order


def cost(work: Work, facts: Facts, instrument: Instrument, order: Order, reserved: int) -> tuple[int, int]:
    """(required, available) paise of accepting ``order`` where ``reserved`` of its quantity is resting already.

    Required is the rise of its own hold and of its group's margins; nothing is changed.
    """
    rise = holds.margin_rise(work, facts, instrument, order, reserved)
    if not holds.carries_hold(instrument, order):
        return rise, work.available
    hold = holds.own_hold(facts, order, holds.closable(work, instrument, order))
    return hold - order.hold_cash - order.hold_credit + rise, work.available + _credit(work, instrument, order)


def _credit(work: Work, instrument: Instrument, order: Order) -> int:
    """What an option buy may spend beside CASH: the day's proceeds of long options."""
    buys_option = instrument.kind in OPTIONS and holds.carries_hold(instrument, order)
    return work.balances[Ledger.OPTION_CREDIT] if buys_option else 0


def _weigh(
    work: Work, facts: Facts, instrument: Instrument, order: Order, wish: PlaceOrder, old: Order | None
) -> Refusal | None:
    """Risk's answer: shares, the account's limits, money. An order that raises nothing needs no money. ``old`` is
    the order that a change starts from."""
    reserved = old.pending if old else 0
    before = work.balances[Ledger.CASH]
    if holds.depends_on_price(work, instrument, order) and instrument.margin_underlying not in facts.snapshots:
        return Refusal(Reason.NO_PRICE, "What its margin depends on has no price yet. Wait for one.", "symbol")
    if is_margined(instrument, order.product):
        holds.post_margin(work, facts, instrument, facts.now)
    asked = replace(wish, quantity=order.pending)
    refusal = shares_are_there(work, facts, instrument, asked, reserved) or only_settled_shares_are_sold(
        work, facts, instrument, asked, reserved
    )
    if refusal:
        return refusal
    required, available = cost(work, facts, instrument, order, reserved)
    refusal = judge(Weighed(work, facts, instrument, order, old, required))
    if required > available and required > 0 and (refusal is None or refusal.reason in BEYOND_FUNDS):
        return shortfall.told(work, facts, instrument, order, required, available)
    if refusal or required <= 0:
        return refusal
    # The stored CASH must cover it, so that what a newer snapshot has just taken or set free counts as well.
    spend = required - _credit(work, instrument, order) + before - work.balances[Ledger.CASH]
    work.spend = spend if spend > 0 else None
    return None


def modify(work: Work, facts: Facts, order: Order, change: ModifyOrder, actor: str) -> Order:
    """Change an open order's terms. Raises a Refusal and leaves the order as it was; what refuses a change of an
    open order is recorded before the raise, and the caller writes it."""
    _still_open(order)
    instrument = facts.instruments[order.instrument_id]
    wish = terms.changed(order, change)
    before = replace(order)
    refusal = _no_change(work, facts, instrument, order, wish)
    if refusal is None:
        triggered = terms.has_triggered(order, wish)
        terms.apply(order, facts, instrument, wish, change, triggered)
        refusal = _weigh(work, facts, instrument, order, wish, before)
    if refusal:
        for name in Order.__slots__:
            setattr(order, name, getattr(before, name))
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
    if order.status is Status.AMO:
        order.reason_code, order.reason = amo.word(facts, instrument, wish)
    work.record(order, "MODIFIED", before.status, actor, facts.now)
    return order


def _no_change(work: Work, facts: Facts, instrument: Instrument, order: Order, wish: PlaceOrder) -> Refusal | None:
    """What forbids the order to become what is wished for, before it is weighed."""
    most = facts.rulebook.most_modifications
    if order.modifications >= most:
        sentence = f"An order can be modified {most} times. Cancel it and place anew."
        return Refusal(Reason.TOO_MANY_MODIFICATIONS, sentence)
    if order.lapsed(facts.market.exchange_time):
        return Refusal(
            Reason.TTL_EXPIRED, "Its minutes are over: it is being cancelled. Place it anew.", "validity_ttl"
        )
    triggered = terms.has_triggered(order, wish)
    if triggered and wish.trigger_price != order.trigger_price:
        sentence = "The stop has triggered: its trigger cannot change."
        return Refusal(Reason.TRIGGER_NOT_ALLOWED, sentence, "trigger_price")
    if wish.quantity <= order.filled:
        sentence = f"{order.filled} are filled already. Ask for more than that, or cancel the rest."
        return Refusal(Reason.BELOW_FILLED, sentence, "quantity")
    if resized := legs_that_traded_stay(order, wish):
        return resized
    was = OrderType.LIMIT if triggered else order.order_type
    stays = ("order_type", "trigger_price", "protection")
    kept = wish.quantity <= order.quantity and all(getattr(wish, name) == getattr(order, name) for name in stays)
    refusals = form(Asked(wish, instrument, facts, triggered, changing=True, was=was, kept=kept))
    if halted := instrument_is_not_halted(facts, instrument):
        refusals.append(halted)
    if refusals:
        return refusals[0]
    if wish.quantity <= order.quantity or order.status is Status.AMO:
        return None
    left = replace(wish, quantity=wish.quantity - order.filled)
    return intraday_is_open(work, facts, instrument, left, order.pending)


def _still_open(order: Order) -> None:
    if order.status in WORKING:
        return
    words = {Status.COMPLETE: "filled", Status.CANCELLED: "cancelled", Status.REJECTED: "rejected"}[order.status]
    sentence = f"The order is {words} already, since {order.updated_at.astimezone(IST):%H:%M:%S}. Nothing was changed."
    raise Refusal(Reason.ORDER_FINAL, sentence, order_id=order.id)


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
