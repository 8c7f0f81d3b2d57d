"""Markets, their days and their latest quotes. One statement a frame, because frames come four a second."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import numpy as np
import psycopg
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from core.frames import DEPTH, Frame, Renewed, renewed_by
from db.arrays import Int4, Int8

Connection = psycopg.Connection[Any]

# The market's row decides: whoever is not the next to count stores nothing, and learns it by no row.
# A frame may be lost in a crash of the server, so its commit does not wait for the disk.
_MOVE = """
with relaxed as materialized (select set_config('synchronous_commit', 'off', true)),
moved as (
    update markets set frame = %(frame)s, frame_at = now(), exchange_time = to_timestamp(%(at)s / 1000.0::float8),
        quotes_frame = %(through)s
    from relaxed where id = %(market)s and frame = %(frame)s::bigint - 1
    returning phase, trading_date, running
)"""
# The same without a frame: of a market whose last one is of this number.
_STAY = """
with relaxed as materialized (select set_config('synchronous_commit', 'off', true)),
moved as (
    update markets set quotes_frame = %(through)s from relaxed where id = %(market)s and frame = %(frame)s
    returning phase, trading_date, running
)"""
_TAPE = """,
taped as (
    insert into tape (market, frame, exchange_time, levels, rows, data)
    select %(market)s, %(frame)s, to_timestamp(%(at)s / 1000.0::float8), %(levels)s, %(count)s, %(data)s from moved
)"""
_QUOTES = """,
quoted as (
    insert into quotes as q (market, instrument_id, frame, exchange_time, stored_at, last_price, open, high, low,
                             prev_close, volume, oi, bids, asks)
    select %(market)s, u.instrument, u.frame, to_timestamp(u.at / 1000.0::float8),
           now() - u.age * interval '1 millisecond', u.last_price,
           u.open, u.high, u.low, u.prev_close, u.volume, u.oi,
           (%(bids)s::int4[])[(u.n - 1) * 15 + 1 : u.n * 15], (%(asks)s::int4[])[(u.n - 1) * 15 + 1 : u.n * 15]
    from moved, unnest(%(instrument)s::int4[], %(last_price)s::int4[], %(open)s::int4[], %(high)s::int4[],
                %(low)s::int4[], %(prev_close)s::int4[], %(volume)s::int8[], %(oi)s::int8[], %(row_at)s::int8[],
                %(frames)s::int8[], %(ages)s::int4[])
         with ordinality as u (instrument, last_price, open, high, low, prev_close, volume, oi, at, frame, age, n)
    on conflict (market, instrument_id) do update set
        frame = excluded.frame, exchange_time = excluded.exchange_time, stored_at = excluded.stored_at,
        last_price = excluded.last_price, open = excluded.open, high = excluded.high, low = excluded.low,
        prev_close = excluded.prev_close, volume = excluded.volume, oi = excluded.oi,
        bids = excluded.bids, asks = excluded.asks
)"""
_ANSWER = " select phase, trading_date, running from moved"


def store_frame(
    conn: Connection, frame: Frame, tape: bool, quotes: bool, renewed: Renewed | None = None
) -> tuple[str, date, bool] | None:
    """Stores a frame on an autocommit connection; (phase, trading_date, running) of its market.

    The latest quotes become what ``renewed`` says, all of the frame without it. None when ``frame.number`` is not the
    next of its market: somebody else stored it.
    """
    rows = frame.rows
    renewed = renewed or renewed_by(frame)
    values: dict[str, Any] = {
        "market": frame.market, "frame": frame.number, "at": frame.exchange_time, "through": renewed.through,
    }  # fmt: skip
    text = _MOVE
    if tape and len(rows):
        text += _TAPE
        values |= {"levels": frame.levels, "count": len(rows), "data": rows.tobytes()}
    if quotes and len(renewed.rows):
        text += _QUOTES
        values |= _quote_columns(renewed)
    return conn.execute(text + _ANSWER, values, prepare=True).fetchone()


def renew_quotes(conn: Connection, market: str, frame: int, renewed: Renewed) -> None:
    """Writes latest quotes between two frames; nothing when ``frame`` is not the market's last."""
    values = {"market": market, "frame": frame, "through": renewed.through}
    conn.execute(_STAY + _QUOTES + _ANSWER, values | _quote_columns(renewed), prepare=True)


