"""Jobs of fixed times. Each may run late or twice without harm."""

import log
from desk import admin, masters, pnl
from desk import jobs as runs
from desk import market as markets
from desk import verify as books
from desk.market import Database


def list_contracts(database: Database) -> None:
    """Lists the futures and options that each running market's next dates need."""
    for state in markets.markets(database):
        if state.running:
            closes = markets.quotes(database, state.id)
            prices = {i: int(row["last_price"]) for i, row in closes.items()}
            added = masters.contracts_for(database, state.trading_date, prices)
            log.get(__name__).info("Contracts listed", extra={"market": state.id, "added": added})


def repair_days(database: Database) -> None:
    """Works out again what is missing of closed days, and says loudly what contradicts itself."""
    for state in markets.markets(database):
        done = pnl.repair(database, state.id)
        if done.equity or done.differing:
            log.get(__name__).warning("Closed days were repaired", extra=done.as_dict())


def verify(database: Database) -> None:
    """Checks every invariant of each market's books, keeps the verdict, and says loudly when one is broken."""
    for state in markets.markets(database):
        verdict = books.verify(database, state.id)
        runs.note(database, state.id, admin.VERIFY_JOB, state.trading_date, verdict.as_dict())
        if verdict.sound:
            log.get(__name__).info("The books are sound", extra={"market": state.id, "accounts": verdict.accounts})
        else:
            log.get(__name__).error("The books are not sound", extra={"market": state.id, **verdict.as_dict()})
