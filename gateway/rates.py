"""How often a program may call, counted in this process by its key and the kind of its calls."""

import math
import threading
import time
from datetime import UTC, datetime

import settings
from core.program_rules import Bucket, Call, rules_at
from core.reasons import Reason, Refusal

_WORDS = {Call.QUOTE: "quotes", Call.HISTORY: "candles", Call.OTHER: "calls"}


class Rates:
    """The buckets of every program that has called."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._buckets: dict[tuple[int, Call], Bucket] = {}

    def spend(self, program: int, kind: Call | None) -> None:
        """Count a call of a program. Raises RATE_LIMIT; with KAGAZ_ORDER_RATE=0 nothing is counted."""
        if kind is None or settings.load().kagaz_order_rate == 0:
            return
        rate = rules_at(datetime.now(UTC)).rates[kind]
        with self._lock:
            wait = self._buckets.setdefault((program, kind), Bucket()).spend(rate, time.monotonic())
        if wait > 0:
            seconds = max(1, math.ceil(wait))
            sentence = f"Too many requests: {rate.a_second} {_WORDS[kind]} a second in the long run. Wait {seconds} s."
            raise Refusal(Reason.RATE_LIMIT, sentence, numbers={"retry_after": seconds})
