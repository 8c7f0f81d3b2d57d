"""The sidecar's part of a live market at full load, as a process of its own: all loops of the market as in use.

``python -m bench.live_sidecar URL MARKET VENDOR CREDENTIALS TIMES LAST`` listens to the bench's vendor (``VENDOR``, by
its module) for every instrument that it knows: those from the ``LAST`` + 1st on with depth, the others by last price.
``TIMES`` names where a row says when it was sent. Each line of input is answered: ``mark`` begins to count, ``report``
tells what was counted. Each fill that was committed is told by itself, with the instant of the machine's clock.
"""

import json
import sys
import threading
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import orjson
import psutil

import heap
import log
import settings
from bench.house import TAPE_MB
from core.frames import Frame
from core.matching import Fill, Outcome
from core.vendors import Vendor
from db.engine import Database
from desk import filling
from desk import market as markets
from desk.filling import Applied, Term
from desk.market import MarketState
from feeds.live.feed import LiveFeed
from feeds.live.process import LineProcess
from feeds.protocol import Feed
from feeds.universe import Universe
from jobs import live, live_day
from jobs.group import Group
from jobs.loop import supervise
from jobs.market import MarketLoop

LONGEST = 60_000  # ms that are told apart
WINDOW = 5.0  # s of which each has a line of its own: whether a tail is one stall or the load's own


class Wishing(LiveFeed):
    """Wants everything, whoever wants what."""

    last = 0

    def want(self, ids: object) -> None:
        """The first so many by last price, the others with depth."""
        known = [int(each) for each in self._universe.id if int(each) in self._key]
        known.sort(key=lambda each: self._universe.listings[self._universe.row[each]].instrument.symbol)
        self.wish(held=known[self.last :], priced=known[: self.last])


def stolen_so_far() -> float:
    """Seconds of processor that the machine's host kept for others; 0 where the system does not say."""
    return float(getattr(psutil.cpu_times(), "steal", 0.0))


class Windows:
    """Each few seconds: the lag's 99th percentile, the slowest store, the longest pause between two frames, and the
    seconds of processor that the machine's host kept for others meanwhile."""

    def __init__(self) -> None:
        self.told: list[dict[str, float]] = []
        self._lags = np.zeros(LONGEST, np.int64)
        self._last = self._began = time.monotonic()
        self._store, self._pause, self._stolen = 0.0, 0.0, stolen_so_far()

    def add(self, lags: np.ndarray, took: float) -> None:
        """A stored frame's."""
        now = time.monotonic()
        self._lags += lags
        self._store, self._pause = max(self._store, took), max(self._pause, now - self._last)
        self._last = now
        if now - self._began >= WINDOW:
            sums, stolen = np.cumsum(self._lags), stolen_so_far()
            self.told.append({
                "p99": int(np.searchsorted(sums, 0.99 * sums[-1])), "store": round(1000 * self._store),
                "pause": round(1000 * self._pause), "stolen": round(stolen - self._stolen, 2),
            })  # fmt: skip
            self._lags[:] = 0
            self._began, self._store, self._pause, self._stolen = now, 0.0, 0.0, stolen


class Watcher:
    """Counts what is stored, and how long ago each new word of it was sent; memory grows by its windows alone."""

    def __init__(self, times: str) -> None:
        self._times = times
        self._lock = threading.Lock()
        self._seen = np.zeros(1 << 20, np.int64)
        self._lags = np.zeros(LONGEST, np.int64)
        self._counted: Counter[str] = Counter()
        self._took = 0.0
        self._windows = Windows()
        self._store = markets.store_frame
        self._apply = filling.apply

    def mark(self) -> None:
        """Count from here on."""
        with self._lock:
            self._lags[:] = 0
            self._counted.clear()
            self._took = 0.0
            self._windows = Windows()

    def store(self, database: Database, frame: Frame, **how: Any) -> Any:
        """The house's own, and a look at the clock when it is done."""
        began = time.monotonic()
        stored = self._store(database, frame, **how)
        took, now = time.monotonic() - began, int(time.time() * 1000)
        sent, ids = frame.rows[self._times], frame.rows["instrument"]
        with self._lock:
            fresh = sent > self._seen[ids]
            self._seen[ids] = sent
            lags = np.bincount(np.clip(now - sent[fresh], 0, LONGEST - 1), minlength=LONGEST)
            self._lags += lags
            self._windows.add(lags, took)
            self._counted["frames"] += 1
            self._counted["rows"] += len(frame.rows)
            self._took += took
        return stored

    def apply(self, database: Database, leadership: Term, outcomes: Sequence[Outcome]) -> Applied:
        """The house's own, and a word on each fill."""
        applied = self._apply(database, leadership, outcomes)
        now = time.monotonic()
        fills = [one.order_id for one in applied.done if isinstance(one, Fill)]
        if fills:
            say({"filled": fills, "at": now})
        return applied

    def report(self, loop: MarketLoop) -> dict[str, Any]:
        """What was counted since the mark, and how feed and line are."""
        with self._lock:
            sums = np.cumsum(self._lags)
            p50, p99, worst = (
                int(np.searchsorted(sums, part * sums[-1])) if sums[-1] else 0 for part in (0.5, 0.99, 1.0)
            )
            told: dict[str, Any] = {**self._counted, "words": int(sums[-1]), "p50": p50, "p99": p99, "worst": worst}
            told["windows"] = self._windows.told
            told["store_ms"] = 1000 * self._took / max(1, self._counted["frames"])
        feed = loop._feed
        assert isinstance(feed, Wishing)
        child = feed._line._child  # type: ignore[attr-defined]
        return {**told, "feed": feed.state(), "dropped": dict(loop._guard.dropped), "line_pid": child and child.pid}


def say(what: Mapping[str, Any]) -> None:
    """One line to whoever started us."""
    sys.stdout.buffer.write(orjson.dumps(what) + b"\n")
    sys.stdout.buffer.flush()


def main() -> None:
    """Until the input ends."""
    heap.one_for_all()  # as jobs does
    url, market, vendor, credentials, times, last = sys.argv[1:7]
    log.configure("warning")
    database, watcher = Database(url, pool_size=12), Watcher(times)
    Wishing.last = int(last)

    def open_feed(database: Database, state: MarketState, resume: dict[str, Any]) -> tuple[Universe, Feed]:
        keys = live.keys_of(database, Vendor(state.feed), state.trading_date)
        universe = live_day.load(database, state, set(keys))
        line = LineProcess(vendor, json.loads(credentials))
        feed = Wishing(universe, line, keys, resume)
        line.start()
        return universe, feed

    live.open_feed = open_feed  # type: ignore[assignment]
    markets.store_frame = watcher.store  # type: ignore[assignment]
    filling.apply = watcher.apply
    group = Group(database, market, settings.Settings(kagaz_tape_mb=TAPE_MB))
    threads = [
        threading.Thread(target=supervise, args=(loop, group.stopped), daemon=True, name=loop.name)
        for loop in group.loops
    ]
    for thread in threads:
        thread.start()
    (prices,) = (loop for loop in group.loops if isinstance(loop, MarketLoop))
    for line in sys.stdin:
        if line.strip() == "mark":
            watcher.mark()
            say({"marked": True})
        else:
            say({"report": watcher.report(prices)})
    group.stop()
    for thread in threads:
        thread.join(10)


if __name__ == "__main__":
    main()
