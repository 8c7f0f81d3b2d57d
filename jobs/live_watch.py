"""What becomes of a live market's sight of its exchange: refusals, outages, and whether its close was seen."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from core import exchange_close
from core.calendar import IST, Calendar
from desk import market as markets
from desk.market import Database, MarketState
from jobs import live
from jobs.outages import Outages


class LiveWatch:
    """Of one live market, over all the feeds that this process opens for it. Of any other market it does nothing."""

    def __init__(self, database: Database, market: str) -> None:
        self._database, self._market = database, market
        self._outages = Outages()
        self._door: live.Doorkeeper | None = None

    def begin(self, state: MarketState, resume: Mapping[str, Any]) -> None:
        """A feed is opened for a market as it stands; ``resume`` is what the last one left."""
        self._door = None
        if state.owner_id is not None:
            self._outages.begin(state.exchange_time, resume)
            self._door = live.Doorkeeper(self._database, state)

    def look(self, told: Mapping[str, Any], awake: bool, at: datetime, calendar: Calendar, day: date) -> None:
        """By what the feed says of itself: tells the owner of a refusal, and notes outages for the vendor's history to
        fill."""
        if self._door is None:
            return
        self._door.look(told)
        over = self._outages.look(live.is_live(told), awake, at, exchange_close.span(calendar, day))
        if over is not None:
            markets.note_gap(self._database, self._market, *over)

    def resume(self) -> dict[str, Any]:
        """What a successor needs."""
        return {} if self._door is None else self._outages.resume()

    def missed(self, calendar: Calendar, day: date) -> bool:
        """Whether nobody here saw the exchange's close of a date."""
        return self._door is not None and self._outages.missed(exchange_close.span(calendar, day))

    def is_behind(self, at: datetime, day: date) -> bool:
        """Whether the exchange is on a later date than the market, which is to be rolled before it shows its prices."""
        return self._door is not None and at.astimezone(IST).date() > day
