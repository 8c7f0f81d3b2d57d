"""What the administrator's screens show: feeds, processes, leaders, jobs, and whether the books balance.

Whoever calls has made sure that the asker is an administrator (``desk.access.require_admin``).
"""

from collections import Counter
from typing import Any

from db import admin, market_screen
from db.engine import Database
from desk.asked_prices import ROLE as ASKED
from desk.reader import BEAT_SECONDS
from desk.rows import Row, ist
from desk.screens import feed_row, phase_of
from desk.verify import TITLES

PRIVATE = frozenset({"doubted"})
"""What a feed says of itself that holds prices, which are its owner's alone to see."""
VERIFY_JOB = "verify"
"""The hourly run of the invariants, as its row in ``job_runs`` is named."""
ALIVE_MS = 3_000
READERS = frozenset({"web", "gateway"})
"""Roles that beat more seldom than once a second: what reads for streams, when what is looked at changes."""
READER_ALIVE_MS = int(2.5 * BEAT_SECONDS * 1000)


def feeds(database: Database) -> list[Row]:
    """Every market with its pill, its clock and the counters of its feed."""
    return [
        {
            **feed_row(each, phase_of(database, each)),
            "feed": each.feed,
            "session": each.session,
            "running": each.running,
            "phase": each.phase,
            "trading_date": each.trading_date.isoformat(),
            "exchange_time": None if each.exchange_time is None else ist(each.exchange_time),
            "counters": {name: said for name, said in each.feed_state.items() if name not in PRIVATE},
        }
        for each in market_screen.markets(database)
    ]


def heartbeats(database: Database) -> list[Row]:
    """Every process of the last hour; ``alive`` when it beat within three seconds, a reader within its own beats."""
    return [
        {
            **each,
            "started_at": ist(each["started_at"]),
            "alive": each["age_ms"] <= (READER_ALIVE_MS if each["role"] in READERS else ALIVE_MS),
        }
        for each in admin.heartbeats(database)
        if each["role"] != ASKED  # what programs asked, and no process
    ]


def leaders(database: Database) -> list[Row]:
    """Who executes each market: holder, term, since when, and how long ago it last beat."""
    return [{**each, "taken_at": ist(each["taken_at"])} for each in admin.leaders(database)]


def job_runs(database: Database, job: str | None = None, limit: int = 100) -> list[Row]:
    """Runs of timed jobs, the newest first: when, how long, late or not, what came of it."""
    return [_run(each) for each in admin.job_runs(database, job, None, limit)]


def last_runs(database: Database) -> list[Row]:
    """The newest run of each job in each market, the newest first."""
    return sorted(map(_run, admin.last_runs(database)), key=lambda run: str(run["started_at"]), reverse=True)


def job_page(database: Database, job: str | None, before: str | None, limit: int) -> Row:
    """The same a page at a time. ``next`` is an instant in microseconds: what began at one instant stays on one page,
    which may thus be longer than ``limit``."""
    found = admin.job_runs(database, job, None if before is None else int(before), limit)
    following = str(found[-1]["micros"]) if len(found) >= limit else None
    return {"items": [_run(each) for each in found], "next": following, "version": None}


def verified(database: Database) -> Row:
    """The badge: what the last finished check of each market's books found, and when the first of them was made.
    ``ok`` is None before the first."""
    last: dict[str, Row] = {}
    for each in job_runs(database, VERIFY_JOB, 100):
        if each["finished_at"] is not None:
            last.setdefault(each["market"], each)
    if not last:
        return {"ok": None, "at": None, "violations": []}
    found = [sentence for each in last.values() for sentence in each["detail"].get("violations", [])]
    failed = any(each["error"] is not None for each in last.values())
    return {
        "ok": not failed and not found,
        "at": min(each["finished_at"] for each in last.values()),
        "violations": found,
    }


def _run(run: Any) -> Row:
    return {
        **{name: value for name, value in run.items() if name != "micros"},
        "trading_date": run["trading_date"].isoformat(),
        "started_at": ist(run["started_at"]),
        "finished_at": None if run["finished_at"] is None else ist(run["finished_at"]),
        "state": "FAILED" if run["error"] else "DONE" if run["finished_at"] else "RUNNING",
    }


def checks(database: Database) -> list[Row]:
    """The invariants as the last finished check found them: {check, held, broken}, over all markets; empty before the
    first that counted them."""
    counted: Counter[str] = Counter()
    for run in last_runs(database):
        if run["job"] == VERIFY_JOB and run["finished_at"] is not None:
            counted.update(run["detail"].get("checks", {}))
    known = [title for title in TITLES if title in counted]
    return [{"check": title, "held": not counted[title], "broken": counted[title]} for title in known]
