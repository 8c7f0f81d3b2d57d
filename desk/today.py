"""Everything that an account has done and holds today, whole, for programs that read books and not pages of them.

A broker's program asks for its whole order book each time; one statement answers it, however long it is. Rows are
typed and money is paise: how they are shown is the asker's affair.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from core.gtt import Gtt, Leg, is_target
from core.history import turnovers
from core.instruments import Instrument
from core.orders import Order
from core.reasons import Reason, Refusal
from db import changes, gtts, screens
from db.changes import Seen
from db.engine import Database
from db.screen_rows import HoldingRow, Listing, OrderEvent, OrderStep, PositionRow, TradeRow
from desk import market, masters
from desk.access import AccountRef

__all__ = [
    "Book",
    "Changed",
    "Cover",
    "HoldingRow",
    "Life",
    "Listing",
    "OrderEvent",
    "PositionRow",
    "Seen",
    "Step",
    "TradeRow",
    "changed_orders",
    "cover_of",
    "covers",
]

_GONE = Refusal(Reason.UNKNOWN_ACCOUNT, "There is no such account.", "account")


@dataclass(frozen=True, slots=True)
class Cover:
    """A cover order's stop, with what its entry has filled and the entry's tag. Once it is reached it has an order."""

    gtt: Gtt
    filled: int
    tag: str | None

    @property
    def entry_id(self) -> int:
        """The order that it belongs to."""
        return self.gtt.parent_id or 0

    @property
    def stop(self) -> Leg:
        """The leg that closes at a loss."""
        return next(leg for leg in self.gtt.legs if not is_target(leg))


@dataclass(frozen=True, slots=True)
class Book:
    """Orders, oldest first, with what each is of; ``covers`` are the stops of those that are covers."""

    orders: list[tuple[Order, Instrument]]
    covers: list[Cover]


@dataclass(frozen=True, slots=True)
class Life:
    """One order with its steps and its trades, oldest first."""

    order: Order
    instrument: Instrument
    steps: list[OrderEvent] = field(default_factory=list)
    trades: list[TradeRow] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Step:
    """A step of an order: the version of its account at it, and what the order had traded for after it, in paise."""

    version: int
    event: OrderEvent
    turnover: int


@dataclass(frozen=True, slots=True)
class Changed:
    """The orders of an account that changed, complete up to ``version``; ``covers`` are all of its day's. ``steps`` are
    what each order went through meanwhile, oldest first, by its id; of an order that changed without a step, none."""

    account_id: int
    version: int
    day: date
    orders: list[tuple[Order, Instrument]]
    covers: list[Cover]
    steps: dict[int, list[Step]] = field(default_factory=dict)


def changed_orders(database: Database, seen: Sequence[Seen]) -> list[Changed]:
    """What changed of orders since the versions seen, in the order of their versions."""
    if not seen:
        return []
    by_id = masters.get(database).by_id
    found: list[Changed] = []
    for each in changes.orders_since(database, seen):
        orders = sorted((row.order for row in each.orders), key=lambda order: order.version)
        pairs = [(order, by_id[order.instrument_id]) for order in orders]
        covers = [Cover(*row) for row in each.covers]
        found.append(Changed(each.account_id, each.version, each.day, pairs, covers, _steps(each, orders)))
    return found


def _steps(found: changes.Changed, orders: Sequence[Order]) -> dict[int, list[Step]]:
    """What each order went through, with what it had traded for by then."""
    taken: defaultdict[int, list[OrderStep]] = defaultdict(list)
    values: defaultdict[int, list[int]] = defaultdict(list)
    for step in found.steps:
        taken[step.order_id].append(step)
    for order_id, value in found.fills:
        values[order_id].append(value)
    steps: dict[int, list[Step]] = {}
    for order in orders:
        mine = taken[order.id]
        amounts = turnovers([step.event.event for step in mine], order.turnover, values[order.id])
        steps[order.id] = [Step(step.version, step.event, amount) for step, amount in zip(mine, amounts, strict=True)]
    return steps


def orders(database: Database, account: AccountRef) -> Book:
    """Today's orders, and all that still work."""
    found = screens.orders(database, account.id, "all", None, screens.LAST, screens.LAST)
    if found is None:
        raise _GONE
    by_id = masters.get(database).by_id
    rows = [(each.order, by_id[each.order.instrument_id]) for each in reversed(found[1])]
    return Book(rows, _covers(database, [account.id]))


def order(database: Database, account: AccountRef, order_id: int) -> Life:
    """One order's life. Raises UNKNOWN_ORDER for another account's."""
    found = screens.order(database, account.id, order_id)
    if found is None:
        raise Refusal(Reason.UNKNOWN_ORDER, "There is no such order.", "order_id")
    row, steps, trades = found
    instrument = masters.get(database).by_id[row.order.instrument_id]
    return Life(row.order, instrument, list(steps), list(trades))


def covers(database: Database, account: AccountRef, *entries: int) -> list[Cover]:
    """The stops of today's cover orders, oldest first, and of these ``entries`` whenever they were."""
    return _covers(database, [account.id], *entries)


def cover_of(database: Database, account: AccountRef, order_id: int) -> Cover | None:
    """The stop of an order that is a cover's entry."""
    return next((each for each in covers(database, account, order_id) if each.entry_id == order_id), None)


def _covers(database: Database, accounts: list[int], *entries: int) -> list[Cover]:
    if not accounts:
        return []
    with database.autocommit() as connection:
        return [Cover(*row) for row in gtts.covers(connection, accounts, entries)]


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
