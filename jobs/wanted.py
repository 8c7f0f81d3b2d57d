"""What somebody orders, holds or looks at in a market, and whether that is more than its universe has."""

import time
from collections.abc import Collection

from desk import market as markets
from desk.market import Database
from desk.masters import Master
from jobs import day

# A contract that only a vendor's file lists is priced within so many seconds of being wanted.
WIDER = 5.0


class Wanted:
    """Asked once when a universe is built, and each second afterwards."""

    def __init__(self, database: Database, market: str) -> None:
        self._database, self._market = database, market
        self._master: Master | None = None
        self._beyond: set[int] = set()  # what this universe was built for beyond what this house lists
        self._more = False
        self._built_at = 0.0

    def build(self, master: Master) -> list[int]:
        """Everything that is wanted now, which the universe that is built next will have as far as it can."""
        found = markets.wanted(self._database, self._market)
        self._master, self._beyond, self._more = master, day.beyond(master, found), False
        self._built_at = time.monotonic()
        return found

    def ask(self) -> list[int]:
        """Everything that is wanted now."""
        return markets.wanted(self._database, self._market)

    def heard(self, found: Collection[int]) -> None:
        """Mind whether somebody wants what the universe was not built for."""
        assert self._master is not None
        self._more = not day.beyond(self._master, found) <= self._beyond

    def needs_wider(self) -> bool:
        """Whether the universe has stood long enough, and somebody wants more than it has."""
        return self._more and time.monotonic() - self._built_at >= WIDER
