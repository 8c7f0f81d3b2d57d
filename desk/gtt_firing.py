"""The leader's side of GTTs: what waits, what fires, what has nothing left to do.

A firing is one transaction of the leader's term under the account's lock: the order, the leg that placed it and
the leg that it disables are written together, and the order's name is the leg's. A crash before it leaves the
GTT as it was, a crash after it finds it fired; in no case are there two orders.
"""

from collections.abc import Sequence
from enum import Enum

from core import decide, exits
from core.gtt import Gtt as Row
from core.gtt import GttStatus, Leg, LegState, failed, is_target, reached, step
from core.gtt_rules import order_of
from core.gtt_watch import Armed, Hit
from core.instruments import Instrument
from core.orders import WORKING, Status
from core.reasons import Reason, Refusal
from db import gtts, trading_reads
from db.engine import Database, retrying
from db.trading import Connection, commit
from desk import market as markets
from desk import masters
from desk.availability import alone
from desk.filling import Term
from desk.working import ACCOUNTS, ORDERS, Task, open_task, ring

ACTOR = "gtt"
# What passes by itself: the order is placed as soon as it can be.
PASSING = frozenset(
    {Reason.MARKET_STOPPED, Reason.MARKET_CLOSED, Reason.MARKET_ROLLING, Reason.NO_PRICE, Reason.STALE_PRICE}
)
AT_ONCE = 500


class Fate(Enum):
    """What became of a hit: written for good, to be tried again, or nothing to close at present."""

    OVER = "over"
    LATER = "later"
    IDLE = "idle"


def load_armed(database: Database, leadership: Term, market: str) -> list[Armed]:
    """Everything that waits in the market, for a watch that is built anew."""
    with database.connection() as connection:
        leadership.guard(connection)
        gtts.take_changes(connection, market)
        return gtts.armed(connection, market)


def take_changes(
    database: Database, leadership: Term, market: str, watched: Sequence[int]
) -> tuple[list[Armed], list[int]]:
    """(what waits now, what waits no longer) of the GTTs that changed since the last call, with the targets and
    stops whose entry has filled something since; ``watched`` are the targets and stops that wait already."""
    with database.connection() as connection:
        leadership.guard(connection)
        changed = gtts.take_changes(connection, market)
        found = gtts.armed(connection, market, changed) if changed else []
        found += gtts.unarmed_entries(connection, market, sorted({*watched, *(each.gtt_id for each in found)}))
    waiting = {each.gtt_id for each in found}
    return found, [each for each in changed if each not in waiting]


def fire(database: Database, leadership: Term, hit: Hit) -> Fate:
    """Place the order of a leg that was hit. Raises NotLeader where the term has passed to another."""
    try:
        fate = retrying(lambda: _attempt(database, leadership, hit, None))
    except Refusal as refusal:
        if refusal.reason in PASSING:
            return Fate.LATER
        told = (refusal.reason, refusal.sentence)
        fate = retrying(lambda: _attempt(database, leadership, hit, told))
    if fate is Fate.OVER:
        ring(database, ORDERS, ACCOUNTS)
    return fate


def _attempt(database: Database, leadership: Term, hit: Hit, refused: tuple[Reason, str] | None) -> Fate:
    """One transaction: the order and what it does to the GTT, or the sentence by which it was refused."""
    master = masters.get(database)
    instrument = master.by_id[hit.instrument_id]
    with database.connection() as connection:
        leadership.guard(connection)
        gtt = gtts.one(connection, hit.account_id, hit.gtt_id)
        if gtt is None:
            return Fate.OVER
        fired = gtt.leg(hit.leg)
        task = open_task(
            connection, master, hit.account_id, [instrument], orders=orders_of(gtt), lots=True,
            cross=(fired.side.other, fired.price),
        )  # fmt: skip
        gtt = gtts.one(connection, hit.account_id, hit.gtt_id)  # as it stands under the lock
        if gtt is None or not _still_waits(gtt, hit) or task.work.id in task.loaded.archived:
            return Fate.OVER
        market = task.facts.market
        if market.phase != "OPEN" or not market.running or task.work.trading_date != market.trading_date:
            return Fate.LATER
        leg = gtt.leg(hit.leg)
        if refused:
            failed(leg, refused, None)
        elif not _place(connection, task, instrument, gtt, leg):
            return Fate.IDLE
        _moved(task, gtt, leg, hit)
        commit(connection, [task.work])
        gtts.write(connection, task.work.market, [gtt], task.work.version)
    return Fate.OVER


