"""Profit over time, contract notes and broker plans over HTTP."""

from api.call import Call, Endpoint
from api.readers import count, day, text
from api.reply import Reply
from desk import contract_notes, plans, pnl


def note(call: Call) -> Reply:
    """The contract note of a trading date; the newest with trades where none is named."""
    fields = call.query()
    account = call.account(fields)
    date = fields.may("date", day)
    fields.close()
    return Reply(200, contract_notes.report(call.database, account(), date))


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
    Endpoint("GET", "/plans", every_plan, "Broker plans"),
    Endpoint("GET", "/wallet/plan", current, "What the account is charged by", query=("account",)),
    Endpoint("PUT", "/wallet/plan", choose, "Another plan from the next trading date on", body=("account", "plan")),
)
