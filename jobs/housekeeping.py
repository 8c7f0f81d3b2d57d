"""What no frame may wait for: the tape's hours, who wants which options, the day's snapshots, the past."""

import time

from desk import jobs as runs
from desk.market import Database
from jobs.loop import Steady
from jobs.market import MarketLoop

# Seconds between two looks at the tape's size.
TAPE_EVERY = 30.0


class Housekeeping(Steady):
    """Does for one market what no frame may wait for."""

    every = 1.0

    def __init__(self, database: Database, market: MarketLoop) -> None:
        super().__init__()
        self.name = f"housekeeping {market.market}"
        self._database, self._market = database, market
        self._tape_at = 0.0

    def step(self) -> None:
        """One second's round; nothing while another process leads."""
        if not self._market.leads():
            return
        self._market.ask_what_is_wanted()
        self._market.take_snapshot()
        self._market.fill_the_past()
        if time.monotonic() - self._tape_at >= TAPE_EVERY:
            self._tape_at = time.monotonic()
            self._market.keep_tape()
        runs.beat(self._database, "housekeeping", self._market.market)
