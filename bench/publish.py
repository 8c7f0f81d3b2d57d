"""Simulating and publishing: 100,000 instruments each second, and the usual frame of 500.

Of the many, each has a last price and one level, and goes on the tape with a ring of the doorbell; what is
measured is CPU, of this process and of its backends. The frame of 500 has five levels and renews the quotes
too; what is measured is the time from the model's step to the ring.
"""

import statistics
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime

import psutil

from bench.house import house
from bench.processor import server, used, used_by_server
from bench.result import RUNS, Result, rounded
from core.frames import Frame
from core.instruments import Instrument, Kind
from db.engine import Database
from desk import market
from feeds.guard import Guard
from feeds.simulator import Simulator
from feeds.universe import Listing, Universe

MANY, USUAL = 100_000, 500
SECONDS = 12  # of each run: five of them make a minute
FRAMES = 40
SECTORS = ("Bank", "IT", "Auto", "Pharma", "Metals", "FMCG", "Energy", "Realty")


def universe(count: int) -> Universe:
    """So many shares of eight sectors."""
    return Universe(
        [
            Listing(
                Instrument(n, "NSE", f"S{n}", f"S{n}", Kind.EQ, 1, 5, 10**5, sector=SECTORS[n % len(SECTORS)]),
                prev_close=(price := 5_000 + n % 400_000 * 5),
                lower_band=price * 9 // 50 * 5,
                upper_band=price * 11 // 50 * 5,
            )
            for n in range(1, count + 1)
        ],
        date(2026, 11, 23),
    )


class Publisher:
    """The market loop's work without its chores."""

    def __init__(self, database: Database, count: int, levels: int) -> None:
        self._database = database
        listed = universe(count)
        self._feed, self._guard = Simulator(listed, seed=1, levels=levels), Guard(listed)
        self._bell = market.doorbell(database)
        self._number = market.state(database, "sim").frame
        self._at = listed.opened + 3_600_000

    def frame(self, quotes: bool) -> int:
        """One second of the market, published; the rows in it."""
        self._at += 1_000
        self._number += 1
        rows = self._guard.check(self._feed.next_rows(self._at), self._at)
        frame = Frame("sim", self._number, self._at, rows)
        market.store_frame(self._database, frame, keep_quotes=quotes)
        market.announce(self._bell)
        return len(rows)

    def close(self) -> None:
        """Ends the bell's thread."""
        self._bell.close()


def cpu(postmaster: psutil.Process) -> float:
    """CPU seconds so far of this process and of its database's server."""
    return used(psutil.Process()) + used_by_server(postmaster)


def run() -> Iterator[Result]:
    """Cores that 100,000 instruments a second take, and milliseconds that a frame of 500 takes."""
    with house() as database:
        market.keep_tape(database, datetime.now(UTC), hours=6, megabytes=4096)
        many = Publisher(database, MANY, levels=1)
        many.frame(quotes=False)
        loads = [_cores(database, many) for _ in range(RUNS)]
        many.close()
        yield Result("publish_100000_each_second", rounded(statistics.median(loads)), "cores")
        usual = Publisher(database, USUAL, levels=5)
        usual.frame(quotes=True)
        times = []
        for _ in range(RUNS):
            began = time.perf_counter()
            for _ in range(FRAMES):
                usual.frame(quotes=True)
            times.append((time.perf_counter() - began) / FRAMES * 1000)
        usual.close()
        yield Result("publish_frame_of_500", rounded(statistics.median(times)), "ms")


def _cores(database: Database, publisher: Publisher) -> float:
    """CPU a second while publishing one frame each second."""
    postmaster = server(database)
    before, began = cpu(postmaster), time.monotonic()
    for n in range(1, SECONDS + 1):
        rows = publisher.frame(quotes=False)
        if rows != MANY:
            raise RuntimeError(f"only {rows} of {MANY} instruments were published")
        time.sleep(max(0.0, began + n - time.monotonic()))
    return (cpu(postmaster) - before) / (time.monotonic() - began)
