"""Markets of an owner: made, given a backup, found; and the outages of their feeds."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from psycopg import Connection

from db.market import LOOKED_AT
from db.rows import many, value


@dataclass(frozen=True, slots=True)
class LiveRow:
    """An owner's market with the owner's name."""

    id: str
    owner_id: int
    owner: str
    feed: str
    backup: str | None
    running: bool


@dataclass(frozen=True, slots=True)
class GapRow:
    """An outage whose candles are not filled in yet."""

    id: int
    began_at: datetime
    ended_at: datetime


_LIVE = """select m.id, m.owner_id, u.name as owner, m.feed, m.backup, m.running
    from markets m join users u on u.id = m.owner_id """


def insert(
    connection: Connection[Any], market: str, owner_id: int, feed: str, backup: str | None, day: date
) -> bool:  # fmt: skip
    """An owner's market, switched off; False where a market of that name is there already."""
    done = connection.execute(
        "insert into markets (id, owner_id, shown_to, feed, backup, session, trading_date, running)"
        " values (%s, %s, %s, %s, %s, 'nse', %s, false) on conflict do nothing",
        (market, owner_id, owner_id, feed, backup, day),
    )
    return done.rowcount == 1


def set_feeds(connection: Connection[Any], market: str, feed: str, backup: str | None) -> None:
    """Another feed, or another backup; the feed is opened anew where that is a change."""
    connection.execute(
        "update markets set feed = %(feed)s, backup = %(backup)s, feed_version = feed_version + 1"
        " where id = %(market)s and (feed, backup) is distinct from (%(feed)s, %(backup)s)",
        {"market": market, "feed": feed, "backup": backup},
    )


def open_anew(connection: Connection[Any], market: str) -> None:
    """Have the feed of a market opened anew."""
    connection.execute("update markets set feed_version = feed_version + 1 where id = %s", (market,))


def all_live(connection: Connection[Any]) -> list[LiveRow]:
    """Every owner's market."""
    return many(connection, LiveRow, _LIVE + "order by m.id")


def others_running(connection: Connection[Any], market: str) -> int:
    """How many live markets besides this one are switched on. Whoever asks takes turns until the transaction ends, so
    that two who switch on at once do not both get the last place."""
    connection.execute("select pg_advisory_xact_lock(hashtextextended('live markets', 0))")
    sql = "select count(*) from markets where owner_id is not null and running and id <> %s"
    return int(value(connection, sql, (market,)))


def of_owner(connection: Connection[Any], user_id: int) -> LiveRow | None:
    """The market of one owner."""
    found = many(connection, LiveRow, _LIVE + "where m.owner_id = %s", (user_id,))
    return found[0] if found else None


def note_gap(connection: Connection[Any], market: str, began_at: datetime, ended_at: datetime) -> None:
    """An outage that is over; told twice it is one."""
    connection.execute(
        "insert into feed_gaps (market, began_at, ended_at) values (%s, %s, %s)"
        " on conflict (market, began_at) do update set ended_at = greatest(feed_gaps.ended_at, excluded.ended_at)"
        " where feed_gaps.filled_at is null",
        (market, began_at, ended_at),
    )


def open_gaps(connection: Connection[Any], market: str, limit: int) -> list[GapRow]:
    """Outages to be filled in, the newest first."""
    sql = """select id, began_at, ended_at from feed_gaps
             where market = %s and filled_at is null and noted_at > now() - interval '7 days'
             order by began_at desc limit %s"""
    return many(connection, GapRow, sql, (market, limit))


def close_gap(connection: Connection[Any], gap: int, candles: int) -> bool:
    """An outage is filled in with so many candles; False where somebody has done so."""
    sql = "update feed_gaps set filled_at = now(), candles = %s, failed = null where id = %s and filled_at is null"
    return connection.execute(sql, (candles, gap)).rowcount == 1


def gap_failed(connection: Connection[Any], gap: int, why: str) -> None:
    """An outage could not be filled in yet."""
    connection.execute("update feed_gaps set failed = %s where id = %s", (why, gap))


def gap_counts(connection: Connection[Any], market: str) -> dict[str, Any]:
    """How many outages the last week had, how many are filled in, with how many candles."""
    row = connection.execute(
        "select count(*), count(filled_at), coalesce(sum(candles), 0), max(failed) filter (where filled_at is null)"
        " from feed_gaps where market = %s and noted_at > now() - interval '7 days'",
        (market,),
    ).fetchone()
    assert row
    return {"outages": row[0], "filled": row[1], "candles": row[2], "failed": row[3]}


def beat_age_ms(connection: Connection[Any], market: str) -> int | None:
    """How long ago the process that has a market's feed said that it lives, by the database's clock; None for never."""
    sql = """select (extract(epoch from clock_timestamp() - max(beat_at)) * 1000)::bigint from heartbeats
             where role = 'market' and market = %s"""
    found = value(connection, sql, (market,))
    return None if found is None else int(found)


def charts_missing(connection: Connection[Any], market: str, day: date, ids: Sequence[int]) -> list[int]:
    """Of instruments those whose past was not asked of a vendor on a trading date yet, in the order given."""
    rows = connection.execute(
        "select u.id from unnest(%(ids)s::int4[]) with ordinality as u (id, n)"
        " where not exists (select from live_charts c"
        " where c.market = %(market)s and c.instrument_id = u.id and c.filled_for >= %(day)s) order by u.n",
        {"market": market, "day": day, "ids": list(ids)},
    ).fetchall()
    return [row[0] for row in rows]


def chart_filled(
    connection: Connection[Any], market: str, instrument: int, day: date, vendor: str, candles: int, failed: str | None
) -> None:
    """An instrument's past was asked for on a trading date: so many candles came, or why none did."""
    connection.execute(
        "insert into live_charts (market, instrument_id, filled_for, vendor, candles, failed)"
        " values (%s, %s, %s, %s, %s, %s) on conflict (market, instrument_id) do update set filled_at = now(),"
        " filled_for = excluded.filled_for, vendor = excluded.vendor, candles = excluded.candles,"
        " failed = excluded.failed",
        (market, instrument, day, vendor, candles, failed),
    )


def looked_at(connection: Connection[Any], market: str) -> list[int]:
    """What somebody has on a screen now."""
    rows = connection.execute(
        f"select distinct id from ({LOOKED_AT}) seen order by 1",
        {"market": market},
    ).fetchall()
    return [row[0] for row in rows]


def first_administrator(connection: Connection[Any]) -> int | None:
    """The id of the administrator who was made first."""
    found = value(connection, "select id from users where role = 'admin' and active order by id limit 1")
    return None if found is None else int(found)
