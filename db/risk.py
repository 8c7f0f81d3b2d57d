"""Risk snapshots: prices of underlyings at fixed times, by which margins are reckoned until the next one."""

from datetime import date
from typing import Any

import psycopg

from db.arrays import Int4, Int8

Connection = psycopg.Connection[Any]


def add_snapshot(
    conn: Connection, market: str, trading_date: date, slot: str, ids: Any, prices: Any, volatilities: Any, rate_bp: int
) -> int | None:
    """Stores a snapshot and makes it the market's own, in the caller's transaction; None if the slot was taken."""
    row = conn.execute(
        "insert into risk_snapshots (market, trading_date, slot) values (%s, %s, %s)"
        " on conflict do nothing returning id",
        (market, trading_date, slot),
    ).fetchone()
    if row is None:
        return None
    conn.execute(
        "insert into risk_prices (snapshot_id, instrument_id, price, volatility_bp, rate_bp)"
        " select %s, u.id, u.price, u.volatility, %s"
        " from unnest(%s::int4[], %s::int8[], %s::int4[]) as u (id, price, volatility)",
        (row[0], rate_bp, Int4(ids), Int8(prices), Int4(volatilities)),
    )
    conn.execute("update markets set risk_snapshot_id = %s where id = %s", (row[0], market))
    return int(row[0])
