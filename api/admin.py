"""What the administrator's page shows and does, over HTTP; each change is in the audit trail."""

import threading
from collections.abc import Callable
from datetime import time
from functools import wraps
from typing import Any

from api.call import Call, Endpoint, Handler
from api.paging import PAGED, USUAL, mark, marked, page, page_of, wanted
from api.parsing import bad
from api.readers import choice, count, cursor, day, instant, key, one_of, text, title
from api.reply import Reply
from core.calendar import DayKind
from core.reasons import Reason, Refusal
from core.vendors import Vendor
from desk import access, admin, calendar, corporate, risk_status, switching, vendor_fetch, vendor_masters, verify
from desk.identity import AuditFilter, audit_actions, audit_log
from desk.market import FEEDS
from desk.rows import Row, ist

KINDS = ("SPLIT", "BONUS")
_CHECKING, _FETCHING = threading.Lock(), threading.Lock()


def guarded(handler: Handler) -> Handler:
    """For administrators alone, whatever is asked for."""

    @wraps(handler)
    def behind(call: Call) -> Reply:
        access.require_admin(call.principal)
        return handler(call)

    return behind


def changing(handler: Handler) -> Handler:
    """For administrators whose key may change more than one account."""

    @wraps(handler)
    def behind(call: Call) -> Reply:
        access.require_write(call.principal)
        access.require_unbound(call.principal)
        return handler(call)

    return guarded(behind)


def shown(read: Callable[[Any], list[Row]], says: str) -> Handler:
    """A short table, whole."""

    def handler(call: Call) -> Reply:
        call.query().close()
        return _list(read(call.database))

    handler.__doc__ = says
    return guarded(handler)


def _list(items: list[Row]) -> Reply:
    return Reply(200, {"items": items, "next": None, "version": None})


def jobs(call: Call) -> Reply:
    """Runs of timed jobs, newest first."""
    fields = call.query()
    job = fields.may("job", text)
    before, limit = fields.may("cursor", cursor), fields.may("limit", count)
    fields.close()
    return Reply(200, admin.job_page(call.database, job, before, limit or USUAL))


def books(call: Call) -> Reply:
    """What the last check of the invariants found."""
    call.query().close()
    return Reply(200, admin.verified(call.database))


def check(call: Call) -> Reply:
    """Check the invariants of every account now; it reads all of them and takes its time. One at a time in a process:
    TRY_AGAIN while one runs."""
    call.nothing()
    if not _CHECKING.acquire(blocking=False):
        raise Refusal(Reason.TRY_AGAIN, "The books are being checked already. Try again in a minute.")
    try:
        return Reply(200, verify.verify(call.database).as_dict())
    finally:
        _CHECKING.release()


def trail(call: Call) -> Reply:
    """The audit trail, newest first: of one person, of one kind, of a span of time."""
    fields = call.query()
    who, action = fields.may("who", text), fields.may("action", text)
    since, until = fields.may("since", instant), fields.may("until", instant)
    before, limit = fields.may("cursor", cursor), fields.may("limit", count)
    fields.close()
    most = min(limit or 100, 500)
    wanted = AuditFilter(who, action, since, until)
    found = audit_log(call.database, call.principal, None if before is None else int(before), most, wanted)
    items = [
        {
            "id": str(each.id),
            "at": ist(each.at),
            "actor": each.actor,
            "action": each.action,
            "subject": each.subject,
            "detail": each.detail,
        }
        for each in found
    ]
    following = items[-1]["id"] if len(items) == most else None
    return Reply(200, {"items": items, "next": following, "version": None})


def kinds_of_entries(call: Call) -> Reply:
    """Every kind of entry that the audit trail has."""
    call.query().close()
    return Reply(200, {"items": audit_actions(call.database, call.principal), "next": None, "version": None})


def run_market(call: Call) -> Reply:
    """Have everybody trade in the market of another feed from now on; the books of the one that ran keep still."""
    fields = call.body()
    feed = fields.need("feed", one_of(*FEEDS))
    fields.close()
    market, opened = switching.choose(call.database, call.principal, feed)
    return Reply(200, {"market": market, "books_opened": opened})


def listings(call: Call) -> Reply:
    """Vendors' lists of instruments that were loaded, newest first, each with what it changed."""
    before, limit = wanted(call, cursor)
    found = vendor_masters.loads(call.database, limit + 1, None if before is None else int(before))
    return page(found, limit, _action, lambda each: each["id"])


def fetch_listing(call: Call) -> Reply:
    """Fetch a vendor's list of instruments and load it; its report. One at a time in a process: TRY_AGAIN while one is
    on its way. TrueData's asks for a login: what the asker has typed in for it is used."""
    fields = call.body()
    vendor = fields.need("vendor", choice(Vendor))
    fields.close()
    database, name = call.database, call.principal.name
    if not _FETCHING.acquire(blocking=False):
        raise Refusal(Reason.TRY_AGAIN, "A list is being fetched already. Try again in a minute.")
    try:
        login = vendor_fetch.login_of(database, vendor, name) if vendor is Vendor.TRUEDATA else None
        told = vendor_fetch.fetch(database, vendor, name, login)
    finally:
        _FETCHING.release()
    named = {each: told.pop(each) for each in ("id", "vendor", "source", "as_of")}
    return Reply(200, {**_action(named), "report": told})


