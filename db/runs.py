"""What the sidecar's processes say of themselves: heartbeats, and which jobs of a date have run."""

from datetime import date
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

Connection = psycopg.Connection[Any]


def beat(
    conn: Connection, process: str, role: str, market: str | None, pid: int, term: int | None, detail: dict[str, Any]
) -> None:
    """Says that a loop is alive; not worth waiting for the disk."""
    conn.execute(
        "with relaxed as materialized (select set_config('synchronous_commit', 'off', true))"
        " insert into heartbeats (process, role, market, pid, term, detail)"
        " select %s, %s, %s, %s, %s::bigint, %s from relaxed"
        " on conflict (process) do update set beat_at = now(), term = excluded.term, detail = excluded.detail",
        (process, role, market, pid, term, Jsonb(detail)),
    )


def forget(conn: Connection, host_and_pid: str, older_than_seconds: int) -> None:
    """Removes the rows of a process (``host:pid``) that ends, and of all that have not beaten for long."""
    conn.execute(
        "delete from heartbeats where starts_with(process, %s) or beat_at < now() - make_interval(secs => %s)",
        (host_and_pid + ":", older_than_seconds),
    )


def claim(conn: Connection, market: str, job: str, trading_date: date) -> bool:
    """Takes the session's lock on a job of a date; whether it was free."""
    row = conn.execute(
        "select pg_try_advisory_lock(hashtextextended(%s, 0))", (f"job/{market}/{job}/{trading_date}",)
    ).fetchone()
    return bool(row and row[0])


def release(conn: Connection, market: str, job: str, trading_date: date) -> None:
    """Lets the session's lock on a job of a date go."""
    conn.execute("select pg_advisory_unlock(hashtextextended(%s, 0))", (f"job/{market}/{job}/{trading_date}",))


def begin(conn: Connection, market: str, job: str, trading_date: date, late_ms: int) -> bool:
    """Writes that a job has begun, or is taken up again; False when it had finished."""
    row = conn.execute(
        "insert into job_runs as j (market, job, trading_date, late, late_ms) values (%s, %s, %s, %s, %s)"
        " on conflict (market, job, trading_date) do update set error = null where j.finished_at is null"
        " returning 1",
        (market, job, trading_date, late_ms > 0, late_ms),
    ).fetchone()
    return row is not None


def finish(conn: Connection, market: str, job: str, trading_date: date, detail: dict[str, Any]) -> None:
    """Writes that a job has ended well."""
    conn.execute(
        "update job_runs set finished_at = now(), detail = %s where market = %s and job = %s and trading_date = %s",
        (Jsonb(detail), market, job, trading_date),
    )


def keep(conn: Connection, market: str, job: str, trading_date: date, detail: dict[str, Any]) -> None:
    """Writes what a job has come to, in the caller's transaction and before it says that it has ended; nothing where it
    is run by nobody."""
    conn.execute(
        "update job_runs set detail = %s where market = %s and job = %s and trading_date = %s and finished_at is null",
        (Jsonb(detail), market, job, trading_date),
    )


def fail(conn: Connection, market: str, job: str, trading_date: date, error: str) -> None:
    """Writes why a job did not end; it may be taken up again."""
    conn.execute(
        "update job_runs set error = %s where market = %s and job = %s and trading_date = %s",
        (error, market, job, trading_date),
    )


def end_passed(conn: Connection, market: str, job: str) -> int:
    """Writes that runs of a job have ended whose date the market has left, which it does when they have; how many.
    Whoever ran them died before it could say so; what they came to was kept with the date."""
    ended = conn.execute(
        "update job_runs j set finished_at = now(), detail = j.detail || %s from markets m where m.id = j.market"
        " and j.market = %s and j.job = %s and j.trading_date < m.trading_date and j.finished_at is null"
        " and j.error is null",
        (Jsonb({"resumed": True}), market, job),
    )
    return ended.rowcount


def ended(conn: Connection, market: str, job: str, trading_date: date) -> bool:
    """Whether a job of a date has ended, well or not."""
    row = conn.execute(
        "select from job_runs where market = %s and job = %s and trading_date = %s and finished_at is not null",
        (market, job, trading_date),
    ).fetchone()
    return row is not None


def note(
    conn: Connection, market: str, job: str, trading_date: date, detail: dict[str, Any], seconds: float = 0.0,
    error: str | None = None,
) -> None:  # fmt: skip
    """Writes what a job that may run often found this time, how long it took and what went wrong, in place of what it
    found before."""
    conn.execute(
        "insert into job_runs (market, job, trading_date, started_at, finished_at, detail, error)"
        " values (%s, %s, %s, now() - make_interval(secs => %s), now(), %s, %s)"
        " on conflict (market, job, trading_date) do update set started_at = excluded.started_at, finished_at = now(),"
        " detail = excluded.detail, error = excluded.error",
        (market, job, trading_date, seconds, Jsonb(detail), error),
    )
