"""Orders over HTTP: read what was sent, name the account, ask the desk."""

from api.call import Call, Endpoint
from api.fields import Fields
from api.problems import of_body
from api.readers import account as account_key
from api.readers import (
    choice,
    count,
    cursor,
    day,
    disclosed,
    flag,
    legs,
    minutes,
    one_of,
    price,
    protection,
    quantity,
    tag,
)
from api.reply import REPLAYED, Reply
from core.exits import Exits
from core.orders import AUTOMATIC, ModifyOrder, OrderType, PlaceOrder, Product, Side, Validity, change_to
from core.reasons import Reason
from desk import access, estimate, screens, trading
from desk.answers import Answer

PLACE = (
    "account",
    "symbol",
    "exchange",
    "side",
    "order_type",
    "product",
    "validity",
    "quantity",
    "price",
    "trigger_price",
    "disclosed_quantity",
    "tag",
    "validity_ttl",
    "iceberg_legs",
    "market_protection",
    "autoslice",
    "amo",
)
ATTACHED = ("target_price", "stop_trigger", "stop_price", "cover")
WEIGHED = (*PLACE, *ATTACHED, "order_id")
MODIFY = (
    "account", "quantity", "price", "trigger_price", "order_type", "validity", "disclosed_quantity", "validity_ttl",
    "iceberg_legs", "market_protection",
)  # fmt: skip


def wish_of(call: Call, fields: Fields) -> PlaceOrder:
    """The order that a body wishes for; closes the fields, so that every wrong one is told at once."""
    instrument = call.instrument(fields)
    side = fields.need("side", choice(Side))
    order_type = fields.need("order_type", choice(OrderType))
    product = fields.need("product", choice(Product))
    validity = fields.may("validity", choice(Validity))
    units = fields.need("quantity", quantity)
    at = fields.may("price", price)
    trigger = fields.may("trigger_price", price)
    shown = fields.may("disclosed_quantity", disclosed)
    label = fields.may("tag", tag)
    good_for = fields.may("validity_ttl", minutes)
    parts = fields.may("iceberg_legs", legs)
    protected = fields.may("market_protection", protection)
    sliced = fields.may("autoslice", flag)
    later = fields.may("amo", flag)
    fields.close()
    return PlaceOrder(
        instrument_id=instrument().id,
        side=side,
        order_type=order_type,
        product=product,
        quantity=units,
        validity=validity or Validity.DAY,
        price=at or 0,
        trigger_price=trigger or 0,
        disclosed_quantity=shown or 0,
        tag=label,
        validity_ttl=good_for or 0,
        legs=parts or 0,
        protection=AUTOMATIC if protected is None else protected,
        autoslice=bool(sliced),
        by_program=by_program(call),
        amo=later,
    )


def by_program(call: Call) -> bool:
    """Whether a token asks, which stands for a program; a person's browser has a session."""
    return call.principal.token_id is not None


def exits_of(fields: Fields) -> Exits:
    """The target and the stop that an order's body attaches to it; nothing where it names none."""
    return Exits(
        fields.may("target_price", price) or 0,
        fields.may("stop_trigger", price) or 0,
        fields.may("stop_price", price) or 0,
        fields.may("cover", flag) or False,
    )


def reply_of(answer: Answer) -> Reply:
    """The desk's answer as it is; a replay says so."""
    reply = Reply(answer.status, answer.body) if answer.ok else of_body(answer.status, answer.body, answer.retry_after)
    if answer.replayed:
        reply.headers |= REPLAYED
    return reply


def place(call: Call) -> Reply:
    """Place an order."""
    access.require_write(call.principal)
    fields = call.body()
    account = call.account(fields)
    exits = exits_of(fields)
    wish = wish_of(call, fields)
    found = account(write=True)
    answer = trading.place(call.database, call.principal.name, found.id, wish, call.key, exits=exits or None)
    return reply_of(answer)


