"""The loop of a market's GTTs and price alerts: frames and changes in, orders and rings out, while this process leads.

It has a thread and a bus of its own: the orders that a hundred GTTs place at once delay no fill.
"""

import math
import time

import log
from desk import gtt_firing
from desk.leadership import Leadership, NotLeader
from desk.market import Database
from jobs.bus import Bus
from jobs.gtt_watcher import POLL, Desk, Watcher
from jobs.led import FIRST_PAUSE, LONGEST_PAUSE, Led
from jobs.price_alerts import Ringer

# Seconds between a ring and the look that it asks for. Nearly every ring is an order's, which is filled meanwhile by a
# loop of the same interpreter; frames are watched at once.
STAND_BACK = 0.1


class GttLoop(Led):
    """Watches and fires. The lead is the execution loop's: this one acts only while it is held."""

    def __init__(
        self, database: Database, market: str, bus: Bus, leadership: Leadership, desk: Desk = gtt_firing
    ) -> None:
        super().__init__("gtt", database, market, bus, leadership)
        self._desk = desk

    def run(self) -> None:
        """Waits for the lead, watches while it lasts, and waits again; until stopped."""
        with self._hearing():
            while not self._stopping.is_set():
                if self._leadership.leads():
                    self._watch()
                else:
                    self._stopping.wait(POLL)

    def _watch(self) -> None:
        """One life of the watch after the other."""
        pause = FIRST_PAUSE
        while self._leads():
            try:
                self._bus.take(0)  # displayed before this life
                watcher = Watcher(self._database, self._market, self._leadership, self._desk)
                ringer = Ringer(self._database, self._market, self._leadership)
                look_at: float | None = None
                while self._leads() and not watcher.over:
                    now = time.monotonic()
                    frame, rung = self._next(min(watcher.patience(), max(0.0, (look_at or math.inf) - now)))
                    if rung and look_at is None:
                        look_at = time.monotonic() + STAND_BACK
                    due = look_at is not None and look_at <= time.monotonic()
                    watcher.step(frame, due)
                    ringer.step([frame] if frame is not None and watcher.open else [], due)
                    look_at = None if due else look_at
                    pause = FIRST_PAUSE
            except NotLeader as error:
                log.get(__name__).warning("GTTs wait", extra={"market": self._market, "error": str(error)})
                self._stopping.wait(POLL)
            except Exception as error:  # noqa: BLE001 - whatever went wrong, the watch is built anew
                told = {"market": self._market, "error": str(error)}
                log.get(__name__).exception("GTTs are read anew from the database", extra=told)
                self._stopping.wait(pause)
                pause = min(2 * pause, LONGEST_PAUSE)
