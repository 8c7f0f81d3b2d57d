"""The latest quotes of a live market, on their way to the database."""

from collections.abc import Collection

from core.frames import Frame
from desk import market as markets
from desk.market import Database, MarketState
from jobs.display import Display
from jobs.renewal import Renewal

# Frames of the tape that the quotes may be behind of, where a process was killed.
BEHIND = 200


class Latest:
    """Stores frames with the quotes whose turn it is, and sees to it that none is left behind.

    ``display`` is what the quotes and the frames of the tape that are not in them show: also where the process that
    showed it was killed. ``now_ms`` is the time of the exchange's clock.
    """

    def __init__(self, database: Database, state: MarketState, now_ms: int) -> None:
        self._database, self._market = database, state.id
        self._renewal = Renewal()
        self.display = Display(markets.quotes(database, state.id))
        if state.quoted_to < state.frame:
            for frame in markets.frames_after(database, state.id, state.quoted_to, BEHIND):
                self.display.know(frame.rows["instrument"].tolist())
                self.display.show(frame.rows)
                self._renewal.hold(frame, max(0, now_ms - frame.exchange_time) / 1000)

    def prefer(self, wanted: Collection[int]) -> None:
        """What is renewed sooner than the rest."""
        self._renewal.prefer(wanted)

    def store(self, frame: Frame, taped: bool, everything: bool) -> markets.Stored:
        """Stores a frame. Without a tape the quotes are all that a reader has, and whole."""
        renewed = self._renewal.offer(frame, everything or not taped)
        stored = markets.store_frame(self._database, frame, keep_tape=taped, renewed=renewed)
        self._renewal.stored()
        self.display.show(frame.rows)
        return stored

    def go_on(self, number: int, everything: bool = False) -> None:
        """Writes what waits, or a part of it, although no frame came after the one of this number. Where one did,
        another process has this market, and what waits here is nobody's."""
        if len(self._renewal):
            markets.renew_quotes(self._database, self._market, number, self._renewal.offer(None, everything))
            self._renewal.stored()
