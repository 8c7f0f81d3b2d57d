"""Orders: placed by variety, changed, cancelled and listed."""

from dataclasses import replace
from typing import Any

from core.exits import Exits
from core.money import ceil_div
from core.orders import AUTOMATIC, WORKING, ModifyOrder, OrderType, PlaceOrder, Product, Side, Validity
from core.reasons import Reason, Refusal
from desk import access, gtt, leaving, masters, today, trading
from desk.access import AccountRef
from desk.answers import Answer
from gateway import cover_stops
from gateway.call import Call, Endpoint
from gateway.errors import kind_of
from gateway.form import Form, bad, choice, flag, legs, one_of, price, protection, quantity, tag, whole
from gateway.order_rows import history_rows, order_row, trade_row
from gateway.reply import Reply, problem, success
from gateway.tokens import token_of

VARIETIES = ("regular", "amo", "co", "iceberg")
_PRICED = (OrderType.LIMIT, OrderType.SL)
_STOPS = (OrderType.SL, OrderType.SL_M)


def variety_in(call: Call) -> str:
    """The variety that the path names. Raises BAD_INPUT."""
    found = call.path.get("variety") or call.path["of"]
    if found == "auction":
        sentence = "Auctions of short deliveries are not held here: shares sold are always delivered."
        raise Refusal(Reason.BAD_INPUT, sentence, "variety")
    return one_of(*VARIETIES)(found)


def wish_of(call: Call, form: Form, variety: str) -> PlaceOrder:
    """The order that a form wishes for. A price or a trigger that the type of order does not have is passed over, as
    brokers do."""
    instrument = call.instrument(form)
    side = form.need("transaction_type", choice(Side))
    order_type = form.need("order_type", choice(OrderType))
    product = form.need("product", choice(Product))
    units = form.need("quantity", quantity)
    return PlaceOrder(
        instrument_id=instrument.id,
        side=side,
        order_type=order_type,
        product=product,
        quantity=units,
        validity=form.may("validity", choice(Validity)) or Validity.DAY,
        price=form.may("price", price) or 0 if order_type in _PRICED else 0,
        trigger_price=form.may("trigger_price", price) or 0 if order_type in _STOPS else 0,
        disclosed_quantity=form.may("disclosed_quantity", whole) or 0,
        tag=form.may("tag", tag),
        validity_ttl=form.may("validity_ttl", whole) or 0,
        legs=_legs(form, units) if variety == "iceberg" else 0,
        protection=_or_automatic(form.may("market_protection", protection)),
        autoslice=form.may("autoslice", flag) or False,
        by_program=True,
        amo=variety == "amo",
    )


def _or_automatic(sent: int | None) -> int:
    return AUTOMATIC if sent is None else sent


def _legs(form: Form, units: int) -> int:
    """How many legs an iceberg has: as said, or as its quantity a leg comes to; where both are said they must agree."""
    said, each = form.may("iceberg_legs", legs), form.may("iceberg_quantity", quantity)
    if said is None and each is None:
        raise bad("An iceberg has legs: send how many.", "iceberg_legs", Reason.MISSING_FIELD)
    by_quantity = said if each is None else ceil_div(units, each)
    if said is not None and by_quantity != said:
        sentence = f"{units} in parts of {each} are {by_quantity} legs, not {said}. Send one of the two."
        raise bad(sentence, "iceberg_quantity", Reason.LEGS_OUT_OF_RANGE)
    return by_quantity or 0


def place(call: Call) -> Reply:
    """Place an order."""
    variety, form = variety_in(call), call.form()
    found = call.account(write=True)
    wish = wish_of(call, form, variety)
    exits = None
    if variety == "co":
        # A cover order's trigger is that of its stop; the entry has none of its own.
        if wish.order_type not in (OrderType.MARKET, OrderType.LIMIT):
            raise bad("A cover order is entered as MARKET or LIMIT.", "order_type", Reason.TYPE_NOT_ALLOWED)
        exits = Exits(stop_trigger=form.need("trigger_price", price), cover=True)
    answer = trading.place(call.database, call.principal.name, found.id, wish, exits=exits)
    if "children" in answer.body:
        return success(_sliced(answer))
    return _with_id(answer)


def _with_id(answer: Answer) -> Reply:
    return success({"order_id": answer.body["order_id"]}) if answer.ok else problem(answer)


