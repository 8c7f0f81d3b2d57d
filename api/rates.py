"""How often one token or session may ask of one process: reads and writes apart, so that who polls can still cancel.
Orders have limits of their own besides, by account and in the database."""

import settings
from core.program_rules import Rate
from desk.principal import Principal
from web.buckets import Buckets

AT_ONCE = 5
"""Seconds' worth of the rate that may come in one burst."""


class Rates:
    """The buckets of all who have asked."""

    def __init__(self) -> None:
        self._buckets = Buckets()

    def spend(self, who: Principal, writes: bool) -> None:
        """Count a request. Raises RATE_LIMIT with how long to wait; nothing is counted where KAGAZ_API_RATE is 0, or
        KAGAZ_ORDER_RATE, which switches all of these bounds off."""
        found = settings.load()
        a_second = found.kagaz_api_rate
        if not a_second or not found.kagaz_order_rate:
            return
        key = (who.token_id or who.session_public_id, writes)
        self._buckets.spend(key, Rate(a_second, a_second * AT_ONCE), "writes" if writes else "reads")
