"""Orders and trades as clients of the dialect read them. Pure functions of typed rows."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from core.calendar import IST
from core.disclosure import leg_of, leg_size
from core.history import steps_of, turnovers
from core.instruments import Instrument
from core.money import as_number
from core.orders import AUTOMATIC, WORKING, Order, OrderType, Status
from core.reasons import Reason
from desk.rows import average
from desk.today import Life, OrderEvent, Step, TradeRow
from gateway.times import stamp
from gateway.tokens import token_of

Row = dict[str, Any]
STATUSES = {Status.AMO: "AMO REQ RECEIVED", Status.TRIGGER_PENDING: "TRIGGER PENDING"}
_FINAL = frozenset(str(each) for each in Status if each not in WORKING)
_EXCHANGE_NUMBERS = 1_100_000_000_000_000
"""What is added to our number of an order to have one that looks like an exchange's."""


def order_row(order: Order, instrument: Instrument, user: str, *, is_cover: bool = False) -> Row:
    """An order as it stands."""
    reached = order.status not in (Status.AMO, Status.REJECTED)
    message = _message(order)
    return {
        "placed_by": user,
        "order_id": str(order.id),
        "exchange_order_id": str(_EXCHANGE_NUMBERS + order.id) if reached else None,
        "parent_order_id": str(order.parent_id) if order.parent_id not in (None, order.id) else None,
        "status": STATUSES.get(order.status, str(order.status)),
        "status_message": message,
        "status_message_raw": message,
        "order_timestamp": stamp(order.placed_at),
        "exchange_update_timestamp": stamp(order.updated_at) if reached else None,
        "exchange_timestamp": stamp(order.updated_at) if reached else None,
        "variety": variety_of(order, is_cover=is_cover),
        "modified": order.modifications > 0,
        "exchange": instrument.exchange,
        "tradingsymbol": instrument.symbol,
        "instrument_token": token_of(instrument),
        "order_type": str(order.order_type),
        "transaction_type": str(order.side),
        "validity": str(order.validity),
        "validity_ttl": order.validity_ttl,
        "product": str(order.product),
        "quantity": order.quantity,
        "disclosed_quantity": 0 if order.legs else order.disclosed_quantity,
        "price": as_number(order.price),
        "trigger_price": as_number(order.trigger_price),
        "average_price": average(order.turnover, order.filled) or 0,
        "filled_quantity": order.filled,
        "pending_quantity": order.pending,
        "cancelled_quantity": order.cancelled,
        "market_protection": _protection(order),
        "meta": _meta(order, instrument),
        "tag": order.tag,
        "guid": order.client_order_id,
    }


def variety_of(order: Order, *, is_cover: bool) -> str:
    """By which door an order came, as far as its row tells."""
    if order.amo:
        return "amo"
    if is_cover:
        return "co"
    return "iceberg" if order.legs else "regular"


def _message(order: Order) -> str | None:
    """Why an order ended, unless its owner ended it."""
    ended = order.status in (Status.REJECTED, Status.CANCELLED)
    return order.reason if ended and order.reason_code != Reason.CANCELLED_BY_USER else None


def _protection(order: Order) -> float | int:
    if order.order_type in (OrderType.LIMIT, OrderType.SL):
        return 0
    return AUTOMATIC if order.protection == AUTOMATIC else as_number(order.protection)


def _meta(order: Order, instrument: Instrument) -> Row:
    if not order.legs:
        return {}
    return {
        "iceberg": {
            "leg": leg_of(order) or order.legs,
            "legs": order.legs,
            "leg_quantity": leg_size(order.quantity, instrument.lot, order.legs),
            "total_quantity": order.quantity,
            "remaining_quantity": order.pending,
        }
    }


def history_rows(life: Life, user: str, *, is_cover: bool = False) -> list[Row]:
    """A row for each state that an order was in, oldest first; the last is the order as it stands."""
    now = order_row(life.order, life.instrument, user, is_cover=is_cover)
    rows: list[Row] = []
    before: str | None = None
    events = [event.event for event in life.steps]
    traded = turnovers(events, life.order.turnover, [each.value for each in life.trades])
    for event, turnover in zip(life.steps, traded, strict=True):
        words = steps_of(event.event, event.status, event.actor, before)
        rows += [_step(now, event, word, turnover) for word in words]
        before = event.status
    if rows:
        rows[-1] = now | {"order_timestamp": rows[-1]["order_timestamp"]}
    return rows or [now]


def update_rows(
    order: Order, instrument: Instrument, user: str, steps: Sequence[Step], *, is_cover: bool = False
) -> list[tuple[int, Row]]:
    """A row for each of an order's steps, oldest first, with the version of its account; the last is the order as it
    stands. What a step is asked for and goes through on its way is told by the history alone."""
    now = order_row(order, instrument, user, is_cover=is_cover)
    told = steps[:-1] if steps and steps[-1].version == order.version else steps
    rows = []
    for step in told:
        *_, word = steps_of(step.event.event, step.event.status, step.event.actor, None)
        row = _step(now, step.event, word, step.turnover) | {"order_timestamp": now["order_timestamp"]}
        rows.append((step.version, row))
    return [*rows, (order.version, now)]


def _step(now: Row, event: OrderEvent, status: str, turnover: int) -> Row:
    final = event.status in _FINAL and status == event.status.replace("_", " ")
    left = event.quantity - event.filled
    reached = not status.startswith(("PUT ", "VALIDATION", "AMO", "REJECTED"))
    at = stamp(event.at)
    return now | {
        "status": status,
        "status_message": event.reason if final else None,
        "status_message_raw": event.reason if final else None,
        "order_timestamp": at,
        "exchange_update_timestamp": at if reached else None,
        "exchange_timestamp": at if reached else None,
        "exchange_order_id": now["exchange_order_id"] if reached else None,
        "quantity": event.quantity,
        "price": as_number(event.price),
        "trigger_price": as_number(event.trigger_price),
        "average_price": average(turnover, event.filled) or 0,
        "filled_quantity": event.filled,
        "pending_quantity": 0 if final else left,
        "cancelled_quantity": left if final and event.status == Status.CANCELLED else 0,
    }


def trade_row(trade: TradeRow, tokens: Mapping[str, int], order_id: int) -> Row:
    """A fill; ``tokens`` are the instruments' numbers by key, ``order_id`` is the number that its order is known by."""
    at = stamp(trade.traded_at)
    return {
        "trade_id": str(trade.id),
        "order_id": str(order_id),
        "exchange_order_id": str(_EXCHANGE_NUMBERS + order_id),
        "exchange": trade.listing.exchange,
        "tradingsymbol": trade.listing.symbol,
        "instrument_token": tokens[trade.listing.key],
        "product": trade.product,
        "average_price": as_number(trade.price),
        "quantity": trade.quantity,
        "transaction_type": trade.side,
        "fill_timestamp": at,
        "order_timestamp": _clock(trade.traded_at),
        "exchange_timestamp": at,
    }


def _clock(at: datetime) -> str:
    return at.astimezone(IST).strftime("%H:%M:%S")
