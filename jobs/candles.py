"""A market's candles on their way to the database, so that a frame need not wait for thousands of them."""

import threading
from collections import deque

import log
from core.frames import Rows
from desk import market as markets
from desk.market import Database
from feeds.candles import CandleMaker, Candles
from feeds.live.feed import LiveFeed
from feeds.live.twin import TwinFeed
from feeds.protocol import Feed
from feeds.universe import Universe


class Keeper:
    """Collects the candles of one universe and writes those that changed. Of two writings the later one begins when
    the earlier has ended, because a candle's close is that of who writes last."""

    def __init__(self, database: Database, market: str, universe: Universe) -> None:
        self._database, self._market = database, market
        self._maker = CandleMaker(universe)
        self._taking, self._writing = threading.Lock(), threading.Lock()
        self._due: deque[tuple[str, Candles]] = deque()  # taken and not written yet, oldest first

    def add(self, rows: Rows, feed: Feed) -> None:
        """Takes in a frame's rows; of a live feed with what came and went between two frames."""
        highs, lows = feed.swings(rows) if isinstance(feed, LiveFeed | TwinFeed) else (None, None)
        with self._taking:
            self._maker.add(rows, highs, lows)

    def write(self) -> None:
        """Writes what changed, and returns when it is written."""
        with self._writing:
            self._write()

    def write_meanwhile(self) -> None:
        """Has it written by a thread; does nothing while one is still at it."""
        if self._writing.acquire(blocking=False):
            try:
                threading.Thread(target=self._written, name=f"candles {self._market}", daemon=True).start()
            except BaseException:
                self._writing.release()
                raise

    def _written(self) -> None:
        try:
            self._write()
        except Exception:  # noqa: BLE001 - the market goes on; what could not be written is written the next time
            log.get(__name__).exception("Candles could not be written", extra={"market": self._market})
        finally:
            self._writing.release()

    def _write(self) -> None:
        with self._taking:
            self._due += (("1m", self._maker.take_minutes()), ("1d", self._maker.take_days()))
        while self._due:
            markets.add_candles(self._database, self._market, *self._due[0])
            self._due.popleft()
