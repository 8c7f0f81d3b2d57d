"""Each second: whether an account has lost as much as it may. The sidecar calls this."""

from dataclasses import replace

import log
import settings
from core import decide
from core.reasons import Reason, Refusal
from core.risk_limits import LimitName, Limits
from core.risk_watch import breach, what_opens
from core.standing import TradingState
from db import account_watch as rows
from db import risk_rows, risk_state
from db.account_watch import Looked, Watched
from db.engine import Database, retrying
from db.trading import Connection, commit
from desk import account_watch, masters
from desk.availability import alone
from desk.working import ACCOUNTS, ORDERS, Task, open_task, ring

ACTOR = "risk"
_logger = log.get(__name__)


def watch(database: Database, market: str, looked: Looked | None = None) -> int:
    """Stop the accounts whose losses reached a limit, as they stood when they were ``looked`` at (None: look now); how
    many.

    Killed half-way it begins anew at the next second: an account is stopped in one transaction under its lock.
    """
    losing = (looked or account_watch.look(database, market)).losing
    if not losing:
        return 0
    with database.autocommit() as connection:
        facts = rows.facts(connection, market)
        if facts is None:
            return 0
        version, on = facts
        book = masters.get(database).risk(connection, version)
    stopped = 0
    for each in losing:
        limits = book.limits_of(each.id, each.user_id, None, on, settings.load().kagaz_order_rate)
        if breach(each.figures, limits) is not None:
            with alone(each.id, "risk watch"):
                stopped += retrying(lambda each=each, limits=limits: _reduce(database, each, limits))  # type: ignore[misc]
    if stopped:
        ring(database, ORDERS, ACCOUNTS)
    return stopped


def _reduce(database: Database, watched: Watched, limits: Limits) -> bool:
    """Let an account only reduce: what rests and would open more is cancelled. False where the loss is none any more
    under its lock, or where it does not trade freely."""
    master = masters.get(database)
    with database.connection() as connection:
        task = open_task(connection, master, watched.id, whole=True)
        reached = _still(connection, watched, limits)
        archived = watched.id in task.loaded.archived
        if reached is None or archived or task.work.standing.state is not TradingState.ACTIVE:
            return False
        told = (int(reached.reason), reached.sentence)
        for order in what_opens(task.work):
            decide.cancel(task.work, task.facts, order, ACTOR, (reached.reason, f"Cancelled: {reached.sentence}"))
        commit(connection, [task.work])
        risk_state.set_state(connection, watched.id, TradingState.REDUCING, told, ACTOR, "RISK")
        risk_state.decide(connection, watched.id, ACTOR, "REDUCING", told, reached.numbers)
    _logger.warning("An account may only reduce", extra={"account": watched.id, "why": reached.sentence})
    return True


def _still(connection: Connection, watched: Watched, limits: Limits) -> Refusal | None:
    """The limit that is reached by what the account was worth when it was looked at, and by what it was paid since.

    An order since then is no reason to look away: one who never stops sending them would never be stopped. Nothing of
    a date that has ended in between is held against it.
    """
    stood, seen = risk_state.state(connection, watched.id).figures, watched.figures
    if stood.opening != seen.opening:
        return None
    paid = stood.flows - seen.flows
    return breach(replace(seen, flows=stood.flows, equity=seen.equity + paid, peak=seen.peak + paid), limits)


def next_day(connection: Connection, task: Task) -> None:
    """At the roll: an account that a day's loss stopped trades again, where its limits say so."""
    stood = risk_state.state(connection, task.work.id)
    if stood.state is not TradingState.REDUCING or stood.rule != Reason.DAILY_LOSS:
        return
    book = risk_rows.book(connection)
    on = task.facts.market.trading_date
    limits = book.limits_of(task.work.id, task.work.standing.user_id, None, on, settings.load().kagaz_order_rate)
    if not limits.get(LimitName.REARM_NEXT_DAY):
        return
    told = (int(Reason.REARMED), "A new trading date: yesterday's loss counts no more.")
    risk_state.set_state(connection, task.work.id, TradingState.ACTIVE, told, ACTOR, "OWNER")
    risk_state.decide(connection, task.work.id, ACTOR, "ACTIVE", told)
