"""Baskets over HTTP: named lists of orders, what they need, and placing all of them."""

from collections.abc import Mapping
from typing import Any

from api.call import Call, Endpoint
from api.fields import Fields
from api.paging import PAGED, page_of, wanted
from api.parsing import BadInputError, bad
from api.readers import choice, cursor, flag, one_of, price, quantity, title
from api.reply import REPLAYED, Reply
from core.orders import OrderType, PlaceOrder, Product, Side, Validity
from core.reasons import Reason, Refusal
from desk import access, baskets
from desk.rows import Row
from web.texts import number_of

LEG = ("exchange", "symbol", "side", "order_type", "product", "validity", "quantity", "price", "trigger_price")

MOST_SENT = 100  # more is no basket but a mistake; how many there may be is the desk's to say


def _legs_of(call: Call, sent: list[Any] | None) -> list[PlaceOrder] | None:
    """The orders of a body, each read as one that is placed alone; a wrong field says of which leg it is."""
    return None if sent is None else [_leg_of(call, number, each) for number, each in enumerate(sent)]


def _leg_of(call: Call, number: int, sent: Any) -> PlaceOrder:
    if not isinstance(sent, Mapping):
        raise bad("Send each leg as an object.", field=f"legs[{number}]")
    try:
        return _wish(call, Fields(sent))
    except BadInputError as wrong:
        for refused in wrong.refusals:
            refused.field = f"legs[{number}].{refused.field}"
        raise
    except Refusal as refusal:
        refusal.field = f"legs[{number}].{refusal.field}"
        raise


def _wish(call: Call, fields: Fields) -> PlaceOrder:
    instrument = call.instrument(fields)
    side = fields.need("side", choice(Side))
    order_type = fields.need("order_type", choice(OrderType))
    product = fields.need("product", choice(Product))
    validity = Validity(fields.may("validity", one_of("DAY", "IOC")) or "DAY")
    units = fields.need("quantity", quantity)
    at, trigger = fields.may("price", price) or 0, fields.may("trigger_price", price) or 0
    fields.close()
    return PlaceOrder(instrument().id, side, order_type, product, units, validity, at, trigger)


def raw_legs(value: Any) -> list[Any]:
    """A list of legs, each to be read by itself."""
    if not isinstance(value, list) or len(value) > MOST_SENT:
        raise bad("Send legs as a list of orders.")
    return value


def identity(value: Any) -> int:
    """A basket's id, as the API gives it: digits in a text."""
    found = number_of(value) if isinstance(value, str) else None
    if found is None:
        raise bad("Send the id of a basket as it was given.")
    return found


def listed(call: Call) -> Reply:
    """One's baskets by name."""
    after, limit = wanted(call, cursor)
    return page_of(baskets.listed(call.database, call.principal), after, limit, dict, _id)


def _id(row: Row) -> str:
    return str(row["basket_id"])


def one(call: Call) -> Reply:
    """One basket."""
    basket_id = call.number("basket_id", Reason.UNKNOWN_BASKET)
    call.query().close()
    return Reply(200, baskets.one(call.database, call.principal, basket_id))


def add(call: Call) -> Reply:
    """A new basket, empty, with orders, or as a copy of another."""
    access.require_write(call.principal)
    fields = call.body()
    name = fields.need("name", title)
    sent = fields.may("legs", raw_legs)
    copy_of = fields.may("copy_of", identity)
    fields.close()
    legs = _legs_of(call, sent)
    if legs is not None and copy_of is not None:
        raise bad("Send legs, or copy_of, not both.", field="copy_of")
    row, before = baskets.add(call.database, call.principal, name, legs or [], copy_of, call.key)
    return Reply(201, row, REPLAYED if before else {})


def change(call: Call) -> Reply:
    """Rename a basket, or replace its orders, in the order sent."""
    access.require_write(call.principal)
    basket_id = call.number("basket_id", Reason.UNKNOWN_BASKET)
    fields = call.body()
    name = fields.may("name", title)
    sent = fields.may("legs", raw_legs)
    fields.close()
    return Reply(200, baskets.change(call.database, call.principal, basket_id, name, _legs_of(call, sent)))


def append(call: Call) -> Reply:
    """Add one order at the end of a basket."""
    access.require_write(call.principal)
    basket_id = call.number("basket_id", Reason.UNKNOWN_BASKET)
    leg = _wish(call, call.body())
    row, before = baskets.append(call.database, call.principal, basket_id, leg, call.key)
    return Reply(200, row, REPLAYED if before else {})


def remove(call: Call) -> Reply:
    """Delete a basket; the orders it placed stay."""
    access.require_write(call.principal)
    basket_id = call.number("basket_id", Reason.UNKNOWN_BASKET)
    call.query().close()
    baskets.remove(call.database, call.principal, basket_id)
    return Reply(204)


def margin(call: Call) -> Reply:
    """What a basket needs in an account: on the way, and after all is filled."""
    basket_id = call.number("basket_id", Reason.UNKNOWN_BASKET)
    fields = call.body()
    account = call.account(fields)
    fields.close()
    legs = baskets.wishes(call.database, call.principal, basket_id)
    return Reply(200, baskets.margin(call.database, account().id, legs))


def margin_of(call: Call) -> Reply:
    """The same of orders that are in no basket."""
    fields = call.body()
    account = call.account(fields)
    sent = fields.need("legs", raw_legs)
    fields.close()
    return Reply(200, baskets.margin(call.database, account().id, _legs_of(call, sent) or []))


def place(call: Call) -> Reply:
    """Place all orders of a basket, in its order; each one's order or refusal."""
    access.require_write(call.principal)
    basket_id = call.number("basket_id", Reason.UNKNOWN_BASKET)
    fields = call.body()
    account = call.account(fields)
    stop = fields.may("stop_at_refusal", flag)
    fields.close()
    found = account(write=True)
    legs = baskets.wishes(call.database, call.principal, basket_id)
    told = baskets.place(call.database, call.principal, found, legs, call.key, stop or False)
    return Reply(200, told)


_FIELDS = ("name", "legs")
_ONE = "/baskets/{basket_id}"
ENDPOINTS = (
    Endpoint("GET", "/baskets", listed, "One's baskets", query=PAGED),
    Endpoint("POST", "/baskets", add, "Add a basket", keyed=True, body=(*_FIELDS, "copy_of"), status=201),
    Endpoint("POST", "/margins/basket", margin_of, "What orders need together", body=("account", "legs")),
    Endpoint("GET", _ONE, one, "A basket"),
    Endpoint("PATCH", _ONE, change, "Rename a basket, or replace its orders", body=_FIELDS),
    Endpoint("DELETE", _ONE, remove, "Delete a basket", status=204),
    Endpoint("POST", f"{_ONE}/legs", append, "Add an order to a basket", keyed=True, body=LEG),
    Endpoint("POST", f"{_ONE}/margin", margin, "What a basket needs", body=("account",)),
    Endpoint("POST", f"{_ONE}/place", place, "Place a basket", keyed=True, body=("account", "stop_at_refusal")),
)
