"""What can be traded and at what price: instruments, search, quotes, candles."""

import hashlib

import orjson

from api.call import Call, Endpoint
from api.readers import count, cursor, instant, key, keys, one_of, text
from api.reply import Reply
from core.reasons import Reason, Refusal
from desk import masters, screens

SEGMENTS = ("CASH", "DERIVATIVES")


def instruments(call: Call) -> Reply:
    """Instruments by name, or all a page at a time; an ETag spares asking again for what has not changed."""
    fields = call.query()
    named = fields.may("symbols", keys)
    after = fields.may("cursor", cursor)
    limit = fields.may("limit", count)
    fields.close()
    body = orjson.dumps(screens.instruments(call.database, named, after, limit or 100))
    etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = {"etag": etag, "cache-control": "private, no-cache"}
    sent = call.headers.get("if-none-match", "")
    if etag in {each.strip().removeprefix("W/") for each in sent.split(",")} or sent.strip() == "*":
        return Reply(304, None, headers)
    return Reply(200, body, headers)


def search(call: Call) -> Reply:
    """Instruments that fit what was typed, the best first."""
    fields = call.query()
    typed = fields.need("q", text)
    limit = fields.may("limit", count)
    segment = fields.may("segment", one_of(*SEGMENTS))
    fields.close()
    return Reply(200, screens.search(call.database, typed, limit or 20, segment))


def quotes(call: Call) -> Reply:
    """Latest quotes of up to 500 instruments in the account's market."""
    fields = call.query()
    account = call.account(fields)
    named = fields.need("symbols", keys)
    fields.close()
    return Reply(200, screens.quotes(call.database, account().market, named))


def candles(call: Call) -> Reply:
    """Bars of one instrument in the account's market, oldest first."""
    fields = call.query()
    account = call.account(fields)
    named = fields.need("symbol", key)
    interval = fields.may("interval", one_of(*screens.INTERVALS))
    start = fields.may("start", instant)
    end = fields.may("end", instant)
    limit = fields.may("limit", count)
    fields.close()
    instrument = masters.get(call.database).by_key.get(named)
    if instrument is None:
        sentence = f"There is no {named}. Search for its symbol."
        raise Refusal(Reason.UNKNOWN_INSTRUMENT, sentence, field="symbol")
    market = account().market
    found = screens.candles(
        call.database, market, instrument.id, interval or "1m", start, end, limit or screens.MOST_CANDLES
    )
    return Reply(200, {"symbol": instrument.key, **found})


ENDPOINTS = (
    Endpoint("GET", "/instruments", instruments, "Instruments", query=("symbols", "cursor", "limit")),
    Endpoint("GET", "/search", search, "Search instruments", query=("q", "limit", "segment")),
    Endpoint("GET", "/quotes", quotes, "Latest quotes", query=("account", "symbols")),
    Endpoint(
        "GET",
        "/candles",
        candles,
        "Bars of an instrument",
        query=("account", "symbol", "interval", "start", "end", "limit"),
    ),
)
