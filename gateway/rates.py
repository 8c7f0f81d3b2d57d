"""How often a program may call one process, by its key and the kind of its calls."""

from datetime import UTC, datetime

import settings
from core.program_rules import Call, rules_at
from web.buckets import Buckets

_WORDS = {Call.QUOTE: "quotes", Call.HISTORY: "candles", Call.OTHER: "calls"}


class Rates:
    """The buckets of every program that has called."""

    def __init__(self) -> None:
        self._buckets = Buckets()

    def spend(self, program: int, kind: Call | None) -> None:
        """Count a call of a program. Raises RATE_LIMIT; with KAGAZ_ORDER_RATE=0 nothing is counted."""
        if kind is None or settings.load().kagaz_order_rate == 0:
            return
        self._buckets.spend((program, kind), rules_at(datetime.now(UTC)).rates[kind], _WORDS[kind])