def _quote_columns(renewed: Renewed) -> dict[str, Any]:
    rows = renewed.rows
    columns: dict[str, Any] = {
        name: Int4(rows[name]) for name in ("instrument", "last_price", "open", "high", "low", "prev_close")
    }
    columns |= {"volume": Int8(rows["volume"]), "oi": Int8(rows["oi"]), "row_at": Int8(rows["exchange_time"])}
    columns |= {"frames": Int8(renewed.frames), "ages": Int4(renewed.ages)}
    for side in ("bid", "ask"):
        book = np.zeros((len(rows), DEPTH, 3), np.int32)
        levels = min(DEPTH, rows.dtype["bid_price"].shape[0])
        for n, what in enumerate(("price", "quantity", "orders")):
            book[:, :levels, n] = rows[f"{side}_{what}"][:, :levels]
        columns[f"{side}s"] = Int4(book)
    return columns


def quotes(conn: Connection, market: str, ids: Sequence[int] | None) -> list[dict[str, Any]]:
    """Latest quotes with ``age_ms`` by the database's clock; all of them when ``ids`` is None."""
    with conn.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(
            "select *, (extract(epoch from clock_timestamp() - stored_at) * 1000)::bigint as age_ms from quotes"
            " where market = %(market)s and (%(all)s or instrument_id = any(%(ids)s::int4[]))",
            {"market": market, "all": ids is None, "ids": Int4(np.array(ids or [], np.int32))},
        ).fetchall()


def ensure_market(conn: Connection, market: str, feed: str, session: str, trading_date: date, running: bool) -> None:
    """Makes the market's row where it is missing; an existing one stays as it is."""
    conn.execute(
        "insert into markets (id, feed, session, trading_date, running) values (%s, %s, %s, %s, %s)"
        " on conflict (id) do nothing",
        (market, feed, session, trading_date, running),
    )


def markets(conn: Connection, market: str | None = None) -> list[dict[str, Any]]:
    """Rows of markets with the age of their last frame (None before the first): those that run first, and of
    those everybody's."""
    with conn.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(
            "select m.id, feed, session, running, phase, trading_date, exchange_time, frame, feed_state,"
            " risk_snapshot_id, (extract(epoch from clock_timestamp() - frame_at) * 1000)::bigint as frame_age_ms,"
            " owner_id, backup, feed_version, recording, shown_to, quotes_frame, bands_version, halts from markets m"
            " where %(one)s::text is null or id = %(one)s"
            " order by running desc, shown_to is not null, id",
            {"one": market},
        ).fetchall()


def resume_state(conn: Connection, market: str) -> dict[str, Any]:
    """What the feed last left for its successor."""
    row = conn.execute("select resume from markets where id = %s", (market,)).fetchone()
    return dict(row[0]) if row else {}


def save_feed(conn: Connection, market: str, state: dict[str, Any], resume: dict[str, Any] | None) -> None:
    """Keeps the feed's counters, and its state for a restart where given; not worth waiting for the disk."""
    conn.execute(
        "with relaxed as materialized (select set_config('synchronous_commit', 'off', true))"
        " update markets set feed_state = %(state)s, resume = coalesce(%(resume)s, resume)"
        " from relaxed where id = %(market)s",
        {"market": market, "state": Jsonb(state), "resume": None if resume is None else Jsonb(resume)},
    )


def set_phase(conn: Connection, market: str, phase: str, only_from: Sequence[str]) -> bool:
    """Moves a market's phase from one of ``only_from``; whether it moved."""
    done = conn.execute(
        "update markets set phase = %s where id = %s and phase = any(%s) and phase <> %s",
        (phase, market, list(only_from), phase),
    )
    return done.rowcount == 1


def set_running(conn: Connection, market: str, running: bool) -> None:
    """Switches a market on or off."""
    conn.execute("update markets set running = %s where id = %s", (running, market))


def run_alone(conn: Connection, market: str) -> None:
    """Of everybody's markets switches this one on and the others off; owners' stay as they are."""
    conn.execute("update markets set running = id = %s where shown_to is null", (market,))


