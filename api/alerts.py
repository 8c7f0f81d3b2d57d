"""Alerts over HTTP: what the owner of an account should hear of without having asked."""

from api.call import Call, Endpoint
from api.readers import count, cursor, instant
from api.reply import Reply
from desk import alerts


def listed(call: Call) -> Reply:
    """Alerts, newest first: stops by risk, margin calls, what became of GTTs, square-offs, ends of contracts."""
    fields = call.query()
    account = call.account(fields)
    since = fields.may("since", instant)
    before = fields.may("cursor", cursor)
    limit = fields.may("limit", count)
    fields.close()
    return Reply(200, alerts.listed(call.database, account(), since, before, limit or 100))


ENDPOINTS = (Endpoint("GET", "/alerts", listed, "Alerts", query=("account", "since", "cursor", "limit")),)
