"""Closing what is carried because a kill switch said so: tried at once, and again until all is flat or re-armed."""

import log
from core.reasons import Reason
from db import audit, flattenings, risk_state
from db.engine import Database, retrying
from desk import margin_calls
from desk.availability import alone
from desk.closing import PATIENCE
from desk.working import ACCOUNTS, ring

# Whoever presses a switch closes by his own will, so that no fee of the broker's desk falls due.
ORIGIN = "SYSTEM"
_logger = log.get(__name__)


def follow(database: Database, market: str) -> int:
    """Try again what could not be closed, in accounts of a market whose last try is a while ago; how many were tried.

    Safe to repeat and to kill: an exit is sized under the account's lock by what is open and not yet on its way.
    """
    with database.autocommit() as connection:
        due = flattenings.due(connection, market, PATIENCE)
    for each in due:
        with alone(each.account_id, "flatten"):
            if not each.open:
                retrying(lambda each=each: _is_flat(database, each))  # type: ignore[misc]
            elif each.trades:
                close(database, each.pressed_by, each.account_id)
    return len(due)


def close(database: Database, actor: str, account_id: int) -> tuple[list[str], list[str]]:
    """Close what is carried, as the square-off of risk does. The numbers of the orders sent, and why what could not be
    closed was not: a market order needs a fresh price."""
    with database.autocommit() as connection:
        flattenings.tried(connection, account_id)
    why = (Reason.KILLED, "Cancelled: another closing order takes its place.")
    answers = margin_calls.close(database, actor, account_id, why, ORIGIN)
    sent = [str(each.body["order_id"]) for each in answers if each.ok]
    left = [str(each.body["detail"]) for each in answers if not each.ok]
    if left:
        _logger.warning("Positions could not be closed", extra={"account": account_id, "why": left})
    return sent, left


def _is_flat(database: Database, wanted: flattenings.Flattening) -> None:
    with database.connection() as connection:
        if not flattenings.end(connection, wanted.account_id):
            return
        told = (int(Reason.KILLED), f"All that {wanted.pressed_by} wanted closed is closed.")
        risk_state.decide(connection, wanted.account_id, wanted.pressed_by, "HALTED", told)
        audit.append(connection, wanted.pressed_by, "FLATTENED", str(wanted.account_id))
    ring(database, ACCOUNTS)
