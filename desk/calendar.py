"""Holidays and special sessions, set at run time: they are announced at short notice.

A change rises the masters' version, so that every process follows within seconds. Contracts whose expiry day
no longer trades expire on the trading date before it; those that a holiday had moved return when it is taken
away. What a market's running date becomes is the closing's affair (``desk.closing``).
"""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from core.calendar import IST, Calendar, CalendarDay, DayKind
from core.reasons import Reason, Refusal
from core.sessions import Board
from db import audit
from db import masters as store
from db.engine import Database, retrying
from db.trading import Connection
from desk import masters
from desk.masters import HOME_EXCHANGE
from desk.working import ring

EXCHANGES = ("NSE", "BSE")
LONGEST_NAME = 80
FURTHEST = timedelta(days=800)


def days(database: Database, since: date) -> list[dict[str, Any]]:
    """What the calendar says of days from ``since`` on: {day, weekday, kind, name, opens, closes}, by day."""
    rows = masters.get(database).calendar.days.values()
    return [
        {
            "day": row.day.isoformat(),
            "weekday": f"{row.day:%a}",
            "kind": "holiday" if row.kind is DayKind.HOLIDAY else "session",
            "name": row.name,
            "opens": None if row.opens is None else f"{row.opens:%H:%M}",
            "closes": None if row.closes is None else f"{row.closes:%H:%M}",
        }
        for row in sorted(rows, key=lambda row: row.day)
        if row.day >= since
    ]


def add_holiday(database: Database, actor: str, day: date, name: str, now: datetime | None = None) -> int:
    """Close a trading date; how many contracts expire earlier for it. Raises CALENDAR_DAY where it cannot be."""
    calendar = _calendar(database)
    _ahead(calendar, day, now)
    if not calendar.is_trading_date(day):
        raise Refusal(Reason.CALENDAR_DAY, f"{_said(day)} is no trading date anyway.", "day")
    row = CalendarDay(day, DayKind.HOLIDAY, _named(name))
    return _change(database, actor, "add holiday", day, row, now)


def add_session(
    database: Database, actor: str, day: date, opens: time, closes: time, name: str, now: datetime | None = None
) -> int:
    """Open a day between two Indian times, whatever it was; how many contracts' expiries moved."""
    if not opens < closes:
        raise Refusal(Reason.CALENDAR_DAY, "A session closes after it opens.", "closes")
    _ahead(_calendar(database), day, now)
    row = CalendarDay(day, DayKind.SPECIAL, _named(name), opens, closes)
    return _change(database, actor, "add session", day, row, now)


def remove(database: Database, actor: str, day: date, kind: DayKind, now: datetime | None = None) -> int:
    """Make a day an ordinary one again; how many contracts' expiries moved."""
    calendar = _calendar(database)
    row = calendar.days.get(day)
    word = "holiday" if kind is DayKind.HOLIDAY else "session"
    if row is None or row.kind is not kind:
        raise Refusal(Reason.CALENDAR_DAY, f"The calendar has no {word} on {_said(day)}.", "day")
    _ahead(calendar, day, now)
    return _change(database, actor, f"remove {word}", day, None, now)


def _calendar(database: Database) -> Calendar:
    masters.forget(database)
    return masters.get(database).calendar


def _said(day: date) -> str:
    return f"{day:%a %d %b %Y}"


def _named(name: str) -> str:
    name = " ".join(name.split())
    if not 0 < len(name) <= LONGEST_NAME or not name.isprintable():
        raise Refusal(Reason.CALENDAR_DAY, f"Give it a name of at most {LONGEST_NAME} letters.", "name")
    return name


def _ahead(calendar: Calendar, day: date, now: datetime | None) -> None:
    """Only what has not begun can be changed: a day that has traded stays as it was."""
    at = (now or datetime.now(UTC)).astimezone(IST)
    begun = day == at.date() and any(
        datetime.combine(day, row.start, IST) <= at for row in calendar.hours(day, Board.AUCTION_SHARE)
    )
    if day < at.date() or begun:
        raise Refusal(Reason.CALENDAR_DAY, f"{_said(day)} has begun or is past: it stays as it was.", "day")
    if day - at.date() > FURTHEST:
        raise Refusal(Reason.CALENDAR_DAY, "Set days of the next two years.", "day")


def _change(
    database: Database, actor: str, action: str, day: date, row: CalendarDay | None, now: datetime | None
) -> int:
    today = (now or datetime.now(UTC)).astimezone(IST).date()

    def act() -> int:
        with database.connection() as connection:
            store.lock(connection)
            for exchange in EXCHANGES:
                if row is None:
                    store.remove_calendar_day(connection, exchange, day)
                else:
                    store.put_calendar_day(connection, exchange, row)
            moved = _move_expiries(connection, today)
            store.raise_version(connection)
            detail = {"name": row.name if row else None, "contracts moved": moved}
            if row is not None and row.opens is not None:
                detail |= {"opens": f"{row.opens:%H:%M}", "closes": f"{row.closes:%H:%M}"}
            audit.append(connection, actor, action, day.isoformat(), detail=detail)
        return moved

    moved = retrying(act)
    masters.forget(database)
    ring(database, "kagaz_control")
    return moved


def _move_expiries(connection: Connection, today: date) -> int:
    """Bring every living contract to the day its rule gives under the calendar as it stands now."""
    calendars = {exchange: Calendar.of(rows) for exchange, rows in store.calendar_days(connection).items()}
    terms = masters.derivative_terms(today)
    moves: list[tuple[str, int, date, date]] = []
    for exchange, underlying_id, key, expiry in store.expiries(connection, today):
        if key not in terms:
            continue
        calendar = calendars.get(HOME_EXCHANGE[exchange]) or Calendar.of(())
        rule = expiry + timedelta(days=(terms[key].weekday - expiry.weekday()) % 7)
        found = calendar.at_or_before(rule)
        if found < today:  # what would have ended already ends at the next chance
            found = calendar.next_trading_date(rule)
        if found != expiry:
            moves.append((exchange, underlying_id, expiry, found))
    return store.move_expiries(connection, moves)
