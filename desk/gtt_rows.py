"""GTTs as the API and the screens show them: rupees, IST, ids as strings. Pure functions of typed rows."""

from core.gtt import Gtt, GttEvent, Leg, LegState, is_target
from core.orders import Status
from desk.rows import Named, Row, ist, price

Placed = dict[int, tuple[str, int, int]]
"""(status, quantity, filled) of the orders that GTTs placed, by id."""


def gtt_row(gtt: Gtt, listing: Named, account_key: str, orders: Placed | None = None) -> Row:
    """A GTT as the API and the screens show it: rupees, IST, ids as strings. ``orders`` are those it placed."""
    known = orders or {}
    return {
        "gtt_id": str(gtt.id),
        "account": account_key,
        "kind": "SINGLE" if len(gtt.legs) == 1 else "OCO",
        "exchange": listing.exchange,
        "symbol": listing.symbol,
        "status": str(gtt.status),
        "parent_order_id": None if gtt.parent_id is None else str(gtt.parent_id),
        "cover": gtt.cover,
        "last_price": price(gtt.last_price),
        "legs": [_leg_row(leg, known) for leg in gtt.legs],
        "reason_code": gtt.reason_code,
        "reason": gtt.reason,
        "created_at": ist(gtt.created_at),
        "updated_at": ist(gtt.updated_at),
        "expires_on": gtt.expires_on.isoformat(),
        "version": gtt.version,
    }


def _leg_row(leg: Leg, orders: Placed) -> Row:
    placed = orders.get(leg.order_id or 0)
    result = None if leg.state not in (LegState.FIRED, LegState.FAILED) else "placed"
    if leg.state is LegState.FAILED or (placed and placed[0] == Status.REJECTED):
        result = "failed"
    return {
        "leg": leg.leg,
        "role": "target" if is_target(leg) else "stop",
        "side": str(leg.side),
        "order_type": str(leg.order_type),
        "product": str(leg.product),
        "quantity": leg.quantity,
        "trigger_price": price(leg.trigger_price),
        "price": price(leg.price),
        "condition": "at or above" if leg.above else "at or below",
        "state": str(leg.state),
        "result": result,
        "order_id": None if leg.order_id is None else str(leg.order_id),
        "order_status": placed[0] if placed else None,
        "filled_quantity": placed[2] if placed else None,
        "reason_code": leg.reason_code,
        "reason": leg.reason,
    }


def step_row(each: GttEvent) -> Row:
    """One step of a GTT's history."""
    return {
        "n": each.n,
        "at": ist(each.at),
        "event": each.event,
        "status": str(each.status),
        "by": each.actor,
        "reason_code": each.reason_code,
        "reason": each.reason,
        "leg": each.leg,
        "price": price(each.price or 0),
        "terms": [
            {"trigger_price": price(trigger), "quantity": quantity, "price": price(limit)}
            for trigger, quantity, limit in each.terms
        ],
    }
