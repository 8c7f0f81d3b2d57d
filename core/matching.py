"""What fills when: the open orders of a market against what the market displays. Pure and deterministic.

An instrument takes its *turn* when a frame shows it anew and when an order arrives for it. In a turn:

1. Volume printed since the display before fills orders that were queueing by then: strictly through
   their price without more ado, at their price once what was displayed ahead of them has traded. All
   orders of a side share that volume, best price first, first in time first.
2. Stops fire on the last price (or on a new extreme of the day that printed unseen between two
   displays), earliest priority first, and act at once as limits at their worst price.
3. Orders that accept the best opposite price walk the displayed levels and consume them until the
   instrument is shown again; users share them in price–time order. An order that arrived marketable
   pays the displayed prices. One that was queueing when the market came to it fills at its own limit.
4. An order that accepts nothing displayed queues behind what is shown at its price; one priced deeper
   than the display reaches queues behind what is shown when its price first trades. What is left of an
   IOC order is reported for cancellation.

An order that shows a part of itself stands, walks and fills by that part alone. When it is done the next one joins
the back of the queue at its price, as an order that has just come: behind the others, and behind what is displayed.
An order whose minutes are over by the exchange's clock leaves before anything else happens.

What an order had taken that can no longer fill is given back, to the next in the queue. An order has at
most one fill a displayed frame and price. Nothing fills against a row that is crossed, empty or older than
the limit the caller gives, nor while the market is not open or the instrument's window is shut.
"""

from collections.abc import Iterable

import numpy as np

from core.book import Book
from core.depth import Depth
from core.frames import Frame
from core.ladder import BUYS, SELLS, Resting
from core.orders import Validity
from core.outcomes import QUEUE, Expired, Fill, IocRemainder, Lapse, Moment, Outcome, Trigger
from core.slots import Flags, Ints
from core.turn import Turn

__all__ = [
    "Expired", "Fill", "IocRemainder", "Lapse", "Moment", "Outcome", "Trigger", "arrive", "give_back", "match", "wake",
]  # fmt: skip


def match(book: Book, depth: Depth, frame: Frame, moment: Moment) -> list[Outcome]:
    """Take in a frame and let every order act that it moves. A frame not newer than the last is ignored."""
    if frame.number <= depth.latest:
        return []
    outcomes: list[Outcome] = _expire(book, moment)
    slots = book.slots.of(frame.rows["instrument"])
    book.fit()
    depth.show(slots, frame)
    if not _can_match(depth, moment):
        return outcomes + wake(book, depth, moment)
    slots = slots[depth.usable[slots]]
    low, high, traded = depth.low[slots], depth.high[slots], depth.traded[slots]
    act = book.crossed(slots, depth.price[BUYS, slots, 0], depth.price[SELLS, slots, 0], low, high, traded)
    _move_queues(book, depth, slots, act)
    for slot in slots[act].tolist():
        outcomes += Turn(book, depth, slot).take()
    return outcomes + wake(book, depth, moment)


def arrive(book: Book, depth: Depth, orders: Iterable[Resting], moment: Moment) -> list[Outcome]:
    """Put orders into the book, first in time first, each acting at once on what is left of the display."""
    can = _can_match(depth, moment)
    outcomes: list[Outcome] = []
    for order in sorted(orders, key=lambda one: (one.priority, one.order_id)):
        if moment.open and 0 < order.expires_at <= moment.exchange_time:
            outcomes.append(_expired(order, moment))
            continue
        if order.active_from > moment.exchange_time:
            book.hold_back(order)
            continue
        slot = book.add(order)
        depth.fit()
        if order.trigger:
            order.joined = int(depth.number[slot])  # what printed before it came does not fire it
        if can and depth.usable[slot]:
            outcomes += Turn(book, depth, slot).take()
        elif order.validity is Validity.IOC and moment.open and moment.stale and depth.latest:
            outcomes.append(_drop_ioc(book, depth, order))
    return outcomes


def wake(book: Book, depth: Depth, moment: Moment) -> list[Outcome]:
    """Let the orders go whose minutes are over, then those act whose ``active_from`` has come."""
    return _expire(book, moment) + arrive(book, depth, book.due(moment.exchange_time), moment)


def _expire(book: Book, moment: Moment) -> list[Outcome]:
    """An exchange that is closed, or a market that is switched off, stands still, and so does its clock."""
    if not moment.open:
        return []
    return [_expired(order, moment) for order in book.lapsed(moment.exchange_time)]


def _expired(order: Resting, moment: Moment) -> Expired:
    return Expired(order.order_id, order.account_id, order.instrument_id, order.pending, moment.exchange_time)


def give_back(book: Book, depth: Depth, dropped: Iterable[Outcome], moment: Moment) -> list[Outcome]:
    """Undo what could not be applied: its orders leave the book, and what they had taken goes to
    the next in the queue, as far as it is still on display."""
    freed: dict[int, None] = {}
    for fill in dropped:
        book.remove(fill.order_id)
        slot = book.slots.one(fill.instrument_id)
        if not isinstance(fill, Fill) or depth.number[slot] != fill.frame:
            continue
        for lane, source, quantity in fill.sources:
            if source >= 0:
                depth.consumed[1 - lane, slot, source] -= quantity
            else:
                depth.passed[lane, slot] -= quantity
                depth.queued[lane, slot] -= quantity if source == QUEUE else 0
        depth.filled.get(slot, set()).discard((fill.order_id, fill.price))
        freed[slot] = None
    if not _can_match(depth, moment):
        return []
    return [outcome for slot in freed if depth.usable[slot] for outcome in Turn(book, depth, slot).take()]


def _can_match(depth: Depth, moment: Moment) -> bool:
    """Whether anything may fill now. If not, what was displayed so far is void: it must be shown anew."""
    if moment.open and not moment.stale:
        return True
    depth.blank()
    return False


def _move_queues(book: Book, depth: Depth, slots: Ints, act: Flags) -> None:
    """Count the printed volume at the levels of its price; ``act`` is set where a queue is through."""
    traded, last = depth.traded[slots], depth.last[slots]
    for lane, side in ((BUYS, 1), (SELLS, -1)):
        rows = np.nonzero((traded > 0) & (book.best[lane][slots] <= -side * last))[0]
        columns = (rows.tolist(), slots[rows].tolist(), (-side * last[rows]).tolist(), traded[rows].tolist())
        for row, slot, key, volume in zip(*columns, strict=True):
            level = book.ladders[slot].lanes[lane].levels.get(key)
            if level is not None:
                level.traded += volume
                if level.unseen or level.traded > level.orders[0].mark:
                    act[row] = True


def _drop_ioc(book: Book, depth: Depth, order: Resting) -> IocRemainder:
    """An IOC order that came while nothing fresh was displayed: there is nothing it could take."""
    book.remove(order.order_id)
    slot = book.slots.one(order.instrument_id)
    shown = (int(depth.number[slot]), int(depth.exchange_time[slot]))
    return IocRemainder(order.order_id, order.account_id, order.instrument_id, order.pending, *shown)
