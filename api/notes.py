"""Profit over time, contract notes and broker plans over HTTP."""

import re
from datetime import date, datetime
from typing import Any

from api.call import Call, Endpoint
from api.paging import PAGED, USUAL, mark, marked, page
from api.parsing import bad
from api.readers import count, day, text
from api.reply import Reply
from core.calendar import IST
from desk import contract_notes, plans, pnl, tax_report

_YEAR = re.compile("(?:19|20)[0-9]{2}", re.ASCII)


def note(call: Call) -> Reply:
    """The contract note of a trading date; the newest with trades where none is named."""
    fields = call.query()
    account = call.account(fields)
    on = fields.may("date", day)
    fields.close()
    return Reply(200, contract_notes.report(call.database, account(), on))


def note_days(call: Call) -> Reply:
    """The trading dates that have a contract note, newest first."""
    fields = call.query()
    account = call.account(fields)
    before, limit = fields.may("cursor", _day_of), fields.may("limit", count) or USUAL
    fields.close()
    found = contract_notes.days(call.database, account(), before, limit + 1)
    return page(found, limit, lambda each: {"date": each.isoformat()}, lambda each: marked(each.isoformat()))


def _day_of(cursor: Any) -> date:
    """The day behind which the next page begins."""
    try:
        return date.fromisoformat(mark(cursor))
    except ValueError:
        raise bad("Send a cursor that a list gave as next.") from None


def year(value: Any) -> int:
    """The year in which a financial year begins."""
    if not (isinstance(value, str) and _YEAR.fullmatch(value)):
        raise bad("Send the year in which the financial year begins, such as 2026.")
    return int(value)


def tax(call: Call) -> Reply:
    """What was closed in a financial year (default: the running one) as a tax return asks for it: by head, lot by lot,
    with the charges of the year. Reckoned from the ledger; not tax advice."""
    fields = call.query()
    account = call.account(fields)
    begins = fields.may("year", year)
    fields.close()
    start = pnl.year_start(datetime.now(IST).date()) if begins is None else date(begins, 4, 1)
    found = tax_report.report(call.database, account(), start)
    return Reply(200, {"financial_year": pnl.financial_year(start), **found})


def profit(call: Call) -> Reply:
    """Profit and loss of the trading dates from ``since`` to ``until``, and that it all adds up; see ``desk.pnl``."""
    fields = call.query()
    account = call.account(fields)
    since, until = fields.may("since", day), fields.may("until", day)
    most = fields.may("trips", count)
    fields.close()
    return Reply(200, pnl.report(call.database, account(), since, until, most or 0))


def every_plan(call: Call) -> Reply:
    """The plans there are."""
    call.query().close()
    return Reply(200, {"items": plans.plans(call.database), "next": None, "version": None})


def current(call: Call) -> Reply:
    """What an account is charged by."""
    fields = call.query()
    account = call.account(fields)
    fields.close()
    return Reply(200, plans.current(call.database, account()))


def choose(call: Call) -> Reply:
    """Another plan from the next trading date on."""
    fields = call.body()
    account = call.account(fields)
    plan = fields.need("plan", text)
    fields.close()
    return Reply(200, plans.choose(call.database, call.principal, account(), plan))


ENDPOINTS = (
    Endpoint("GET", "/pnl", profit, "Profit and loss over time", query=("account", "since", "until", "trips")),
    Endpoint("GET", "/contract-notes", note, "Contract note of a day", query=("account", "date")),
    Endpoint("GET", "/contract-notes/days", note_days, "Days with a contract note", query=("account", *PAGED)),
    Endpoint("GET", "/tax", tax, "A financial year for the tax return", query=("account", "year")),
    Endpoint("GET", "/plans", every_plan, "Broker plans"),
    Endpoint("GET", "/wallet/plan", current, "What the account is charged by", query=("account",)),
    Endpoint("PUT", "/wallet/plan", choose, "Another plan from the next trading date on", body=("account", "plan")),
)
