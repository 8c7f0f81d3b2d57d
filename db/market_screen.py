"""What screens show of a market: its clock, quotes by name, candles; bounded by names or a span of time."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from db.engine import Database
from db.reading import Row, Statement, ask, together
from db.screen_rows import Listing, MarketRow, QuoteRow

MARKETS = Statement(
    """
    select id, feed, session, running, phase, trading_date, exchange_time, frame, feed_state, halts,
           (extract(epoch from clock_timestamp() - frame_at) * 1000)::bigint as frame_age_ms
    from markets where cast(:ids as text[]) is null or id = any(cast(:ids as text[])) order by id
    """
)
QUOTES = Statement(
    """
    select i.exchange as at_exchange, i.symbol, i.isin, q.frame, q.exchange_time, q.last_price, q.open,
           q.high, q.low, q.prev_close, q.volume, q.oi, d.lower_band, d.upper_band, q.bids, q.asks,
           greatest(0, extract(epoch from clock_timestamp() - q.stored_at) * 1000)::bigint as age_ms
    from markets m
    join unnest(cast(:exchanges as text[]), cast(:symbols as text[])) as asked(exchange, symbol) on true
    join instruments i on i.exchange = asked.exchange and i.symbol = asked.symbol
    join quotes q on q.market = m.id and q.instrument_id = i.id
    left join market_days d on d.market = m.id and d.trading_date = m.trading_date and d.instrument_id = i.id
    where m.id = :market
    """
)
CANDLE = "select start, open, high, low, close, volume, oi from candles"
SPAN = "market = :market and instrument_id = :instrument and interval = :interval and start >= :start and start < :end"
# The newest bars of the span, oldest first.
CANDLES = Statement(f"select * from ({CANDLE} where {SPAN} order by start desc limit :limit) bars order by start")
# Bars of several minutes begin at 09:15 IST and every so many minutes after it.
BINNED = Statement(
    f"""
    select * from (
        select date_bin(make_interval(mins => :minutes), start, timestamptz '2000-01-01 03:45+00') as start,
               (array_agg(open order by start))[1] as open, max(high) as high, min(low) as low,
               (array_agg(close order by start desc))[1] as close, sum(volume)::bigint as volume,
               (array_agg(oi order by start desc))[1] as oi
        from candles where {SPAN}
        group by 1 order by 1 desc limit :limit
    ) bars order by start
    """
)
# One bar a day, of the contract whose day it was.
JOINED = Statement(
    """
    select c.start, c.open, c.high, c.low, c.close, c.volume, c.oi
    from unnest(cast(:ids as int[]), cast(:firsts as timestamptz[]), cast(:ends as timestamptz[])) as p(id, first, ends)
    join candles c on c.market = :market and c.instrument_id = p.id and c.interval = '1d'
        and c.start >= greatest(p.first, :start) and c.start < least(p.ends, :end)
    order by c.start
    """
)
# The date's bars of a minute in one row: their average price, weighed by volume, and the range of open interest. Which
# bars are the date's is told by its volume, from the newest back: where markets never close, a date begins at no
# certain hour.
DAYS_SO_FAR = Statement(
    """
    select q.instrument_id, b.average, b.oi_high, b.oi_low
    from quotes q cross join lateral (
        select (sum(x.part * x.prices) / (3 * sum(x.part)))::bigint as average,
               max(x.oi) as oi_high, min(x.oi) as oi_low
        from (
            select least(c.volume, q.volume + c.volume - sum(c.volume::float8) over newest) as part,
                   c.high::float8 + c.low + c.close as prices, c.oi
            from candles c
            where c.market = q.market and c.instrument_id = q.instrument_id and c.interval = '1m'
                and c.start > q.exchange_time - interval '1 day'
            window newest as (order by c.start desc rows unbounded preceding)) x
        where x.part > 0) b
    where q.market = :market and q.volume > 0 and b.average is not null
        and (cast(:ids as int[]) is null or q.instrument_id = any(cast(:ids as int[])))
    """
)
# Open interest as the day before left it; on a contract's first day as its first bar had it.
OPEN_BEFORE = Statement(
    """
    select asked.id, coalesce(days.oi, minutes.oi) as oi
    from (select id, trading_date::timestamp at time zone 'Asia/Kolkata' as midnight from markets where id = :market) m
    cross join unnest(cast(:ids as int[])) as asked(id)
    left join lateral (
        select c.oi from candles c where c.market = m.id and c.instrument_id = asked.id and c.interval = '1d'
          and c.start < m.midnight order by c.start desc limit 1
    ) days on true
    left join lateral (
        select c.oi from candles c where days.oi is null and c.market = m.id and c.instrument_id = asked.id
          and c.interval = '1m' and c.start >= m.midnight order by c.start limit 1
    ) minutes on true
    where coalesce(days.oi, minutes.oi) is not null
    """
)
LATEST_START = Statement(
    """
    select max(start) as start from candles
    where market = :market and instrument_id = :instrument and interval = :interval and start < :end
    """
)

# A year back from the market's own clock, which may stand in a past day.
YEAR_RANGES = Statement(
    """
    select c.instrument_id, min(c.low) as low, max(c.high) as high, count(*)::integer as days
    from markets m
    join candles c on c.market = m.id and c.instrument_id = any(cast(:ids as integer[])) and c.interval = '1d'
    where m.id = :market and c.start >= coalesce(m.exchange_time, clock_timestamp()) - interval '1 year'
    group by c.instrument_id
    """
)


def year_ranges(database: Database, market: str, ids: Sequence[int]) -> list[dict[str, Any]]:
    """(instrument_id, low, high, days) over the daily bars of a year, of those that have any."""
    return ask(database, YEAR_RANGES, market=market, ids=list(ids))


def markets(database: Database, ids: Sequence[str] | None = None) -> list[MarketRow]:
    """The clocks of some markets, or of all."""
    return [MarketRow(**each) for each in ask(database, MARKETS, ids=None if ids is None else list(ids))]


def quotes(
    database: Database, market: str, names: Sequence[tuple[str, str]]
) -> tuple[MarketRow | None, list[QuoteRow]]:
    """The market's clock and the latest quotes of instruments named (exchange, symbol)."""
    asked = {
        "market": market,
        "exchanges": [exchange for exchange, _ in names],
        "symbols": [symbol for _, symbol in names],
    }
    clocks, found = together(database, (MARKETS, {"ids": [market]}), (QUOTES, asked))
    return (MarketRow(**clocks[0]) if clocks else None), [_quote(each) for each in found]