def set_recording(conn: Connection, market: str, recording: bool) -> bool:
    """Has a market's frames written to files, or no more; whether there is such a market."""
    done = conn.execute("update markets set recording = %s where id = %s", (recording, market))
    return done.rowcount == 1


def ensure_shown_to(conn: Connection, market: str, feed: str, day: date, user_id: int) -> bool:
    """Makes a market that one user alone sees, switched on; whether it was missing."""
    done = conn.execute(
        "insert into markets (id, feed, session, trading_date, running, shown_to) values (%s, %s, 'nse', %s, true, %s)"
        " on conflict (id) do nothing",
        (market, feed, day, user_id),
    )
    return done.rowcount == 1


def begin_with(conn: Connection, market: str, trading_date: date, frame: int) -> bool:
    """Puts a market in which nothing happened yet on a date and behind a frame; whether it was such a one."""
    done = conn.execute(
        "update markets set trading_date = %(day)s, frame = %(frame)s where id = %(market)s and frame = 0"
        " and not exists (select from accounts where market = %(market)s)"
        " and not exists (select from market_days where market = %(market)s)",
        {"market": market, "day": trading_date, "frame": frame},
    )
    return done.rowcount == 1


def days(conn: Connection, market: str, trading_date: date) -> list[tuple[int, int, int | None, int | None]]:
    """(instrument, prev_close, lower_band, upper_band) of one trading date."""
    return conn.execute(
        "select instrument_id, prev_close, lower_band, upper_band from market_days"
        " where market = %s and trading_date = %s",
        (market, trading_date),
    ).fetchall()


def latest_closes(conn: Connection, market: str, before: date) -> list[tuple[int, int]]:
    """(instrument, price) with which the last trading date before ``before`` ended.

    The settlement price where one was struck, else the last quote, else the close before that.
    """
    return conn.execute(
        "select d.instrument_id, coalesce(d.settlement, q.last_price, d.prev_close)"
        " from market_days d left join quotes q using (market, instrument_id)"
        " where d.market = %(market)s and d.trading_date = ("
        "   select max(trading_date) from market_days where market = %(market)s and trading_date < %(before)s)",
        {"market": market, "before": before},
    ).fetchall()


def add_days(
    conn: Connection, market: str, trading_date: date, ids: Any, prev_close: Any, lower: Any, upper: Any
) -> None:
    """Opens a trading date for those instruments; a band of 0 is none. Rows that exist stay."""
    conn.execute(
        "insert into market_days (market, trading_date, instrument_id, prev_close, lower_band, upper_band)"
        " select %s, %s, u.id, u.prev, nullif(u.low, 0), nullif(u.high, 0)"
        " from unnest(%s::int4[], %s::int4[], %s::int4[], %s::int4[]) as u (id, prev, low, high)"
        " on conflict do nothing",
        (market, trading_date, Int4(ids), Int4(prev_close), Int4(lower), Int4(upper)),
    )


def tell_days(
    conn: Connection, market: str, trading_date: date, ids: Any, prev_close: Any, lower: Any, upper: Any
) -> None:
    """The same by word of a vendor, which comes before what stands there; what was struck stays."""
    conn.execute(
        "insert into market_days as d (market, trading_date, instrument_id, prev_close, lower_band, upper_band)"
        " select %s, %s, u.id, u.prev, nullif(u.low, 0), nullif(u.high, 0)"
        " from unnest(%s::int4[], %s::int4[], %s::int4[], %s::int4[]) as u (id, prev, low, high)"
        " on conflict (market, trading_date, instrument_id) do update set prev_close = excluded.prev_close,"
        " lower_band = excluded.lower_band, upper_band = excluded.upper_band"
        " where (d.prev_close, d.lower_band, d.upper_band)"
        " is distinct from (excluded.prev_close, excluded.lower_band, excluded.upper_band)",
        (market, trading_date, Int4(ids), Int4(prev_close), Int4(lower), Int4(upper)),
    )


def set_halts(conn: Connection, market: str, halts: list[list[Any]]) -> None:
    """Says what the breaker halted on the market's date."""
    conn.execute("update markets set halts = %s where id = %s", (Jsonb(halts), market))


