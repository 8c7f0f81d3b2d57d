"""The execution leader's side of the desk: open work in, batches of fills out.

A batch has the shape of a placement: lock, decide on the locked rows, write, commit. What can no longer be
filled is dropped from the batch, and its depth goes to the next in the queue; the batch itself never is.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from typing import Protocol

import log
from core import decide, exits, fills
from core.account import Evidence, Work
from core.book import Resting
from core.calendar import IST
from core.facts import Facts
from core.fills import can_fill, can_trigger
from core.matching import Expired, Fill, IocRemainder, Lapse, Outcome, Trigger
from core.orders import WORKING, Order, Status
from core.reasons import Reason
from db import trading_reads
from db.engine import Database
from db.leader import Held, NotLeader
from db.trading import Connection, commit, load
from desk import masters
from desk.availability import lies_in_the_rows
from desk.working import ACCOUNTS, facts_of, ring

IOC = (Reason.IOC_REMAINDER, "Nothing more was on offer: the rest of an IOC order is cancelled.")


class Term(Protocol):
    """The leadership under which a batch is written."""

    def guard(self, connection: Connection) -> None:
        """First statement of the transaction. Raises where the term has passed to another."""

    def claim(self, connection: Connection) -> Held | None:
        """The term that the first statement holds itself, instead of ``guard``; None where nobody contends."""


@dataclass(slots=True)
class Changed:
    """Orders that users placed, changed or ended since the last look."""

    resting: list[Resting] = field(default_factory=list)
    ended: list[int] = field(default_factory=list)


@dataclass(slots=True)
class Applied:
    """``done`` were written; ``dropped`` could not be, and give their depth back."""

    done: list[Outcome] = field(default_factory=list)
    dropped: list[Outcome] = field(default_factory=list)


def load_open(database: Database, leadership: Term, market: str) -> list[Resting]:
    """Every working order of the market's living accounts, for a book that is built anew. Under the term, as
    ``take_changes``: a leader that was paused before it built its book forgets nothing of its successor's."""
    with database.connection() as connection:
        leadership.guard(connection)
        trading_reads.forget_changes(connection, market)
        return trading_reads.open_orders(connection, market)


def take_changes(database: Database, leadership: Term, market: str) -> Changed:
    """What users changed since the last call. Read by what is there, never by a last number seen: an order
    that commits late is found when it commits. Seeing one twice is harmless. Taken under the term, so that a
    leader that was paused takes nothing from its successor."""
    with database.autocommit() as connection:
        return Changed(*trading_reads.take_changes(connection, market, leadership.claim(connection)))


def apply(database: Database, leadership: Term, outcomes: Sequence[Outcome]) -> Applied:
    """Write a batch of outcomes, in their order, in one transaction of this leader's term.

    An account whose rows cannot take its outcomes is told in the log, its outcomes are dropped, and those of
    all others are written in smaller batches. Raises NotLeader when the term has passed to another, and what
    the database's own state raises: then the caller starts again from the database.
    """
    if not outcomes:
        return Applied()
    try:
        applied = _write(database, leadership, outcomes)
    except NotLeader:
        raise
    except Exception as error:
        if not lies_in_the_rows(error):
            raise
        return _apart(database, leadership, outcomes, error)
    if applied.done:
        ring(database, ACCOUNTS)
    return applied


