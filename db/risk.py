"""Risk snapshots: prices of underlyings at fixed times, by which margins are reckoned until the next one."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import psycopg

from db.arrays import Int4, Int8

Connection = psycopg.Connection[Any]


def add_snapshot(
    conn: Connection, market: str, trading_date: date, slot: str, ids: Any, prices: Any, volatilities: Any,
    rate_bp: int, *, at: datetime | None = None, ahead: Sequence[date] = (),
) -> int | None:  # fmt: skip
    """Stores a snapshot and makes it the market's own, in the caller's transaction; None if the slot was taken.

    ``at`` is the exchange's time, from which options are priced; None: the market's last frame's. ``ahead`` are the
    trading dates that follow, as far as margins look.
    """
    row = conn.execute(
        "insert into risk_snapshots (market, trading_date, slot, exchange_time, ahead)"
        " select id, %s, %s, coalesce(%s, exchange_time), %s::date[] from markets where id = %s"
        " on conflict do nothing returning id",
        (trading_date, slot, at, list(ahead), market),
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


def knows_what_follows(conn: Connection, market: str) -> bool:
    """Whether the market's snapshot names the trading dates that follow: one that an earlier version took does not."""
    row = conn.execute(
        "select cardinality(s.ahead) > 0 from markets m join risk_snapshots s on s.id = m.risk_snapshot_id"
        " where m.id = %s",
        [market],
    ).fetchone()
    return bool(row and row[0])
