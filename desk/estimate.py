"""What an order would need before it is sent, what of that is which part, and what is worth a second look.

The order is decided as it would be, on rows that are loaded and never written.
"""

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import replace

from core import cautions, decide, needs, order_parts
from core import exits as attached
from core.exits import Exits
from core.instruments import OPTIONS, Instrument
from core.ledger import Ledger
from core.money import as_number
from core.orders import ModifyOrder, Order, PlaceOrder, Side, Status
from core.reasons import Reason, Refusal
from core.risk import Asked, form
from core.risk_watch import Figures
from core.slices import slices
from core.terms import wish_of
from db import risk_state, trading_reads
from db.engine import Database
from desk import masters
from desk.answers import Body
from desk.remember import remembered
from desk.trading import field_of, looked_at, sells_held_shares
from desk.working import Task, instrument_of, open_task

UNKNOWN: Body = {
    "value": None, "worst_price": None, "required": None, "margin": None, "charges": None, "parts": None,
    "shortfall": None, "affordable": None,
}  # fmt: skip


def of_order(database: Database, account_id: int, wish: PlaceOrder, exits: Exits | None = None) -> Body:
    """What an order needs, in rupees; ``refusals`` say what would refuse it, ``cautions`` what else to know.

    ``available`` is what this order may spend: of an option that is bought, today's proceeds of long options too.
    ``parts`` are those of a contract's margin, None for shares. ``shortfall`` is what is missing, and ``affordable``
    how many units the money would do for; both are None where nothing is missing.
    """
    master = masters.get(database)
    instrument = instrument_of(master, wish.instrument_id)
    figures = _measured(database, account_id)
    with database.connection() as connection:
        task = open_task(connection, master, account_id, [instrument], **looked_at(wish))
        connection.rollback()
    work, facts = task.work, task.facts
    body = UNKNOWN | {"available": as_number(_spendable(task, instrument, wish.side))}
    refusals = form(Asked(wish, instrument, facts))
    if exits and not refusals:
        try:
            attached.check(exits, wish, instrument, facts)
        except Refusal as refusal:
            refusals = [refusal]
    if not refusals:
        try:
            order = decide.place(work, facts, wish, 0, "estimate", "estimate")
        except Refusal as late:
            refusals = [late]
        else:
            if order.status is Status.REJECTED:
                reason = Reason(order.reason_code or Reason.NOT_ENOUGH_FUNDS)
                refusals = [Refusal(reason, order.reason or "", field_of(reason))]
            body |= _figures(task, instrument, order)
    sizes = [each.quantity for each in slices(Asked(replace(wish, autoslice=True), instrument, facts))]
    body["slices"] = sizes if len(sizes) > 1 and not wish.legs else None
    return _told(task, instrument, wish, figures, body, refusals)


def of_orders(database: Database, account_id: int, wishes: Sequence[PlaceOrder]) -> list[Body]:
    """The same figures of several orders, each by itself beside what the account holds, in the order given; one load.

    Of refusals only those of an order's form are told, and figures are None where one stands.
    """
    master = masters.get(database)
    instruments = {wish.instrument_id: instrument_of(master, wish.instrument_id) for wish in wishes}
    with database.connection() as connection:
        sells_shares = any(map(sells_held_shares, wishes))
        task = open_task(connection, master, account_id, list(instruments.values()), lots=sells_shares)
        connection.rollback()
    return [_alone(replace(task, work=deepcopy(task.work)), instruments[wish.instrument_id], wish) for wish in wishes]


def _alone(task: Task, instrument: Instrument, wish: PlaceOrder) -> Body:
    """One of several orders, on a copy of the account that is its own."""
    refusals = form(Asked(wish, instrument, task.facts))
    body: Body = dict(UNKNOWN)
    if not refusals:
        try:
            body |= _figures(task, instrument, decide.place(task.work, task.facts, wish, 0, "estimate", "estimate"))
        except Refusal as late:
            refusals = [late]
    return body | {"refusals": _said(refusals)}


