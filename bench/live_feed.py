"""TrueData at full load, 31,000 messages a second: 5,000 instruments by last price five times a second, 1,500 with
depth twice, through the line, the feed, the guard and the store, in a house in which everything else goes on as well
(``bench.live_house``). Measured are the lag from the vendor's sending to a row in a stored frame, what orders and a
reader of the stream take meanwhile beside what they take without the load, processor time, and how memory grows.

What a message costs the line's process stands beside a process that decodes the same JSON and does nothing else.
Half a minute under load; ``BENCH_SECONDS=600`` for ten minutes.
"""

import subprocess
import sys
from collections.abc import Iterator

from bench.live_house import PATIENCE, measured, speak_of_all, told, vendor
from bench.product import ROOT
from bench.result import Result, rounded, time_to_listen
from core.vendors import Vendor

STAND = "bench.live_stand"
BARE = 10.0


def bare(seconds: float) -> tuple[float, float]:
    """Messages a second and processor seconds a second of a process that only decodes."""
    with vendor(STAND) as stand:
        assert stand.stdout is not None
        port = int(stand.stdout.readline())
        speak_of_all(stand)
        told = subprocess.run(
            [sys.executable, "-m", "bench.live_bare", str(port), str(seconds)],
            cwd=ROOT, capture_output=True, text=True, check=True, timeout=seconds + PATIENCE,
        ).stdout.split()  # fmt: skip
    return float(told[0]), float(told[1])


def run() -> Iterator[Result]:
    """One line each."""
    messages, decoding = bare(BARE)
    quiet, full = measured(Vendor.TRUEDATA, STAND, time_to_listen(30))
    ours, theirs = 1e6 * full.cores["line"] / full.words, 1e6 * decoding / messages
    yield Result("live_feed_message", rounded(ours), "us", rounded(theirs), rounded(ours / theirs))
    yield from told("live_feed", quiet, full)
