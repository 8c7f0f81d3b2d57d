"""Orders at rest: price–time sorted for each instrument, with bounds that test a whole frame at once.

The bounds (best limit and nearest trigger of each lane, as keys of core.ladder) are numpy arrays by
*slot*, the dense number of an instrument, because a frame that crosses nothing must not cost a visit to
each instrument.
"""

import heapq
from bisect import bisect_left, insort
from itertools import count

import numpy as np

from core.ladder import BUYS, EMPTY, SELLS, UNSEEN, Ladder, Level, Resting
from core.slots import Flags, Ints, Slots

__all__ = ["Book", "Resting"]


def _by_rank(order: Resting) -> tuple[int, int]:
    return order.rank


class Book:
    """All open orders of a market. It holds, sorts and bounds them; core.matching decides what fills."""

    def __init__(self) -> None:
        self.slots = Slots()
        self.orders: dict[int, Resting] = {}
        self.ladders: dict[int, Ladder] = {}  # by slot, where there ever was an order
        self.best: Ints = np.full((2, 256), EMPTY, dtype=np.int64)
        self.stops: Ints = np.full((2, 256), EMPTY, dtype=np.int64)
        self.unplaced: Ints = np.zeros(256, dtype=np.int64)
        self._waiting: list[tuple[int, int, int]] = []
        self._ending: list[tuple[int, int]] = []
        self._arrivals = count(1)

    def __len__(self) -> int:
        return len(self.orders)

    def fit(self) -> None:
        """Give every known slot its place in the bounds."""
        if len(self.slots) > self.unplaced.size:
            more = 2 * len(self.slots) - self.unplaced.size
            self.best = np.pad(self.best, ((0, 0), (0, more)), constant_values=EMPTY)
            self.stops = np.pad(self.stops, ((0, 0), (0, more)), constant_values=EMPTY)
            self.unplaced = np.pad(self.unplaced, (0, more))

    def add(self, order: Resting) -> int:
        """Put an order at its place behind all of its price and priority; returns its slot.

        Raises ValueError when the book has it already.
        """
        if order.order_id in self.orders:
            raise ValueError(f"order {order.order_id} is in the book already")
        self.orders[order.order_id] = order
        self._watch(order)
        slot = self.slots.one(order.instrument_id)
        self.fit()
        if slot not in self.ladders:
            self.ladders[slot] = Ladder()
        order.rank = (order.priority, next(self._arrivals))
        order.joined, order.mark = 0, UNSEEN
        if order.trigger:
            lane = self.ladders[slot].lanes[order.lane]
            insort(lane.stops, (order.side * order.trigger, order.rank, order.order_id))
            self.stops[order.lane, slot] = lane.stops[0][0]
        else:
            self._rest(order, slot)
        return slot

    def hold_back(self, order: Resting) -> None:
        """Know an order that may not act before its ``active_from``; ``due`` hands it out."""
        if order.order_id in self.orders:
            raise ValueError(f"order {order.order_id} is in the book already")
        self.orders[order.order_id] = order
        self._watch(order)
        heapq.heappush(self._waiting, (order.active_from, order.priority, order.order_id))

    def due(self, exchange_time: int) -> list[Resting]:
        """The orders held back whose time has come, first in time first; the book forgets them."""
        ready: list[Resting] = []
        while self._waiting and self._waiting[0][0] <= exchange_time:
            active_from, priority, order_id = heapq.heappop(self._waiting)
            order = self.orders.get(order_id)
            if order is None or order.rank != (0, 0):
                continue
            if (order.active_from, order.priority) == (active_from, priority):
                ready.append(self.orders.pop(order_id))
        return ready

    def next_due(self) -> int | None:
        """When the next order held back becomes active, or the next one expires (ms on the exchange clock)."""
        return min((heap[0][0] for heap in (self._waiting, self._ending) if heap), default=None)

    def _watch(self, order: Resting) -> None:
        if order.expires_at:
            heapq.heappush(self._ending, (order.expires_at, order.order_id))

    def lapsed(self, exchange_time: int) -> list[Resting]:
        """Take out the orders whose minutes are over, the earliest first."""
        over: list[Resting] = []
        while self._ending and self._ending[0][0] <= exchange_time:
            expires_at, order_id = heapq.heappop(self._ending)
            order = self.orders.get(order_id)
            if order is not None and order.expires_at == expires_at:
                self.remove(order_id)
                over.append(order)
        return over

    def next_part(self, order: Resting, slot: int) -> None:
        """Let the next part of an order join the back of the queue at its price, as one that has just come."""
        ladder = self.ladders[slot]
        level = ladder.lanes[order.lane].levels[order.key]
        del level.orders[bisect_left(level.orders, order.rank, key=_by_rank)]
        if order.joined:
            level.unseen -= order.mark == UNSEEN
            self.unplaced[slot] += 1
        else:
            del ladder.unplaced[order.order_id]
        last = level.orders[-1].rank[0] if level.orders else order.priority
        order.rank = (max(order.priority, last), next(self._arrivals))
        order.joined, order.mark, order.moved = 0, UNSEEN, True
        level.orders.append(order)
        ladder.unplaced[order.order_id] = order

    def replace(self, order: Resting) -> bool:
        """Take an order's new terms. True when it kept its place; False when it was taken out.

        An order taken out must be handed in again as an arrival, because its new terms may be marketable.
        """
        known = self.orders.get(order.order_id)
        if known is None:
            return False
        if known.same_place(order):
            known.pending, known.ends = order.pending, order.ends
            known.validity, known.expires_at = order.validity, order.expires_at
            self._watch(known)
            return True
        self.remove(order.order_id)
        return False

    def remove(self, order_id: int) -> Resting | None:
        """Take an order out; None when the book does not have it."""
        order = self.orders.pop(order_id, None)
        if order is None or order.rank == (0, 0):
            return order
        slot = self.slots.one(order.instrument_id)
        if order.trigger:
            lane = self.ladders[slot].lanes[order.lane]
            entry = (order.side * order.trigger, order.rank, order_id)
            del lane.stops[bisect_left(lane.stops, entry)]
            self.stops[order.lane, slot] = lane.stops[0][0] if lane.stops else EMPTY
        else:
            self._leave(order, slot)
        return order

    def settle(self, order: Resting, quantity: int) -> None:
        """Take away what an order got elsewhere than from a display; one with nothing left is taken out."""
        order.pending -= quantity
        if order.pending <= 0:
            self.remove(order.order_id)

    def fire(self, order: Resting) -> None:
        """Turn a stop into a limit order, behind all that rest at its price (a new time priority)."""
        self.remove(order.order_id)
        order.trigger, order.joined, order.moved = 0, 0, True
        slot = self.slots.one(order.instrument_id)
        level = self.ladders[slot].lanes[order.lane].levels.get(order.key)
        last = level.orders[-1].rank[0] if level else order.priority
        order.rank = (max(order.priority, last), next(self._arrivals))
        self.orders[order.order_id] = order
        self._rest(order, slot)

    def place(self, order: Resting, slot: int, frame: int, ahead: int | None) -> None:
        """Queue an order behind ``ahead`` units of this frame's display (None: too deep to be shown)."""
        level = self.ladders[slot].lanes[order.lane].levels[order.key]
        order.joined = frame
        if ahead is None:
            level.unseen += 1
        else:
            order.mark = level.traded + ahead
        del self.ladders[slot].unplaced[order.order_id]
        self.unplaced[slot] -= 1

    def crossed(self, slots: Ints, bid: Ints, ask: Ints, low: Ints, high: Ints, traded: Ints) -> Flags:
        """Which rows of a frame may make an order act, beyond moving a queue (prices 0 where absent).

        ``low`` and ``high`` are the furthest prices printed since the display before, ``traded`` the volume.
        """
        buys, sells = self.best[BUYS][slots], self.best[SELLS][slots]
        act: Flags = (ask > 0) & (buys <= -ask)
        act |= (bid > 0) & (sells <= bid)
        act |= (traded > 0) & ((buys < -low) | (sells < high))
        act |= (self.stops[BUYS][slots] <= high) | (self.stops[SELLS][slots] <= -low)
        act |= self.unplaced[slots] > 0
        return act

    def _rest(self, order: Resting, slot: int) -> None:
        ladder = self.ladders[slot]
        lane = ladder.lanes[order.lane]
        level = lane.levels.get(order.key)
        if level is None:
            level = lane.levels[order.key] = Level(order.key)
            insort(lane.keys, order.key)
            self.best[order.lane, slot] = lane.keys[0]
        insort(level.orders, order, key=_by_rank)
        ladder.unplaced[order.order_id] = order
        self.unplaced[slot] += 1

    def _leave(self, order: Resting, slot: int) -> None:
        ladder = self.ladders[slot]
        lane = ladder.lanes[order.lane]
        level = lane.levels[order.key]
        del level.orders[bisect_left(level.orders, order.rank, key=_by_rank)]
        if order.joined:
            level.unseen -= order.mark == UNSEEN
        else:
            del ladder.unplaced[order.order_id]
            self.unplaced[slot] -= 1
        if not level.orders:
            del lane.levels[order.key]
            del lane.keys[bisect_left(lane.keys, order.key)]
            self.best[order.lane, slot] = lane.best()