def orders_of(gtt: Row) -> list[int]:
    """The orders that a GTT is about: those that its legs placed, and its entry."""
    placed = [leg.order_id for leg in gtt.legs if leg.order_id is not None]
    return placed + ([gtt.parent_id] if gtt.parent_id is not None else [])


def _still_waits(gtt: Row, hit: Hit) -> bool:
    """Whether the leg, as it stands under the lock, is one that this price fires."""
    if gtt.status is not GttStatus.ACTIVE:
        return False
    leg = next((each for each in gtt.waiting if each.leg == hit.leg), None)
    return leg is not None and reached(leg.trigger_price, leg.above, hit.price, hit.price, hit.price) is not None


def _place(connection: Connection, task: Task, instrument: Instrument, gtt: Row, leg: Leg) -> bool:
    """Place a leg's order; False where there is nothing to close. Raises the Refusal of an order of bad form."""
    quantity, work = leg.quantity, task.work
    if gtt.parent_id is not None:
        quantity = clear_the_way(task, instrument, gtt, leg)
        if quantity <= 0:
            return False
    name = f"gtt-{gtt.id}-{leg.leg}"
    wish = order_of(instrument.id, leg, quantity)
    origin = "GTT" if gtt.parent_id is None else "EXIT"
    order = decide.place(work, task.facts, wish, gtts.next_order(connection), name, ACTOR, origin)
    leg.state, leg.order_id = LegState.FIRED, order.id
    if order.status is Status.REJECTED:
        failed(leg, (Reason(order.reason_code or Reason.NOT_ENOUGH_FUNDS), order.reason or ""), order.id)
    return True


def clear_the_way(task: Task, instrument: Instrument, gtt: Row, leg: Leg, actor: str = ACTOR) -> int:
    """Cancel the other exit and what is left of the entry; the quantity that is then to be closed, 0 where there
    is none (then nothing was cancelled either)."""
    work, entry = task.work, task.work.orders[gtt.parent_id or 0]
    others = [work.orders[each.order_id] for each in gtt.legs if each.order_id is not None]
    resting = sum(each.pending for each in others)
    most = exits.closable(work, instrument, leg.product, leg.side, resting)
    quantity = min(exits.unclosed(gtt, entry, others), most) // instrument.lot * instrument.lot
    if quantity <= 0:
        return 0
    for order in others:
        if order.status in WORKING:
            why = (Reason.OTHER_EXIT, "The other exit of its entry was placed: it closes the rest.")
            decide.cancel(work, task.facts, order, actor, why)
    if entry.status in WORKING:
        why = (Reason.OTHER_EXIT, "An exit of this entry was placed: the rest is not opened any more.")
        decide.cancel(work, task.facts, entry, actor, why)
    return quantity


def _moved(task: Task, gtt: Row, leg: Leg, hit: Hit) -> None:
    """The step that the firing is. Where the target of an entry has an order, its stop still guards the rest."""
    told = (Reason(leg.reason_code), leg.reason or "") if leg.reason_code else None
    goes_on = gtt.parent_id is not None and is_target(leg) and any(each is not leg for each in gtt.waiting)
    after = GttStatus.ACTIVE if goes_on else GttStatus.TRIGGERED
    step(gtt, "FIRED", after, ACTOR, task.facts.now, told, fired=(leg.leg, hit.price))


