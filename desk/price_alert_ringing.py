"""The leader's side of price alerts: what waits, what rings.

A ring is one transaction of the leader's term: what was said, what becomes of the alert, and the account's version, by
which its streams hear of it. A crash before it leaves the alert as it was, a crash after it finds it rung; in no case
does it ring twice for one price.
"""

from collections.abc import Iterable
from datetime import UTC, datetime

from core import price_alerts as rules
from core.gtt_watch import Armed, Hit, Trigger
from core.price_alerts import Condition, Status
from db import price_alerts as rows
from db.engine import Database, retrying
from db.price_alerts import PriceAlert, Waiting
from desk import market as markets
from desk import masters
from desk.filling import Term
from desk.working import ACCOUNTS, ring

_RISEN, _FALLEN = 1, 2
"""Numbers of triggers: the only one of an alert is the first, and one that left its level waits for either."""


def load_armed(database: Database, leadership: Term, market: str) -> list[Armed]:
    """Everything that waits in the market, for a watch that is built anew."""
    with database.connection() as connection:
        leadership.guard(connection)
        rows.take_changes(connection, market)
        return _armed(rows.armed(connection, market))


def take_changes(database: Database, leadership: Term, market: str) -> tuple[list[Armed], list[int]]:
    """(what waits now, what waits no longer) of the alerts that changed since the last call; one question where none
    did, which is nearly always."""
    with database.autocommit() as connection:
        if not rows.any_changed(connection, market):
            return [], []
    with database.connection() as connection:
        leadership.guard(connection)
        changed = rows.take_changes(connection, market)
        found = _armed(rows.armed(connection, market, changed)) if changed else []
    waiting = {each.gtt_id for each in found}
    return found, [each for each in changed if each not in waiting]


def _armed(found: Iterable[Waiting]) -> list[Armed]:
    """As the watch of triggers takes them. One that rests waits for the way back; a change of a day that has no
    previous close yet waits for nothing."""
    armed: list[Armed] = []
    for each in found:
        alert, triggers = each.alert, _triggers(each.alert, each.prev_close)
        if triggers:
            seen = int(alert.seen_at.timestamp() * 1000)
            armed.append(Armed(alert.id, alert.account_id, alert.instrument_id, triggers, seen))
    return armed


def _triggers(alert: PriceAlert, prev_close: int | None) -> tuple[Trigger, ...]:
    terms = alert.terms
    if alert.resting and terms.condition is Condition.CROSSES:
        out = rules.ways_out(terms, prev_close)
        return () if out is None else (Trigger(_RISEN, out[0], True), Trigger(_FALLEN, out[1], False))
    price = (rules.back_at if alert.resting else rules.price_of)(terms, prev_close)
    return () if price is None else (Trigger(_RISEN, price, terms.above != alert.resting),)


def _side_after(alert: PriceAlert, hit: Hit) -> Condition | None:
    """On which side a crossing waits once the price has left its level: for the way back."""
    if alert.terms.condition is not Condition.CROSSES:
        return None
    return Condition.BELOW if hit.leg == _RISEN else Condition.ABOVE


def fire(database: Database, leadership: Term, hit: Hit) -> float:
    """Ring an alert whose level was reached, or let one wait again that rested; how many seconds it must rest before
    that, 0 where this is done with. Raises NotLeader where the term has passed to another."""

    def act() -> float:
        at = datetime.fromtimestamp(hit.exchange_time / 1000, UTC)
        with database.connection() as connection:
            leadership.guard(connection)
            alert = rows.one(connection, hit.account_id, hit.gtt_id)
            if alert is not None and alert.resting:
                wait = rules.rests_for(alert.rung_at, datetime.now(UTC))
                if wait <= 0:
                    rows.wake(connection, alert.id, at, _side_after(alert, hit))
                return wait
            rows.raise_version(connection, hit.account_id)
            alert = rows.one(connection, hit.account_id, hit.gtt_id, lock=True)  # as it stands under the lock
            if alert is None or alert.status is not Status.ACTIVE or alert.resting:
                connection.rollback()
                return 0.0
            name = masters.get(database).by_id[hit.instrument_id].symbol
            rows.ring(connection, alert, hit.price, hit.frame, at, rules.sentence(alert.terms, name, hit.price))
        ring(database, ACCOUNTS)
        return 0.0

    return retrying(act)


def expire(database: Database, market: str) -> int:
    """End the alerts whose contract has ended; how many."""
    day = markets.state(database, market).trading_date
    with database.connection() as connection:
        return rows.expire(connection, market, day)
