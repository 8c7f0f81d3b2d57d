"""What must always hold of accounts that may not trade freely. Pure, like ``core.invariants``, which calls these."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Protocol

from core.account import OrderEvent
from core.carrying import ACTOR
from core.conversion import reference_of
from core.ledger import Ledger
from core.orders import WORKING, Order
from core.risk_facts import HOUSE_ORIGINS
from core.standing import Standing, TradingState

_FREE = frozenset({Ledger.CASH, Ledger.OPTION_CREDIT})
_TIED = frozenset({Ledger.HOLD, Ledger.MARGIN})


class Moved(Protocol):
    """A transfer as these checks need it."""

    @property
    def source(self) -> Ledger:
        """Where the money was."""

    @property
    def target(self) -> Ledger:
        """Where it is."""

    @property
    def amount(self) -> int:
        """Paise."""

    @property
    def order_id(self) -> int | None:
        """The order that moved it."""

    @property
    def at(self) -> datetime | None:
        """When."""

    @property
    def reference(self) -> str:
        """What it belongs to, where that is no order."""


class Converted(Protocol):
    """A conversion as these checks need it."""

    @property
    def id(self) -> int:
        """Its number."""

    @property
    def actor(self) -> str:
        """Who asked for it."""

    @property
    def at(self) -> datetime | None:
        """When."""


def halted_accounts_rest_nothing(standing: Standing, orders: Iterable[Order]) -> Iterator[str]:
    """What a kill switch stopped has no order of a person in the market."""
    if standing.state is not TradingState.HALTED:
        return
    for order in orders:
        if order.status in WORKING and order.origin not in HOUSE_ORIGINS:
            yield f"order {order.id} rests although the account is halted"


def nothing_was_taken(
    standing: Standing, since: datetime, orders: Iterable[Order], events: Mapping[int, list[OrderEvent]]
) -> Iterator[str]:
    """A halted account has taken no order of a person, and no change of one."""
    if standing.state is not TradingState.HALTED:
        return
    for order, event in _steps(since, orders, events):
        yield f"order {order.id} was {event.event} at {event.at}, and the account is halted since {since}"


def nothing_was_raised(
    standing: Standing,
    since: datetime,
    orders: Iterable[Order],
    events: Mapping[int, list[OrderEvent]],
    transfers: Iterable[Moved],
) -> Iterator[str]:
    """What was placed or changed while the account may only reduce has tied up no money: the ledger tells."""
    if standing.state is not TradingState.REDUCING:
        return
    tied: dict[tuple[int | None, datetime | None], int] = defaultdict(int)
    for each in transfers:
        if each.source in _FREE and each.target in _TIED:
            tied[each.order_id, each.at] += each.amount
        elif each.source in _TIED and each.target in _FREE:
            tied[each.order_id, each.at] -= each.amount
    for order, event in _steps(since, orders, events):
        if (amount := tied[order.id, event.at]) > 0:
            yield (
                f"order {order.id} was {event.event} at {event.at} and tied up {amount}, and the account may only"
                f" reduce since {since}"
            )


def conversions_freed_money(
    standing: Standing, since: datetime, conversions: Iterable[Converted], transfers: Iterable[Moved]
) -> Iterator[str]:
    """A halted account has converted nothing; one that may only reduce nothing that took money on balance.

    What the house takes over the close is its own affair. Conversions whose margin moved without their number are from
    a time before it was written beside it: of them nothing is known.
    """
    own = {
        reference_of(each.id): each
        for each in conversions
        if each.actor != ACTOR and each.at is not None and each.at >= since
    }
    if standing.state is TradingState.HALTED:
        for each in own.values():
            yield f"conversion {each.id} was made at {each.at}, and the account is halted since {since}"
    if standing.state is not TradingState.REDUCING or not own:
        return
    taken: dict[str, int] = defaultdict(int)
    secured: set[str] = set()
    for move in transfers:
        if move.reference in own:
            taken[move.reference] += move.amount * ((move.source in _FREE) - (move.target in _FREE))
            if _TIED & {move.source, move.target}:
                secured.add(move.reference)
    for name in sorted(secured):
        if taken[name] > 0:
            yield f"{name} took {taken[name]} at {own[name].at}, and the account may only reduce since {since}"


def _steps(
    since: datetime, orders: Iterable[Order], events: Mapping[int, list[OrderEvent]]
) -> Iterator[tuple[Order, OrderEvent]]:
    """What people had placed or changed since then; the house's own steps never count."""
    for order in orders:
        if order.origin in HOUSE_ORIGINS:
            continue
        for event in events.get(order.id, []):
            own = event.event == "PLACED" or (event.event == "MODIFIED" and event.reason_code is None)
            if own and event.at >= since:
                yield order, event
