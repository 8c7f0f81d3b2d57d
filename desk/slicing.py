"""Orders above the freeze quantity, placed as several in one transaction: each slice has its order or its error."""

from core import decide
from core.account import Work
from core.asked import Asked
from core.instruments import Instrument
from core.orders import Order, PlaceOrder, Status
from core.reasons import Reason, Refusal
from core.risk import form
from core.slices import slices
from db import trading_reads
from db.trading import Connection
from desk.answers import Answer, Body, problem
from desk.rows import order_row
from desk.working import Task


def parts(task: Task, instrument: Instrument, wish: PlaceOrder) -> list[PlaceOrder]:
    """The orders that a wish becomes. Raises what refuses the wish as a whole, before any of them exists."""
    asked = Asked(wish, instrument, task.facts)
    refusals = form(asked)
    if refusals:
        raise refusals[0]
    return slices(asked)


def place(
    connection: Connection, task: Task, instrument: Instrument, wishes: list[PlaceOrder], name: str, actor: str,
    origin: str,
) -> Answer:  # fmt: skip
    """Place slices one after the other: the first is the parent, and gives all of them its number.

    201 where at least one was taken: the parent's row with ``children``, each ``{"order_id", "order", "error"}``. What
    risk turns away is REJECTED like any other order; the slices behind it are tried all the same, as brokers do.
    """
    first = task.loaded.next_order
    numbers = [first, *trading_reads.more_orders(connection, len(wishes) - 1)]
    placed: list[Order] = []
    children: list[Body] = []
    spent = 0
    for number, wish in zip(numbers, wishes, strict=True):
        task.work.spend = None
        called = name if number == first else f"auto-{number}"
        task.work.standing.pace.terms = 0  # equal slices are no order sent twice
        order = decide.place(task.work, task.facts, wish, number, called, actor, origin)
        order.parent_id, order.version = first, task.work.version
        spent += task.work.spend or 0
        placed.append(order)
        children.append(_child(task.work, order, instrument))
    task.work.spend = spent or None
    taken = any(order.status is not Status.REJECTED for order in placed)
    if not taken:
        refused = problem(_refusal(placed[0]))
        return Answer(refused.status, refused.body | {"children": children})
    parent = order_row(placed[0], instrument, task.work.key)
    return Answer(201, parent | {"children": children})


def _refusal(order: Order) -> Refusal:
    reason = Reason(order.reason_code or Reason.NOT_ENOUGH_FUNDS)
    return Refusal(reason, order.reason or "", "quantity", order.id)


def _child(work: Work, order: Order, instrument: Instrument) -> Body:
    if order.status is Status.REJECTED:
        return {"order_id": None, "order": None, "error": problem(_refusal(order)).body}
    return {"order_id": str(order.id), "order": order_row(order, instrument, work.key), "error": None}
