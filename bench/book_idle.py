"""One frame of 500 instruments with 100,000 orders resting, none crossing, queues updated.

The baseline is the naive book of the tests, which looks at every order.
"""

import statistics
import time
from collections.abc import Iterator
from copy import copy

from bench.loads import frames, resting
from bench.result import Result, compared, interleaved
from core.book import Book
from core.depth import Depth
from core.matching import Moment, arrive, match
from tests.matching.naive import NaiveMarket

INSTRUMENTS, ORDERS = 500, 100_000
MOMENT = Moment(exchange_time=2_000_000, open=True)


def run() -> Iterator[Result]:
    """Milliseconds a frame, the median of forty frames a run."""
    orders = resting(ORDERS, INSTRUMENTS)
    book, naive = Book(), NaiveMarket()
    depth = Depth(book.slots)
    stream, slow_stream = iter(frames(INSTRUMENTS, 300)), iter(frames(INSTRUMENTS, 300))
    arrive(book, depth, [copy(one) for one in orders], MOMENT)
    naive.arrive([copy(one) for one in orders], MOMENT)
    assert match(book, depth, next(stream), MOMENT) == naive.match(next(slow_stream), MOMENT) == []

    def ours() -> float:
        took = []
        for _ in range(40):
            frame = next(stream)
            start = time.perf_counter()
            outcomes = match(book, depth, frame, MOMENT)
            took.append(time.perf_counter() - start)
            assert not outcomes
        return statistics.median(took) * 1_000

    def theirs() -> float:
        frame = next(slow_stream)
        start = time.perf_counter()
        outcomes = naive.match(frame, MOMENT)
        took = time.perf_counter() - start
        assert not outcomes
        return took * 1_000

    yield compared("book_idle_100k", "ms/frame", *interleaved(ours, theirs))
