"""Jobs of fixed times. Each may run late or twice without harm."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import log
from core.calendar import IST
from core.reasons import Reason, Refusal
from db import audit
from desk import admin, masters, pnl, request_keys, vendor_fetch
from desk import jobs as runs
from desk import market as markets
from desk import verify as books
from desk.market import Database
from desk.rows import Row


def list_contracts(database: Database) -> None:
    """Lists the futures and options that each running market's next dates need; vendors list those of live ones."""
    for state in markets.markets(database):
        if state.running and state.owner_id is None:
            began = time.monotonic()
            closes = markets.quotes(database, state.id)
            prices = {i: int(row["last_price"]) for i, row in closes.items()}
            added = masters.contracts_for(database, state.trading_date, prices)
            runs.note(database, state.id, "contracts", state.trading_date, {"added": added}, time.monotonic() - began)
            log.get(__name__).info("Contracts listed", extra={"market": state.id, "added": added})


def fetch_masters(database: Database) -> None:
    """Fetches the list of instruments of each vendor whose live market runs, where today's is not here yet. A minute
    in which none was due is no run."""
    began, fetched, failed = time.monotonic(), dict[str, Row](), list[str]()
    for vendor, login in vendor_fetch.due(database):
        try:
            told = vendor_fetch.fetch(database, vendor, vendor_fetch.ACTOR, login)
        except Refusal as refusal:
            log.get(__name__).warning(refusal.sentence, extra={"vendor": vendor})
            failed.append(refusal.sentence)
        else:
            fetched[vendor] = changed = {name: told[name] for name in ("new", "left", "renamed", "took_ms")}
            log.get(__name__).info("Instruments listed", extra={"vendor": vendor, **changed})
    if not (fetched or failed):
        return
    took, error = time.monotonic() - began, " ".join(failed) or None
    for state in markets.markets(database):
        if state.running and state.owner_id is not None:
            runs.note(database, state.id, "masters", state.trading_date, fetched, took, error)


def repair_days(database: Database) -> None:
    """Works out again what is missing of closed days, and says loudly what contradicts itself."""
    for state in markets.markets(database):
        began = time.monotonic()
        done = pnl.repair(database, state.id)
        runs.note(database, state.id, "days", state.trading_date, done.as_dict(), time.monotonic() - began)
        if done.equity or done.differing:
            log.get(__name__).warning("Closed days were repaired", extra=done.as_dict())


def forget_keys(database: Database) -> None:
    """Forgets the keys of requests that nobody repeats any more. They are of all markets: each has the run."""
    began = time.monotonic()
    forgotten = request_keys.forget_old(database)
    took = time.monotonic() - began
    for state in markets.markets(database):
        runs.note(database, state.id, "keys", state.trading_date, {"forgotten": forgotten}, took)
    if forgotten:
        log.get(__name__).info("Keys of old requests are forgotten", extra={"keys": forgotten})


def verify(database: Database) -> None:
    """Checks every invariant of each market's books, keeps the verdict, and says loudly when one is broken."""
    for state in markets.markets(database):
        began = time.monotonic()
        verdict = books.verify(database, state.id)
        told = verdict.as_dict() | {"checks": verdict.checks}
        runs.note(database, state.id, admin.VERIFY_JOB, state.trading_date, told, time.monotonic() - began)
        if verdict.sound:
            log.get(__name__).info("The books are sound", extra={"market": state.id, "accounts": verdict.accounts})
        else:
            log.get(__name__).error("The books are not sound", extra={"market": state.id, **verdict.as_dict()})


@dataclass(frozen=True, slots=True)
class Timed:
    """A job of fixed Indian hours: ``hours`` None means each, ``minute`` None each minute."""

    name: str
    title: str
    what: str
    run: Callable[[Database], object]
    hours: tuple[int, ...] | None = None
    minute: int | None = None
    second: int = 0

    @property
    def cron(self) -> dict[str, Any]:
        """When it runs, as the scheduler wants it."""
        fields = {"hour": None if self.hours is None else ",".join(map(str, self.hours)), "minute": self.minute}
        return {"second": self.second} | {name: value for name, value in fields.items() if value is not None}

    @property
    def when(self) -> str:
        """The same in words."""
        if self.minute is None:
            return "each minute"
        if self.hours is None:
            return f"each hour at :{self.minute:02d}"
        return "daily " + ", ".join(f"{hour:02d}:{self.minute:02d}" for hour in self.hours)

    def after(self, now: datetime) -> datetime:
        """The next time after an instant at which it runs."""
        at = now.astimezone(IST).replace(second=self.second, microsecond=0)
        while at <= now or (self.minute not in (None, at.minute)) or not (self.hours is None or at.hour in self.hours):
            at += timedelta(minutes=1)
        return at


TIMETABLE = (
    Timed(
        "contracts", "Contracts", "Lists the futures and options that the next dates need.", list_contracts, (8, 15), 45
    ),
    Timed("masters", "Instruments", "Fetches each vendor's list of the day, once.", fetch_masters, second=40),
    Timed(admin.VERIFY_JOB, "Check of the books", "Every invariant of every account.", verify, minute=5),
    Timed("days", "Closed days", "Works out again what is missing of closed days.", repair_days, minute=20),
    Timed("keys", "Keys of requests", "Forgets those that nobody repeats any more.", forget_keys, minute=35),
)


def overview(database: Database, now: datetime) -> list[Row]:
    """Every job with when it runs, how it went last, and when it runs next: those of the timetable, and the two steps
    that the clock of each running market asks for. {job, title, what, when, next, last, by_hand}: ``last`` is its
    newest run as ``admin.job_runs`` has it, or None."""
    last: dict[tuple[str, str | None], Row] = {}
    for run in admin.last_runs(database):
        last.setdefault((run["job"], None), run)
        last.setdefault((run["job"], run["market"]), run)
    rows: list[Row] = []
    for state in markets.markets(database):
        if not state.running:
            continue
        calendar = markets.calendar(database, state.session)
        ends = min(masters.get(database).intraday_ends(state.session, state.trading_date).values())
        rolls = calendar.rolls_at(state.trading_date)
        steps = (
            ("square-off", "Square-off", "Closes intraday positions, and cancels what rests of them.", ends),
            ("roll", "Roll", "Settles the date, writes its contract notes, opens the next one.", rolls),
        )
        rows += [
            _line(
                job, f"{title}, {state.id}", what, f"trading days {at.astimezone(IST):%H:%M}",
                at if at > now else None, last.get((job, state.id)), by_hand=False,
            )
            for job, title, what, at in steps
        ]  # fmt: skip
    return rows + [
        _line(job.name, job.title, job.what, job.when, job.after(now), last.get((job.name, None)), by_hand=True)
        for job in TIMETABLE
    ]


def _line(
    job: str, title: str, what: str, when: str, following: datetime | None, last: Row | None, *, by_hand: bool
) -> Row:
    told = {"job": job, "title": title, "what": what, "when": when}
    return told | {"next": following, "last": last, "by_hand": by_hand}


def run_now(database: Database, actor: str, name: str) -> None:
    """Run a job of the timetable at once, beside its hours: each may run late or twice without harm. In the trail.

    Raises Refusal for a job that the exchange's clock alone runs."""
    job = next((each for each in TIMETABLE if each.name == name), None)
    if job is None:
        raise Refusal(Reason.BAD_INPUT, "The exchange's clock alone runs that: it cannot be run by hand.", "job")
    with database.connection() as connection:
        audit.append(connection, actor, "JOB_RUN", name)
    job.run(database)
