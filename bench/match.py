"""Fills decided a second for orders that arrive marketable, with 1,000 and 100,000 orders resting.

Matching alone, without applying anything; the naive book of the tests is the baseline.
"""

import time
from collections.abc import Iterator
from copy import copy
from functools import partial
from typing import Protocol

from bench.loads import TICK, frames, resting
from bench.result import Result, compared, interleaved
from core.book import Book, Resting
from core.depth import Depth
from core.frames import Frame
from core.matching import Moment, Outcome, arrive, match
from tests.matching.naive import NaiveMarket

INSTRUMENTS, COMING = 500, 2_000
MOMENT = Moment(exchange_time=2_000_000, open=True)


class Market(Protocol):
    """What both books can do."""

    def arrive(self, orders: list[Resting], moment: Moment) -> list[Outcome]:
        """Take orders in."""

    def match(self, frame: Frame, moment: Moment) -> list[Outcome]:
        """Take a frame in."""


class Fast:
    """The book and its depth behind the naive book's face."""

    def __init__(self) -> None:
        self.book = Book()
        self.depth = Depth(self.book.slots)

    def arrive(self, orders: list[Resting], moment: Moment) -> list[Outcome]:
        """Take orders in."""
        return arrive(self.book, self.depth, orders, moment)

    def match(self, frame: Frame, moment: Moment) -> list[Outcome]:
        """Take a frame in."""
        return match(self.book, self.depth, frame, moment)


def arrivals(market: Market, resting_orders: list[Resting]) -> float:
    """Fills a second: marketable orders come one by one to a market in which others rest."""
    market.arrive([copy(one) for one in resting_orders], MOMENT)
    market.match(frames(INSTRUMENTS, 1)[0], MOMENT)
    coming = [copy(one) for one in resting(COMING, INSTRUMENTS)]
    for one in coming:
        one.order_id += len(resting_orders)
        one.limit += one.side * 40 * TICK
    start = time.perf_counter()
    filled = sum(len(market.arrive([one], MOMENT)) for one in coming)
    took = time.perf_counter() - start
    assert filled == COMING
    return filled / took


def run() -> Iterator[Result]:
    """Fills a second, one result for each size of book."""
    for count, name in ((1_000, "1k"), (100_000, "100k")):
        orders = resting(count, INSTRUMENTS)
        pairs = interleaved(partial(_fresh, Fast, orders), partial(_fresh, NaiveMarket, orders))
        yield compared(f"match_arrivals_{name}", "fills/s", *pairs)


def _fresh(kind: type[Market], orders: list[Resting]) -> float:
    return arrivals(kind(), orders)
