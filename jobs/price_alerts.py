"""One life of the watch over a market's price alerts: built from the database, fed with frames and changes.

It stands beside the watch over GTTs, in the same loop: both look at what a frame displayed, and neither at orders.
"""

import time
from collections.abc import Iterable, Sequence

import log
from core.frames import Frame
from core.gtt_watch import Hit, Watch, put_all
from desk import price_alert_ringing as desk
from desk.availability import alone
from desk.leadership import Leadership
from desk.market import Database

# Seconds between looks at what changed where nobody rings, and at what has ended.
POLL, CHORES = 1.0, 60.0


class Ringer:
    """Rings the alerts of one market on one trading date. It is good until something raises; then another is made."""

    def __init__(self, database: Database, market: str, leadership: Leadership) -> None:
        self._database, self._market, self._leadership = database, market, leadership
        self._watch = Watch()
        self._due: dict[int, tuple[Hit, float]] = {}
        desk.expire(database, market)
        self._tended_at = self._looked_at = time.monotonic()
        self._hit(put_all(self._watch, desk.load_armed(database, leadership, market)))
        log.get(__name__).info("Price alerts are watched", extra={"market": market, "alerts": len(self._watch)})

    def step(self, frames: Sequence[Frame], rung: bool = False) -> None:
        """Take in frames of an open market, and what changed, if somebody rang or it is time to look."""
        for frame in frames:
            self._hit(self._watch.show(frame))
        now = time.monotonic()
        if now - self._tended_at >= CHORES:
            self._tended_at = now
            desk.expire(self._database, self._market)
        if rung or now - self._looked_at >= POLL:
            self._look()
        if self._due:
            self._fire(now)

    def _look(self) -> None:
        self._looked_at = time.monotonic()
        waiting, gone = desk.take_changes(self._database, self._leadership, self._market)
        for number in gone:
            self._watch.take(number)
        for number in (*gone, *(each.gtt_id for each in waiting)):
            self._due.pop(number, None)
        self._hit(put_all(self._watch, waiting))

    def _hit(self, hits: Iterable[Hit]) -> None:
        for hit in hits:
            self._due.setdefault(hit.gtt_id, (hit, 0.0))

    def _fire(self, now: float) -> None:
        """Ring what is due, account by account. One that may not ring again yet is kept until it may."""
        for number, (hit, not_before) in list(self._due.items()):
            if now < not_before:
                continue
            wait = 0.0
            with alone(hit.account_id, "price alert"):
                wait = desk.fire(self._database, self._leadership, hit)
            if wait > 0:
                self._due[number] = (hit, now + wait)
            else:
                del self._due[number]
