"""What must hold of every story, also when the desk drops some of it: nothing displayed is filled twice."""

from collections import Counter
from copy import copy

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.book import Book, Resting
from core.depth import Depth
from core.frames import Frame
from core.ladder import BUYS
from core.matching import Fill, Outcome, Trigger, arrive, give_back, match, wake

from .worlds import Stream

Shown = dict[tuple[int, int], tuple[list[list[int]], list[list[int]], int]]


class Ledger:
    """Drives a book through a stream, drops outcomes at random, and keeps what was applied."""

    def __init__(self, seed: int) -> None:
        self.stream = Stream(seed)
        self.book = Book()
        self.depth = Depth(self.book.slots)
        self.orders: dict[int, Resting] = {}
        self.limits: dict[int, int] = {}
        self.shown: Shown = {}
        self.volumes: dict[int, int] = {}
        self.applied: list[Fill] = []
        self.fired: set[int] = set()
        self.gone: set[int] = set()

    def step(self) -> None:
        stream, moment = self.stream, self.stream.moment()
        outcomes: list[Outcome]
        if stream.draw(0, 2) == 0:
            frame = stream.next_frame()
            self._note(frame)
            outcomes = match(self.book, self.depth, frame, moment)
        elif stream.draw(0, 9):
            orders = [stream.next_order() for _ in range(stream.draw(1, 3))]
            self.orders |= {one.order_id: copy(one) for one in orders}
            outcomes = arrive(self.book, self.depth, orders, moment)
        else:
            outcomes = wake(self.book, self.depth, moment)
        while outcomes:
            refused = {one.order_id for one in outcomes if stream.draw(0, 4) == 0}
            self._apply([one for one in outcomes if one.order_id not in refused])
            self.gone |= refused
            lost = [one for one in outcomes if one.order_id in refused]
            outcomes = give_back(self.book, self.depth, lost, moment)

    def _note(self, frame: Frame) -> None:
        for row in frame.rows:
            sides = []
            for side in ("bid", "ask"):
                pairs = zip(row[f"{side}_price"].tolist(), row[f"{side}_quantity"].tolist(), strict=True)
                sides.append([[price, quantity] for price, quantity in pairs])
            instrument, volume = int(row["instrument"]), int(row["volume"])
            printed = max(0, volume - self.volumes.get(instrument, volume))
            self.volumes[instrument] = volume
            self.shown[instrument, frame.number] = (sides[0], sides[1], printed)

    def _apply(self, outcomes: list[Outcome]) -> None:
        for one in outcomes:
            assert one.order_id not in self.gone, "an order that was dropped acts no more"
            if isinstance(one, Fill):
                self.applied.append(one)
                self.orders[one.order_id].pending -= one.quantity
            elif isinstance(one, Trigger):
                self.fired.add(one.order_id)


def check(ledger: Ledger) -> None:
    """Every invariant, over all that was applied."""
    once = Counter((one.order_id, one.frame, one.price) for one in ledger.applied)
    assert not once or max(once.values()) == 1, "one trade an order, frame and price"
    taken: Counter[tuple[int, int, int, int]] = Counter()
    for fill in ledger.applied:
        order = ledger.orders[fill.order_id]
        assert order.side * fill.price <= order.side * order.limit
        assert not order.trigger or fill.order_id in ledger.fired, "a stop fires before it fills"
        assert sum(quantity for _price, quantity in fill.levels) == fill.quantity > 0
        for (price, quantity), (lane, source, same) in zip(fill.levels, fill.sources, strict=True):
            assert quantity == same
            assert order.side * fill.price >= order.side * price, "never better than was displayed"
            taken[fill.instrument_id, fill.frame, lane, max(source, -1)] += quantity
            if source >= 0:
                bids, asks, _printed = ledger.shown[fill.instrument_id, fill.frame]
                assert (asks if lane == BUYS else bids)[source][0] == price
    for (instrument, frame, lane, source), quantity in taken.items():
        bids, asks, printed = ledger.shown[instrument, frame]
        limit = printed if source < 0 else (asks if lane == BUYS else bids)[source][1]
        assert quantity <= limit, "displayed size or printed volume filled twice"
    for order in ledger.orders.values():
        assert order.pending >= 0, "filled beyond the quantity"
    for number, known in ledger.book.orders.items():
        assert known.pending == ledger.orders[number].pending > 0


@settings(max_examples=150, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), steps=st.integers(1, 80))
def test_nothing_is_filled_twice_whatever_is_dropped(seed: int, steps: int) -> None:
    ledger = Ledger(seed)
    for _ in range(steps):
        ledger.step()
    check(ledger)


@pytest.mark.parametrize("seed", range(6))
def test_long_streams_fill_and_drop_much(seed: int) -> None:
    ledger = Ledger(seed)
    for _ in range(600):
        ledger.step()
    check(ledger)
    assert len(ledger.applied) > 100
    assert len(ledger.gone) > 30
    assert any(source == -1 for fill in ledger.applied for _lane, source, _quantity in fill.sources)
