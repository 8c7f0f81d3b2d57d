"""The one reader of a server of streams: a thread that hears the doorbell, reads once for all of them, and hands over.

A ring is only a hint; the thread also looks by itself four times a second. While the database is away the streams stay
open; afterwards reading goes on where it stopped.
"""

import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping

import log
from db.engine import Database
from desk import availability, events, jobs, market
from desk.events import Seen

TICK_SECONDS = 1.0
BEAT_SECONDS = 10.0
MOST_FRAMES = 40
"""Frames read at a look; who is further behind takes the stored quotes instead."""
MOST_LOOKED_AT = 5_000
_logger = log.get(__name__)


class Reader(ABC):
    """What is looked at and who is told is the shell's to say; ``role`` is its name among the heartbeats."""

    def __init__(self, database: Database, role: str) -> None:
        self.database = database
        self._role = role
        self._stop = threading.Event()
        self._ticked = 0.0
        self._said_at, self._said = 0.0, dict[str, list[int]]()
        self._ticked_at: dict[str, int] = {}
        self._thread = threading.Thread(target=self._run, name=f"{role}-reader", daemon=True)

    def start(self) -> None:
        """Begin to read."""
        self._thread.start()

    @abstractmethod
    def frames_read(self) -> Mapping[str, int]:
        """The last frame read of each market that is followed."""

    @abstractmethod
    def accounts_read(self) -> list[Seen]:
        """How far each account that is followed was read."""

    @abstractmethod
    def look_at_markets(self) -> None:
        """Read and hand over what came of frames."""

    @abstractmethod
    def look_at_accounts(self) -> None:
        """Read and hand over what changed of accounts."""

    @abstractmethod
    def tick(self) -> None:
        """What is due each second, and when who may listen has changed."""

    @abstractmethod
    def tick_alone(self) -> None:
        """What is due each second of it while the database is away."""

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                with self.database.kept(events.PLANS):
                    events.follow(self.database, self._look, self._stop)
            except Exception:  # a fault of ours must not end every stream for good
                _logger.exception("The reader for the streams failed and starts again")
                self._stop.wait(TICK_SECONDS)

    def _look(self, channel: str | None) -> None:
        """Read what a ring hints at; for None whatever has changed."""
        try:
            frames, changes = channel == events.FRAMES, channel == events.ACCOUNTS
            if channel is None:
                frames, changes = events.glance(self.database, self.frames_read(), self.accounts_read())
            if frames:
                self.look_at_markets()
            if changes:
                self.look_at_accounts()
            if channel == events.CONTROL or self._tick_is_due():
                self._ticked = time.monotonic()
                self.tick()
        except Exception as error:
            if availability.refusal_for(error) is None:
                raise
            _logger.warning("The streams' reader cannot read at present", extra={"error": str(error)})
            if self._tick_is_due():
                self._ticked = time.monotonic()
                self.tick_alone()

    def _tick_is_due(self) -> bool:
        return time.monotonic() - self._ticked >= TICK_SECONDS

    def left_behind(self, name: str, read: int, stored: int) -> bool:
        """Whether a market read up to frame ``read`` has prices that its tape will not bring: it was begun anew,
        or its tape has paused, since what is on the tape is read within a second. Asked once a tick."""
        before, self._ticked_at[name] = self._ticked_at.get(name), read
        if stored < read:
            return True
        stands = stored > read + 1 and read == before
        return stands and market.state(self.database, name).quoted_to > read

    def say_what_is_looked_at(self, instruments: Mapping[str, Iterable[int]], streams: int) -> None:
        """By market: options that nobody looks at are priced on demand only, and a vendor is not asked for them."""
        shown = {name: sorted(ids)[:MOST_LOOKED_AT] for name, ids in sorted(instruments.items()) if ids}
        if shown != self._said or time.monotonic() - self._said_at > BEAT_SECONDS:
            jobs.beat(self.database, self._role, None, None, {"looked_at": shown, "streams": streams})
            self._said, self._said_at = shown, time.monotonic()
