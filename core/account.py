"""An account as one use case works on it: loaded rows in, changed rows and new records out.

The rules change this working copy and nothing else; whoever loaded it writes what it lists as changed, in
one transaction. It lives for one use case and never longer.
"""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import NamedTuple

from core.charges import DEFAULT_PLAN, Heads
from core.instruments import Instrument, Segment
from core.ledger import HOUSE, NEVER_NEGATIVE, Code, Ledger, Transfer
from core.margin import Group
from core.orders import WORKING, Order, Product, Side, Status, check_step
from core.positions import Lot, Position
from core.reasons import Refusal
from core.standing import Standing


class Broken(Exception):
    """An arithmetic that cannot be: the transaction is given up and nothing is written."""


# What a fill leaves behind are tuples: a frozen dataclass takes three times as long to make.
class OrderEvent(NamedTuple):
    """One step of an order, as its history keeps it: the row's terms after the step."""

    order_id: int
    n: int
    at: datetime
    event: str
    status: Status
    actor: str
    reason_code: int | None
    reason: str | None
    quantity: int
    price: int
    trigger_price: int
    worst_price: int
    filled: int
    cancelled: int


class Evidence(NamedTuple):
    """What the market showed when a trade was made; ``levels`` are the (price, quantity) consumed."""

    frame: int
    exchange_time: datetime
    last_price: int
    levels: tuple[tuple[int, int], ...]


class Trade(NamedTuple):
    """A trade as it will be written; money in paise, ``realised`` before charges."""

    id: int
    order_id: int | None
    instrument_id: int
    kind: str
    side: Side
    product: Product
    quantity: int
    price: int
    realised: int
    charge_id: int | None
    limit_price: int
    at: datetime
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class Conversion:
    """Units that changed their product. ``quantity``, ``cost`` and ``mark`` are signed like the position; ``id`` is
    of the sequence that numbers trades, so that both lie in one order of time."""

    id: int
    instrument_id: int
    source: Product
    target: Product
    quantity: int
    cost: int
    mark: int
    actor: str
    at: datetime


class ChargeEntry(NamedTuple):
    """The heads of one charge; every transfer to or from CHARGES names one of these."""

    id: int
    order_id: int | None
    instrument_id: int | None
    kind: str
    heads: Heads


@dataclass(slots=True)
class Work:
    """The working copy. ``balances`` in paise; ``version`` is the one this use case will write."""

    id: int
    key: str
    market: str
    trading_date: date
    version: int
    balances: dict[Ledger, int]
    blocked_loss: int = 0
    plan: str = DEFAULT_PLAN
    standing: Standing = field(default_factory=Standing)
    positions: dict[tuple[int, Product], Position] = field(default_factory=dict)
    groups: dict[tuple[Segment, int], Group] = field(default_factory=dict)
    lots: dict[int, list[Lot]] = field(default_factory=dict)
    orders: dict[int, Order] = field(default_factory=dict)
    transfers: list[Transfer] = field(default_factory=list)
    events: list[OrderEvent] = field(default_factory=list)
    trades: list[Trade] = field(default_factory=list)
    charges: list[ChargeEntry] = field(default_factory=list)
    conversions: list[Conversion] = field(default_factory=list)
    new_orders: set[int] = field(default_factory=set)
    changed_orders: set[int] = field(default_factory=set)
    changed_positions: set[tuple[int, Product]] = field(default_factory=set)
    changed_groups: set[tuple[Segment, int]] = field(default_factory=set)
    changed_lots: set[int] = field(default_factory=set)
    refused: list[tuple[Refusal, int | None]] = field(default_factory=list)
    """What risk refused, with the order that it was about: kept beside the rows, for whoever asks why."""
    beside: set[int] = field(default_factory=set)
    """Orders that changed because another one filled: the book hears of these whoever writes."""
    spend: int | None = None
    """What a voluntary movement takes from CASH: written only while ``cash - blocked_loss`` covers it."""

    @property
    def available(self) -> int:
        """Paise that a voluntary movement may take: CASH less what open losses block."""
        return self.balances[Ledger.CASH] - self.blocked_loss

    def move(
        self,
        source: Ledger,
        target: Ledger,
        amount: int,
        code: Code,
        at: datetime,
        *,
        order_id: int | None = None,
        trade_id: int | None = None,
        charge_id: int | None = None,
        reference: str = "",
    ) -> None:
        """Post a transfer; a negative amount goes the other way, nothing is posted for 0."""
        if amount == 0:
            return
        if amount < 0:
            source, target, amount = target, source, -amount
        if source not in HOUSE:
            self.balances[source] -= amount
        if target not in HOUSE:
            self.balances[target] += amount
        if source is Ledger.BANK or target is Ledger.BANK:
            self.standing.flow(source, amount)
        self.transfers.append(
            Transfer(
                source, target, amount, code, at, self.balances[Ledger.CASH], order_id, trade_id, charge_id, reference
            )
        )

    def position(self, instrument: Instrument, product: Product) -> Position:
        """The position row, made when it is missing, and listed as changed."""
        key = (instrument.id, product)
        found = self.positions.get(key)
        if found is None:
            found = Position(self.id, instrument.id, product, instrument.margin_underlying)
            self.positions[key] = found
        self.changed_positions.add(key)
        return found

    def group(self, instrument: Instrument) -> Group:
        """The margin group row of an instrument, made when it is missing, and listed as changed."""
        key = (instrument.segment, instrument.margin_underlying)
        found = self.groups.get(key)
        if found is None:
            found = Group(self.id, *key)
            self.groups[key] = found
        self.changed_groups.add(key)
        return found

    def record(
        self,
        order: Order,
        event: str,
        before: Status | None,
        actor: str,
        at: datetime,
        reason: tuple[int, str] | None = None,
    ) -> None:
        """Append the step that the order has just made from ``before``, and list the order as changed.

        Raises IllegalStep where the table of core.orders does not know the step.
        """
        check_step(event, before, order.status)
        self.standing.step(event, None if before is None else before in WORKING, order.status in WORKING)
        order.events += 1
        order.updated_at = at
        order.version = self.version
        if order.id not in self.new_orders:
            self.changed_orders.add(order.id)
        code, sentence = reason or (None, None)
        self.events.append(
            OrderEvent(
                order.id, order.events, at, event, order.status, actor, code, sentence,
                order.quantity, order.price, order.trigger_price, order.worst_price, order.filled, order.cancelled,
            )
        )  # fmt: skip

    def written(self) -> None:
        """Forget what was changed, because it has been written; a further change is a further version."""
        self.version += 1
        self.spend = None
        self.transfers, self.events, self.trades, self.charges, self.conversions = [], [], [], [], []
        self.new_orders, self.changed_orders = set(), set()
        self.refused = []
        self.changed_positions, self.changed_groups, self.changed_lots = set(), set(), set()
        self.beside = set()

    def check(self) -> None:
        """Raise Broken where a balance that may never be negative is."""
        for ledger in NEVER_NEGATIVE:
            if self.balances[ledger] < 0:
                raise Broken(f"account {self.id}: {ledger} would be {self.balances[ledger]}")
