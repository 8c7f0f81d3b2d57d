"""Orders that wait for a price: made, changed, deleted and listed."""

from typing import Any

from core.gtt import GttWish, LegWish
from core.instruments import Instrument
from core.orders import OrderType, Product, Side
from core.reasons import Reason
from desk import access, gtt, masters
from desk.answers import Answer
from desk.rows import Row
from gateway.call import Call, Endpoint
from gateway.form import Form, bad, choice, number, one_of, price, quantity
from gateway.json_orders import object_of, orders_of, read
from gateway.reply import Reply, problem, success
from gateway.times import restamp
from gateway.tokens import token_of

KINDS = {"single": 1, "two-leg": 2}
MOST = 1_000
"""GTTs of one list, the newest."""


def wish_of(call: Call, form: Form) -> GttWish:
    """The GTT that a form asks for: a condition with its triggers, and an order for each."""
    legs = KINDS[form.need("type", one_of(*KINDS))]
    condition = read(form.need("condition", str), "condition")
    triggers = condition.pop("trigger_values", None) if isinstance(condition, dict) else None
    told = object_of(condition, "condition")
    instrument = call.instrument(told)
    told.may("last_price", number)  # the desk knows it; what is no price is told, and not passed over
    if not isinstance(triggers, list) or len(triggers) != legs:
        raise bad(f"Send {legs} trigger value{'s' * (legs > 1)}: the lower one first.", "trigger_values")
    orders = orders_of(form.need("orders", str))
    if len(orders) != legs:
        raise bad(f"Send {legs} order{'s' * (legs > 1)}, one for each trigger.", "orders")
    return GttWish(
        instrument.id,
        tuple(_leg(call, instrument, _trigger(each), order) for each, order in zip(triggers, orders, strict=True)),
    )


def _trigger(value: Any) -> int:
    if not isinstance(value, str):
        raise bad("Send each trigger as a number of rupees.", "trigger_values")
    found = Form({"trigger_values": value}).need("trigger_values", price)
    if not found:
        raise bad("A trigger is above zero.", "trigger_values")
    return found


def _leg(call: Call, instrument: Instrument, trigger: int, form: Form) -> LegWish:
    named = (form.has("exchange") or form.has("tradingsymbol")) and call.instrument(form).id
    if named and named != instrument.id:
        raise bad("The orders are of the instrument that the condition names.", "tradingsymbol")
    kind = form.need("order_type", choice(OrderType))
    return LegWish(
        side=form.need("transaction_type", choice(Side)),
        order_type=kind,
        product=form.need("product", choice(Product)),
        quantity=form.need("quantity", quantity),
        trigger_price=trigger,
        price=(form.may("price", price) or 0) if kind is not OrderType.MARKET else 0,
    )


def place(call: Call) -> Reply:
    """Make a GTT."""
    form = call.form()
    account = call.account(write=True)
    return _with_id(gtt.create(call.database, call.principal.name, account.id, wish_of(call, form)))


def modify(call: Call) -> Reply:
    """Give a GTT new terms."""
    form = call.form()
    gtt_id = call.number("trigger_id", Reason.UNKNOWN_GTT)
    account = access.account_of_gtt(call.database, call.principal, gtt_id, write=True)
    wish = wish_of(call, form)
    gone = gtt.one(call.database, account.id, account.key, gtt_id)
    instrument = masters.get(call.database).by_id[wish.instrument_id]
    if (gone["exchange"], gone["symbol"]) != (instrument.exchange, instrument.symbol):
        raise bad("A GTT keeps its instrument. Delete it and make another.", "tradingsymbol")
    return _with_id(gtt.modify(call.database, call.principal.name, account.id, gtt_id, lambda _: wish))


def delete(call: Call) -> Reply:
    """Delete a GTT that has not ended. Never limited."""
    gtt_id = call.number("trigger_id", Reason.UNKNOWN_GTT)
    account = access.account_of_gtt(call.database, call.principal, gtt_id, write=True)
    return _with_id(gtt.delete(call.database, call.principal.name, account.id, gtt_id))


def _with_id(answer: Answer) -> Reply:
    return success({"trigger_id": int(answer.body["gtt_id"])}) if answer.ok else problem(answer)


def listed(call: Call) -> Reply:
    """GTTs, newest first; what is attached to a cover order is shown with that order."""
    account = call.account()
    found = gtt.listed(call.database, account.id, account.key, limit=MOST)["items"]
    return success([gtt_row(call, each) for each in found if each["parent_order_id"] is None])


def one(call: Call) -> Reply:
    """One GTT."""
    gtt_id = call.number("trigger_id", Reason.UNKNOWN_GTT)
    account = access.account_of_gtt(call.database, call.principal, gtt_id)
    return success(gtt_row(call, gtt.one(call.database, account.id, account.key, gtt_id)))


def gtt_row(call: Call, row: Row) -> Row:
    """A GTT as clients of the dialect read it."""
    instrument = masters.get(call.database).by_key[f"{row['exchange']}:{row['symbol']}"]
    user = call.principal.name
    return {
        "id": int(row["gtt_id"]),
        "user_id": user,
        "parent_trigger": None,
        "type": "single" if row["kind"] == "SINGLE" else "two-leg",
        "created_at": restamp(row["created_at"]),
        "updated_at": restamp(row["updated_at"]),
        "expires_at": f"{row['expires_on']} 00:00:00",
        "status": row["status"].lower(),
        "condition": {
            "exchange": row["exchange"],
            "last_price": row["last_price"],
            "tradingsymbol": row["symbol"],
            "trigger_values": [leg["trigger_price"] for leg in row["legs"]],
            "instrument_token": token_of(instrument),
        },
        "orders": [_order(row, leg, user) for leg in row["legs"]],
        "meta": {} if row["reason"] is None else {"rejection_reason": row["reason"]},
    }


def _order(row: Row, leg: Row, user: str) -> Row:
    terms = {
        "exchange": row["exchange"],
        "tradingsymbol": row["symbol"],
        "product": leg["product"],
        "order_type": leg["order_type"],
        "transaction_type": leg["side"],
        "quantity": leg["quantity"],
        "price": leg["price"] or 0,
    }
    if leg["result"] is None:
        return terms | {"result": None}
    placed = leg["result"] == "placed"
    told = {
        "status": "success" if placed else "failed",
        "order_id": leg["order_id"] or "",
        "rejection_reason": "" if placed else leg["reason"] or "",
    }
    result = {
        "account_id": user,
        **terms,
        "timestamp": restamp(row["updated_at"]),
        "triggered_at": leg["trigger_price"],
        "order_result": told,
    }
    return terms | {"result": result}


_ONE = "/gtt/triggers/{trigger_id}"
ENDPOINTS = (
    Endpoint("GET", "/gtt/triggers", listed),
    Endpoint("POST", "/gtt/triggers", place),
    Endpoint("GET", _ONE, one),
    Endpoint("PUT", _ONE, modify),
    Endpoint("DELETE", _ONE, delete, kind=None),
)
