"""When a live market saw nothing of its exchange while that traded: a record without a clock of its own."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from core.exchange_close import Spell

# A shorter loss of sight leaves no minute without its trades that anybody would miss.
SHORTEST = timedelta(seconds=5)


class Outages:
    """Told each second whether the feed is live; says of an outage that is over when it began and ended."""

    def __init__(self) -> None:
        self._seen: datetime | None = None  # the last instant of which the exchange's trades were seen
        self._blind = True
        self._spell = Spell()

    def resume(self) -> dict[str, Any]:
        """For a process that comes after a crash, in ms since the epoch: ``seen``, the last instant of which the
        exchange's trades were seen, 0 before the first; ``spell``, from when to when they were without a break."""
        spell = (self._spell.since, self._spell.until)
        return {"seen": _ms(self._seen), "spell": [_ms(each) for each in spell]}

    def missed(self, closing: tuple[datetime, datetime] | None) -> bool:
        """Whether the exchange's close was not seen whole, which is made from the one instant to the other."""
        return closing is not None and not self._spell.covers(*closing)

    def begin(self, last_frame: datetime | None, left: Mapping[str, Any] | None = None) -> None:
        """A feed is opened. ``left`` is what the market's last process left: until when that saw the exchange, else
        until ``last_frame`` somebody did."""
        self._blind = True
        left = left or {}
        last = _instant(left.get("seen")) or last_frame
        if self._spell.until is None and isinstance(spell := left.get("spell"), list) and len(spell) == 2:
            self._spell = Spell(*map(_instant, spell))
        if last is not None and (self._seen is None or last > self._seen):
            self._seen = last

    def look(
        self, live: bool, trading: bool, at: datetime, closing: tuple[datetime, datetime] | None = None
    ) -> tuple[datetime, datetime] | None:
        """An outage that ends now, as (began, ended) by the exchange's clock. ``closing`` is when the closes of the
        present trading date are made."""
        if closing is not None:
            self._spell = self._spell.look(live, at, closing[1])
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


def _ms(at: datetime | None) -> int:
    return 0 if at is None else int(at.timestamp() * 1000)


def _instant(ms: Any) -> datetime | None:
    return datetime.fromtimestamp(ms / 1000, UTC) if isinstance(ms, int) and ms > 0 else None
