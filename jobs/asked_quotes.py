"""Last prices that a vendor is asked for, of what its stream says nothing of: of what is beyond the instruments that
one connection may carry, and of what rests.

They are shown without depth, so that nothing fills on them; positions are valued, margins reckoned and triggers seen.
"""

import time
from collections.abc import Sequence

import log
from desk import market as markets
from desk.market import Database
from feeds.live.feed import LiveFeed
from feeds.live.past import ANSWERS_LAST
from feeds.live.refusal import VendorRefusal
from feeds.live.twin import TwinFeed
from jobs.histories import Histories
from jobs.loop import Steady, patience
from jobs.market import MarketLoop

# Seconds between two questions, each for so many instruments, the most important first, and round until all have been
# asked for; after a refusal doubled with each in a row, up to the longest.
EVERY, MOST, FIRST_WAIT, LONGEST_WAIT = 10.0, 500, 30.0, 480.0


class QuoteLoop(Steady):
    """Asks for a live market. A loop of its own: an answer may take seconds, for which no frame waits."""

    every = EVERY

    def __init__(self, database: Database, market: MarketLoop, histories: Histories) -> None:
        super().__init__()
        self.name = f"quotes {market.market}"
        self._database, self._market, self._histories = database, market, histories
        self._refusals = 0
        self._not_before = 0.0
        self._round: set[int] = set()  # what was asked for since all had been

    def step(self) -> None:
        """One question, if something is silent; nothing while another process leads, nor soon after a refusal."""
        feed = self._market.talking()
        if not self._market.leads() or not isinstance(feed, LiveFeed | TwinFeed) or time.monotonic() < self._not_before:
            return
        vendor = feed.name
        silent = self._turn(feed.unheard()) if vendor in ANSWERS_LAST else []
        if not silent:
            return
        sources, _ = self._histories.of(markets.state(self._database, self._market.market), silent)
        # Another vendor's prices would not be those that are shown.
        for source in (one for one in sources if one.vendor == vendor):
            ids = {key: number for number, key in source.keys.items()}
            try:
                told = source.past.last(list(ids))
            except VendorRefusal as refusal:
                reason = log.redact(str(refusal))
                log.get(__name__).info("No last prices", extra={"market": self._market.market, "reason": reason})
                self._refusals += 1
                self._not_before = time.monotonic() + patience(self._refusals, FIRST_WAIT, LONGEST_WAIT)
                return
            self._refusals = 0
            self._round.update(silent)
            if feed.name == vendor:
                feed.answered({ids[key]: prices for key, prices in told.items() if key in ids})

    def _turn(self, silent: Sequence[int]) -> list[int]:
        """Those whose turn it is, filled up with the most important that have been asked for."""
        if self._round.issuperset(silent):
            self._round.clear()
        return sorted(silent, key=self._round.__contains__)[:MOST]
