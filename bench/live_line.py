"""Upstox at full load, by the vendor's own client: as ``live_feed``, 28,000 words a second in messages of fifty.

Half a minute under load; ``BENCH_SECONDS=600`` for ten minutes.
"""

from collections.abc import Iterator

from bench.live_house import measured, told
from bench.result import Result, time_to_listen
from core.vendors import Vendor


def run() -> Iterator[Result]:
    """One line each."""
    yield from told("live_line", *measured(Vendor.UPSTOX, "bench.live_load", time_to_listen(30)))
