"""A market's candles on their way to the database, so that a frame need not wait for thousands of them."""

import threading
from collections import deque
from collections.abc import Iterator

import log
from core.frames import Rows
from desk import market as markets
from desk.market import Database
from feeds.candles import CandleMaker, Candles
from feeds.live.feed import LiveFeed
from feeds.live.twin import TwinFeed
from feeds.protocol import Feed
from feeds.universe import Universe

# Candles in one statement, and the seconds over which a round of them is spread that nobody waits for. Thirteen
# thousand at once take the server a quarter of a second of a processor, which frames wait for on a small machine.
PIECE, SPREAD = 400, 3.0


class Keeper:
    """Collects the candles of one universe and writes those that changed. Of two writings the later one begins when
    the earlier has ended, because a candle's close is that of who writes last."""

    def __init__(self, database: Database, market: str, universe: Universe) -> None:
        self._database, self._market = database, market
        self._maker = CandleMaker(universe)
        self._taking, self._writing = threading.Lock(), threading.Lock()
        self._waited_for = threading.Condition()
        self._waiting = 0
        self._due: deque[tuple[str, Candles]] = deque()  # taken and not written yet, oldest first

    def add(self, rows: Rows, feed: Feed) -> None:
        """Takes in a frame's rows; of a live feed with what came and went between two frames."""
        highs, lows = feed.swings(rows) if isinstance(feed, LiveFeed | TwinFeed) else (None, None)
        with self._taking:
            self._maker.add(rows, highs, lows)

    def write(self) -> None:
        """Writes what changed, and returns when it is written."""
        with self._waited_for:
            self._waiting += 1
            self._waited_for.notify_all()
        try:
            with self._writing:
                self._write()
        finally:
            with self._waited_for:
                self._waiting -= 1

    def write_meanwhile(self) -> None:
        """Has it written by a thread, a piece at a time; does nothing while one is still at it."""
        if self._writing.acquire(blocking=False):
            try:
                threading.Thread(target=self._written, name=f"candles {self._market}", daemon=True).start()
            except BaseException:
                self._writing.release()
                raise

    def _written(self) -> None:
        try:
            self._write(SPREAD)
        except Exception:  # noqa: BLE001 - the market goes on; what could not be written is written the next time
            log.get(__name__).exception("Candles could not be written", extra={"market": self._market})
        finally:
            self._writing.release()

    def _write(self, spread: float = 0.0) -> None:
        with self._taking:
            self._due += (*_pieces("1m", self._maker.take_minutes()), *_pieces("1d", self._maker.take_days()))
        pause = spread / max(1, len(self._due))
        while self._due:
            markets.add_candles(self._database, self._market, *self._due[0])
            self._due.popleft()
            with self._waited_for:
                self._waited_for.wait_for(lambda: self._waiting > 0, pause)


def _pieces(interval: str, candles: Candles) -> Iterator[tuple[str, Candles]]:
    return ((interval, candles[at : at + PIECE]) for at in range(0, len(candles), PIECE))
