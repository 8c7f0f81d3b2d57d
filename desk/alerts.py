"""What the owner of an account should hear of: stops by risk, margin calls, GTTs, square-offs, ends of contracts,
closing prices that nobody saw."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from core.reasons import Reason, title
from db import alerts as rows
from db.engine import Database
from desk import masters
from desk.access import AccountRef
from desk.masters import Master
from desk.rows import Row, ist

DAYS = timedelta(days=7)
_TITLES = {
    ("RISK", "HALTED"): ("CRITICAL", "Trading is halted: only cancels are taken"),
    ("RISK", "REDUCING"): ("WARNING", "Only exits and cancels are taken"),
    ("RISK", "ACTIVE"): ("INFO", "Orders are taken again"),
    ("RISK", "CARRIED"): ("WARNING", "An intraday position was carried over"),
    ("MARGIN_CALL", "CALLED"): ("WARNING", "Margin call: add money or close positions"),
    ("MARGIN_CALL", "CLOSING"): ("CRITICAL", "Positions are being closed for want of margin"),
    ("GTT", "FIRED"): ("INFO", "A GTT has fired"),
    ("GTT", "REJECTED"): ("WARNING", "The order of a GTT was refused"),
    ("GTT", "ADJUSTED"): ("INFO", "A GTT was adjusted for a corporate action"),
    ("GTT", "DISABLED"): ("WARNING", "A GTT was disabled: set its terms anew"),
    ("GTT", "EXPIRED"): ("INFO", "A GTT has expired"),
    ("SQUARE_OFF", "SQUARE_OFF"): ("WARNING", "The broker closes an intraday position"),
    ("SQUARE_OFF", "RISK"): ("CRITICAL", "Risk closes a position"),
    ("SQUARE_OFF", "SYSTEM"): ("WARNING", "The kill switch closes a position"),
    ("PRICE", "RANG"): ("INFO", "A price alert rings"),
    ("SETTLEMENT", "WAITS"): ("WARNING", "The date waits for the exchange's closing prices"),
    ("SETTLEMENT", "LAST_SEEN"): ("WARNING", "Settled at the last prices seen, not at the exchange's close"),
    ("CONTRACT", "EXPIRY"): ("INFO", "A contract has ended"),
    ("CONTRACT", "SPLIT"): ("INFO", "Shares were split, or a bonus given"),
}


def listed(
    database: Database, account: AccountRef, since: datetime | None = None, before: str | None = None, limit: int = 100
) -> Row:
    """Alerts, newest first, of the last seven days or since an instant. ``next`` is an instant in microseconds: what
    came at one instant stays on one page, which may thus be longer than ``limit``."""
    start = since or datetime.now(UTC) - DAYS
    found = rows.alerts(database, [account.id], start, None if before is None else int(before), limit)
    master = masters.get(database)
    items = [_row(master, each, account.key) for each in found]
    return {"items": items, "next": str(found[-1]["micros"]) if len(found) >= limit else None, "version": None}


def told(found: Sequence[dict[str, Any]], account_key: str, master: Master) -> list[Row]:
    """Alerts of one account as they are told, oldest first; ``found`` are the newest first."""
    return [_row(master, each, account_key) for each in reversed(found)]


def ids(found: Sequence[Row]) -> set[str]:
    """The names of alerts, by which the same one is known again."""
    return {each["alert_id"] for each in found}


def _row(master: Master, each: dict[str, Any], account_key: str) -> Row:
    level, words = _TITLES.get((each["kind"], each["event"]), ("INFO", each["event"].capitalize()))
    number = each["reason_code"]
    one = master.by_id.get(each["instrument_id"] or 0)
    named = {name: None if each[name] is None else str(each[name]) for name in ("order_id", "gtt_id", "trade_id")}
    return {
        "alert_id": each["alert"],
        "account": account_key,
        "at": ist(each["at"]),
        "kind": each["kind"],
        "event": each["event"],
        "level": level,
        "title": words,
        "detail": each["detail"] or (title(Reason(number)) if number in set(Reason) else None),
        "reason_code": number,
        "instrument": None if one is None else one.key,
        **named,
    }
