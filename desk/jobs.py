"""Timed work that must happen once a trading date, however often it is started or killed; and heartbeats."""

import os
import socket
from collections.abc import Callable
from datetime import date
from typing import Any

from db import runs
from db.engine import Database

# A process that has not beaten for this long is forgotten, in seconds.
FORGET_AFTER = 3600


def once(
    database: Database,
    market: str,
    job: str,
    trading_date: date,
    fn: Callable[[], dict[str, Any] | None],
    late_ms: int = 0,
) -> bool:
    """Runs ``fn`` unless this job of this date has finished; whether it ran to its end here.

    ``fn`` may run again after a crash, so that its own effects must be safe to repeat; it never runs twice
    at once. ``late_ms`` is by how much it begins later than its hour. What ``fn`` returns is kept with the run,
    and what it raises is noted and raised.
    """
    with database.autocommit() as conn:
        if not runs.claim(conn, market, job, trading_date):
            return False
        try:
            if not runs.begin(conn, market, job, trading_date, late_ms):
                return False
            try:
                detail = fn()
            except Exception as error:
                runs.fail(conn, market, job, trading_date, f"{type(error).__name__}: {error}"[:500])
                raise
            runs.finish(conn, market, job, trading_date, detail or {})
            return True
        finally:
            if not conn.closed:
                runs.release(conn, market, job, trading_date)


def note(
    database: Database, market: str, job: str, trading_date: date, detail: dict[str, Any], seconds: float = 0.0,
    error: str | None = None,
) -> None:  # fmt: skip
    """Keeps what a job that runs many times a date found last, how long it took, and what went wrong."""
    with database.autocommit() as conn:
        runs.note(conn, market, job, trading_date, detail, seconds, error)


def ended(database: Database, market: str, job: str, trading_date: date) -> bool:
    """Whether a job of a date has ended, well or not."""
    with database.autocommit() as conn:
        return runs.ended(conn, market, job, trading_date)


def waits(database: Database, market: str, job: str, trading_date: date, why: str) -> None:
    """Keeps that a job of a date has begun and what it waits for."""
    with database.autocommit() as conn:
        runs.begin(conn, market, job, trading_date, 0)
        runs.fail(conn, market, job, trading_date, why)


def process_name(role: str, market: str | None) -> str:
    """``host:pid:role`` and the market, by which a loop of a process is known."""
    return f"{socket.gethostname()}:{os.getpid()}:{role}" + (f":{market}" if market else "")


def end_passed(database: Database, market: str, job: str) -> int:
    """Ends the runs of a job that a process finished and died before it said so: the market has left their dates."""
    with database.autocommit() as conn:
        return runs.end_passed(conn, market, job)


def beat(
    database: Database, role: str, market: str | None, term: int | None = None, detail: dict[str, Any] | None = None
) -> None:
    """Says that this process's loop of that role is alive."""
    with database.autocommit() as conn:
        runs.beat(conn, process_name(role, market), role, market, os.getpid(), term, detail or {})


def leave(database: Database) -> None:
    """Takes this process's heartbeats away when it ends in good order, and those of the long silent."""
    with database.autocommit() as conn:
        runs.forget(conn, f"{socket.gethostname()}:{os.getpid()}", FORGET_AFTER)
