"""How often somebody may ask, counted in this process: a bucket for each who asks and what is counted apart."""

import math
import threading
import time
from collections.abc import Hashable

from core.program_rules import Bucket, Rate
from core.reasons import Reason, Refusal

MOST = 10_000
"""Buckets that are kept; beyond it those that are full again are forgotten."""


class Buckets:
    """The buckets of all who have asked; may be shared by threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._buckets: dict[Hashable, Bucket] = {}

    def spend(self, key: Hashable, rate: Rate, what: str) -> None:
        """Count a request under a key. Raises RATE_LIMIT, which says how long to wait; ``what`` names the many."""
        now = time.monotonic()
        with self._lock:
            if len(self._buckets) > MOST:
                self._buckets = {each: bucket for each, bucket in self._buckets.items() if bucket.due > now}
            wait = self._buckets.setdefault(key, Bucket()).spend(rate, now)
        if wait > 0:
            seconds = max(1, math.ceil(wait))
            sentence = f"Too many requests: {rate.a_second} {what} a second in the long run. Wait {seconds} s."
            raise Refusal(Reason.RATE_LIMIT, sentence, numbers={"retry_after": seconds})
