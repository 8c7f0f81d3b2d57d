"""Everything that an account has done and holds today, whole, for programs that read books and not pages of them.

A broker's program asks for its whole order book each time; one statement answers it, however long it is. Rows are
typed and money is paise: how they are shown is the asker's affair.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from core.instruments import Instrument
from core.orders import Order, Product
from core.reasons import Reason, Refusal
from db import changes, gtts, screens
from db.changes import Seen
from db.engine import Database
from db.screen_rows import HoldingRow, Listing, OrderEvent, PositionRow, TradeRow
from desk import market, masters
from desk.access import AccountRef

__all__ = [
    "Book",
    "Changed",
    "HoldingRow",
    "Life",
    "Listing",
    "OrderEvent",
    "PositionRow",
    "Seen",
    "TradeRow",
    "changed_orders",
    "cover_of",
]

_GONE = Refusal(Reason.UNKNOWN_ACCOUNT, "There is no such account.", "account")


@dataclass(frozen=True, slots=True)
class Book:
    """Orders, oldest first, with what each is of; ``covers`` are the ids of those that carry a cover's stop."""

    orders: list[tuple[Order, Instrument]]
    covers: frozenset[int]


@dataclass(frozen=True, slots=True)
class Life:
    """One order with its steps and its trades, oldest first."""

    order: Order
    instrument: Instrument
    is_cover: bool
    steps: list[OrderEvent] = field(default_factory=list)
    trades: list[TradeRow] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Changed:
    """The orders of an account that changed, complete up to ``version``; ``covers`` are as a Book's, of all that
    changed at the time."""

    account_id: int
    version: int
    day: date
    orders: list[tuple[Order, Instrument]]
    covers: frozenset[int]


def changed_orders(database: Database, seen: Sequence[Seen]) -> list[Changed]:
    """What changed of orders since the versions seen, in the order of their versions."""
    by_id = masters.get(database).by_id
    moved = changes.since(database, seen)
    # A cover is MIS.
    intraday = [row.order.id for each in moved for row in each.orders if row.order.product is Product.MIS]
    covers = _covers(database, [each.account_id for each in moved], intraday)
    found: list[Changed] = []
    for each in moved:
        orders = sorted((row.order for row in each.orders), key=lambda order: order.version)
        pairs = [(order, by_id[order.instrument_id]) for order in orders]
        found.append(Changed(each.account_id, each.version, each.day, pairs, covers))
    return found


def orders(database: Database, account: AccountRef) -> Book:
    """Today's orders, and all that still work."""
    found = screens.orders(database, account.id, "all", None, screens.LAST, screens.LAST)
    if found is None:
        raise _GONE
    by_id = masters.get(database).by_id
    rows = [(each.order, by_id[each.order.instrument_id]) for each in reversed(found[1])]
    return Book(rows, _covers(database, [account.id], [order.id for order, _ in rows]))


def order(database: Database, account: AccountRef, order_id: int) -> Life:
    """One order's life. Raises UNKNOWN_ORDER for another account's."""
    found = screens.order(database, account.id, order_id)
    if found is None:
        raise Refusal(Reason.UNKNOWN_ORDER, "There is no such order.", "order_id")
    row, steps, trades = found
    instrument = masters.get(database).by_id[row.order.instrument_id]
    is_cover = order_id in _covers(database, [account.id], [order_id])
    return Life(row.order, instrument, is_cover, list(steps), list(trades))


def _covers(database: Database, accounts: list[int], ids: list[int]) -> frozenset[int]:
    if not ids:
        return frozenset()
    with database.autocommit() as connection:
        return gtts.covers(connection, accounts, ids)


def cover_of(database: Database, account: AccountRef, order_id: int) -> int | None:
    """The number of the stop that a cover order carries; None of any other order."""
    with database.connection() as connection:
        found, _ = gtts.list_rows(connection, account.id, "active", screens.LAST, 1, order_id)
    return found[0].id if found and found[0].cover else None


def trades(database: Database, account: AccountRef) -> list[TradeRow]:
    """Today's fills, oldest first; what an expiry or a split made of positions is no fill."""
    found = screens.trades(database, account.id, None, screens.LAST, screens.LAST)
    if found is None:
        raise _GONE
    return [each for each in reversed(found[1]) if each.kind == "FILL"]


def positions(database: Database, account: AccountRef) -> tuple[list[PositionRow], dict[int, int]]:
    """Positions of today, and the previous close of each instrument that has one, in paise."""
    found = screens.positions(database, account.id)
    if found is None:
        raise _GONE
    ids = [each.instrument_id for each in found[1]]
    quotes = market.quotes(database, account.market, ids) if ids else {}
    return found[1], {number: int(quote["prev_close"]) for number, quote in quotes.items()}


def holdings(database: Database, account: AccountRef) -> list[HoldingRow]:
    """Shares bought before today."""
    found = screens.holdings(database, account.id)
    if found is None:
        raise _GONE
    return found[1]
