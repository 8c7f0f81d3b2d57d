"""Keeps the rows of closed days whole: what is missing of them is worked out again from ledger and trades.

A row is only ever added. One that stands and is not what the books say is told, never changed.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from core.account import Broken
from core.daybook import day_positions, proven
from core.instruments import Kind
from db import daybook as rows
from db.engine import Database, retrying
from db.trading import Connection
from desk import masters

AT_ONCE = 500
"""Days that one round of repair looks at."""


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """``equity`` and ``positions`` rows were added; ``differing`` names days whose rows are not what the books say."""

    equity: int = 0
    positions: int = 0
    differing: tuple[str, ...] = ()

    def __add__(self, other: "Rebuilt") -> "Rebuilt":
        return Rebuilt(
            self.equity + other.equity, self.positions + other.positions, (*self.differing, *other.differing)
        )

    def as_dict(self) -> dict[str, object]:
        """As a job's run keeps it."""
        return {"equity": self.equity, "positions": self.positions, "differing": list(self.differing)}


def missing(database: Database, market: str, limit: int = AT_ONCE) -> list[tuple[int, date]]:
    """(account id, day) of closed days of a market whose daily row is not there, at most ``limit``."""
    with database.connection() as connection:
        return rows.missing(connection, market, limit)


def rebuild(database: Database, whose: int | str, day: date) -> Rebuilt:
    """Add what is missing of a closed day, of one account (its id) or of all of a market (its name).

    Each account is one transaction under its lock. Raises LookupError for an unknown account, ValueError for
    a day that it has not closed, never had, or began after, and core.account.Broken where trades and ledger
    contradict each other: then nothing is written.
    """
    if isinstance(whose, int):
        return retrying(lambda: _rebuild_one(database, whose, day))
    with database.connection() as connection:
        accounts = rows.accounts_past(connection, whose, day)
    return _sum(retrying(lambda each=each: _rebuild_one(database, each, day)) for each in accounts)  # type: ignore[misc]


def repair(database: Database, market: str, limit: int = AT_ONCE) -> Rebuilt:
    """Rebuild whatever ``missing`` finds; for the sidecar's hourly round. A day whose books contradict each other
    is told among ``differing`` and holds up no other."""
    total = Rebuilt()
    for account, day in missing(database, market, limit):
        try:
            total += rebuild(database, account, day)
        except Broken as wrong:
            total += Rebuilt(differing=(f"account {account}, {day}: {wrong}",))
    return total


def _sum(parts: Iterable[Rebuilt]) -> Rebuilt:
    total = Rebuilt()
    for each in parts:
        total += each
    return total


def _rebuild_one(database: Database, account_id: int, day: date) -> Rebuilt:
    by_id = masters.get(database).by_id
    with database.connection() as connection:
        account = rows.lock(connection, account_id, day)
        if account is None:
            raise LookupError(f"There is no account {account_id}.")
        if not account.closed:
            raise ValueError(f"Account {account_id} has not closed {day}.")
        trades = rows.trades(connection, account_id, day)
        traded = {each.instrument_id for each in trades}
        marked = rows.marked_on(connection, account_id, day)
        prices = rows.closes(connection, account.market, {*marked, day}, traded)
        futures = {each for each in traded if by_id[each].kind is Kind.FUT}
        charges = rows.charges(connection, account_id, day)
        converted = rows.conversions(connection, account_id, day)
        positions = day_positions(day, trades, prices, marked, futures, charges, converted)
        equity = rows.equity(connection, account_id, day, sum(each.unrealised for each in positions))
        proven(day, positions, equity.realised)
        differing = _compare(connection, account_id, day, equity, positions)
        return Rebuilt(*rows.write(connection, account_id, day, equity, positions), differing)


def _compare(
    connection: Connection, account_id: int, day: date, equity: rows.Equity, positions: list[rows.DayPosition]
) -> tuple[str, ...]:
    """The sentences of what stands and is not what the books say."""
    kept, held = rows.stored(connection, account_id, day)
    wrong = [] if kept in (None, equity.values) else [f"account {account_id}, {day}: the equity row"]
    strange = [each for each in held if each not in positions]
    return (
        *wrong,
        *(f"account {account_id}, {day}: {each.product} of instrument {each.instrument_id}" for each in strange),
    )
