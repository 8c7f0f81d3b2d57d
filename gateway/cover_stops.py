"""A cover order's stop as an order of its own, which is how clients of the dialect know it: a child of its entry, with
one number from waiting for its trigger to its end.

Here the stop is a guard of the entry that gets an order once it is reached. What it is called is worked out and not
stored.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from core.gtt import GttStatus, LegState
from core.orders import Order, OrderType, Status, Validity
from core.reasons import Reason
from desk.today import Cover

_NUMBERS = 700_000_000_000_000
"""What is added to the number of a stop to have that of an order: far above any order's own."""
_MOST = 100_000_000_000_000


def number_of(cover: Cover) -> int:
    """The order's number of a stop."""
    return _NUMBERS + cover.gtt.id


def stop_behind(order_id: int) -> int | None:
    """The stop that an order's number means; None for a number of an order's own."""
    return order_id - _NUMBERS if _NUMBERS < order_id < _NUMBERS + _MOST else None


def exists(cover: Cover) -> bool:
    """Whether there is something for it to close: until then an exchange knows nothing of it."""
    return cover.filled > 0


def placed(cover: Cover) -> int | None:
    """The order that it has become, once it was reached."""
    return cover.stop.order_id


def left(cover: Cover) -> bool:
    """Whether its order was placed because somebody left the position, and not because its trigger was reached."""
    return placed(cover) is not None and cover.gtt.reason_code == Reason.OTHER_EXIT


def waiting(cover: Cover) -> Order:
    """The stop as it waits, or as it ended without having been reached."""
    gtt, leg = cover.gtt, cover.stop
    status = Status.TRIGGER_PENDING if gtt.status is GttStatus.ACTIVE else Status.CANCELLED
    if leg.state is LegState.FAILED:
        status = Status.REJECTED
    return Order(
        id=number_of(cover),
        account_id=gtt.account_id,
        client_order_id=f"gtt-{gtt.id}-{leg.leg}",
        instrument_id=gtt.instrument_id,
        side=leg.side,
        order_type=OrderType.SL if leg.order_type is OrderType.LIMIT else OrderType.SL_M,
        product=leg.product,
        validity=Validity.DAY,
        quantity=cover.filled,
        price=leg.price,
        trigger_price=leg.trigger_price,
        worst_price=0,
        status=status,
        trading_date=gtt.expires_on,
        placed_at=gtt.created_at,
        updated_at=gtt.updated_at,
        active_from=gtt.created_at,
        priority=0,
        cancelled=cover.filled if status is Status.CANCELLED else 0,
        reason_code=leg.reason_code or gtt.reason_code,
        reason=leg.reason or gtt.reason,
        tag=cover.tag,
        origin="EXIT",
        version=gtt.version,
        parent_id=cover.entry_id,
    )


class Names:
    """How the orders of an account's day are called: those that stops have become go on by the stops' numbers."""

    def __init__(self, covers: Sequence[Cover]) -> None:
        self._covers = covers
        self._become = {placed(each): each for each in covers if placed(each) is not None}
        self._entries = {each.entry_id for each in covers}

    def is_cover(self, order: Order) -> bool:
        """Whether an order is a cover's entry or its stop."""
        return order.id in self._entries or order.id in self._become or stop_behind(order.id) is not None

    def called(self, order: Order) -> Order:
        """An order by the number and the parent that it is known by."""
        cover = self._become.get(order.id)
        return order if cover is None else replace(order, id=number_of(cover), parent_id=cover.entry_id)

    def number(self, order_id: int) -> int:
        """The number that an order is known by."""
        cover = self._become.get(order_id)
        return order_id if cover is None else number_of(cover)

    def stops(self, entries: Iterable[int] | None = None, after: int = -1) -> list[Order]:
        """The stops that wait, or have ended so: of these entries, or changed after a version of the account."""
        wanted = set(entries or ())
        found = [each for each in self._covers if exists(each) and placed(each) is None]
        return [waiting(each) for each in found if each.entry_id in wanted or each.gtt.version > after]
