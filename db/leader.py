"""Who leads a market: a session's advisory lock elects, a row keeps the term and the backends of its holder.

The lock alone is not enough, because a stopped process keeps it and a woken one believes that it still has
it. So every transaction of a leader first reads its term from the row, locked against the next election.
"""

from typing import Any

import psycopg
from psycopg import sql

from db.message import quoted, send

Connection = psycopg.Connection[Any]

TERM = b"select 1 from leader where market = %b and term = %b for share"
# The same where it holds the term for another statement, which is then run for one row, or for none.
UNDER_TERM = b" from (" + TERM + b") held"

Held = tuple[str, int]
"""A market, and the term under which a transaction writes to it."""


class NotLeader(RuntimeError):
    """The term has passed to another process, or was never this one's: nothing may be written under it."""


def take_lock(conn: Connection, market: str) -> bool:
    """Try for the market's lock, which lives as long as this session; whether it was free."""
    row = conn.execute("select pg_try_advisory_lock(hashtextextended(%s, 0))", (f"leader/{market}",)).fetchone()
    return bool(row and row[0])


def raise_term(conn: Connection, market: str, holder: str) -> int:
    """Begin the next term under this session, which must hold the lock. Waits for transactions of the last
    term to end; raises LockNotAvailable when one does not within the lock timeout."""
    row = conn.execute(
        "insert into leader as l (market, term, holder, backend_pids) values (%s, 1, %s, array[pg_backend_pid()])"
        " on conflict (market) do update set term = l.term + 1, holder = excluded.holder,"
        " backend_pids = excluded.backend_pids, taken_at = now(), first_frame = null returning term",
        (market, holder),
    ).fetchone()
    assert row is not None
    return int(row[0])


def record_backend(conn: Connection, market: str, term: int, pid: int) -> bool:
    """Note a backend that is about to write under this term; False when the term has passed."""
    done = conn.execute(
        "update leader set backend_pids = array_append(backend_pids, %s) where market = %s and term = %s",
        (pid, market, term),
    )
    return done.rowcount == 1


def note_first_frame(conn: Connection, market: str, term: int, frame: int) -> None:
    """Say with which frame this term began to match."""
    conn.execute(
        "update leader set first_frame = %s where market = %s and term = %s and first_frame is null",
        (frame, market, term),
    )


def check_term(conn: Connection, market: str, term: int) -> None:
    """Hold the term until this transaction ends. Raises NotLeader when it is no longer the present one."""
    if send(conn, quoted(conn, TERM, market, term)) is None:
        raise NotLeader(f"Term {term} of market {market} is over.")


def end_silent(conn: Connection, market: str, seconds: float) -> list[int]:
    """End the recorded backends of a leader that has not beaten for so long; their pids.

    Only backends that were there at its last beat: a pid that was given to somebody else since is spared.
    """
    rows = conn.execute(
        "select a.pid from leader l left join heartbeats h on h.process = l.holder,"
        " lateral (select greatest(l.taken_at, h.beat_at) as at) last, pg_stat_activity a"
        " where l.market = %s and last.at < clock_timestamp() - make_interval(secs => %s)"
        " and a.pid = any (l.backend_pids) and a.pid <> pg_backend_pid() and a.datname = current_database()"
        " and a.backend_start <= last.at + interval '1 second'",
        (market, seconds),
    ).fetchall()
    pids = [int(row[0]) for row in rows]
    if pids:
        conn.execute(sql.SQL("select pg_terminate_backend(pid) from unnest(%s::int[]) as t(pid)"), (pids,))
    return pids
