"""What auctions struck, and prices weighted by volume, which close what no auction closes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import numpy as np
from psycopg.types.json import Jsonb

from db.arrays import Int4
from db.trading import Connection


@dataclass(frozen=True, slots=True)
class Auction:
    """A row. ``price`` is None where nothing crossed; ``shares`` are users': (order, account, quantity, what was
    to fill before)."""

    instrument_id: int
    price: int | None
    quantity: int
    frame: int
    exchange_time: datetime
    last_price: int
    shares: tuple[tuple[int, int, int, int], ...] = ()


def struck(connection: Connection, market: str, day: date, kind: str) -> dict[int, Auction]:
    """What was struck on a date by instrument."""
    rows = connection.execute(
        "select instrument_id, price, quantity, frame, exchange_time, last_price, shares from auctions"
        " where market = %s and trading_date = %s and kind = %s",
        [market, day, kind],
    ).fetchall()
    return {row[0]: Auction(*row[:6], tuple(tuple(each) for each in row[6])) for row in rows}  # type: ignore[call-arg]


def strike(connection: Connection, market: str, day: date, kind: str, found: Sequence[Auction]) -> None:
    """Write outcomes; what was struck before stays. A close is the settlement price as well."""
    columns: list[list[Any]] = [[], [], [], [], [], [], []]
    for one in found:
        values = (
            one.instrument_id, one.price, one.quantity, one.frame, one.exchange_time, one.last_price,
            Jsonb([list(each) for each in one.shares]),
        )  # fmt: skip
        for column, value in zip(columns, values, strict=True):
            column.append(value)
    connection.execute(
        "insert into auctions (market, trading_date, kind, instrument_id, price, quantity, frame, exchange_time,"
        " last_price, shares) select %s, %s, %s, * from unnest(%s::int4[], %s::int4[], %s::int8[], %s::int8[],"
        " %s::timestamptz[], %s::int4[], %s::jsonb[]) on conflict do nothing",
        [market, day, kind, *columns],
    )
    if kind == "CLOSE":
        connection.execute(
            "update market_days d set settlement = coalesce(a.price, d.reference, d.prev_close) from auctions a"
            " where a.market = %s and a.trading_date = %s and a.kind = 'CLOSE' and d.market = a.market"
            " and d.trading_date = a.trading_date and d.instrument_id = a.instrument_id and d.settlement is null",
            [market, day],
        )


# What a vendor said of an opening: the date's first price and what traded at it, before anything else could. Of a
# closing: what traded after the entry, which its minutes have. Each with the quote that stands there as its evidence.
_TOLD = {
    "OPEN": """
select q.instrument_id, q.open, q.volume, q.frame, q.exchange_time, q.last_price from quotes q
where q.market = %(market)s and q.instrument_id = any(%(ids)s::int4[]) and q.open > 0 and q.volume > 0
    and q.exchange_time >= %(since)s and q.exchange_time < %(until)s""",
    "CLOSE": """
select c.instrument_id, (array_agg(c.close order by c.start desc))[1], sum(c.volume)::int8, q.frame, q.exchange_time,
    q.last_price
from candles c join quotes q using (market, instrument_id)
where c.market = %(market)s and c.instrument_id = any(%(ids)s::int4[]) and c.interval = '1m' and c.volume > 0
    and c.start >= %(since)s and c.start < %(until)s
group by c.instrument_id, q.frame, q.exchange_time, q.last_price""",
}


def told(
    connection: Connection, market: str, kind: str, ids: Sequence[int], since: datetime, until: datetime
) -> list[Auction]:
    """The auctions of these instruments that a live market has heard of, without users' shares."""
    values = {"market": market, "ids": list(ids), "since": since, "until": until}
    return [Auction(*row) for row in connection.execute(_TOLD[kind], values).fetchall()]


def references(connection: Connection, market: str, day: date) -> dict[int, int]:
    """Reference prices of the closing auction, by instrument."""
    return dict(
        connection.execute(
            "select instrument_id, reference from market_days"
            " where market = %s and trading_date = %s and reference is not null",
            [market, day],
        ).fetchall()
    )


# Volume-weighted from one-minute candles, each at the mean of its high, low and close; on the tick.
_WEIGHTED = """
with asked as (select * from unnest(%(ids)s::int4[], %(ticks)s::int4[]) as u (id, tick)),
weighted as (
    select a.id, a.tick, round(sum((c.high + c.low + c.close)::numeric * c.volume) / (3 * sum(c.volume) * a.tick))
                         * a.tick as price
    from asked a join candles c on c.market = %(market)s and c.instrument_id = a.id and c.interval = '1m'
        and c.start >= %(since)s and c.start < %(until)s and c.volume > 0
    group by a.id, a.tick
),
priced as (
    select a.id, a.tick, coalesce(w.price, q.last_price, d.prev_close)::integer as price
    from asked a left join weighted w using (id)
        left join quotes q on q.market = %(market)s and q.instrument_id = a.id
        join market_days d on d.market = %(market)s and d.trading_date = %(day)s and d.instrument_id = a.id
)
"""


def _asked(market: str, day: date, ids: Any, ticks: Any, since: datetime, until: datetime) -> dict[str, Any]:
    return {
        "market": market, "day": day,
        "ids": Int4(np.asarray(ids, np.int32)), "ticks": Int4(np.asarray(ticks, np.int32)),
        "since": since, "until": until,
    }  # fmt: skip


def set_references(
    connection: Connection, market: str, day: date, ids: Any, ticks: Any, since: datetime, until: datetime, band_bp: int
) -> int:
    """Fix the reference price of each instrument, once, and the band about it, on the tick inside it; how many."""
    return connection.execute(
        _WEIGHTED + " update market_days d set reference = p.price,"
        "  lower_band = ceil(p.price::bigint * (10000 - %(band)s) / (10000.0 * p.tick)) * p.tick,"
        "  upper_band = floor(p.price::bigint * (10000 + %(band)s) / (10000.0 * p.tick)) * p.tick"
        " from priced p where d.market = %(market)s and d.trading_date = %(day)s and d.instrument_id = p.id"
        " and d.reference is null",
        _asked(market, day, ids, ticks, since, until) | {"band": band_bp},
    ).rowcount


def set_closes(
    connection: Connection, market: str, day: date, ids: Any, ticks: Any, since: datetime, until: datetime
) -> int:
    """Fix the closing price of each instrument that has none yet: its volume-weighted price, else its last."""
    return connection.execute(
        _WEIGHTED + " update market_days d set settlement = p.price from priced p"
        " where d.market = %(market)s and d.trading_date = %(day)s and d.instrument_id = p.id and d.settlement is null",
        _asked(market, day, ids, ticks, since, until),
    ).rowcount


def closes(connection: Connection, market: str, day: date) -> dict[int, int]:
    """Closing prices struck so far, by instrument."""
    return dict(
        connection.execute(
            "select instrument_id, settlement from market_days"
            " where market = %s and trading_date = %s and settlement is not null",
            [market, day],
        ).fetchall()
    )
