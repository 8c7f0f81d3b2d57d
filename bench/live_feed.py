"""A live market at full load: 5,000 instruments by last price five times a second, 1,500 with depth twice.

The vendor is a process, the line another, as in use; here is the sidecar's part: the feed and the guard, each 250 ms.
Measured are the lag from the vendor's sending to a row that passed the guard, processor time, and what memory has
grown by. The baseline reads the same stream in a process that decodes the JSON and does nothing else. Twenty seconds;
``BENCH_SECONDS=600`` for ten minutes.
"""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

import numpy as np
import numpy.typing as npt
import psutil

from bench.live_stand import SYMBOLS
from bench.processor import used
from bench.product import ROOT
from bench.result import Result, rounded, time_to_listen
from core.instruments import Instrument, Kind
from feeds.guard import Guard
from feeds.live.feed import LiveFeed
from feeds.live.line import LineState
from feeds.live.process import LineProcess
from feeds.universe import Listing, Universe

FRAME = 0.25
WARM_UP = 5.0  # seconds until memory and caches have their size
PATIENCE = 60.0


@dataclass(slots=True)
class Load:
    """What was seen: lags in ms, processor seconds a second, megabytes at the begin and at the end."""

    lags: list[npt.NDArray[np.int64]] = field(default_factory=list)
    rows: int = 0
    seconds: float = 0.0
    line: float = 0.0
    sidecar: float = 0.0
    before: float = 0.0
    after: float = 0.0
    dropped: int = 0
    messages: int = 0


@contextmanager
def vendor() -> Iterator[int]:
    """The vendor's process; its port."""
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.live_stand"], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )  # fmt: skip
    try:
        assert process.stdout is not None
        yield int(process.stdout.readline())
    finally:
        process.kill()
        process.communicate()


def universe() -> Universe:
    """As many shares as the vendor has symbols."""
    shares = (Instrument(n, "NSE", name, name, Kind.EQ, 1, 5, 100_000) for n, name in enumerate(SYMBOLS, 1))
    return Universe([Listing(one, 100_000) for one in shares], datetime.now(UTC).date())


def measure(seconds: float) -> Load:
    """The feed over the line for so many seconds after a warm-up."""
    whole = universe()
    with vendor() as port:
        line = LineProcess("bench.live_vendor", {"user": "bench", "password": "none", "port": str(port)})
        feed, guard, load = LiveFeed(whole, line, dict(enumerate(SYMBOLS, 1))), Guard(whole), Load()
        feed.want(whole.id.tolist())
        line.start()
        try:
            _step_until(feed, guard, lambda: line.status().confirmed == len(SYMBOLS))
            _listen(feed, guard, WARM_UP, Load())
            child = line._child
            assert child is not None
            me, there = psutil.Process(), psutil.Process(child.pid)
            load.before = _megabytes(me, there)
            began, spent = time.monotonic(), (used(me), used(there))
            guard.dropped.clear()
            heard = line.status().messages
            _listen(feed, guard, seconds, load)
            load.seconds = time.monotonic() - began
            load.sidecar, load.line = (
                (used(one) - was) / load.seconds for one, was in zip((me, there), spent, strict=True)
            )
            load.messages = line.status().messages - heard
            load.after, load.dropped = _megabytes(me, there), sum(guard.dropped.values())
            assert line.status().state is LineState.LIVE
        finally:
            line.stop()
    return load


def _listen(feed: LiveFeed, guard: Guard, seconds: float, load: Load) -> None:
    """Frame by frame; of each row whose trade is new, how long ago the vendor sent it."""
    seen = np.zeros(len(SYMBOLS) + 1, np.int64)
    due = time.monotonic()
    end = due + seconds
    while (now := time.monotonic()) < end:
        time.sleep(max(0.0, due - now))
        due += FRAME
        ms = int(time.time() * 1000)
        rows = guard.check(feed.next_rows(ms), feed.clock(ms))
        at = int(time.time() * 1000)
        fresh = rows["oi"] > seen[rows["instrument"]]
        seen[rows["instrument"]] = rows["oi"]
        load.lags.append(at - rows["oi"][fresh])
        load.rows += len(rows)


def _step_until(feed: LiveFeed, guard: Guard, true: object) -> None:
    deadline = time.monotonic() + PATIENCE
    while not true():  # type: ignore[operator]
        assert time.monotonic() < deadline, feed.state()
        ms = int(time.time() * 1000)
        guard.check(feed.next_rows(ms), feed.clock(ms))
        time.sleep(FRAME)


def _megabytes(*processes: psutil.Process) -> float:
    return sum(float(one.memory_info().rss) for one in processes) / 2**20


def bare(seconds: float) -> tuple[float, float]:
    """Messages a second and processor seconds a second of a process that only decodes."""
    with vendor() as port:
        told = subprocess.run(
            [sys.executable, "-m", "bench.live_bare", str(port), str(seconds)],
            cwd=ROOT, capture_output=True, text=True, check=True, timeout=seconds + PATIENCE,
        ).stdout.split()  # fmt: skip
    return float(told[0]), float(told[1])


def run() -> Iterator[Result]:
    """One line each."""
    listened = time_to_listen(20)
    messages, decoding = bare(min(listened, 20.0))
    load = measure(listened)
    lags = np.concatenate(load.lags)
    p50, p99 = (float(one) for one in np.percentile(lags, (50, 99)))
    # What a message costs tells of the code; how many are read, and how late, of the machine as well.
    ours, theirs = 1e6 * load.line * load.seconds / load.messages, 1e6 * decoding / messages
    heard, ratio = load.messages / load.seconds, load.messages / load.seconds / messages
    yield Result("live_feed_messages", rounded(heard), "messages/s", rounded(messages), rounded(ratio))
    yield Result("live_feed_message", rounded(ours), "us", rounded(theirs), rounded(ours / theirs))
    yield Result("live_feed_rows", rounded(load.rows / load.seconds), "rows/s")
    yield Result("live_feed_lag_p50", rounded(p50), "ms")
    yield Result("live_feed_lag_p99", rounded(p99), "ms")
    yield Result("live_feed_line_cpu", rounded(load.line), "cores")
    yield Result("live_feed_sidecar_cpu", rounded(load.sidecar), "cores")
    yield Result("live_feed_memory", rounded(load.after), "MB", rounded(load.before), rounded(load.after / load.before))
    yield Result("live_feed_dropped", float(load.dropped), "rows")
