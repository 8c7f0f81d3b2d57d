"""The execution loop: orders and frames in, fills out, for as long as this process leads its market.

The book is built from the database at every start and after every error, by the same code: to start is to
recover.
"""

import log
from desk import filling
from desk.leadership import Leadership, NotLeader
from desk.market import Database
from jobs.bus import Bus
from jobs.lanes import SideBySide
from jobs.led import FIRST_PAUSE, LONGEST_PAUSE, Led
from jobs.matcher import Desk, Matcher


class ExecutionLoop(Led):
    """Leads a market and fills its orders."""

    def __init__(self, database: Database, market: str, bus: Bus, leadership: Leadership, desk: Desk = filling) -> None:
        super().__init__("execution", database, market, bus, leadership)
        self._desk = desk
        self._lanes = SideBySide(database, leadership, self.name)

    def run(self) -> None:
        """Contends for the lead, fills while it has it, and contends again when it was lost; until stopped."""
        with self._hearing(), self._database.kept():
            try:
                while self._leadership.campaign(self._stopping):
                    self._lead()
            finally:
                self._leadership.resign()
                self._lanes.close()

    def _lead(self) -> None:
        """One life of the book after the other."""
        pause = FIRST_PAUSE
        while self._leads():
            matcher: Matcher | None = None
            try:
                self._bus.take(0)  # displayed before this life
                matcher = Matcher(self._database, self._market, self._leadership, self._desk, self._lanes)
                self._feed(matcher)
            except NotLeader as error:
                log.get(__name__).warning("Filling stops", extra={"market": self._market, "error": str(error)})
                return
            except Exception as error:  # noqa: BLE001 - whatever went wrong, the book is built anew
                told = {"market": self._market, "error": str(error)}
                log.get(__name__).exception("Filling starts anew from the database", extra=told)
                pause = FIRST_PAUSE if matcher and matcher.seen else min(2 * pause, LONGEST_PAUSE)
                self._stopping.wait(pause)

    def _feed(self, matcher: Matcher) -> None:
        while self._leads() and not matcher.over:
            frame, rung = self._next(matcher.patience())
            matcher.step(frame, self._bus.published_at, rung)