def move_bands(conn: Connection, market: str, trading_date: date, ids: Any, lower: Any, upper: Any) -> None:
    """Gives instruments other bands within a date, and says so on the market's row; the closing auction's stay."""
    conn.execute(
        "with moved as (update market_days d set lower_band = u.low, upper_band = u.high"
        " from unnest(%s::int4[], %s::int4[], %s::int4[]) as u (id, low, high)"
        " where d.market = %s and d.trading_date = %s and d.instrument_id = u.id and d.reference is null returning 1)"
        " update markets set bands_version = bands_version + 1 where id = %s and exists (select from moved)",
        (Int4(ids), Int4(lower), Int4(upper), market, trading_date, market),
    )


def set_settlement(conn: Connection, market: str, trading_date: date, ids: Any, prices: Any) -> None:
    """Writes settlement prices of a trading date that is open; those already struck stay as they are."""
    conn.execute(
        "update market_days d set settlement = u.price from unnest(%s::int4[], %s::int4[]) as u (id, price)"
        " where d.market = %s and d.trading_date = %s and d.instrument_id = u.id and d.settlement is null",
        (Int4(ids), Int4(prices), market, trading_date),
    )


def tell_settlements(conn: Connection, market: str, trading_date: date, ids: Any, prices: Any) -> None:
    """Writes settlement prices in place of those already struck, also of what was never quoted on the date: its close
    before is what it ended at last, else that price."""
    conn.execute(
        "insert into market_days as d (market, trading_date, instrument_id, prev_close, settlement)"
        " select %(market)s, %(day)s, u.id, coalesce(last.price, u.price), u.price"
        " from unnest(%(ids)s::int4[], %(prices)s::int4[]) as u (id, price) left join lateral ("
        "  select coalesce(b.settlement, b.prev_close) as price from market_days b"
        "  where b.market = %(market)s and b.instrument_id = u.id and b.trading_date < %(day)s"
        "  order by b.trading_date desc limit 1) last on true"
        " on conflict (market, trading_date, instrument_id) do update set settlement = excluded.settlement",
        {"market": market, "day": trading_date, "ids": ids, "prices": prices},
    )


# What somebody has on a screen, by what processes that show it said of late.
LOOKED_AT = """
    select value::int4 as id from heartbeats, jsonb_array_elements_text(detail -> 'looked_at' -> %(market)s)
    where beat_at > now() - interval '60 seconds' and jsonb_typeof(detail -> 'looked_at' -> %(market)s) = 'array'
"""
# What an instrument is wanted for, the most important first: a vendor serves so many at a time and no more. What a
# contract is on comes with it, because its margin and its price follow from there.
_HELD = """
held as materialized (
    select o.instrument_id as id from orders o join accounts a on a.id = o.account_id
    where o.status in ('AMO', 'TRIGGER_PENDING', 'OPEN') and a.market = %(market)s
    union
    select p.instrument_id from positions p join accounts a on a.id = p.account_id
    where p.quantity <> 0 and a.market = %(market)s
    union
    select g.instrument_id from gtts g join accounts a on a.id = g.account_id
    where g.status = 'ACTIVE' and a.market = %(market)s
)
"""
_WANTED = f"""
with {_HELD}
select id from (
    select id, 1 as place from held
    union all
    select i.underlying_id, 1 from held join instruments i using (id) where i.underlying_id is not null
    union all
    select w.instrument_id, 2 from watchlist_items w join watchlists l on l.id = w.watchlist_id
    join markets m on m.id = %(market)s and (m.shown_to is null or m.shown_to = l.user_id)
    union all
    select id, 3 from ({LOOKED_AT}) seen
) wanted group by id order by min(place), id"""


def wanted(conn: Connection, market: str) -> list[int]:
    """Instruments in working orders, GTTs and positions with what those are on, then in watchlists, then what readers
    said they look at; in an owner's market of the owner's lists alone."""
    return [row[0] for row in conn.execute(_WANTED, {"market": market}).fetchall()]


def held(conn: Connection, market: str) -> list[int]:
    """Instruments in working orders, GTTs and positions with what those are on, ascending."""
    found = conn.execute(
        f"with {_HELD} select id from held union select i.underlying_id from held join instruments i using (id)"
        " where i.underlying_id is not null order by 1",
        {"market": market},
    ).fetchall()
    return [row[0] for row in found]
