"""Price alerts as a trader asks for them: make, change, delete, list. They are of an account, in whose market they
ring."""

from dataclasses import replace
from typing import Any

from core import price_alerts as rules
from core.instruments import Instrument
from core.price_alerts import Status, Terms
from core.reasons import Reason, Refusal
from db import price_alerts as rows
from db.engine import Database
from db.price_alerts import PriceAlert
from desk import masters
from desk.access import AccountRef
from desk.answers import fingerprint, key_conflict
from desk.rows import Row, ist
from desk.working import ORDERS, instrument_of, ring

WORDS = {
    "active": (Status.ACTIVE,),
    "done": (Status.DONE, Status.EXPIRED),
    "all": (Status.ACTIVE, Status.DONE, Status.EXPIRED),
}


def listed(
    database: Database, account: AccountRef, status: str = "all", before: int | None = None, limit: int = 100
) -> list[Row]:
    """Alerts of an account, newest first, below an id."""
    with database.connection() as connection:
        found = rows.listed(connection, account.id, WORDS[status], before, limit)
    return [_row(database, each, account.key) for each in found]


def one(database: Database, account: AccountRef, alert_id: int) -> Row:
    """An alert; UNKNOWN_ALERT where the account has none of that id."""
    with database.connection() as connection:
        return _row(database, _known(connection, account, alert_id), account.key)


def make(
    database: Database, account: AccountRef, instrument_id: int, terms: Terms, key: str | None = None
) -> tuple[Row, bool]:
    """A new alert, and whether a request of this key made it before. Raises what ``core.price_alerts.check`` refuses,
    and KEY_CONFLICT where the key was another request's."""
    instrument = instrument_of(masters.get(database), instrument_id)
    asked = fingerprint("price-alert", instrument_id, terms)
    with database.connection() as connection:
        _lock(connection, account)
        known = None if key is None else rows.asked_for(connection, account.id, key)
        if known is not None:
            if known[1] != asked:
                raise key_conflict()
            return _row(database, known[0], account.key), True
        now = _checked(connection, account, instrument, terms, rows.how_many(connection, account.id))
        request = None if key is None else (key, asked)
        placed = rules.on_its_side(terms, now.last_price, now.prev_close)
        made = rows.insert(connection, account.id, instrument_id, placed, now.exchange_time, request)
    ring(database, ORDERS)
    return _row(database, made, account.key), False


def terms_of(database: Database, account: AccountRef, alert_id: int) -> Terms:
    """What rings an alert; UNKNOWN_ALERT where the account has none of that id."""
    with database.connection() as connection:
        return _known(connection, account, alert_id).terms


def change(database: Database, account: AccountRef, alert_id: int, **terms: Any) -> Row:
    """Give an alert new terms, of those that ``core.price_alerts.Terms`` has; it waits again from then on."""
    with database.connection() as connection:
        _lock(connection, account)
        found = _known(connection, account, alert_id, lock=True)
        wanted = replace(found.terms, **terms)
        instrument = instrument_of(masters.get(database), found.instrument_id)
        others = rows.how_many(connection, account.id) - (found.status is Status.ACTIVE)
        now = _checked(connection, account, instrument, wanted, others)
        placed = rules.on_its_side(wanted, now.last_price, now.prev_close)
        changed = rows.change(connection, alert_id, placed, now.exchange_time)
    ring(database, ORDERS)
    return _row(database, changed, account.key)


def delete(database: Database, account: AccountRef, alert_id: int) -> None:
    """Let an alert ring no more; UNKNOWN_ALERT where the account has none of that id."""
    with database.connection() as connection:
        _known(connection, account, alert_id, lock=True)
        rows.delete(connection, alert_id)
    ring(database, ORDERS)


def _lock(connection: Any, account: AccountRef) -> None:
    if not rows.lock_account(connection, account.id):
        raise Refusal(Reason.ACCOUNT_ARCHIVED, "The account was reset: it can be read, not changed.", "account")


def _checked(connection: Any, account: AccountRef, instrument: Instrument, terms: Terms, waiting: int) -> rows.Price:
    now = rows.price(connection, account.id, instrument.id)
    rules.check(terms, instrument.symbol, now.last_price, now.prev_close, waiting)
    return now


def _known(connection: Any, account: AccountRef, alert_id: int, *, lock: bool = False) -> PriceAlert:
    found = rows.one(connection, account.id, alert_id, lock=lock) if 0 < alert_id < 2**63 else None
    if found is None:
        raise Refusal(Reason.UNKNOWN_ALERT, "There is no such alert.", "price_alert_id")
    return found


def _row(database: Database, alert: PriceAlert, account_key: str) -> Row:
    instrument, terms = masters.get(database).by_id[alert.instrument_id], alert.terms
    return {
        "price_alert_id": str(alert.id),
        "account": account_key,
        "exchange": instrument.exchange,
        "symbol": instrument.symbol,
        "measure": str(terms.measure),
        "condition": str(terms.condition),
        "level": rules.level_number(terms),
        "repeat": terms.repeats,
        "note": terms.note,
        "status": str(alert.status),
        "resting": alert.resting,
        "rings": alert.rings,
        "rung_at": None if alert.rung_at is None else ist(alert.rung_at),
        "created_at": ist(alert.created_at),
        "updated_at": ist(alert.updated_at),
    }
