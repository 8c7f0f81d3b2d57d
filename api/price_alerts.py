"""Price alerts over HTTP: a price, or a change on the day, of which the owner of an account wants to hear."""

import re
from collections.abc import Callable
from typing import Any

from api.call import Call, Endpoint
from api.fields import Fields
from api.paging import PAGED, USUAL, page
from api.parsing import Number, bad
from api.readers import account as account_key
from api.readers import choice, count, cursor, flag, one_of, price
from api.reply import REPLAYED, Reply
from core.price_alerts import Condition, Measure, Terms
from core.reasons import Reason
from desk import access, price_alerts
from desk.access import AccountRef
from web.texts import storable

_PERCENT = re.compile(r"(-?)([0-9]{1,5})(?:\.([0-9]{1,2}))?", re.ASCII)


def percent(value: Any) -> int:
    """Basis points of a change in per cent, which may be below zero: plain digits, two decimals at most."""
    text = value.digits if isinstance(value, Number) else value
    found = _PERCENT.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        raise bad("Send the change in per cent as plain digits with at most two decimals, such as -2.50.")
    points = int(found[2]) * 100 + int((found[3] or "").ljust(2, "0"))
    return -points if found[1] else points


def note(value: Any) -> str:
    """What one wants to be reminded of: how long it may be is the desk's to say."""
    if not isinstance(value, str) or not storable(value) or len(value) > 1_000:
        raise bad("Send a note as a short text.")
    return value


def level_of(measure: Measure | None) -> Callable[[Any], int]:
    """The reader of a level, by what it measures."""
    return percent if measure is Measure.CHANGE else price


def make(call: Call) -> Reply:
    """Make a price alert: it rings once, or with ``repeat`` each time that the price comes back to its level, once a
    minute at most."""
    access.require_write(call.principal)
    fields = call.body()
    account = call.account(fields)
    instrument = call.instrument(fields)
    measure = fields.may("measure", choice(Measure)) or Measure.PRICE
    condition = fields.need("condition", choice(Condition))
    level = fields.need("level", level_of(measure))
    repeats, said = fields.may("repeat", flag), fields.may("note", note)
    fields.close()
    terms = Terms(measure, condition, level, bool(repeats), said or "")
    row, before = price_alerts.make(call.database, account(write=True), instrument().id, terms, call.key)
    return Reply(201, row, REPLAYED if before else {})


def listed(call: Call) -> Reply:
    """Price alerts, newest first."""
    fields = call.query()
    account = call.account(fields)
    status = fields.may("status", one_of("all", "active", "done"))
    before, limit = fields.may("cursor", cursor), fields.may("limit", count) or USUAL
    fields.close()
    last = None if before is None else int(before)
    found = price_alerts.listed(call.database, account(), status or "all", last, limit + 1)
    return page(found, limit, dict, lambda each: each["price_alert_id"])


def one(call: Call) -> Reply:
    """One price alert."""
    number = call.number("price_alert_id", Reason.UNKNOWN_ALERT)
    fields = call.query()
    named = fields.may("account", account_key)
    fields.close()
    return Reply(200, price_alerts.one(call.database, _account(call, number, named), number))


def change(call: Call) -> Reply:
    """Give a price alert new terms: only what is sent changes, and it waits again from then on."""
    access.require_write(call.principal)
    number = call.number("price_alert_id", Reason.UNKNOWN_ALERT)
    fields = call.body()
    named = fields.may("account", account_key)
    measure = fields.may("measure", choice(Measure))
    condition = fields.may("condition", choice(Condition))
    repeats, said = fields.may("repeat", flag), fields.may("note", note)
    sends_level = fields.has("level")
    raw = fields.may("level", lambda value: value)
    fields.close()
    found = _account(call, number, named, write=True)
    level = None
    if sends_level:
        level = _level(raw, measure or price_alerts.terms_of(call.database, found, number).measure)
    elif measure is not None:
        raise bad("Send the level with its measure.", "level", Reason.MISSING_FIELD)
    sent = {"measure": measure, "condition": condition, "level": level, "repeats": repeats, "note": said}
    wanted = {name: value for name, value in sent.items() if value is not None}
    if not wanted:
        raise bad("Send what is to change: measure and level, condition, repeat or note.")
    return Reply(200, price_alerts.change(call.database, found, number, **wanted))


def _level(raw: Any, measure: Measure) -> int:
    """A level that was sent, read by what it measures."""
    fields = Fields({"level": raw})
    found = fields.need("level", level_of(measure))
    fields.close()
    return found


def delete(call: Call) -> Reply:
    """Delete a price alert. Never limited."""
    access.require_write(call.principal)
    number = call.number("price_alert_id", Reason.UNKNOWN_ALERT)
    fields = call.query()
    named = fields.may("account", account_key)
    fields.close()
    price_alerts.delete(call.database, _account(call, number, named, write=True), number)
    return Reply(204)


def _account(call: Call, number: int, named: str | None, *, write: bool = False) -> AccountRef:
    return access.account_of_price_alert(call.database, call.principal, number, named, write=write)


_SENT = ("measure", "condition", "level", "repeat", "note")
_ONE = "/price-alerts/{price_alert_id}"
ENDPOINTS = (
    Endpoint("GET", "/price-alerts", listed, "Price alerts", query=("account", "status", *PAGED)),
    Endpoint(
        "POST", "/price-alerts", make, "Make a price alert", keyed=True,
        body=("account", "symbol", "exchange", *_SENT), status=201,
    ),
    Endpoint("GET", _ONE, one, "A price alert", query=("account",)),
    Endpoint("PATCH", _ONE, change, "Change a price alert", body=("account", *_SENT)),
    Endpoint("DELETE", _ONE, delete, "Delete a price alert", query=("account",), status=204, free=True),
)  # fmt: skip
