"""Sends the orders that waited for an opening, each when its window begins, each judged anew.

What is sent is decided by what the window takes now, not by having been there when it began: a process that
starts late sends late, and an order that was sent is no longer one that waits. One order, one transaction.
"""

from datetime import datetime
from typing import Any

from core import amo, decide
from core.calendar import Session
from core.orders import Status
from db import amo as rows
from db.engine import Database, retrying
from db.trading import commit
from desk import market as markets
from desk import masters
from desk.availability import alone
from desk.market import MarketState
from desk.working import ACCOUNTS, ORDERS, open_task, ring

ACTOR = "opening"


def release(database: Database, state: MarketState, now: datetime) -> dict[str, Any]:
    """Send what is due at ``now`` by the exchange's clock; how many are open now, and how many were refused."""
    if state.session == Session.ALWAYS:
        return {"sent": 0, "refused": 0}
    master = masters.get(database)
    calendar = markets.calendar_of(database, state)
    with database.autocommit() as connection:
        waiting = rows.waiting(connection, state.id)
    sent = refused = 0
    for each in waiting:
        board = master.board(each.instrument_id)
        if not amo.goes_out(board, calendar.window_at(now, board), each):
            continue
        with alone(each.account_id, "opening"):
            status = retrying(lambda one=each: _send(database, one))  # type: ignore[misc]
            sent += status in (Status.OPEN, Status.TRIGGER_PENDING)
            refused += status is Status.REJECTED
    if sent or refused:
        ring(database, ORDERS, ACCOUNTS)
    return {"sent": sent, "refused": refused}


def _send(database: Database, waiting: rows.Waiting) -> Status | None:
    """One order; None where somebody else has sent or ended it, or its account's day has not begun."""
    master = masters.get(database)
    with database.connection() as connection:
        instrument = master.by_id[waiting.instrument_id]
        task = open_task(
            connection, master, waiting.account_id, [instrument], orders=[waiting.order_id], lots=True,
            cross=(waiting.side.other, waiting.price),
        )  # fmt: skip
        order = task.work.orders.get(waiting.order_id)
        behind = task.work.trading_date != task.facts.market.trading_date
        if order is None or order.status is not Status.AMO or behind or waiting.account_id in task.loaded.archived:
            return None
        decide.release(task.work, task.facts, order, ACTOR)
        commit(connection, [task.work], final=True)
        return order.status