def _quote(found: Row) -> QuoteRow:
    values = dict(found)
    listing = Listing(values.pop("at_exchange"), values.pop("symbol"), values.pop("isin"))
    return QuoteRow(listing=listing, **values)


def candles(
    database: Database,
    market: str,
    instrument_id: int,
    stored: str,
    minutes: int,
    start: datetime,
    end: datetime,
    limit: int,
) -> list[dict[str, Any]]:
    """The newest ``limit`` bars in [start, end), oldest first: stored as they are, or of so many minutes."""
    values = {
        "market": market,
        "instrument": instrument_id,
        "interval": stored,
        "start": start,
        "end": end,
        "limit": limit,
    }
    if minutes == 1:
        return ask(database, CANDLES, **values)
    return ask(database, BINNED, minutes=minutes, **values)


def joined(
    database: Database, market: str, parts: Sequence[tuple[int, datetime, datetime]], start: datetime, end: datetime
) -> list[dict[str, Any]]:
    """The bars of days in [start, end), oldest first, of each instrument those in its own [first, end)."""
    return ask(
        database,
        JOINED,
        market=market,
        ids=[each[0] for each in parts],
        firsts=[each[1] for each in parts],
        ends=[each[2] for each in parts],
        start=start,
        end=end,
    )


def days_so_far(database: Database, market: str, ids: Sequence[int] | None = None) -> list[tuple[int, int, int, int]]:
    """(instrument, average price in paise, highest, lowest open interest) of those, or all, that traded on the market's
    date."""
    found = ask(database, DAYS_SO_FAR, market=market, ids=None if ids is None else list(ids))
    return [(each["instrument_id"], each["average"], each["oi_high"], each["oi_low"]) for each in found]


def newest_candle(database: Database, market: str, instrument_id: int, stored: str, end: datetime) -> datetime | None:
    """When the last bar before ``end`` began."""
    found = ask(database, LATEST_START, market=market, instrument=instrument_id, interval=stored, end=end)
    start: datetime | None = found[0]["start"]
    return start


def open_before(database: Database, market: str, ids: Sequence[int]) -> dict[int, int]:
    """Open interest of instruments as the trading date before left it, by their number; on a contract's first day as
    its first bar had it. What has no bar is not in it."""
    return {each["id"]: each["oi"] for each in ask(database, OPEN_BEFORE, market=market, ids=list(ids))}
