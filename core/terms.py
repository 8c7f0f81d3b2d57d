"""The terms of an order: how a wish becomes one, and what becomes of its place in the queue when they change."""

from dataclasses import replace
from datetime import datetime, timedelta

from core import amo, holds
from core.account import Work
from core.asked import PRICED, STOPS
from core.disclosure import leg_size, showing_of
from core.facts import Facts
from core.instruments import Instrument
from core.orders import AUTOMATIC, ModifyOrder, Order, OrderType, PlaceOrder, Status, Validity
from core.reasons import Reason, Refusal

CHANGEABLE = (
    "order_type", "quantity", "validity", "price", "trigger_price", "disclosed_quantity", "legs", "protection",
)  # fmt: skip


def draft(
    work: Work, facts: Facts, instrument: Instrument, wish: PlaceOrder, order_id: int, client_order_id: str,
) -> Order:  # fmt: skip
    """The order that a wish asks for, not yet weighed or written."""
    later = amo.waits(facts, instrument, wish)
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
        status=first_status(wish, later),
        amo=later,
        trading_date=work.trading_date,
        placed_at=facts.now,
        updated_at=facts.now,
        active_from=facts.clock + timedelta(milliseconds=facts.latency_ms),
        priority=int(facts.now.timestamp() * 1_000_000),
        disclosed_quantity=_disclosed(instrument, wish),
        tag=wish.tag,
        validity_ttl=wish.validity_ttl,
        expires_at=_expiry(facts, wish.validity_ttl),
        legs=wish.legs,
        protection=wish.protection,
    )


def first_status(wish: PlaceOrder, later: bool) -> Status:
    """Where an order begins: waiting for an opening, for its trigger, or open."""
    if later:
        return Status.AMO
    return Status.TRIGGER_PENDING if wish.order_type in STOPS else Status.OPEN


def wish_of(order: Order) -> PlaceOrder:
    """The order's terms as they would be asked for today."""
    return PlaceOrder(
        instrument_id=order.instrument_id,
        side=order.side,
        order_type=order.order_type,
        product=order.product,
        quantity=order.quantity,
        validity=order.validity,
        price=order.price,
        trigger_price=order.trigger_price,
        disclosed_quantity=0 if order.legs else order.disclosed_quantity,
        tag=order.tag,
        validity_ttl=order.validity_ttl,
        legs=order.legs,
        protection=order.protection,
        amo=order.status is Status.AMO,
    )


def _disclosed(instrument: Instrument, wish: PlaceOrder) -> int:
    return leg_size(wish.quantity, instrument.lot, wish.legs) if wish.legs else wish.disclosed_quantity


def _expiry(facts: Facts, minutes: int) -> datetime | None:
    """When so many minutes from now are over by the exchange's clock, to the second."""
    if not minutes:
        return None
    return facts.clock.replace(microsecond=0) + timedelta(minutes=minutes)


def has_triggered(order: Order, wish: PlaceOrder) -> bool:
    """Whether a stop that has become an open order stays one of its kind."""
    return order.order_type in STOPS and order.status is Status.OPEN and wish.order_type is order.order_type


def changed(order: Order, change: ModifyOrder) -> PlaceOrder:
    """The order's terms with the change in; a type or validity that takes no price, trigger, protection or minutes
    drops them by itself. Raises NOTHING_TO_CHANGE."""
    order_type, validity = change.order_type or order.order_type, change.validity or order.validity
    price = order.price if change.price is None else change.price
    trigger = order.trigger_price if change.trigger_price is None else change.trigger_price
    minutes = order.validity_ttl if change.validity_ttl is None else change.validity_ttl
    protection = order.protection if change.protection is None else change.protection
    legs = order.legs if change.legs is None else change.legs
    kept = 0 if order.legs else order.disclosed_quantity  # of an iceberg it is the leg, which follows its terms
    if change.price is None and order_type not in PRICED:
        price = 0
    if change.trigger_price is None and order_type not in STOPS:
        trigger = 0
    if change.protection is None and order_type in (OrderType.LIMIT, OrderType.SL):
        protection = AUTOMATIC
    if change.validity_ttl is None and validity is not Validity.TTL:
        minutes = 0
    wish = replace(
        wish_of(order),
        order_type=order_type,
        quantity=order.quantity if change.quantity is None else change.quantity,
        validity=validity,
        price=price,
        trigger_price=trigger,
        disclosed_quantity=kept if change.disclosed_quantity is None else change.disclosed_quantity,
        validity_ttl=minutes,
        legs=legs,
        protection=protection,
        by_program=change.by_program,
    )
    same = (kept if name == "disclosed_quantity" else getattr(order, name) for name in CHANGEABLE)
    if change.validity_ttl is None and all(
        one == getattr(wish, name) for one, name in zip(same, CHANGEABLE, strict=True)
    ):
        raise Refusal(Reason.NOTHING_TO_CHANGE, "Nothing is different from the order as it stands.")
    return wish


def apply(
    order: Order, facts: Facts, instrument: Instrument, wish: PlaceOrder, change: ModifyOrder, triggered: bool
) -> None:
    """Give an order its new terms. A price, a larger quantity or a larger part on display loses time priority;
    less of either keeps it. Minutes that are given count from now."""
    priced = ("price", "trigger_price", "order_type", "protection")
    reprice = any(getattr(wish, name) != getattr(order, name) for name in priced)
    more, shown = wish.quantity > order.quantity, showing_of(order)
    if reprice:
        order.worst_price = holds.worst_price(facts, instrument, wish)
    if not triggered:
        order.status = first_status(wish, order.status is Status.AMO)
    order.order_type, order.validity, order.protection = wish.order_type, wish.validity, wish.protection
    order.quantity, order.price, order.trigger_price = wish.quantity, wish.price, wish.trigger_price
    order.disclosed_quantity, order.legs = _disclosed(instrument, wish), wish.legs
    order.validity_ttl = wish.validity_ttl
    if change.validity_ttl is not None or not wish.validity_ttl:
        order.expires_at = _expiry(facts, wish.validity_ttl)
    if reprice or more or showing_of(order) > shown:
        order.priority = int(facts.now.timestamp() * 1_000_000)
        order.active_from = facts.clock + timedelta(milliseconds=facts.latency_ms)