def _sliced(answer: Answer) -> dict[str, Any]:
    """The first slice as the parent, and each slice with its number or why it was turned away."""
    children = []
    for child in answer.body["children"]:
        if child["error"] is None:
            children.append({"order_id": child["order_id"]})
            continue
        kind = kind_of(Reason(child["error"]["reason_code"]))
        told = {"code": kind.status, "error_type": kind.error_type, "message": child["error"]["detail"], "data": None}
        children.append({"error": told})
    return {"order_id": answer.body["order_id"], "children": children}


def _owned(call: Call) -> tuple[int, AccountRef]:
    """The order that the path names, and its account. Raises UNKNOWN_ORDER for another user's."""
    order_id = call.number("order_id", Reason.UNKNOWN_ORDER)
    return order_id, access.account_of_order(call.database, call.principal, order_id, write=True)


def change_of(form: Form) -> ModifyOrder:
    """What a form changes. Clients send 0 for a price that there is none of."""
    order_type = form.may("order_type", choice(OrderType))
    limit, trigger = form.may("price", price) or None, form.may("trigger_price", price) or None
    return ModifyOrder(
        quantity=form.may("quantity", quantity),
        price=None if order_type is not None and order_type not in _PRICED else limit,
        trigger_price=None if order_type is not None and order_type not in _STOPS else trigger,
        order_type=order_type,
        validity=form.may("validity", choice(Validity)),
        disclosed_quantity=form.may("disclosed_quantity", whole),
        validity_ttl=form.may("validity_ttl", whole) or None,
        protection=form.may("market_protection", protection),
        by_program=True,
    )


def modify(call: Call) -> Reply:
    """Change a working order: only what is sent changes. A cover order's trigger moves its stop; once that was reached
    its order is changed as any other."""
    variety, form = variety_in(call), call.form()
    stop_id = _stop_id(call)
    if stop_id is not None:
        found, cover = _stop(call, stop_id, write=True)
        resting = _resting(call, found, cover)
        if resting is not None:
            return _as_stop(
                cover, trading.modify(call.database, call.principal.name, found.id, resting, change_of(form))
            )
        _move(call, found, cover, form)
        return success({"order_id": str(cover_stops.number_of(cover))})
    order_id, found = _owned(call)
    actor = call.principal.name
    if variety == "co" and form.has("trigger_price"):
        _move(call, found, today.cover_of(call.database, found, order_id), form)
        if not form.has("price"):
            return success({"order_id": str(order_id)})
        entry = ModifyOrder(price=form.may("price", price) or None, by_program=True)
        return _with_id(trading.modify(call.database, actor, found.id, order_id, entry))
    return _with_id(trading.modify(call.database, actor, found.id, order_id, change_of(form)))


def _stop_id(call: Call, name: str = "order_id") -> int | None:
    """The cover's stop that the path names; None where it names an order."""
    return cover_stops.stop_behind(call.number(name, Reason.UNKNOWN_ORDER))


def _stop(call: Call, stop_id: int, *, write: bool = False) -> tuple[AccountRef, today.Cover]:
    """A cover's stop and its account. Raises UNKNOWN_ORDER for another user's, and for what is none of today's."""
    unknown = Refusal(Reason.UNKNOWN_ORDER, "There is no such order.", "order_id")
    try:
        found = access.account_of_gtt(call.database, call.principal, stop_id, write=write)
    except Refusal as refusal:
        raise (unknown if refusal.reason is Reason.UNKNOWN_GTT else refusal) from None
    cover = next((each for each in today.covers(call.database, found) if each.gtt.id == stop_id), None)
    if cover is None or not cover_stops.exists(cover):
        raise unknown
    return found, cover


def _resting(call: Call, found: AccountRef, cover: today.Cover) -> int | None:
    """The order that a stop has become, while that can be changed still: one with a price may be jumped past."""
    become = cover_stops.placed(cover)
    if become is None or today.order(call.database, found, become).order.status not in WORKING:
        return None
    return become


def _as_stop(cover: today.Cover, answer: Answer) -> Reply:
    """What was done to the order that a stop has become, by the number that the stop keeps."""
    return success({"order_id": str(cover_stops.number_of(cover))}) if answer.ok else problem(answer)


def _move(call: Call, found: AccountRef, cover: today.Cover | None, form: Form) -> None:
    """Move the stop of a cover order. Raises what forbids it."""
    if cover is None:
        raise Refusal(Reason.ORDER_FINAL, "This order carries no stop that could be moved.", "order_id")
    wanted = Exits(stop_trigger=form.need("trigger_price", price))
    moved = gtt.amend(call.database, call.principal.name, found.id, cover.gtt.id, wanted)
    if not moved.ok:
        reason = Reason(moved.body["reason_code"])
        over = reason is Reason.GTT_FINAL
        raise Refusal(Reason.ORDER_FINAL if over else reason, moved.body["detail"], "order_id" if over else None)


