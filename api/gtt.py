"""GTTs over HTTP: orders that wait for a price, and the targets and stops attached to entries."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from api.call import Call, Endpoint
from api.fields import Fields
from api.orders import reply_of
from api.parsing import BadInputError, bad
from api.readers import account as account_key
from api.readers import choice, count, cursor, one_of, price, quantity
from api.reply import Reply
from core.exits import Exits
from core.gtt import Gtt, GttWish, Leg, LegWish
from core.orders import OrderType, Product, Side
from core.reasons import Reason, Refusal
from desk import access, gtt

MAKE = ("account", "symbol", "exchange", "side", "product", "legs")
CHANGE = ("account", "legs", "target_price", "stop_trigger", "stop_price")


@dataclass(frozen=True, slots=True)
class LegTerms:
    """A leg as it was sent; None stands for what a change leaves as it is."""

    trigger_price: int | None
    quantity: int | None
    order_type: OrderType | None
    price: int | None


def leg_list(value: Any) -> list[LegTerms]:
    """One leg, or two: the lower trigger first."""
    if not isinstance(value, list) or not 1 <= len(value) <= 2:
        raise bad("Send one leg, or two: the lower trigger first.")
    return [_leg(number, each) for number, each in enumerate(value)]


def _leg(number: int, value: Any) -> LegTerms:
    if not isinstance(value, Mapping):
        raise bad("Send each leg as an object.", field=f"legs[{number}]")
    fields = Fields(value)
    found = LegTerms(
        fields.may("trigger_price", price),
        fields.may("quantity", quantity),
        fields.may("order_type", choice(OrderType)),
        fields.may("price", price),
    )
    try:
        fields.close()
    except BadInputError as wrong:
        for each in wrong.refusals:
            each.field = f"legs[{number}].{each.field}"
        raise
    return found


def make(call: Call) -> Reply:
    """Make a GTT."""
    access.require_write(call.principal)
    fields = call.body()
    account = call.account(fields)
    instrument = call.instrument(fields)
    side = fields.need("side", choice(Side))
    product = fields.need("product", choice(Product))
    legs = fields.need("legs", leg_list)
    fields.close()
    wish = GttWish(instrument().id, tuple(_asked(number, leg, side, product) for number, leg in enumerate(legs)))
    found = account(write=True)
    return reply_of(gtt.create(call.database, call.principal.name, found.id, wish, call.key))


def _asked(number: int, leg: LegTerms, side: Side, product: Product) -> LegWish:
    if leg.trigger_price is None or leg.quantity is None:
        name = "trigger_price" if leg.trigger_price is None else "quantity"
        raise bad(f"Send {name}: it is missing.", field=f"legs[{number}].{name}", reason=Reason.MISSING_FIELD)
    kind = leg.order_type or OrderType.LIMIT
    return LegWish(side, kind, product, leg.quantity, leg.trigger_price, leg.price or 0)


def change(call: Call) -> Reply:
    """Give a GTT new terms, or move the target and the stop of an entry: only what is sent changes."""
    gtt_id = call.number("gtt_id", Reason.UNKNOWN_GTT)
    fields = call.body()
    named = fields.may("account", account_key)
    legs = fields.may("legs", leg_list)
    exits = Exits(
        fields.may("target_price", price) or 0,
        fields.may("stop_trigger", price) or 0,
        fields.may("stop_price", price) or 0,
    )
    fields.close()
    if (legs is None) == (not exits):
        raise bad("Send legs for a GTT, or target_price, stop_trigger and stop_price for what is attached to an order.")
    found = access.account_of_gtt(call.database, call.principal, gtt_id, named, write=True)
    if legs is None:
        return reply_of(gtt.amend(call.database, call.principal.name, found.id, gtt_id, exits, call.key))

    def wish(before: Gtt) -> GttWish:
        if len(legs) != len(before.legs):
            raise Refusal(Reason.BAD_INPUT, f"Send {len(before.legs)} of its legs, the lower trigger first.", "legs")
        return GttWish(before.instrument_id, tuple(map(_merged, legs, before.legs)))

    answer = gtt.modify(call.database, call.principal.name, found.id, gtt_id, wish, call.key, tuple(legs))
    return reply_of(answer)


def _merged(sent: LegTerms, old: Leg) -> LegWish:
    kind = sent.order_type or old.order_type
    limit = old.price if sent.price is None else sent.price
    return LegWish(
        old.side, kind, old.product, sent.quantity or old.quantity, sent.trigger_price or old.trigger_price,
        0 if kind is OrderType.MARKET and sent.price is None else limit,
    )  # fmt: skip


def delete(call: Call) -> Reply:
    """Delete a GTT that has not ended. Never limited."""
    gtt_id = call.number("gtt_id", Reason.UNKNOWN_GTT)
    fields = call.query()
    named = fields.may("account", account_key)
    fields.close()
    found = access.account_of_gtt(call.database, call.principal, gtt_id, named, write=True)
    return reply_of(gtt.delete(call.database, call.principal.name, found.id, gtt_id, call.key))


def listed(call: Call) -> Reply:
    """GTTs, newest first; with ``order_id`` what is attached to that order."""
    fields = call.query()
    account = call.account(fields)
    status = fields.may("status", one_of("all", "active", "done"))
    entry = fields.may("order_id", cursor)
    after = fields.may("cursor", cursor)
    limit = fields.may("limit", count)
    fields.close()
    found = account()
    told = gtt.listed(
        call.database, found.id, found.key, status or "all", int(after) if after else None, limit or 100,
        int(entry) if entry else None,
    )  # fmt: skip
    return Reply(200, told)


def one(call: Call) -> Reply:
    """One GTT with its history."""
    gtt_id = call.number("gtt_id", Reason.UNKNOWN_GTT)
    fields = call.query()
    named = fields.may("account", account_key)
    fields.close()
    found = access.account_of_gtt(call.database, call.principal, gtt_id, named)
    return Reply(200, gtt.one(call.database, found.id, found.key, gtt_id))


ENDPOINTS = (
    Endpoint("POST", "/gtt", make, "Make a GTT", keyed=True, body=MAKE, status=201),
    Endpoint("GET", "/gtt", listed, "GTTs", query=("account", "status", "order_id", "cursor", "limit")),
    Endpoint("GET", "/gtt/{gtt_id}", one, "A GTT with its history", query=("account",)),
    Endpoint("PATCH", "/gtt/{gtt_id}", change, "Change a GTT, or a target and stop", keyed=True, body=CHANGE),
    Endpoint("DELETE", "/gtt/{gtt_id}", delete, "Delete a GTT", keyed=True, query=("account",), free=True),
)