def expire(database: Database, market: str) -> int:
    """End the GTTs whose last trading date has passed; how many accounts had any."""
    day = markets.state(database, market).trading_date
    with database.connection() as connection:
        accounts = gtts.over(connection, market, day, AT_ONCE)
    for account_id in accounts:
        with alone(account_id, "gtt"):
            retrying(lambda account_id=account_id: _expire_one(database, account_id))  # type: ignore[misc]
    if accounts:
        ring(database, ORDERS, ACCOUNTS)
    return len(accounts)


def _expire_one(database: Database, account_id: int) -> None:
    with database.connection() as connection:
        task = open_task(connection, masters.get(database), account_id)
        day = task.facts.market.trading_date
        ended = [each for each in gtts.live(connection, account_id) if each.expires_on < day]
        for gtt in ended:
            why = (Reason.GTT_EXPIRED, f"Its last trading date was {gtt.expires_on:%d %b %Y}.")
            step(gtt, "EXPIRED", GttStatus.EXPIRED, ACTOR, task.facts.now, why)
        if ended:
            gtts.write(connection, task.work.market, ended, task.work.version)
            commit(connection, [task.work], final=True)


def tend(database: Database, market: str) -> int:
    """End the targets and stops that have nothing left to do, or whose intraday position the clock closes, and make
    resting exits no larger than what they close; how many were changed."""
    state, master = markets.state(database, market), masters.get(database)
    at = state.exchange_time
    with database.connection() as connection:
        over = [
            each
            for each in gtts.intraday(connection, market)
            if at is not None and at >= master.intraday_until(each, state.session, state.trading_date)
        ]
        idle = gtts.to_tend(connection, market, over)
        large = gtts.oversized(connection, market)
    for account_id, gtt_id in idle:
        with alone(account_id, "gtt"):
            retrying(lambda a=account_id, g=gtt_id: _finish(database, a, g))  # type: ignore[misc]
    for account_id, order_id in large:
        with alone(account_id, "gtt"):
            retrying(lambda a=account_id, o=order_id: _shrink(database, a, o))  # type: ignore[misc]
    if idle or large:
        ring(database, ORDERS, ACCOUNTS)
    return len(idle) + len(large)


def _finish(database: Database, account_id: int, gtt_id: int) -> None:
    master = masters.get(database)
    with database.connection() as connection:
        found = gtts.one(connection, account_id, gtt_id)
        if found is None:
            return
        instrument = master.by_id[found.instrument_id]
        task = open_task(connection, master, account_id, [instrument], orders=orders_of(found))
        gtt = gtts.one(connection, account_id, gtt_id)
        if gtt is None or gtt.status is not GttStatus.ACTIVE or gtt.parent_id is None:
            return
        entry = task.work.orders[gtt.parent_id]
        placed = [task.work.orders[each.order_id] for each in gtt.legs if each.order_id in task.work.orders]
        until = task.facts.intraday_until(instrument)
        squared_off = until is not None and task.facts.market.exchange_time >= until
        why = exits.nothing_left(task.work, gtt, entry, placed, squared_off)
        if why is None:
            return
        if any(leg.state is LegState.FIRED for leg in gtt.legs):
            step(gtt, "DONE", GttStatus.TRIGGERED, ACTOR, task.facts.now)
        else:
            step(gtt, "CANCELLED", GttStatus.CANCELLED, ACTOR, task.facts.now, why)
        gtts.write(connection, task.work.market, [gtt], task.work.version)
        commit(connection, [task.work], final=True)


def _shrink(database: Database, account_id: int, order_id: int) -> None:
    master = masters.get(database)
    with database.connection() as connection:
        found = trading_reads.instrument_of_order(connection, account_id, order_id)
        if found is None:
            return
        instrument = master.by_id[found[0]]
        task = open_task(connection, master, account_id, [instrument], orders=[order_id])
        order = task.work.orders[order_id]
        if order.status not in WORKING:
            return
        if exits.fit(task.work, task.facts, instrument, order, ACTOR):
            commit(connection, [task.work], final=True)