def cancel(call: Call) -> Reply:
    """Cancel a working order, also one that a cover's stop has become; of a cover order that has been filled, or its
    stop while it waits, leave the position. Never limited."""
    variety = variety_in(call)
    stop_id = _stop_id(call)
    if stop_id is not None:
        found, cover = _stop(call, stop_id, write=True)
        # To ask twice to leave is not to stay: an exit on its way is not cancelled by being asked for again.
        resting = None if cover_stops.left(cover) else _resting(call, found, cover)
        if resting is not None:
            return _as_stop(cover, trading.cancel(call.database, call.principal.name, found.id, resting))
        return _left(call, found, cover, cover_stops.number_of(cover))
    order_id, found = _owned(call)
    actor = call.principal.name
    carried = today.cover_of(call.database, found, order_id) if variety == "co" else None
    if carried is not None:
        entry = today.order(call.database, found, order_id).order
        if entry.status not in WORKING and entry.filled:
            return _left(call, found, carried, order_id)
    return _with_id(trading.cancel(call.database, actor, found.id, order_id))


def _left(call: Call, found: AccountRef, cover: today.Cover, named: int) -> Reply:
    """Close what a cover order opened, and open no more of it; its stop ends with it."""
    answers = leaving.leave(call.database, call.principal.name, found.id, cover.gtt.id)
    refused = next((each for each in answers if not each.ok), None)
    if refused is not None:
        return problem(refused)
    if not answers:
        raise Refusal(Reason.ORDER_FINAL, "There is nothing left of this order to leave.", "order_id")
    return success({"order_id": str(named)})


def listed(call: Call) -> Reply:
    """Today's orders, oldest first, and a cover's stop after its entry."""
    book = today.orders(call.database, call.account())
    names, by_id = cover_stops.Names(book.covers), masters.get(call.database).by_id
    stops = {each.parent_id: each for each in names.stops()}
    rows = []
    for order, instrument in book.orders:
        rows.append((names.called(order), instrument))
        if order.id in stops:
            rows.append((stops[order.id], by_id[order.instrument_id]))
    user = call.principal.name
    return success([order_row(each, of, user, is_cover=names.is_cover(each)) for each, of in rows])


def _life(call: Call, name: str) -> tuple[today.Life, cover_stops.Names]:
    """The life of the order that the path names, and how it is called. A stop that waits has no steps."""
    stop_id = _stop_id(call, name)
    if stop_id is None:
        order_id = call.number(name, Reason.UNKNOWN_ORDER)
        found = access.account_of_order(call.database, call.principal, order_id)
        covers = today.covers(call.database, found, order_id)
        return today.order(call.database, found, order_id), cover_stops.Names(covers)
    found, cover = _stop(call, stop_id)
    names, become = cover_stops.Names([cover]), cover_stops.placed(cover)
    if become is not None:
        return today.order(call.database, found, become), names
    order = cover_stops.waiting(cover)
    return today.Life(order, masters.get(call.database).by_id[order.instrument_id]), names


def history(call: Call) -> Reply:
    """Every state that an order was in."""
    life, names = _life(call, "of")
    known = replace(life, order=names.called(life.order))
    return success(history_rows(known, call.principal.name, is_cover=names.is_cover(known.order)))


def fills(call: Call) -> Reply:
    """The fills of one order."""
    life, names = _life(call, "order_id")
    tokens = {life.instrument.key: token_of(life.instrument)}
    return success([trade_row(each, tokens, names.number(each.order_id or 0)) for each in life.trades])


def trades(call: Call) -> Reply:
    """Today's fills, oldest first."""
    account = call.account()
    found = today.trades(call.database, account)
    names = cover_stops.Names(today.covers(call.database, account) if found else [])
    by_key = masters.get(call.database).by_key
    tokens = {key: token_of(by_key[key]) for key in {each.listing.key for each in found}}
    return success([trade_row(each, tokens, names.number(each.order_id or 0)) for each in found])


_ONE = "/orders/{variety}/{order_id}"
ENDPOINTS = (
    Endpoint("GET", "/orders", listed),
    Endpoint("GET", "/trades", trades),
    # One segment is a number to read by and a word to place by.
    Endpoint("GET", "/orders/{of}", history),
    Endpoint("POST", "/orders/{of}", place, kind=None),
    Endpoint("GET", "/orders/{order_id}/trades", fills),
    Endpoint("PUT", _ONE, modify, kind=None),
    Endpoint("DELETE", _ONE, cancel, kind=None),
)
