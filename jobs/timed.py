"""Jobs of fixed times. Each may run late or twice without harm."""

import log
from core.reasons import Refusal
from desk import admin, masters, pnl, request_keys, vendor_fetch
from desk import jobs as runs
from desk import market as markets
from desk import verify as books
from desk.market import Database


def list_contracts(database: Database) -> None:
    """Lists the futures and options that each running market's next dates need; vendors list those of live ones."""
    for state in markets.markets(database):
        if state.running and state.owner_id is None:
            closes = markets.quotes(database, state.id)
            prices = {i: int(row["last_price"]) for i, row in closes.items()}
            added = masters.contracts_for(database, state.trading_date, prices)
            log.get(__name__).info("Contracts listed", extra={"market": state.id, "added": added})


def fetch_masters(database: Database) -> None:
    """Fetches the list of instruments of each vendor whose live market runs, where today's is not here yet."""
    for vendor, login in vendor_fetch.due(database):
        try:
            told = vendor_fetch.fetch(database, vendor, vendor_fetch.ACTOR, login)
        except Refusal as refusal:
            log.get(__name__).warning(refusal.sentence, extra={"vendor": vendor})
        else:
            changed = {name: told[name] for name in ("new", "left", "renamed", "took_ms")}
            log.get(__name__).info("Instruments listed", extra={"vendor": vendor, **changed})


def repair_days(database: Database) -> None:
    """Works out again what is missing of closed days, and says loudly what contradicts itself."""
    for state in markets.markets(database):
        done = pnl.repair(database, state.id)
        if done.equity or done.differing:
            log.get(__name__).warning("Closed days were repaired", extra=done.as_dict())


def forget_keys(database: Database) -> None:
    """Forgets the keys of requests that nobody repeats any more."""
    forgotten = request_keys.forget_old(database)
    if forgotten:
        log.get(__name__).info("Keys of old requests are forgotten", extra={"keys": forgotten})


def verify(database: Database) -> None:
    """Checks every invariant of each market's books, keeps the verdict, and says loudly when one is broken."""
    for state in markets.markets(database):
        verdict = books.verify(database, state.id)
        runs.note(database, state.id, admin.VERIFY_JOB, state.trading_date, verdict.as_dict())
        if verdict.sound:
            log.get(__name__).info("The books are sound", extra={"market": state.id, "accounts": verdict.accounts})
        else:
            log.get(__name__).error("The books are not sound", extra={"market": state.id, **verdict.as_dict()})
