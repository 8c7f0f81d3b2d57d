"""The fast book gives the same story as the naive one, over thousands of generated commands."""

from copy import copy

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.book import Book
from core.depth import Depth
from core.ladder import BUYS, EMPTY, SELLS
from core.matching import Outcome, arrive, match, wake

from .naive import NaiveMarket
from .worlds import Stream


class Pair:
    """Both implementations, driven by one stream and compared after each command."""

    def __init__(self, seed: int) -> None:
        self.stream = Stream(seed)
        self.book = Book()
        self.depth = Depth(self.book.slots)
        self.naive = NaiveMarket()
        self.story: list[Outcome] = []

    def step(self) -> None:
        stream, moment = self.stream, self.stream.moment()
        what = stream.draw(0, 9)
        if what <= 3:
            frame = stream.next_frame()
            fast = match(self.book, self.depth, frame, moment)
            slow = self.naive.match(frame, moment)
        elif what <= 7:
            orders = [stream.next_order() for _ in range(stream.draw(1, 3))]
            fast = arrive(self.book, self.depth, [copy(one) for one in orders], moment)
            slow = self.naive.arrive([copy(one) for one in orders], moment)
        elif what == 8 and self.book.orders:
            known = sorted(self.book.orders)
            old = self.book.orders[known[stream.draw(0, len(known) - 1)]]
            new = stream.changed(old)
            kept = self.book.replace(copy(new))
            assert kept == self.naive.replace(copy(new))
            fast = [] if kept else arrive(self.book, self.depth, [copy(new)], moment)
            slow = [] if kept else self.naive.arrive([copy(new)], moment)
        else:
            fast = wake(self.book, self.depth, moment)
            slow = self.naive.wake(moment)
            for oldest in sorted(self.book.orders)[:1]:
                self.book.remove(oldest)
                self.naive.remove(oldest)
        assert [_plain(one) for one in fast] == [_plain(one) for one in slow]
        self.story += fast
        self.compare()

    def compare(self) -> None:
        """The same orders with the same pending; the bounds are those of the orders at rest."""
        slow = {one.order.order_id: one.order.pending for one in self.naive.entries}
        slow |= {one.order_id: one.pending for one in self.naive.held}
        assert {number: one.pending for number, one in self.book.orders.items()} == slow
        for slot, instrument in enumerate(self.book.slots.instruments):
            mine = [one.order for one in self.naive.entries if one.order.instrument_id == instrument]
            for lane, side in ((BUYS, 1), (SELLS, -1)):
                limits = [-side * one.limit for one in mine if one.side == side and not one.trigger]
                stops = [side * one.trigger for one in mine if one.side == side and one.trigger]
                assert self.book.best[lane, slot] == min(limits, default=EMPTY)
                assert self.book.stops[lane, slot] == min(stops, default=EMPTY)


def _plain(outcome: Outcome) -> tuple[object, ...]:
    names = [name for name in outcome.__dataclass_fields__ if name != "sources"]
    return (type(outcome).__name__, *(getattr(outcome, name) for name in names))


@pytest.mark.parametrize("seed", range(12))
def test_same_story_on_long_seeded_streams(seed: int) -> None:
    pair = Pair(seed)
    for _ in range(500):
        pair.step()
    kinds = {type(one).__name__ for one in pair.story}
    assert kinds == {"Fill", "Trigger", "IocRemainder", "Expired"}, "the stream must exercise everything"


@settings(max_examples=150, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), steps=st.integers(1, 60))
def test_same_story_on_any_seed(seed: int, steps: int) -> None:
    pair = Pair(seed)
    for _ in range(steps):
        pair.step()


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_same_commands_give_the_same_story(seed: int) -> None:
    stories = []
    for _ in range(2):
        pair = Pair(seed)
        for _ in range(40):
            pair.step()
        stories.append(pair.story)
    assert stories[0] == stories[1]
