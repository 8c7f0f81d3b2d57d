"""When a live market saw nothing of its exchange while that traded: a record without a clock of its own."""

from datetime import datetime, timedelta

# A shorter loss of sight leaves no minute without its trades that anybody would miss.
SHORTEST = timedelta(seconds=5)


class Outages:
    """Told each second whether the feed is live; says of an outage that is over when it began and ended."""

    def __init__(self) -> None:
        self._seen: datetime | None = None  # the last instant of which the exchange's trades were seen
        self._blind = True

    def begin(self, last_frame: datetime | None) -> None:
        """A feed is opened; ``last_frame`` is the exchange's time of the market's last frame, whoever stored it."""
        self._blind = True
        if last_frame is not None and (self._seen is None or last_frame > self._seen):
            self._seen = last_frame

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
