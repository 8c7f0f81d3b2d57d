"""What the loops share that act only while their process leads its market: a bus of frames and a bell of orders."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from core.frames import Frame
from desk.bell import hear_orders
from desk.leadership import Leadership
from desk.market import Database
from jobs.bus import Bus

# Seconds before what is kept in memory is built anew after an error: doubled each time, and from the start after a
# good spell.
FIRST_PAUSE, LONGEST_PAUSE = 0.1, 5.0


class Led:
    """A loop that waits for frames and for users' changes. ``bus`` brings the frames that the market has stored."""

    def __init__(self, name: str, database: Database, market: str, bus: Bus, leadership: Leadership) -> None:
        self.name = f"{name} {market}"
        self._database, self._market, self._bus, self._leadership = database, market, bus, leadership
        self._stopping = threading.Event()
        self._rung = threading.Event()

    def stop(self) -> None:
        """Asks the loop to end after its present step."""
        self._stopping.set()
        self._bus.wake()

    @contextmanager
    def _hearing(self) -> Iterator[None]:
        """Wakes the bus when somebody changed an order."""
        deaf = threading.Event()
        bell = threading.Thread(
            target=hear_orders, args=(self._database, self._ring, deaf), name=f"bell of {self.name}", daemon=True
        )
        bell.start()
        try:
            yield
        finally:
            deaf.set()
            bell.join()

    def _ring(self) -> None:
        self._rung.set()
        self._bus.wake()

    def _leads(self) -> bool:
        return not self._stopping.is_set() and self._leadership.leads()

    def _next(self, patience: float) -> tuple[Frame | None, bool]:
        """The frame that came within so many seconds, if any, and whether somebody rang since the last call."""
        frame = self._bus.take(patience)
        rung = self._rung.is_set()
        self._rung.clear()
        return frame, rung
