"""How often one token or session may ask, counted in this process: reads and writes apart, so that who polls can
still cancel. Orders have limits of their own besides, by account and in the database."""

import math
import threading
import time
from typing import Any

import settings
from core.program_rules import Bucket, Rate
from core.reasons import Reason, Refusal
from desk.principal import Principal

AT_ONCE = 5
"""Seconds' worth of the rate that may come in one burst."""
MOST = 10_000
"""Buckets that are kept; beyond it those that are full again are forgotten."""


class Rates:
    """The buckets of all who have asked."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._buckets: dict[tuple[Any, bool], Bucket] = {}

    def spend(self, who: Principal, writes: bool) -> None:
        """Count a request. Raises RATE_LIMIT with how long to wait; nothing is counted where KAGAZ_API_RATE is 0, or
        KAGAZ_ORDER_RATE, which switches all of these bounds off."""
        found = settings.load()
        a_second = found.kagaz_api_rate
        if not a_second or not found.kagaz_order_rate:
            return
        key = (who.token_id or who.session_public_id, writes)
        now = time.monotonic()
        with self._lock:
            if len(self._buckets) > MOST:
                self._buckets = {each: bucket for each, bucket in self._buckets.items() if bucket.due > now}
            wait = self._buckets.setdefault(key, Bucket()).spend(Rate(a_second, a_second * AT_ONCE), now)
        if wait > 0:
            seconds = max(1, math.ceil(wait))
            what = "writes" if writes else "reads"
            sentence = f"Too many requests: {a_second} {what} a second in the long run. Wait {seconds} s."
            raise Refusal(Reason.RATE_LIMIT, sentence, numbers={"retry_after": seconds})