def modify(call: Call) -> Reply:
    """Change a working order: only what is sent changes."""
    access.require_write(call.principal)
    order_id = call.number("order_id", Reason.UNKNOWN_ORDER)
    fields = call.body()
    named = fields.may("account", account_key)
    change = ModifyOrder(
        quantity=fields.may("quantity", quantity),
        price=fields.may("price", price),
        trigger_price=fields.may("trigger_price", price),
        order_type=fields.may("order_type", choice(OrderType)),
        validity=fields.may("validity", choice(Validity)),
        disclosed_quantity=fields.may("disclosed_quantity", disclosed),
        validity_ttl=fields.may("validity_ttl", minutes),
        legs=fields.may("iceberg_legs", legs),
        protection=fields.may("market_protection", protection),
        by_program=by_program(call),
    )
    fields.close()
    found = access.account_of_order(call.database, call.principal, order_id, named, write=True)
    return reply_of(trading.modify(call.database, call.principal.name, found.id, order_id, change, call.key))


def cancel(call: Call) -> Reply:
    """Cancel a working order. Cancels are never limited."""
    order_id = call.number("order_id", Reason.UNKNOWN_ORDER)
    fields = call.query()
    named = fields.may("account", account_key)
    fields.close()
    found = access.account_of_order(call.database, call.principal, order_id, named, write=True)
    return reply_of(trading.cancel(call.database, call.principal.name, found.id, order_id, call.key))


def cancel_all(call: Call) -> Reply:
    """Cancel every working order of the account; asking twice cancels nothing twice."""
    access.require_write(call.principal)
    fields = call.query()
    account = call.account(fields)
    fields.need("status", one_of("open"))
    fields.close()
    found = account(write=True)
    answers = trading.cancel_all(call.database, call.principal.name, found.id)
    rows = [answer.body for answer in answers]
    after = screens.orders(call.database, found, "open", limit=1)
    return Reply(200, {**after, "items": rows, "next": None})


def listed(call: Call) -> Reply:
    """Orders, newest first."""
    fields = call.query()
    account = call.account(fields)
    status = fields.may("status", one_of("all", "open", "done"))
    date = fields.may("date", day)
    after = fields.may("cursor", cursor)
    limit = fields.may("limit", count)
    fields.close()
    rows = screens.orders(call.database, account(), status or "all", date, after, limit or 100)
    return Reply(200, rows)


def one(call: Call) -> Reply:
    """One order with its history and trades."""
    order_id = call.number("order_id", Reason.UNKNOWN_ORDER)
    fields = call.query()
    named = fields.may("account", account_key)
    fields.close()
    found = access.account_of_order(call.database, call.principal, order_id, named)
    return Reply(200, screens.order(call.database, found, order_id))


def needed(call: Call) -> Reply:
    """What an order would need, before it is placed; of one that rests, before it is changed."""
    fields = call.body()
    account = call.account(fields)
    resting = fields.may("order_id", cursor)
    exits = exits_of(fields)
    wish = wish_of(call, fields)
    if resting is None:
        return Reply(200, estimate.of_order(call.database, account().id, wish, exits or None))
    return Reply(200, estimate.of_change(call.database, account().id, int(resting), change_to(wish)))


ENDPOINTS = (
    Endpoint("POST", "/orders", place, "Place an order", keyed=True, body=(*PLACE, *ATTACHED), status=201),
    Endpoint("GET", "/orders", listed, "Orders of a day", query=("account", "status", "date", "cursor", "limit")),
    Endpoint("DELETE", "/orders", cancel_all, "Cancel all working orders", query=("account", "status"), free=True),
    Endpoint("GET", "/orders/{order_id}", one, "An order with its history and trades", query=("account",)),
    Endpoint("PATCH", "/orders/{order_id}", modify, "Change a working order", keyed=True, body=MODIFY),
    Endpoint("DELETE", "/orders/{order_id}", cancel, "Cancel an order", keyed=True, query=("account",), free=True),
    Endpoint("POST", "/margins", needed, "What an order would need", body=WEIGHED),
    Endpoint("POST", "/margins/estimate", needed, "What an order would need", body=WEIGHED),
)
