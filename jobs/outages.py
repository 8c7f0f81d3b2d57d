"""When a live market saw nothing of its exchange while that traded: a record without a clock of its own."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

# A shorter loss of sight leaves no minute without its trades that anybody would miss.
SHORTEST = timedelta(seconds=5)


class Outages:
    """Told each second whether the feed is live; says of an outage that is over when it began and ended."""

    def __init__(self) -> None:
        self._seen: datetime | None = None  # the last instant of which the exchange's trades were seen
        self._blind = True

    @property
    def seen_ms(self) -> int:
        """The last instant of which the exchange's trades were seen, in ms since the epoch; 0 before the first. Kept
        for a process that comes after a crash."""
        return 0 if self._seen is None else int(self._seen.timestamp() * 1000)

    def begin(self, last_frame: datetime | None, left: Mapping[str, Any] | None = None) -> None:
        """A feed is opened. ``left`` is what the market's last process left: until when that saw the exchange, else
        until ``last_frame`` somebody did."""
        self._blind = True
        seen = (left or {}).get("seen")
        last = datetime.fromtimestamp(seen / 1000, UTC) if isinstance(seen, int) and seen > 0 else last_frame
        if last is not None and (self._seen is None or last > self._seen):
            self._seen = last

    def look(self, live: bool, trading: bool, at: datetime) -> tuple[datetime, datetime] | None:
        """An outage that ends now, as (began, ended) by the exchange's clock."""
        if not live:
            # What is not seen while nothing trades is not missed.
            self._blind = True
            if not trading:
                self._seen = at if self._seen is None else max(self._seen, at)
            return None
        began, self._seen = self._seen, at
        blind, self._blind = self._blind, False
        if not blind or began is None or began.date() != at.date() or at - began < SHORTEST:
            return None
        return began, at
