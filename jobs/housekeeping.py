"""What no frame may wait for: the tape's hours, who wants which options, the day's snapshots and
the margins that follow them, the past."""

import time

import heap
from desk import jobs as runs
from desk import margins
from desk.market import Database
from jobs.loop import Steady
from jobs.market import MarketLoop

# Seconds between two looks at the tape's size, and what memory lies about.
TAPE_EVERY = 30.0
# Seconds between two looks for accounts whose margins follow an older snapshot.
MARGINS_EVERY = 5.0


class Housekeeping(Steady):
    """Does for one market what no frame may wait for."""

    every = 1.0

    def __init__(self, database: Database, market: MarketLoop) -> None:
        super().__init__()
        self.name = f"housekeeping {market.market}"
        self._database, self._market = database, market
        self._tape_at = 0.0
        self._margins_at = 0.0

    def step(self) -> None:
        """One second's round; nothing while another process leads."""
        if not self._market.leads():
            return
        self._market.ask_what_is_wanted()
        self._market.take_snapshot()
        if time.monotonic() - self._margins_at >= MARGINS_EVERY:
            self._margins_at = time.monotonic()
            margins.follow_snapshot(self._database, self._market.market)
        self._market.fill_the_past()
        if time.monotonic() - self._tape_at >= TAPE_EVERY:
            self._tape_at = time.monotonic()
            self._market.tape.keep()
            heap.give_back()
        runs.beat(self._database, "housekeeping", self._market.market)
