"""A vendor's line at full load, from the socket to good rows, four frames a second: 5,000 last prices five times a
second, then 1,500 with depth twice a second.

What is measured: from the vendor's sending to the frame, in ms; processor time of the line's process and of the
caller; and what memory the line's process gained after the first third. ``BENCH_SECONDS`` sets another time than half
a minute: ten minutes show whether memory grows.
"""

import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import date

import numpy as np
import psutil

from bench.processor import used
from bench.result import Result, rounded, time_to_listen
from core.instruments import Instrument, Kind
from feeds.guard import Guard
from feeds.live.feed import LiveFeed
from feeds.live.process import PROJECT, LineProcess
from feeds.universe import Listing, Universe

SECONDS = time_to_listen(30)
FRAME = 0.25
LOADS = {"5,000 last prices 5/s": (5_000, False), "1,500 full depth 2/s": (1_500, True)}
DAY = date(2026, 11, 23)


def run() -> Iterator[Result]:
    """Each load in turn."""
    with subprocess.Popen(
        [sys.executable, "-m", "bench.live_load"], stdout=subprocess.PIPE, text=True, cwd=PROJECT
    ) as server:
        assert server.stdout is not None
        port = int(server.stdout.readline())
        try:
            for name, (count, full) in LOADS.items():
                yield from measure(name, count, full, f"ws://127.0.0.1:{port}")
        finally:
            server.kill()


def measure(name: str, count: int, full: bool, address: str) -> Iterator[Result]:
    """One load over one line."""
    shares = (Instrument(n, "NSE", f"S{n}", f"S{n}", Kind.EQ, 1, 5, 10**5) for n in range(1, count + 1))
    listed = Universe([Listing(share, 100_000) for share in shares], DAY)
    keys = {int(i): f"NSE_EQ|INE{i:09d}" for i in listed.id}
    line = LineProcess("upstox", {"access_token": "any", "stream": address}, log_level="error")
    feed, guard = LiveFeed(listed, line, keys), Guard(listed)
    every = [int(i) for i in listed.id]
    feed.wish(held=every if full else (), priced=() if full else every)
    line.start()
    try:
        while line.status().confirmed < count:
            feed.next_rows(now_ms())
            time.sleep(0.1)
        child = psutil.Process(line._child.pid) if line._child else psutil.Process()
        caller = psutil.Process()
        yield from watched(name, line, feed, guard, child, caller)
    finally:
        line.stop()


def watched(
    name: str, line: LineProcess, feed: LiveFeed, guard: Guard, child: psutil.Process, caller: psutil.Process
) -> Iterator[Result]:
    """Frames for so many seconds, and what they cost."""
    lags: list[np.ndarray] = []
    memory: list[int] = []
    before, costs = line.status().ticks, [used(child), used(caller)]
    rows_seen, began = 0, time.monotonic()
    due = began
    while time.monotonic() - began < SECONDS:
        due += FRAME
        time.sleep(max(0.0, due - time.monotonic()))
        now = now_ms()
        rows = guard.check(feed.next_rows(now), feed.clock(now))
        rows_seen += len(rows)
        lags.append(now - rows["exchange_time"])
        memory.append(child.memory_info().rss)
    took = time.monotonic() - began
    theirs, ours = used(child) - costs[0], used(caller) - costs[1]
    every = np.concatenate(lags)
    first = memory[len(memory) // 3 : len(memory) // 3 + 5]
    yield Result(f"line: {name}, words read", rounded((line.status().ticks - before) / took), "1/s")
    yield Result(f"line: {name}, rows to frames", rounded(rows_seen / took), "1/s")
    yield Result(f"line: {name}, sent to frame p50", rounded(float(np.percentile(every, 50))), "ms")
    yield Result(f"line: {name}, sent to frame p99", rounded(float(np.percentile(every, 99))), "ms")
    yield Result(f"line: {name}, sent to arrival p99", rounded(line.status().lag_p99), "ms")
    yield Result(f"line: {name}, processor of the line", rounded(theirs / took), "cores")
    yield Result(f"line: {name}, processor of the caller", rounded(ours / took), "cores")
    gained = statistics.median(memory[-5:]) - statistics.median(first)
    yield Result(f"line: {name}, memory gained", rounded(gained / 2**20), "MB")
    yield Result(f"line: {name}, dropped", float(sum(guard.dropped.values())), "rows")


def now_ms() -> int:
    """The wall clock."""
    return int(time.time() * 1000)
