"""All loops of one market, which share a bus and a leadership."""

from desk.leadership import Leadership
from desk.market import Database
from jobs.asked_quotes import QuoteLoop
from jobs.bus import Bus, Fan
from jobs.charts import ChartLoop
from jobs.closing import ClosingLoop
from jobs.execution import ExecutionLoop
from jobs.gaps import GapLoop
from jobs.gtts import GttLoop
from jobs.histories import Histories
from jobs.housekeeping import Housekeeping
from jobs.loop import Loop
from jobs.market import MarketLoop
from settings import Settings


class Group:
    """The loops of a market in this process; stopped together.

    The execution loop contends for the lead; the others act only while it has it. Of two sidecars one trades
    and the other stands by.
    """

    def __init__(self, database: Database, market: str, settings: Settings) -> None:
        self._stopped = False
        bus, watched, leadership = Bus(), Bus(), Leadership(database, market)
        prices = MarketLoop(database, market, settings, Fan(bus, watched), leadership.leads)
        histories = Histories(database)
        self.loops: list[Loop] = [
            ExecutionLoop(database, market, bus, leadership),
            GttLoop(database, market, watched, leadership),
            prices,
            ClosingLoop(database, prices, histories),
            Housekeeping(database, prices),
            GapLoop(database, prices, histories),
            ChartLoop(database, prices, histories),
            QuoteLoop(database, prices, histories),
        ]

    def stopped(self) -> bool:
        """Whether the loops were told to end."""
        return self._stopped

    def stop(self) -> None:
        """Tells every loop to end; returns at once."""
        self._stopped = True
        for loop in reversed(self.loops):
            loop.stop()
