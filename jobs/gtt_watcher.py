"""One life of the watch over a market's GTTs: built from the database, fed with frames and changes."""

import time
from collections.abc import Iterable, Sequence
from typing import Protocol

import log
from core.frames import Frame
from core.gtt_watch import Armed, Hit, Watch, put_all
from desk import market as markets
from desk.availability import alone
from desk.gtt_firing import Fate
from desk.leadership import Leadership
from desk.market import Database

# Seconds between looks at what changed, and at what has nothing left to do.
POLL, CHORES = 0.25, 1.0


class Desk(Protocol):
    """The desk's side of GTTs; desk.gtt_firing is the one that is used."""

    def load_armed(self, database: Database, leadership: Leadership, market: str) -> list[Armed]:
        """Everything that waits in the market."""

    def take_changes(
        self, database: Database, leadership: Leadership, market: str, watched: Sequence[int]
    ) -> tuple[list[Armed], list[int]]:
        """What waits now and what waits no longer, of what changed since the last look."""

    def fire(self, database: Database, leadership: Leadership, hit: Hit) -> Fate:
        """Place the order of a leg that was hit."""

    def expire(self, database: Database, market: str) -> int:
        """End what has outlived its last trading date."""

    def tend(self, database: Database, market: str) -> int:
        """End the targets and stops that have nothing left to do."""


class Watcher:
    """Fires the GTTs of one market on one trading date. It is good until something raises; then another is made."""

    def __init__(self, database: Database, market: str, leadership: Leadership, desk: Desk) -> None:
        self._database, self._market = database, market
        self._leadership, self._desk = leadership, desk
        self.fired = 0
        self._watch = Watch()
        self._due: dict[tuple[int, int], Hit] = {}
        self._idle: set[int] = set()
        self._tended_at = 0.0
        self._look()
        self._date = self._state.trading_date
        self._hit(put_all(self._watch, desk.load_armed(database, leadership, market)))
        told = {"market": market, "gtts": len(self._watch), "term": leadership.term}
        log.get(__name__).info("GTTs are watched", extra=told)

    @property
    def over(self) -> bool:
        """Whether the market has moved to another trading date, whose watch is built anew."""
        return self._state.trading_date != self._date

    @property
    def open(self) -> bool:
        """Whether the market was open when it was last looked at."""
        return self._state.phase == "OPEN"

    def step(self, frame: Frame | None, rung: bool = False) -> None:
        """Take in a frame, if there is one, and what changed, if somebody rang or it is time to look."""
        if frame is not None:
            if self._state.phase != "OPEN":
                self._look()
            if self._state.phase == "OPEN":
                self._hit(self._watch.show(frame))
        if time.monotonic() - self._tended_at >= CHORES:
            self._tended_at = time.monotonic()
            self._desk.expire(self._database, self._market)
            self._desk.tend(self._database, self._market)
        if rung or self._idle or time.monotonic() - self._looked_at >= POLL:
            self._look()
            self._take_changes()
        self._fire()

    def patience(self) -> float:
        """Seconds until a step is due although no frame came and nobody rang."""
        return max(0.0, self._looked_at + POLL - time.monotonic())

    def _take_changes(self) -> None:
        # What had nothing to close is not watched any more, and comes back by being asked for.
        self._idle.clear()
        waiting, gone = self._desk.take_changes(
            self._database, self._leadership, self._market,
            [*self._watch.attached, *(gtt_id for gtt_id, _leg in self._due)],
        )  # fmt: skip
        for gtt_id in gone:
            self._watch.take(gtt_id)
        for one in waiting:
            self._due = {key: hit for key, hit in self._due.items() if key[0] != one.gtt_id}
        self._hit(put_all(self._watch, waiting))

    def _hit(self, hits: Iterable[Hit]) -> None:
        for hit in hits:
            self._due.setdefault((hit.gtt_id, hit.leg), hit)

    def _fire(self) -> None:
        """Fire what is due, account by account; what cannot be placed at present is kept."""
        for key, hit in list(self._due.items()):
            fate = Fate.OVER
            with alone(hit.account_id, "gtt"):
                fate = self._desk.fire(self._database, self._leadership, hit)
            if fate is Fate.LATER:
                continue
            del self._due[key]
            self.fired += fate is Fate.OVER
            if fate is Fate.IDLE:
                self._idle.add(hit.gtt_id)

    def _look(self) -> None:
        self._state = markets.state(self._database, self._market)
        self._looked_at = time.monotonic()