def enter_action(call: Call) -> Reply:
    """Enter a split or a bonus of a share for a date to come."""
    fields = call.body()
    kind = fields.need("kind", one_of(*KINDS))
    share = fields.need("instrument", key)
    ex_date = fields.need("ex_date", day)
    ratio = fields.need("ratio", text)
    isin = fields.may("isin", isin_of)
    fields.close()
    return Reply(
        201, _action(corporate.enter(call.database, call.principal.name, kind, share, ex_date, ratio, isin=isin))
    )


def _action(row: Row) -> Row:
    return {**row, "id": str(row["id"])}


def actions(call: Call) -> Reply:
    """Splits and bonuses that were entered, newest first."""
    after, limit = wanted(call, cursor)
    return page_of(corporate.entered(call.database), after, limit, _action, lambda each: str(each["id"]))


def restrained(call: Call) -> Reply:
    """Accounts that may not trade freely."""
    after, limit = wanted(call, mark)
    return page_of(risk_status.restrained(call.database), after, limit, dict, _book, marked)


def _book(row: Row) -> str:
    return f"{row['account']}@{row['market']}"


def withdraw_action(call: Call) -> Reply:
    """Take a split or a bonus back before its date."""
    number = call.number("action_id")
    call.query().close()
    corporate.withdraw(call.database, call.principal.name, number)
    return Reply(204)


def add_day(call: Call) -> Reply:
    """Add a holiday, or hours on any day; how many contracts' expiries moved."""
    fields = call.body()
    on = fields.need("date", day)
    name = fields.need("name", title)
    opens, closes = fields.may("opens", clock), fields.may("closes", clock)
    fields.close()
    database, actor = call.database, call.principal.name
    if (opens is None) != (closes is None):
        raise bad("Send opens and closes for a session, neither for a holiday.", "closes", Reason.MISSING_FIELD)
    if opens is None or closes is None:
        moved = calendar.add_holiday(database, actor, on, name)
    else:
        moved = calendar.add_session(database, actor, on, opens, closes, name)
    kind = "holiday" if opens is None else "session"
    return Reply(201, {"date": on.isoformat(), "kind": kind, "contracts_moved": moved})


def remove_day(call: Call) -> Reply:
    """Make a day an ordinary one again; how many contracts' expiries moved."""
    fields = call.query()
    on = fields.need("date", day)
    kind = fields.need("kind", one_of("holiday", "session"))
    fields.close()
    which = DayKind.HOLIDAY if kind == "holiday" else DayKind.SPECIAL
    moved = calendar.remove(call.database, call.principal.name, on, which)
    return Reply(200, {"date": on.isoformat(), "kind": kind, "contracts_moved": moved})


def isin_of(value: Any) -> str:
    """Twelve capital letters and digits."""
    if isinstance(value, str) and len(value) == 12 and value.isascii() and value.isalnum() and value.isupper():
        return value
    raise bad("An ISIN has 12 capital letters and digits, such as INE009A01021.")


def clock(value: Any) -> time:
    """A time of day in India, such as 09:15."""
    try:
        if isinstance(value, str) and value.isascii() and len(value) == 5:
            return time.fromisoformat(value)
    except ValueError:
        pass
    raise bad("Send a time of day as 09:15.")


_AUDIT = ("who", "action", "since", "until", "cursor", "limit")
_ENTER = ("kind", "instrument", "ex_date", "ratio", "isin")
_FEEDS = shown(admin.feeds, "Every market with its clock and its feed's counters.")
_PROCESSES = shown(admin.heartbeats, "Every process that was alive within the hour.")
_LEADERS = shown(admin.leaders, "Who executes each market.")
ENDPOINTS = (
    Endpoint("GET", "/admin/feeds", _FEEDS, "Markets and feeds"),
    Endpoint("GET", "/admin/processes", _PROCESSES, "Processes"),
    Endpoint("GET", "/admin/leaders", _LEADERS, "Execution leaders"),
    Endpoint("GET", "/admin/jobs", guarded(jobs), "Runs of timed jobs", query=("job", *PAGED)),
    Endpoint("GET", "/admin/books", guarded(books), "The last check of the books"),
    Endpoint("POST", "/admin/books/check", changing(check), "Check the books now"),
    Endpoint("POST", "/admin/market", changing(run_market), "Run another market", body=("feed",)),
    Endpoint("GET", "/admin/listings", guarded(listings), "Vendors' lists that were loaded", query=PAGED),
    Endpoint("POST", "/admin/listings", changing(fetch_listing), "Fetch a vendor's list", body=("vendor",)),
    Endpoint("GET", "/admin/restrained", guarded(restrained), "Accounts under a restraint", query=PAGED),
    Endpoint("GET", "/admin/audit", guarded(trail), "The audit trail", query=_AUDIT),
    Endpoint("GET", "/admin/audit/actions", guarded(kinds_of_entries), "Kinds of entries of the audit trail"),
    Endpoint("GET", "/admin/actions", guarded(actions), "Splits and bonuses", query=PAGED),
    Endpoint("POST", "/admin/actions", changing(enter_action), "Enter a split or a bonus", body=_ENTER, status=201),
    Endpoint("DELETE", "/admin/actions/{action_id}", changing(withdraw_action), "Withdraw a split", status=204),
    Endpoint(
        "POST", "/admin/calendar", changing(add_day), "Add a holiday or a session",
        body=("date", "name", "opens", "closes"), status=201,
    ),
    Endpoint("DELETE", "/admin/calendar", changing(remove_day), "Remove a day", query=("date", "kind")),
)  # fmt: skip
