"""The tape: every frame of the last hours, in partitions by the hour, so that forgetting costs nothing."""

from datetime import datetime, timedelta
from typing import Any, LiteralString

import psycopg
from psycopg import sql

from core.frames import Frame, decode

Connection = psycopg.Connection[Any]

# Hours for which partitions stand ready, so that a sidecar that stalls does not lose its tape at once.
AHEAD = 3
_NAMES: LiteralString = "tape_%Y%m%d%H"
# Nothing of an hour is ever changed, and all of it is dropped: to vacuum what was added would read gigabytes again.
_KEPT_AS_IT_IS = sql.SQL("autovacuum_vacuum_insert_threshold = -1, toast.autovacuum_vacuum_insert_threshold = -1")


def frames_after(conn: Connection, market: str, number: int, limit: int) -> list[Frame]:
    """Frames of a market after that number, oldest first."""
    rows = conn.execute(
        "select frame, (extract(epoch from exchange_time) * 1000)::bigint, levels, data from tape"
        " where market = %s and frame > %s order by frame limit %s",
        (market, number, limit),
        binary=True,
    ).fetchall()
    return [Frame(market, frame, at, decode(data, levels)) for frame, at, levels, data in rows]


def partitions(conn: Connection) -> list[tuple[str, int]]:
    """(name, bytes on disk) of the tape's partitions, oldest first."""
    return conn.execute(
        "select c.relname, pg_total_relation_size(c.oid) from pg_inherits i join pg_class c on c.oid = i.inhrelid"
        " where i.inhparent = 'tape'::regclass order by c.relname"
    ).fetchall()


def add_partitions(conn: Connection, now: datetime) -> list[str]:
    """Makes the partitions of this hour and the next few where they are missing; their names.

    A table is made first and attached after, which keeps readers and writers of the tape going.
    """
    hour = now.replace(minute=0, second=0, microsecond=0)
    existing = {name for name, _ in partitions(conn)}
    made = []
    for start in (hour + timedelta(hours=n) for n in range(AHEAD)):
        name = start.strftime(_NAMES)
        if name in existing:
            continue
        with conn.transaction():
            conn.execute(sql.SQL("drop table if exists {}").format(sql.Identifier(name)))
            conn.execute(
                sql.SQL("create table {} (like tape including defaults including storage) with ({})").format(
                    sql.Identifier(name), _KEPT_AS_IT_IS
                )
            )
            conn.execute(
                sql.SQL("alter table tape attach partition {} for values from ({}) to ({})").format(
                    sql.Identifier(name), start.isoformat(), (start + timedelta(hours=1)).isoformat()
                )
            )
        made.append(name)
    return made


def drop_partition(conn: Connection, name: str) -> None:
    """Forgets an hour of tape. The lock is short: a partition's file is unlinked, no row is read."""
    conn.execute(sql.SQL("drop table {}").format(sql.Identifier(name)))


def name_at(instant: datetime) -> str:
    """The name of the partition that holds frames stored at that instant (UTC)."""
    return instant.strftime(_NAMES)
