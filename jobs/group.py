"""All loops of one market, which share a bus and a leadership."""

from desk.market import Database
from jobs.bus import Bus
from jobs.housekeeping import Housekeeping
from jobs.loop import Loop
from jobs.market import MarketLoop
from settings import Settings


class Group:
    """The loops of a market in this process; stopped together."""

    def __init__(self, database: Database, market: str, settings: Settings) -> None:
        self._stopped = False
        bus = Bus()
        prices = MarketLoop(database, market, settings, bus, lambda: True)
        self.loops: list[Loop] = [prices, Housekeeping(database, prices)]

    def stopped(self) -> bool:
        """Whether the loops were told to end."""
        return self._stopped

    def stop(self) -> None:
        """Tells every loop to end; returns at once."""
        self._stopped = True
        for loop in self.loops:
            loop.stop()
