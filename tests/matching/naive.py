"""The matching rules told the slow way: every frame looks at every order, nothing is sorted beforehand.

The fast book is replayed against this one, and measured against it.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from core.book import Resting
from core.frames import Frame
from core.matching import Expired, Fill, IocRemainder, Moment, Outcome, Trigger
from core.orders import Validity

Taking = Callable[[Resting, int, int, int], None]


@dataclass
class Display:
    frame: int
    exchange_time: int
    last: int
    volume: int
    day_low: int
    day_high: int
    bids: list[list[int]]  # price, what was shown, what is left
    asks: list[list[int]]
    levels: int
    traded: int = 0
    low: int = 0
    high: int = 0
    given: dict[int, int] = field(default_factory=lambda: {1: 0, -1: 0})  # volume given, by side
    given_at_last: dict[int, int] = field(default_factory=lambda: {1: 0, -1: 0})
    filled: set[tuple[int, int]] = field(default_factory=set)


@dataclass
class Entry:
    order: Resting
    rank: tuple[int, int]
    since: int  # frame at which it joined the queue (0: not yet); for a stop, frame at which it came
    ahead: int | None = None  # units still ahead in the queue; None: its price was too deep to be shown


class NaiveMarket:
    def __init__(self) -> None:
        self.known: dict[int, list[Entry]] = {}
        self.held: list[Resting] = []
        self.displays: dict[int, Display] = {}
        self.void: set[int] = set()
        self.latest = 0
        self.arrivals = 0

    @property
    def entries(self) -> list[Entry]:
        return [entry for entries in self.known.values() for entry in entries]

    def of(self, instrument: int) -> list[Entry]:
        return self.known.setdefault(instrument, [])

    def match(self, frame: Frame, moment: Moment) -> list[Outcome]:
        if frame.number <= self.latest:
            return []
        self.latest = frame.number
        gone = self._expire(moment)
        instruments = []
        for row in frame.rows:
            instrument = int(row["instrument"])
            instruments.append(instrument)
            self._show(instrument, row, frame)
        if not self._can(moment):
            return gone + self.wake(moment)
        outcomes: list[Outcome] = gone
        for instrument in instruments:
            if instrument not in self.void:
                display = self.displays[instrument]
                for entry in self.of(instrument):
                    queueing = entry.since and not entry.order.trigger
                    if queueing and entry.order.limit == display.last and display.traded:
                        if entry.ahead is not None:
                            entry.ahead -= display.traded
                        else:
                            entry.ahead = self._shown(display, entry.order)
                outcomes += self._turn(instrument)
        return outcomes + self.wake(moment)

    def arrive(self, orders: Iterable[Resting], moment: Moment) -> list[Outcome]:
        can = self._can(moment)
        outcomes: list[Outcome] = []
        for order in sorted(orders, key=lambda one: (one.priority, one.order_id)):
            if moment.open and order.expires_at and order.expires_at <= moment.exchange_time:
                outcomes.append(self._gone(order, moment))
                continue
            if order.active_from > moment.exchange_time:
                self.held.append(order)
                continue
            self.arrivals += 1
            display = self.displays.get(order.instrument_id)
            since = display.frame if display and order.trigger else 0
            self.of(order.instrument_id).append(Entry(order, (order.priority, self.arrivals), since))
            if can and display and order.instrument_id not in self.void:
                outcomes += self._turn(order.instrument_id)
            elif order.validity is Validity.IOC and moment.open and moment.stale and self.latest:
                self.remove(order.order_id)
                shown = (display.frame, display.exchange_time) if display else (0, 0)
                who = (order.order_id, order.account_id, order.instrument_id)
                outcomes.append(IocRemainder(*who, order.pending, *shown))
        return outcomes

    def _gone(self, order: Resting, moment: Moment) -> Expired:
        who = (order.order_id, order.account_id, order.instrument_id)
        return Expired(*who, order.pending, moment.exchange_time)

    def _expire(self, moment: Moment) -> list[Outcome]:
        everybody = [one.order for one in self.entries] + self.held
        over = [one for one in everybody if one.expires_at and one.expires_at <= moment.exchange_time and moment.open]
        for order in over:
            self.remove(order.order_id)
        return [self._gone(one, moment) for one in sorted(over, key=lambda one: (one.expires_at, one.order_id))]

    def wake(self, moment: Moment) -> list[Outcome]:
        gone = self._expire(moment)
        due = [one for one in self.held if one.active_from <= moment.exchange_time]
        self.held = [one for one in self.held if one.active_from > moment.exchange_time]
        return gone + self.arrive(due, moment)

    def remove(self, order_id: int) -> None:
        for instrument, entries in self.known.items():
            self.known[instrument] = [one for one in entries if one.order.order_id != order_id]
        self.held = [one for one in self.held if one.order_id != order_id]

    def replace(self, order: Resting) -> bool:
        for entry in self.entries:
            if entry.order.order_id == order.order_id and entry.order.same_place(order):
                self._less(entry.order, order)
                return True
        for held in self.held:
            if held.order_id == order.order_id and held.same_place(order):
                self._less(held, order)
                return True
        self.remove(order.order_id)
        return False

    @staticmethod
    def _less(known: Resting, new: Resting) -> None:
        for name in ("pending", "ends", "validity", "expires_at"):
            setattr(known, name, getattr(new, name))

    def _can(self, moment: Moment) -> bool:
        if moment.open and moment.age_ms < moment.stale_after_ms:
            return True
        self.void |= set(self.displays)
        return False

    def _show(self, instrument: int, row: Any, frame: Frame) -> None:
        sides = []
        for side in ("bid", "ask"):
            pairs = zip(row[f"{side}_price"].tolist(), row[f"{side}_quantity"].tolist(), strict=True)
            sides.append([[price, size, size] for price, size in pairs if price > 0 and size > 0])
        bids, asks = sides
        last = int(row["last_price"])
        low, high, volume = int(row["low"]), int(row["high"]), int(row["volume"])
        new = Display(frame.number, int(row["exchange_time"]), last, volume, low, high, bids, asks, frame.levels)
        new.low = new.high = last
        old = self.displays.get(instrument)
        if old and instrument not in self.void:
            new.traded = max(0, volume - old.volume)
            if 0 < low < old.day_low:
                new.low = min(low, last)
            if high > old.day_high:
                new.high = max(high, last)
        self.displays[instrument] = new
        self.void.discard(instrument)
        if last <= 0 or (not bids and not asks) or (bids and asks and bids[0][0] >= asks[0][0]):
            self.void.add(instrument)

    def _shown(self, display: Display, order: Resting) -> int | None:
        own = display.bids if order.side > 0 else display.asks
        for price, size, _left in own:
            if price == order.limit:
                return int(size)
        if len(own) == display.levels and order.side * own[-1][0] > order.side * order.limit:
            return None
        return 0

    def _turn(self, instrument: int) -> list[Outcome]:
        display = self.displays[instrument]
        drafts: dict[tuple[int, int], list[tuple[int, int]]] = {}
        story: list[object] = []

        def fill(order: Resting, price: int, quantity: int, shown: int) -> None:
            if (order.order_id, price) not in drafts:
                drafts[order.order_id, price] = []
                story.append((order, price))
            drafts[order.order_id, price].append((shown, quantity))
            order.pending -= quantity

        for side in (1, -1):
            self._by_volume(instrument, display, side, fill)
        story += self._stops(instrument, display)
        for side in (1, -1):
            self._by_depth(instrument, display, side, fill)
        self.known[instrument] = [one for one in self.of(instrument) if one.order.pending > 0]
        for entry in list(self.of(instrument)):
            order = entry.order
            if order.trigger or entry.since:
                continue
            best = display.asks if order.side > 0 else display.bids
            if order.validity is Validity.IOC:
                self.remove(order.order_id)
                who = (order.order_id, order.account_id, instrument)
                story.append(IocRemainder(*who, order.pending, display.frame, display.exchange_time))
            elif not best or order.side * best[0][0] > order.side * order.limit:
                entry.since, entry.ahead = display.frame, self._shown(display, order)
        display.filled |= set(drafts)
        return [self._told(one, drafts, display) for one in story]

    def _told(self, one: Any, drafts: dict[tuple[int, int], list[tuple[int, int]]], display: Display) -> Outcome:
        if isinstance(one, Trigger | IocRemainder):
            return one
        order, price = one
        levels = tuple(drafts[order.order_id, price])
        who = (order.order_id, order.account_id, order.instrument_id)
        evidence = (display.frame, display.exchange_time, display.last)
        return Fill(*who, sum(quantity for _price, quantity in levels), price, *evidence, levels)

    def _limits(self, instrument: int, side: int) -> list[Entry]:
        """Orders of one side that are no stops, best price first, then first in time."""
        mine = [
            one
            for one in self.of(instrument)
            if one.order.side == side and not one.order.trigger and one.order.pending > 0
        ]
        return sorted(mine, key=lambda one: (-side * one.order.limit, one.rank))

    def _by_volume(self, instrument: int, display: Display, side: int, fill: Taking) -> None:
        furthest = display.low if side > 0 else display.high
        longest, stuck = -(10**12), False
        for entry in self._limits(instrument, side):
            order = entry.order
            left = display.traded - display.given[side]
            earlier = 0 < entry.since < display.frame
            if left <= 0 or not earlier or (order.order_id, order.limit) in display.filled:
                continue
            if side * order.limit > side * furthest:
                quantity = min(left, order.showing)
                fill(order, order.limit, quantity, furthest)
            elif order.limit == furthest == display.last and not stuck:
                if entry.ahead is None:
                    stuck = True
                    continue
                longest = max(longest, entry.ahead)
                quantity = min(left, order.showing, -longest - display.given_at_last[side])
                if quantity <= 0:
                    stuck = True
                    continue
                fill(order, order.limit, quantity, display.last)
                display.given_at_last[side] += quantity
            else:
                continue
            display.given[side] += quantity
            self._part_done(instrument, entry)

    def _part_done(self, instrument: int, entry: Entry) -> bool:
        """An order that shows in parts: the next one comes last at its price, and has queued behind nothing yet."""
        order = entry.order
        if order.pending == 0 or order.pending not in order.ends:
            return False
        same = [one for one in self._limits(instrument, order.side) if one.order.limit == order.limit]
        last = [one.rank[0] for one in same if one is not entry]
        self.arrivals += 1
        entry.rank = (max([order.priority, *last]), self.arrivals)
        entry.since, entry.ahead, order.moved = 0, None, True
        return True

    def _stops(self, instrument: int, display: Display) -> list[Trigger]:
        fired = []
        for entry in self.of(instrument):
            order = entry.order
            if not order.trigger:
                continue
            furthest = display.high if order.side > 0 else display.low
            if order.side * display.last >= order.side * order.trigger:
                fired.append((entry, display.last))
            elif order.side * furthest >= order.side * order.trigger and entry.since < display.frame:
                fired.append((entry, furthest))
        story = []
        for entry, price in sorted(fired, key=lambda one: one[0].rank):
            order = entry.order
            order.trigger, entry.since, order.moved = 0, 0, True
            same = [one for one in self._limits(instrument, order.side) if one.order.limit == order.limit]
            others = [one.rank[0] for one in same if one is not entry]
            self.arrivals += 1
            entry.rank = (max([order.priority, *others]), self.arrivals)
            who = (order.order_id, order.account_id, instrument)
            story.append(Trigger(*who, display.frame, display.exchange_time, price))
        return story

    def _by_depth(self, instrument: int, display: Display, side: int, fill: Taking) -> None:
        opposite = display.asks if side > 0 else display.bids
        finished: set[int] = set()
        while waiting := [one for one in self._limits(instrument, side) if one.order.order_id not in finished]:
            if not self._one_walk(instrument, waiting[0], opposite, display, fill):
                finished.add(waiting[0].order.order_id)

    def _one_walk(
        self, instrument: int, entry: Entry, opposite: list[list[int]], display: Display, fill: Taking
    ) -> bool:
        """The part of an order that shows takes what is left; True where another part is to come."""
        order, part = entry.order, entry.order.showing
        side = order.side
        for level in opposite:
            shown, _size, left = level
            if side * shown > side * order.limit or part == 0:
                break
            if left <= 0:
                continue
            price = order.limit if entry.since else shown
            if (order.order_id, price) in display.filled:
                break
            quantity = min(part, left)
            level[2] -= quantity
            part -= quantity
            fill(order, price, quantity, shown)
        return part == 0 and self._part_done(instrument, entry)
