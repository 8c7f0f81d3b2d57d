"""Room for the frames that are kept: hours are made ahead, and dropped past their time or size."""

from datetime import UTC, datetime

import log
from desk import market as markets
from desk.market import Database
from settings import Settings


class Tape:
    """The frames of all markets, as far as one market's loop minds them."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self._database, self._settings = database, settings
        self.paused = False

    def keep(self) -> None:
        """Makes the next hours and drops those past their time or size; pauses where one hour alone is too large."""
        hours, megabytes = self._settings.kagaz_tape_hours, self._settings.kagaz_tape_mb
        kept = markets.keep_tape(self._database, datetime.now(UTC), hours, megabytes)
        if kept["paused"] and not self.paused:
            log.get(__name__).warning("The tape pauses until the hour has passed", extra=kept)
        self.paused = bool(kept["paused"])

    def told(self) -> str:
        """Its state in words, for who watches the market."""
        return "paused: this hour alone is beyond KAGAZ_TAPE_MB" if self.paused else "kept"