def of_change(database: Database, account_id: int, order_id: int, change: ModifyOrder) -> Body:
    """The same of a change of an order that rests: ``required`` is what it needs beyond what the order ties up."""
    master = masters.get(database)
    figures = _measured(database, account_id)
    with database.connection() as connection:
        found = trading_reads.instrument_of_order(connection, account_id, order_id)
        if found is None:
            raise Refusal(Reason.UNKNOWN_ORDER, "No such order in this account.", "order_id")
        instrument = instrument_of(master, found[0])
        task = open_task(connection, master, account_id, [instrument], orders=[order_id], lots=True)
        connection.rollback()
    work, order = task.work, task.work.orders[order_id]
    spendable = _spendable(task, instrument, order.side)
    body, refusals = UNKNOWN | {"available": as_number(spendable), "slices": None}, list[Refusal]()
    try:
        decide.modify(work, task.facts, order, change, "estimate")
    except Refusal as refusal:
        refusals = [refusal]
        required = refusal.numbers.get("required")
    else:
        required = max(0, spendable - _spendable(task, instrument, order.side))
        value = order.worst_price * order.quantity
        body |= {"value": as_number(value), "worst_price": as_number(order.worst_price)} | _charges(task, order)
    body |= _money(required, spendable)
    return _told(task, instrument, wish_of(order), figures, body, refusals)


def _told(
    task: Task, instrument: Instrument, wish: PlaceOrder, figures: Figures, body: Body, refusals: list[Refusal]
) -> Body:
    look = cautions.Look(task.work, task.facts, instrument, wish, figures)
    return body | {"refusals": _said(refusals), "cautions": _said(cautions.cautions(look, refusals))}


def _said(refusals: list[Refusal]) -> list[Body]:
    return [{"reason_code": int(each.reason), "field": each.field, "detail": each.sentence} for each in refusals]


def _measured(database: Database, account_id: int) -> Figures:
    """The account's equity of the last second, and what it has lost today."""

    def ask() -> Figures:
        with database.autocommit() as connection:
            return risk_state.state(connection, account_id).figures

    return remembered(database, ("risk figures", account_id), ask)


def _spendable(task: Task, instrument: Instrument, side: Side) -> int:
    buys_option = instrument.kind in OPTIONS and side is Side.BUY
    return task.work.available + (task.work.balances[Ledger.OPTION_CREDIT] if buys_option else 0)


def _figures(task: Task, instrument: Instrument, order: Order) -> Body:
    asks = needs.of_order(task.work, task.facts, instrument, order)
    resting = order.pending
    if order.status is Status.REJECTED:
        order = replace(order, status=Status.OPEN)
    value = order.worst_price * order.quantity
    found = order_parts.parts(task.work, task.facts, instrument, order, resting)
    return {
        "value": as_number(value),
        "worst_price": as_number(order.worst_price),
        "margin": as_number(asks.margin),
        **_charges(task, order),
        "parts": None if found is None else _parts(found),
        **_money(asks.required, asks.available),
        "affordable": asks.affordable,
    }


def _money(required: int | None, available: int | None) -> Body:
    """What is needed, and what of it is missing; ``available`` is None where it is there."""
    short = None if required is None or available is None or required <= available else required - available
    return {
        "required": None if required is None else as_number(required),
        "shortfall": None if short is None else as_number(short),
    }


def _charges(task: Task, order: Order) -> Body:
    """Of the whole order at its worst price, whatever it has filled of it."""
    unfilled = replace(order, filled=0, turnover=0, leg_values=())
    return {"charges": task.facts.charges(unfilled, order.quantity, order.worst_price).in_rupees()}


def _parts(found: order_parts.Parts) -> Body:
    return {
        "span": as_number(found.span),
        "exposure": as_number(found.exposure),
        "additional": as_number(found.add_ons),
        "delivery": as_number(found.delivery),
        "option_premium": as_number(found.premium),
        "total": as_number(found.total),
        "hedge_benefit": as_number(found.benefit),
        "released": as_number(found.released),
    }
