"""Orders at rest: price–time sorted for each instrument, with bounds that test a whole frame at once.

Inside the book a price is a *key*, so that both sides read alike: a buy's key is minus its limit, a
sell's key its limit. The best order has the smallest key, and an order of side ``s`` accepts a price
``p`` when ``key <= -s * p``. The key of a stop is ``s * trigger``; a last price ``p`` fires it when
``key <= s * p``. Lane 0 holds the buys, lane 1 the sells.

The bounds (best limit and nearest trigger of each lane) are numpy arrays by *slot*, the dense number
of an instrument, because a frame that crosses nothing must not cost a visit to each instrument.
"""

import heapq
from bisect import bisect_left, insort
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count

import numpy as np
import numpy.typing as npt

from core.orders import OrderType, Product, Validity

Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
BUYS, SELLS = 0, 1
EMPTY = 2**40  # a key that accepts no price
UNSEEN = -1  # the mark of an order whose price was deeper than the display showed


@dataclass(slots=True)
class Resting:
    """An open order as matching sees it. ``side`` is +1 for a buy, -1 for a sell; ``limit`` is the worst
    price in paise; ``trigger`` is 0 for an order that never had one or whose trigger has fired;
    ``active_from`` is ms since the epoch on the exchange clock; ``pending`` is in units.

    The last three belong to the book and are never stored: ``rank`` orders equal prices, ``joined`` is
    the frame whose display the order queued behind (0: it has not), and ``mark`` is how much must have
    traded at its level before its turn comes.
    """

    order_id: int
    account_id: int
    instrument_id: int
    side: int
    limit: int
    pending: int
    trigger: int
    order_type: OrderType
    validity: Validity
    priority: int
    active_from: int
    product: Product
    rank: tuple[int, int] = (0, 0)
    joined: int = 0
    mark: int = UNSEEN

    @property
    def lane(self) -> int:
        """Where the book and the displays keep this side."""
        return BUYS if self.side > 0 else SELLS

    @property
    def key(self) -> int:
        """The limit as the book sorts it: the better, the smaller."""
        return -self.side * self.limit

    def same_place(self, other: "Resting") -> bool:
        """Whether ``other`` is this order at the same place of the queue (a smaller quantity keeps it)."""
        mine = (self.instrument_id, self.side, self.limit, self.trigger, self.validity, self.priority)
        theirs = (other.instrument_id, other.side, other.limit, other.trigger, other.validity, other.priority)
        return mine == theirs and other.pending <= self.pending


def _by_rank(order: Resting) -> tuple[int, int]:
    return order.rank


class Slots:
    """Dense numbers of instruments, given in the order in which they are first asked for."""

    def __init__(self) -> None:
        self._slot_of: Ints = np.full(1024, -1, dtype=np.int64)
        self.instruments: list[int] = []

    def __len__(self) -> int:
        return len(self.instruments)

    def of(self, instruments: npt.NDArray[np.int32]) -> Ints:
        """The slots of these instruments; new ones get the next numbers."""
        if instruments.size == 0:
            return np.empty(0, dtype=np.int64)
        highest = int(instruments.max())
        if highest >= self._slot_of.size:
            larger = np.full(max(highest + 1, 2 * self._slot_of.size), -1, dtype=np.int64)
            larger[: self._slot_of.size] = self._slot_of
            self._slot_of = larger
        slots = self._slot_of[instruments]
        if slots.min() < 0:
            for instrument in instruments[slots < 0].tolist():
                if self._slot_of[instrument] < 0:
                    self._slot_of[instrument] = len(self.instruments)
                    self.instruments.append(instrument)
            slots = self._slot_of[instruments]
        return slots

    def one(self, instrument: int) -> int:
        """The slot of one instrument."""
        return int(self.of(np.array([instrument], dtype=np.int32))[0])


class Level:
    """The orders of one side at one price, first in time first; ``traded`` counts what traded there."""

    __slots__ = ("key", "orders", "traded", "unseen")

    def __init__(self, key: int) -> None:
        self.key = key
        self.orders: list[Resting] = []
        self.traded = 0
        self.unseen = 0


class Lane:
    """One side of one instrument: levels by key, the keys sorted, and the stops sorted by their key."""

    __slots__ = ("keys", "levels", "stops")

    def __init__(self) -> None:
        self.levels: dict[int, Level] = {}
        self.keys: list[int] = []
        self.stops: list[tuple[int, tuple[int, int], int]] = []

    def best(self) -> int:
        """The key of the best order, or EMPTY."""
        return self.keys[0] if self.keys else EMPTY

    def reaching(self, key: int) -> Iterator[Level]:
        """Levels, best first, whose orders accept the price of this key, in a lane that keeps still."""
        for own in self.keys:
            if own > key:
                return
            yield self.levels[own]


class Ladder:
    """Both lanes of an instrument, and the orders that have not queued behind a display yet."""

    __slots__ = ("lanes", "unplaced")

    def __init__(self) -> None:
        self.lanes = (Lane(), Lane())
        self.unplaced: dict[int, Resting] = {}


class Book:
    """All open orders of a market. It holds, sorts and bounds them; core.matching decides what fills."""

    def __init__(self) -> None:
        self.slots = Slots()
        self.orders: dict[int, Resting] = {}
        self.ladders: list[Ladder] = []
        self.best: Ints = np.full((2, 256), EMPTY, dtype=np.int64)
        self.stops: Ints = np.full((2, 256), EMPTY, dtype=np.int64)
        self.unplaced: Ints = np.zeros(256, dtype=np.int64)
        self._waiting: list[tuple[int, int, int]] = []
        self._arrivals = count(1)

    def __len__(self) -> int:
        return len(self.orders)

    def fit(self) -> None:
        """Give every known slot its ladder and its place in the bounds."""
        while len(self.ladders) < len(self.slots):
            self.ladders.append(Ladder())
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
        slot = self.slots.one(order.instrument_id)
        self.fit()
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
        """When the next order held back becomes active (ms on the exchange clock)."""
        return self._waiting[0][0] if self._waiting else None

    def replace(self, order: Resting) -> bool:
        """Take an order's new terms. True when it kept its place; False when it was taken out.

        An order taken out must be handed in again as an arrival, because its new terms may be marketable.
        """
        known = self.orders.get(order.order_id)
        if known is None:
            return False
        if known.same_place(order):
            known.pending = order.pending
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

    def fire(self, order: Resting) -> None:
        """Turn a stop into a limit order, behind all that rest at its price (a new time priority)."""
        self.remove(order.order_id)
        order.trigger, order.joined = 0, 0
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
