"""What must always hold of accounts that may not trade freely. Pure, like ``core.invariants``, which calls these."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Protocol

from core.account import OrderEvent
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