def _apart(database: Database, leadership: Term, outcomes: Sequence[Outcome], error: Exception) -> Applied:
    """Half of the accounts, then the other half, until the one at fault is alone."""
    accounts = sorted({each.account_id for each in outcomes})
    if len(accounts) == 1:
        told = {"account": accounts[0], "orders": sorted({each.order_id for each in outcomes}), "error": str(error)}
        log.get(__name__).error("An account's rows take no fill; its orders wait", extra=told, exc_info=error)
        return Applied(dropped=list(outcomes))
    middle = accounts[len(accounts) // 2]
    low = apply(database, leadership, [each for each in outcomes if each.account_id < middle])
    high = apply(database, leadership, [each for each in outcomes if each.account_id >= middle])
    return Applied([*low.done, *high.done], [*low.dropped, *high.dropped])


def _write(database: Database, leadership: Term, outcomes: Sequence[Outcome]) -> Applied:
    master = masters.get(database)
    instruments = {each.instrument_id for each in outcomes}
    count = sum(isinstance(each, Fill) for each in outcomes)
    applied = Applied()
    with database.connection() as connection:
        loaded = load(
            connection,
            sorted({each.account_id for each in outcomes}),
            orders=sorted({each.order_id for each in outcomes}),
            instruments=sorted(instruments),
            underlyings=sorted({master.by_id[each].margin_underlying for each in instruments}),
            numbers=count,
            term=leadership.claim(connection),
        )
        if loaded is None:
            return Applied(dropped=list(outcomes))
        facts, numbers = facts_of(master, loaded), iter(loaded.numbers)
        for outcome in outcomes:
            work = loaded.works.get(outcome.account_id)
            order = work.orders.get(outcome.order_id) if work else None
            if work and order and _one(work, facts, order, outcome, numbers):
                applied.done.append(outcome)
            else:
                applied.dropped.append(outcome)
        changed = [work for work in loaded.works.values() if work.events]
        made_to_fit = {
            each.order_id for each in applied.dropped for work in changed
            if each.order_id in work.changed_orders and work.orders[each.order_id].status is Status.OPEN
        }  # fmt: skip
        if made_to_fit:
            trading_reads.list_again(connection, facts.market.id, sorted(made_to_fit))
        if changed:
            commit(connection, changed, announce=False, final=True)
    return applied


@lru_cache(64)
def _moment(ms: int) -> datetime:
    """The fills of a batch are of a frame or two."""
    return datetime.fromtimestamp(ms / 1000, UTC)


def _over(order: Order) -> str:
    assert order.expires_at is not None  # it has lapsed
    ended = f"{order.expires_at.astimezone(IST):%H:%M:%S}"
    minutes = f"{order.validity_ttl} minute{'' if order.validity_ttl == 1 else 's'}"
    return f"It was good for {minutes}, until {ended} of the exchange's clock: the rest is cancelled."


def _made_to_fit(work: Work, facts: Facts, order: Order, quantity: int) -> bool:
    """Whether an exit had become larger than what it closes, so that it is changed and comes to the book anew."""
    instrument = facts.instruments[order.instrument_id]
    held = exits.position_against(work, instrument, order.product, order.side)
    if order.status is not Status.OPEN or quantity <= held:
        return False
    return exits.fit(work, facts, instrument, order, "exchange")


def _one(work: Work, facts: Facts, order: Order, outcome: Outcome, numbers: Iterator[tuple[int, int]]) -> bool:
    # The step is dated by the clock of its commit, never before the order; when the market showed the price
    # is part of the evidence.
    at = facts.now
    match outcome:
        case Fill():
            if order.origin == "EXIT" and _made_to_fit(work, facts, order, outcome.quantity):
                return False
            shown = _moment(outcome.exchange_time)
            if order.lapsed(shown) or not can_fill(order, outcome.quantity, outcome.price):
                return False
            if outcome.before is not None and outcome.before != order.pending:
                return False
            trade_id, charge_id = next(numbers)
            evidence = Evidence(outcome.frame, shown, outcome.last_price, outcome.levels)
            fills.fill(
                work, facts, order, fills.Fill(outcome.quantity, outcome.price, at, evidence, trade_id, charge_id)
            )
        case Trigger():
            if not can_trigger(order, outcome.last_price):
                return False
            fills.trigger(work, order, at)
            if why := fills.beyond_reference(facts, order, outcome.last_price):
                decide.cancel(work, facts, order, "exchange", why)
                return False  # so that the book lets it go, and what it took goes to the next
        case Expired():
            # Its owner may have given it more minutes since.
            if order.status not in WORKING or not order.lapsed(_moment(outcome.exchange_time)):
                return False
            decide.cancel(work, facts, order, "exchange", (Reason.TTL_EXPIRED, _over(order)), "EXPIRED")
        case IocRemainder():
            if order.status not in WORKING:
                return False
            decide.cancel(work, facts, order, "exchange", IOC)
        case Lapse():
            if order.status not in WORKING:
                return False
            decide.cancel(work, facts, order, "exchange", (outcome.reason, outcome.sentence), "EXPIRED")
    return True
