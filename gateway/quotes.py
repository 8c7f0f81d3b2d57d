"""Quotes in three sizes, and candles."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from core.calendar import IST
from core.day_figures import Day, of_quote
from core.instruments import Instrument, Kind
from core.money import as_number
from core.orders import Side
from core.program_rules import Call as Counted
from core.program_rules import Span, rules_at
from core.reasons import Reason, Refusal
from desk import masters, prices
from desk.prices import Bar, QuoteRow
from gateway.call import Call, Endpoint
from gateway.form import bad, choice, flag, moment, one_of
from gateway.reply import Reply, success
from gateway.times import stamp
from gateway.tokens import instrument_of, token_of
from web.texts import number_of

Row = dict[str, Any]
DEPTH = 5
INTERVALS = {
    "minute": "1m", "3minute": "3m", "5minute": "5m", "10minute": "10m", "15minute": "15m", "30minute": "30m",
    "60minute": "1h", "day": "1d",
}  # fmt: skip
_DATE = 10
"""Characters of a date without a time of day."""
_DIGITS = 10
"""Of the largest number of an instrument."""


def asked(call: Call, most: int) -> dict[str, Instrument]:
    """The instruments asked for, by the text that named them, ``NSE:INFY`` or a number; unknown ones are left out."""
    named = call.listed("i")
    if not named:
        raise bad("Name instruments, such as i=NSE:INFY.", "i", Reason.MISSING_FIELD)
    if len(named) > most:
        raise bad(f"Ask for at most {most} instruments at a time.", "i")
    master = masters.get(call.database)
    found: dict[str, Instrument] = {}
    for name in named:
        number = number_of(name, _DIGITS)
        one = master.by_key.get(name) if number is None else instrument_of(master, number)
        if one is not None:
            found[name] = one
    return found


Priced = list[tuple[str, Instrument, QuoteRow]]
"""What was asked for and has a price, by the text that named it."""


def _priced(call: Call, most: int) -> Priced:
    named = asked(call, most)
    quotes = prices.quotes(call.database, call.account().market, list(named.values())) if named else {}
    return [(name, one, quotes[one.key]) for name, one in named.items() if one.key in quotes]


def _answer(call: Call, most: int, row: Callable[[Instrument, QuoteRow], Row]) -> Reply:
    """A row for each instrument that was asked for and has a price."""
    return success({name: row(one, found) for name, one, found in _priced(call, most)})


def quote(call: Call) -> Reply:
    """All there is to know of the latest price."""
    priced = _priced(call, rules_at(datetime.now(UTC)).most_quotes)
    ids = [one.id for _, one, _ in priced]
    days = prices.days_so_far(call.database, call.account().market, ids) if ids else {}
    return success({name: quote_row(one, found, days.get(one.id)) for name, one, found in priced})


def ohlc(call: Call) -> Reply:
    """The last price and the day's range."""
    return _answer(call, rules_at(datetime.now(UTC)).most_prices, ohlc_row)


def ltp(call: Call) -> Reply:
    """The last price."""
    return _answer(call, rules_at(datetime.now(UTC)).most_prices, ltp_row)


def ltp_row(one: Instrument, found: QuoteRow) -> Row:
    """The smallest quote."""
    return {"instrument_token": token_of(one), "last_price": as_number(found.last_price)}


def ohlc_row(one: Instrument, found: QuoteRow) -> Row:
    """The middle quote; ``close`` is the previous day's."""
    return ltp_row(one, found) | {"ohlc": _range(found)}


def _range(found: QuoteRow) -> Row:
    return {
        "open": as_number(found.open),
        "high": as_number(found.high),
        "low": as_number(found.low),
        "close": as_number(found.prev_close),
    }


def quote_row(one: Instrument, found: QuoteRow, known: Day | None) -> Row:
    """The whole quote. The size of the last trade, which no market tells here, is 0; the average price and the range of
    open interest are worked out of the day's bars, which are ``known`` once there is one."""
    day = of_quote(known, (found.high, found.low, found.last_price), found.volume, found.oi)
    at = stamp(found.exchange_time)
    bids, asks = _ladder(found.bids), _ladder(found.asks)
    return {
        "instrument_token": token_of(one),
        "timestamp": at,
        "last_trade_time": at,
        "last_price": as_number(found.last_price),
        "last_quantity": 0,
        "buy_quantity": sum(each["quantity"] for each in bids),
        "sell_quantity": sum(each["quantity"] for each in asks),
        "volume": found.volume,
        "average_price": as_number(day.average),
        "oi": found.oi,
        "oi_day_high": day.oi_high,
        "oi_day_low": day.oi_low,
        "net_change": as_number(found.last_price - found.prev_close),
        "lower_circuit_limit": as_number(found.lower_band or 0),
        "upper_circuit_limit": as_number(found.upper_band or 0),
        "ohlc": _range(found),
        "depth": {"buy": bids, "sell": asks},
    }


