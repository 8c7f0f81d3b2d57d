"""To leave what a cover order opened before its stop is reached: the stop's order is placed now, at the market.

It is the stop's own order, so that what it closes counts as closed by this cover: of two covers in one scrip each
leaves its own part of the position, once.
"""

from dataclasses import replace

from core import decide, exits, windows
from core.closing import closing_wish
from core.gtt import Gtt, GttStatus, Leg, LegState, is_target, step
from core.instruments import Instrument
from core.orders import WORKING, Order, Status
from core.reasons import Reason, Refusal
from db import gtts
from db.engine import Database
from db.trading import Connection, commit
from desk import masters, trading
from desk.answers import Answer, answered
from desk.gtt_firing import clear_the_way, orders_of
from desk.rows import order_row
from desk.working import Task, instrument_of, must_be_current, open_task, ring_for_an_order

_UNKNOWN = Refusal(Reason.UNKNOWN_GTT, "No such GTT in this account.", "gtt_id")


def leave(database: Database, actor: str, account_id: int, gtt_id: int) -> list[Answer]:
    """Close what a cover order opened and nothing has closed yet, and open no more: answers of what was placed or
    cancelled, none where there is nothing left. A refusal leaves the cover and its stop as they were."""
    first = answered(lambda: _by_its_stop(database, actor, account_id, gtt_id))
    if first.status != 204:
        return [first]
    return _otherwise(database, actor, account_id, gtt_id)


def _loaded(connection: Connection, database: Database, account_id: int, gtt_id: int) -> tuple[Task, Instrument, Gtt]:
    """The account under its lock, and the attachment as it stands then. Raises UNKNOWN_GTT."""
    master, found = masters.get(database), gtts.one(connection, account_id, gtt_id)
    if found is None or found.parent_id is None:
        raise _UNKNOWN
    instrument = instrument_of(master, found.instrument_id)
    task = open_task(connection, master, account_id, [instrument], orders=orders_of(found), lots=True)
    under = gtts.one(connection, account_id, gtt_id)
    if under is None:
        raise _UNKNOWN
    must_be_current(task)
    return task, instrument, under


def _by_its_stop(database: Database, actor: str, account_id: int, gtt_id: int) -> Answer:
    """One transaction, as a firing is; 204 where the stop waits no longer, or has nothing to close."""
    with database.connection() as connection:
        task, instrument, gtt = _loaded(connection, database, account_id, gtt_id)
        leg = next((each for each in gtt.waiting if not is_target(each)), None)
        if leg is None or gtt.status is not GttStatus.ACTIVE:
            return Answer(204, {})
        entry = task.work.orders[gtt.parent_id or 0]
        kept = windows.keeps(task.facts, instrument, entry)
        if kept and entry.status in WORKING:
            raise kept
        quantity = clear_the_way(task, instrument, gtt, leg, actor)
        if quantity <= 0:
            return Answer(204, {})
        order = _placed(connection, task, instrument, gtt, leg, quantity, actor)
        commit(connection, [task.work])
        gtts.write(connection, task.work.market, [gtt], task.work.version)
        answer = Answer(200, order_row(order, instrument, task.work.key))
    ring_for_an_order(database)
    return answer


def _placed(
    connection: Connection, task: Task, instrument: Instrument, gtt: Gtt, leg: Leg, quantity: int, actor: str
) -> Order:
    """The stop's order at the market. Raises what risk says of it: then nothing is written, and the stop waits on."""
    # It closes now or not at all: what waits for an opening would leave the position without its stop.
    wish = replace(closing_wish(task.facts, instrument, leg.side, leg.product, quantity), amo=False)
    number, name = gtts.next_order(connection), f"gtt-{gtt.id}-{leg.leg}"
    order = decide.place(task.work, task.facts, wish, number, name, actor, "EXIT")
    if order.status is Status.REJECTED:
        raise Refusal(Reason(order.reason_code or Reason.NOT_ENOUGH_FUNDS), order.reason or "")
    leg.state, leg.order_id = LegState.FIRED, order.id
    quote = task.facts.quotes.get(instrument.id)
    price = quote.last_price if quote else leg.trigger_price
    told = (Reason.OTHER_EXIT, f"{actor} left the position before the stop was reached.")
    step(gtt, "FIRED", GttStatus.TRIGGERED, actor, task.facts.now, told, fired=(leg.leg, price))
    return order


def _otherwise(database: Database, actor: str, account_id: int, gtt_id: int) -> list[Answer]:
    """Where the stop's order was placed already, and did not close all: the entry's rest is cancelled, and the
    position closed by as much as this cover still has of it."""
    with database.connection() as connection:
        task, instrument, gtt = _loaded(connection, database, account_id, gtt_id)
    entry = task.work.orders[gtt.parent_id or 0]
    placed = [task.work.orders[each.order_id] for each in gtt.legs if each.order_id is not None]
    most = exits.unclosed(gtt, entry, placed) - sum(each.pending for each in placed)
    cancelled = []
    if entry.status in WORKING:
        cancelled.append(trading.cancel(database, actor, account_id, entry.id))
        if not cancelled[0].ok:
            return cancelled
    return cancelled + trading.exit_position(database, actor, account_id, instrument.id, str(entry.product), most=most)
