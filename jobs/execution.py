"""The execution loop: orders and frames in, fills out, for as long as this process leads its market.

The book is built from the database at every start and after every error, by the same code: to start is to
recover.
"""

import threading

import log
from desk import filling
from desk.bell import hear_orders
from desk.leadership import Leadership, NotLeader
from desk.market import Database
from jobs.bus import Bus
from jobs.matcher import Desk, Matcher

# Seconds before the book is built anew after an error: doubled each time, and from the start after a frame.
FIRST_PAUSE, LONGEST_PAUSE = 0.1, 5.0


class ExecutionLoop:
    """Leads a market and fills its orders. ``bus`` brings the frames that the market's loop has stored."""

    def __init__(self, database: Database, market: str, bus: Bus, leadership: Leadership, desk: Desk = filling) -> None:
        self.name = f"execution {market}"
        self._database, self._market, self._bus = database, market, bus
        self._leadership, self._desk = leadership, desk
        self._stopping = threading.Event()
        self._rung = threading.Event()

    def run(self) -> None:
        """Contends for the lead, fills while it has it, and contends again when it was lost; until stopped."""
        deaf = threading.Event()
        bell = threading.Thread(target=hear_orders, args=(self._database, self._ring, deaf), name="orders", daemon=True)
        bell.start()
        try:
            while self._leadership.campaign(self._stopping):
                self._lead()
        finally:
            deaf.set()
            self._leadership.resign()
            bell.join()

    def stop(self) -> None:
        """Asks the loop to end after its present batch."""
        self._stopping.set()
        self._bus.wake()

    def _ring(self) -> None:
        self._rung.set()
        self._bus.wake()

    def _leads(self) -> bool:
        return not self._stopping.is_set() and self._leadership.leads()

    def _lead(self) -> None:
        """One life of the book after the other."""
        pause = FIRST_PAUSE
        while self._leads():
            matcher: Matcher | None = None
            try:
                self._bus.take(0)  # displayed before this life
                matcher = Matcher(self._database, self._market, self._leadership, self._desk)
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
            frame = self._bus.take(matcher.patience())
            rung = self._rung.is_set()
            self._rung.clear()
            matcher.step(frame, self._bus.published_at, rung)