def _ladder(flat: list[int]) -> list[Row]:
    """Five levels, the best first; absent ones are zeros."""
    levels = [
        {"price": as_number(price), "quantity": quantity, "orders": orders}
        for price, quantity, orders in zip(flat[::3], flat[1::3], flat[2::3], strict=False)
    ]
    return (levels + [{"price": 0, "quantity": 0, "orders": 0}] * DEPTH)[:DEPTH]


def trigger_range(call: Call) -> Reply:
    """Where the stop of a cover order may stand: on the side where it loses, within the day's band."""
    side = choice(Side)(call.path["transaction_type"].upper())

    def row(one: Instrument, found: QuoteRow) -> Row:
        last = found.last_price
        ends = (found.lower_band or 0, last) if side is Side.BUY else (last, found.upper_band or last)
        return {"instrument_token": token_of(one), "lower": as_number(ends[0]), "upper": as_number(ends[1])}

    return _answer(call, rules_at(datetime.now(UTC)).most_quotes, row)


def historical(call: Call) -> Reply:
    """Candles of one instrument, oldest first; both ends are inclusive."""
    name = one_of(*INTERVALS)(call.path["interval"])
    number = number_of(call.path["token"], _DIGITS)
    one = None if number is None else instrument_of(masters.get(call.database), number)
    if one is None:
        raise Refusal(Reason.UNKNOWN_INSTRUMENT, "There is no instrument of this number.", "instrument_token")
    sent = call.query()
    joined = sent.may("continuous", flag) or False
    if joined and (one.kind is not Kind.FUT or name != Span.DAY):
        raise bad("Futures are joined to a continuous one by days alone: ask for a future, and for day.", "continuous")
    start, end = sent.need("from", moment), _end(sent.need("to", str), sent.need("to", moment))
    _check_span(name, start, end)
    market = call.account().market
    if joined:
        bars = prices.joined(call.database, market, one, start, end)
    else:
        bars = prices.bars(call.database, market, one.id, INTERVALS[name], start, end)
    return success({"candles": candles(bars, daily=name == "day", with_oi=sent.may("oi", flag) or False)})


def _end(text: str, to: datetime) -> datetime:
    """The first instant that is not asked for: a date alone asks for its whole day."""
    return to + (timedelta(days=1) if len(text) == _DATE else timedelta(seconds=1))


def _check_span(name: str, start: datetime, end: datetime) -> None:
    if end <= start:
        raise bad("The first time must come before the last.", "from")
    days = rules_at(datetime.now(UTC)).spans[Span(name)]
    if end - start > timedelta(days=days, seconds=1):
        raise bad(f"Ask for at most {days} days of {name} candles at a time.", "from")


def candles(bars: Iterable[Bar], *, daily: bool, with_oi: bool) -> list[list[Any]]:
    """Bars as lists: time, open, high, low, close, volume and, where asked for, open interest."""
    rows: list[list[Any]] = []
    for bar in bars:
        local = bar.start.astimezone(IST)
        at = local.strftime("%Y-%m-%dT00:00:00+0530" if daily else "%Y-%m-%dT%H:%M:%S+0530")
        money = [as_number(each) for each in (bar.open, bar.high, bar.low, bar.close)]
        rows.append([at, *money, bar.volume, *([bar.oi] if with_oi else [])])
    return rows


ENDPOINTS = (
    Endpoint("GET", "/quote", quote, kind=Counted.QUOTE),
    Endpoint("GET", "/quote/ohlc", ohlc, kind=Counted.QUOTE),
    Endpoint("GET", "/quote/ltp", ltp, kind=Counted.QUOTE),
    Endpoint("GET", "/instruments/trigger_range/{transaction_type}", trigger_range, kind=Counted.QUOTE),
    Endpoint("GET", "/instruments/historical/{token}/{interval}", historical, kind=Counted.HISTORY),
)
