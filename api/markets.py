"""What can be traded and at what price: instruments, search, quotes, candles."""

from datetime import date

from api.call import Call, Endpoint
from api.etags import tagged
from api.readers import count, cursor, day, instant, key, keys, one_of, text
from api.reply import Reply
from core.reasons import Reason, Refusal
from desk import calendar, masters, option_chain, screens, tariffs, year_ranges

SEGMENTS = ("CASH", "DERIVATIVES")


def instruments(call: Call) -> Reply:
    """Instruments by name, or all a page at a time; an ETag spares asking again for what has not changed."""
    fields = call.query()
    named = fields.may("symbols", keys)
    after = fields.may("cursor", cursor)
    limit = fields.may("limit", count)
    fields.close()
    return tagged(call, screens.instruments(call.database, named, after, limit or 100))


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
    return Reply(200, screens.quotes(call.database, *_named(call)))


def ranges(call: Call) -> Reply:
    """The lowest and the highest price within a year of up to 500 instruments, in the account's market."""
    return Reply(200, year_ranges.of(call.database, *_named(call)))


def _named(call: Call) -> tuple[str, list[str]]:
    """The account's market, and the instruments that are asked for."""
    fields = call.query()
    account = call.account(fields)
    named = fields.need("symbols", keys)
    fields.close()
    return account().market, named


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


def chain(call: Call) -> Reply:
    """The calls and puts of an underlying that end on one day, strike by strike, with their latest quotes."""
    fields = call.query()
    account = call.account(fields)
    named = fields.need("underlying", key)
    expiry = fields.may("expiry", day)
    fields.close()
    return Reply(200, option_chain.chain(call.database, account().market, named, expiry))


def calendar_days(call: Call) -> Reply:
    """Holidays and special sessions of the exchanges, by day."""
    fields = call.query()
    since = fields.may("since", day)
    fields.close()
    found = calendar.days(call.database, since or date.min)
    return tagged(call, {"items": found, "next": None, "version": None})


def charges(call: Call) -> Reply:
    """What trades pay on a date (default: today), by broker plan and segment."""
    fields = call.query()
    on = fields.may("date", day)
    fields.close()
    return tagged(call, tariffs.in_force(call.database, on))


ENDPOINTS = (
    Endpoint("GET", "/instruments", instruments, "Instruments", query=("symbols", "cursor", "limit")),
    Endpoint("GET", "/search", search, "Search instruments", query=("q", "limit", "segment")),
    Endpoint("GET", "/quotes", quotes, "Latest quotes", query=("account", "symbols")),
    Endpoint("GET", "/year-ranges", ranges, "A year's lows and highs", query=("account", "symbols")),
    Endpoint(
        "GET",
        "/candles",
        candles,
        "Bars of an instrument",
        query=("account", "symbol", "interval", "start", "end", "limit"),
    ),
    Endpoint("GET", "/option-chain", chain, "Option chain", query=("account", "underlying", "expiry")),
    Endpoint("GET", "/calendar", calendar_days, "Holidays and special sessions", query=("since",)),
    Endpoint("GET", "/charges", charges, "Rates of charges", query=("date",)),
)
