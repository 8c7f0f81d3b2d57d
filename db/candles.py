"""Candles: what is left of the tape after its hours. One minute and one day."""

from datetime import datetime
from typing import Any

import numpy as np
import psycopg

from db.arrays import Int4, Int8, copy_rows

Connection = psycopg.Connection[Any]

# What Postgres counts its microseconds from, in ms since 1970.
_POSTGRES_EPOCH_MS = 946_684_800_000
COLUMNS = ("open", "high", "low", "close")
_GIVEN = (
    "unnest(%(id)s::int4[], %(start)s::int8[], %(open)s::int4[], %(high)s::int4[],"
    " %(low)s::int4[], %(close)s::int4[], %(volume)s::int8[], %(oi)s::int8[])"
    " as u (id, start, o, h, l, c, v, oi)"
)


def upsert(conn: Connection, market: str, interval: str, candles: Any) -> None:
    """Adds candles or widens those that exist. ``candles`` has instrument, start (ms), open, high, low, close,
    volume and oi; a day's or minute's open stays, its volume never falls."""
    conn.execute(
        "with relaxed as materialized (select set_config('synchronous_commit', 'off', true))"
        " insert into candles as c (market, instrument_id, interval, start, open, high, low, close, volume, oi)"
        " select %(market)s, u.id, %(interval)s, to_timestamp(u.start / 1000.0::float8), u.o, u.h, u.l, u.c, u.v, u.oi"
        f" from relaxed, {_GIVEN}"
        " on conflict (market, instrument_id, interval, start) do update set"
        " high = greatest(c.high, excluded.high), low = least(c.low, excluded.low), close = excluded.close,"
        " volume = greatest(c.volume, excluded.volume), oi = excluded.oi",
        _values(market, interval, candles),
    )


def fill(conn: Connection, market: str, interval: str, candles: Any) -> None:
    """Writes what a vendor's history says of a time that was not seen whole, in place of what stands there; marked."""
    conn.execute(
        "insert into candles as c"
        " (market, instrument_id, interval, start, open, high, low, close, volume, oi, filled)"
        " select %(market)s, u.id, %(interval)s, to_timestamp(u.start / 1000.0::float8), u.o, u.h, u.l, u.c, u.v,"
        "   u.oi, true"
        f" from {_GIVEN}"
        " on conflict (market, instrument_id, interval, start) do update set open = excluded.open,"
        " high = excluded.high, low = excluded.low, close = excluded.close, volume = excluded.volume,"
        " oi = excluded.oi, filled = true",
        _values(market, interval, candles),
    )


def _values(market: str, interval: str, candles: Any) -> dict[str, Any]:
    return {
        "market": market, "interval": interval, "id": Int4(candles["instrument"]),
        "start": Int8(candles["start"]), "volume": Int8(candles["volume"]), "oi": Int8(candles["oi"]),
        **{name: Int4(candles[name]) for name in COLUMNS},
    }  # fmt: skip


def load(conn: Connection, market: str, interval: str, candles: Any) -> int:
    """Copies candles that must not exist yet; their number."""
    if not len(candles):
        return 0
    prices: dict[str, tuple[str, Any]] = {name: ("i4", candles[name]) for name in COLUMNS}
    data = copy_rows(
        {
            "market": ("text", market),
            "instrument_id": ("i4", candles["instrument"]),
            "interval": ("text", interval),
            "start": ("i8", (np.asarray(candles["start"], np.int64) - _POSTGRES_EPOCH_MS) * 1000),
            **prices,
            "volume": ("i8", candles["volume"]),
            "oi": ("i8", candles["oi"]),
        }
    )
    with (
        conn.cursor() as cursor,
        cursor.copy(
            "copy candles (market, instrument_id, interval, start, open, high, low, close, volume, oi)"
            " from stdin with (format binary)"
        ) as copy,
    ):
        for at in range(0, len(data), 1 << 20):
            copy.write(data[at : at + (1 << 20)])
    return len(candles)


def read(
    conn: Connection, market: str, instrument: int, interval: str, start: datetime, end: datetime, limit: int
) -> list[tuple[datetime, int, int, int, int, int, int]]:
    """(start, open, high, low, close, volume, oi), oldest first: the last ``limit`` within the time."""
    rows = conn.execute(
        "select start, open, high, low, close, volume, oi from candles where market = %s and instrument_id = %s"
        " and interval = %s and start >= %s and start < %s order by start desc limit %s",
        (market, instrument, interval, start, end, limit),
    ).fetchall()
    return rows[::-1]


def any_before(conn: Connection, market: str, interval: str, before: datetime) -> bool:
    """Whether the market has a candle that starts before that instant."""
    row = conn.execute(
        "select exists (select from candles where market = %s and interval = %s and start < %s)",
        (market, interval, before),
    ).fetchone()
    return bool(row and row[0])
