"""Search over 100,000 instruments, against a linear scan of symbols and names."""

import time
from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta
from functools import partial

from bench.result import Result, compared, interleaved
from core.instruments import Instrument, Kind
from core.search import Search

INSTRUMENTS = 100_000
SHARES = 3_000
TYPED = (
    "n", "rel", "infy", "share 2999", "share12", "nmae", "name 12 25100 ce", "share 7 fut", "name 33 dec fut",
    "s100ce", "xyzzyx", "shaer0042", "SHARE000126NOV25000CE",
)  # fmt: skip
TODAY = date(2026, 11, 22)


def universe() -> list[Instrument]:
    """Shares named SHAREnnnn, and chains of about thirty contracts on each."""
    made = [
        Instrument(n, "NSE", f"SHARE{n:04d}", f"Name {n} Limited", Kind.EQ, 1, 5, 100_000) for n in range(1, SHARES + 1)
    ]
    number = SHARES
    strike = 0
    while True:
        strike += 1
        for under in range(1, SHARES + 1):
            for kind in (Kind.CE, Kind.PE):
                number += 1
                if number > INSTRUMENTS:
                    return made
                price = 25_000 + 50 * strike
                symbol = f"SHARE{under:04d}26NOV{price}{kind}"
                expiry = TODAY + timedelta(days=7)
                made.append(
                    Instrument(
                        number, "NFO", symbol, symbol, kind, 50, 5, 1_000, under,
                        expiry=expiry, strike=price * 100,
                    )
                )  # fmt: skip


def scan(instruments: Sequence[Instrument], text: str) -> list[Instrument]:
    """What a first attempt would do: look at every symbol and name."""
    words = text.casefold().split()
    return [
        one
        for one in instruments
        if all(word in one.symbol.casefold() or word in one.name.casefold() for word in words)
    ][:20]


def slowest_ms(find: Callable[[str], object]) -> float:
    """The slowest of the texts, in milliseconds."""
    took = []
    for text in TYPED:
        start = time.perf_counter()
        find(text)
        took.append(time.perf_counter() - start)
    return max(took) * 1000


def run() -> Iterator[Result]:
    """The slowest of the texts, in milliseconds."""
    instruments = universe()
    search = Search(instruments)
    search.find("warm up the slips")
    ours = partial(slowest_ms, search.find)
    theirs = partial(slowest_ms, partial(scan, instruments))
    yield compared("search_100k", "ms", *interleaved(ours, theirs))
