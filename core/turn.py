"""One instrument's turn: its orders act on what it displays now, as core.matching describes."""

from collections import deque
from collections.abc import Set as AbstractSet

from core.book import Book
from core.depth import Depth
from core.ladder import BUYS, SELLS, UNSEEN, Level, Resting
from core.orders import Validity
from core.outcomes import QUEUE, THROUGH, Fill, IocRemainder, Outcome, Trigger


class _Draft:
    """A fill in the making: all that one order takes at one price in a turn."""

    __slots__ = ("levels", "order", "price", "sources")

    def __init__(self, order: Resting, price: int) -> None:
        self.order = order
        self.price = price
        self.levels: list[tuple[int, int]] = []
        self.sources: list[tuple[int, int, int]] = []


class Turn:
    """Taking a turn again at the same display does nothing, unless orders came or depth was given back."""

    def __init__(self, book: Book, depth: Depth, slot: int) -> None:
        self.book, self.depth, self.slot = book, depth, slot
        self.ladder = book.ladders[slot]
        self.frame = int(depth.number[slot])
        self.last = int(depth.last[slot])
        self.exchange_time = int(depth.exchange_time[slot])
        self.prices: list[list[int]] = depth.price[:, slot].tolist()
        self.already: AbstractSet[tuple[int, int]] = depth.filled.get(slot, frozenset())
        self.drafts: dict[tuple[int, int], _Draft] = {}
        self.outcomes: list[Outcome | _Draft] = []

    def take(self) -> list[Outcome]:
        """Everything that happens in this turn, in order."""
        for lane in (BUYS, SELLS):
            self._fill_by_volume(lane)
        self._fire_stops()
        for lane in (BUYS, SELLS):
            self._walk(lane)
        self._place()
        if self.drafts:
            self.depth.filled.setdefault(self.slot, set()).update(self.drafts)
        return [self._finished(one) if isinstance(one, _Draft) else one for one in self.outcomes]

    def _fill_by_volume(self, lane: int) -> None:
        """Queueing orders share what printed since the display before, at most all of it."""
        depth, slot, side = self.depth, self.slot, 1 - 2 * lane
        traded = int(depth.traded[slot])
        if traded <= 0:
            return
        own = self.ladder.lanes[lane]
        at_last = own.levels.get(-side * self.last)
        if at_last is not None and at_last.unseen:
            self._see(at_last, lane)
        furthest = int(depth.low[slot] if lane == BUYS else depth.high[slot])
        for level in list(own.reaching(-side * furthest)):
            through = level.key < -side * furthest
            if through or level is at_last:
                self._fill_level(level, lane, through, furthest, traded)

    def _fill_level(self, level: Level, lane: int, through: bool, printed: int, traded: int) -> None:
        depth, slot, ahead = self.depth, self.slot, 0
        for order in list(level.orders):
            left = traded - int(depth.passed[lane, slot])
            if left <= 0:
                return
            if not 0 < order.joined < self.frame or (order.order_id, order.limit) in self.already:
                continue
            if not through:
                if order.mark == UNSEEN:
                    return
                # A later order never gets its turn before an earlier one, whatever was shown when it came.
                ahead = max(ahead, order.mark)
                left = min(left, level.traded - ahead - int(depth.queued[lane, slot]))
                if left <= 0:
                    return
            price, source = (printed, THROUGH) if through else (self.last, QUEUE)
            self._fill(order, order.limit, min(left, order.showing), price, source)

    def _see(self, level: Level, lane: int) -> None:
        """Orders that were deeper than the display queue behind what is shown now that their price trades."""
        for order in level.orders:
            if order.mark == UNSEEN and 0 < order.joined < self.frame:
                ahead = self.depth.shown_at(lane, self.slot, order.limit)
                if ahead is not None:
                    order.mark = level.traded + ahead
                    level.unseen -= 1

    def _fire_stops(self) -> None:
        """Fire the stops that the last price reached, or an extreme that printed since they came."""
        fired: list[tuple[Resting, int]] = []
        for lane, side in ((BUYS, 1), (SELLS, -1)):
            furthest = int(self.depth.high[self.slot] if lane == BUYS else self.depth.low[self.slot])
            for key, _rank, order_id in self.ladder.lanes[lane].stops:
                if key > side * furthest:
                    break
                order = self.book.orders[order_id]
                if key <= side * self.last:
                    fired.append((order, self.last))
                elif order.joined < self.frame:
                    fired.append((order, furthest))
        for order, price in sorted(fired, key=lambda one: one[0].rank):
            self.book.fire(order)
            who = (order.order_id, order.account_id, order.instrument_id)
            self.outcomes.append(Trigger(*who, self.frame, self.exchange_time, price))

    def _walk(self, lane: int) -> None:
        """Orders that accept the best opposite price take what is left of the displayed levels."""
        opposite, side = 1 - lane, 1 - 2 * lane
        prices = self.prices[opposite]
        own = self.ladder.lanes[lane]
        if prices[0] <= 0 or own.best() > -side * prices[0]:
            return
        shown = self.depth.quantity[opposite, self.slot] - self.depth.consumed[opposite, self.slot]
        left: list[int] = shown.tolist()
        for level in list(own.reaching(-side * prices[0])):
            queue = deque(level.orders)
            while queue:
                if not any(left):
                    return
                order = queue.popleft()
                if self._walk_order(order, prices, left):
                    queue.append(order)

    def _walk_order(self, order: Resting, prices: list[int], left: list[int]) -> bool:
        """True where the part that showed is done, and the next one waits for its turn behind the others."""
        for number, shown in enumerate(prices):
            if shown <= 0 or order.side * shown > order.side * order.limit:
                return False
            if left[number] <= 0:
                continue
            price = order.limit if order.joined else shown
            if (order.order_id, price) in self.already:
                return False
            quantity = min(order.showing, left[number])
            left[number] -= quantity
            if self._fill(order, price, quantity, shown, number):
                return order.pending > 0
        return False

    def _place(self) -> None:
        """Queue the orders that accept nothing displayed; report what an IOC order did not get."""
        for order in list(self.ladder.unplaced.values()):
            if order.validity is Validity.IOC:
                self.book.remove(order.order_id)
                who = (order.order_id, order.account_id, order.instrument_id)
                self.outcomes.append(IocRemainder(*who, order.pending, self.frame, self.exchange_time))
                continue
            best = self.prices[1 - order.lane][0]
            if best <= 0 or order.side * best > order.side * order.limit:
                ahead = self.depth.shown_at(order.lane, self.slot, order.limit)
                self.book.place(order, self.slot, self.frame, ahead)

    def _fill(self, order: Resting, price: int, quantity: int, shown: int, source: int) -> bool:
        """True where that was all that showed of the order."""
        draft = self.drafts.get((order.order_id, price))
        if draft is None:
            draft = self.drafts[order.order_id, price] = _Draft(order, price)
            self.outcomes.append(draft)
        lane, depth, slot = order.lane, self.depth, self.slot
        draft.levels.append((shown, quantity))
        draft.sources.append((lane, source, quantity))
        if source >= 0:
            depth.consumed[1 - lane, slot, source] += quantity
        else:
            depth.passed[lane, slot] += quantity
            depth.queued[lane, slot] += quantity if source == QUEUE else 0
        order.pending -= quantity
        if order.pending == 0:
            self.book.remove(order.order_id)
            return True
        if order.pending in order.ends:
            self.book.next_part(order, slot)
            return True
        return False

    def _finished(self, draft: _Draft) -> Fill:
        order = draft.order
        quantity = sum(taken for _price, taken in draft.levels)
        who = (order.order_id, order.account_id, order.instrument_id)
        evidence = (self.frame, self.exchange_time, self.last)
        return Fill(*who, quantity, draft.price, *evidence, tuple(draft.levels), tuple(draft.sources))
