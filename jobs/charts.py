"""Charts of a live market begin with its vendor's past: a year of days and the minutes of the last dates, of what
somebody looks at, holds or has in a list.

A loop of its own, because a vendor takes its time and allows so many questions; the market goes on meanwhile. Past
prices are as the vendor adjusts them for splits and the like, so that they are asked for again on each trading date.
"""

import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from datetime import time as clock_time

import log
from core.calendar import IST
from core.vendors import Vendor
from desk import live as desk_live
from desk import market as markets
from desk import masters
from desk.market import Database, MarketState
from feeds.candles import Candles, in_order
from feeds.live.refusal import VendorRefusal
from jobs.histories import Histories, Source, is_of_all
from jobs.loop import Steady, patience
from jobs.market import MarketLoop

YEAR = timedelta(days=365)
BY_MINUTE = 5  # past dates by the minute
# The vendor's history has a minute a little after its end.
LATER = timedelta(minutes=2)
# Of so many instruments a date, and of so many between two looks at what somebody wants.
MOST, AT_ONCE = 300, 4
# Seconds between two looks; after a refusal doubled with each in a row, up to the longest.
EVERY, FIRST_WAIT, LONGEST_WAIT = 3.0, 30.0, 960.0
OPENS = clock_time(9)


class Strangers:
    """Instruments that no vendor knew when it was asked, and when to look again: each time twice as long after."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._waits: dict[int, tuple[float, float]] = {}  # when to look again, and how long the wait was
        self._of: tuple[object, object] = (None, None)

    def under(self, terms: object, lists: object) -> None:
        """Another date, other vendors or other lists: all are strangers no longer."""
        if terms != self._of[0] or lists is not self._of[1]:
            self._of = (terms, lists)
            self._waits.clear()

    def others(self, ids: Sequence[int]) -> list[int]:
        """Those that may be asked about now."""
        now = self._now()
        return [each for each in ids if self._waits.get(each, (now, 0.0))[0] <= now]

    def note(self, ids: Collection[int]) -> None:
        """Nobody knows these."""
        now = self._now()
        for each in ids:
            wait = min(LONGEST_WAIT, 2 * self._waits[each][1]) if each in self._waits else FIRST_WAIT
            self._waits[each] = (now + wait, wait)


@dataclass(frozen=True, slots=True)
class Tail:
    """The minutes before a chart was filled, which the vendor's history did not have yet."""

    instrument: int
    begin: datetime
    end: datetime


class ChartLoop(Steady):
    """Fills in the charts of a live market."""

    every = EVERY

    def __init__(self, database: Database, market: MarketLoop, histories: Histories) -> None:
        super().__init__()
        self.name = f"charts {market.market}"
        self._database, self._market, self._histories = database, market, histories
        self._strangers = Strangers()
        self._tails: list[Tail] = []
        self._refusals = 0
        self._not_before = 0.0

    def step(self) -> None:
        """One look; nothing while another process leads, nor soon after a refusal."""
        if not self._market.leads() or not self._market.is_live or time.monotonic() < self._not_before:
            return
        at = self._market.clock()
        asked = (self._database, self._market.market, self._histories, at, self.stopping.is_set)
        if fill(*asked, self._strangers, self._tails):
            self._refusals = 0
            return
        self._refusals += 1
        self._not_before = time.monotonic() + patience(self._refusals, FIRST_WAIT, LONGEST_WAIT)


def fill(
    database: Database,
    market: str,
    histories: Histories,
    at: datetime | None = None,
    stopped: Callable[[], bool] = lambda: False,
    strangers: Strangers | None = None,
    tails: list[Tail] | None = None,
) -> bool:
    """Fill in a few charts that are wanted and lack their past, at an instant of the exchange's clock. False where
    every vendor refuses everything just now: then it is tried again later. What no vendor knows goes to ``strangers``,
    who are left out while they wait; what is too fresh for a history to ``tails``, for a later call."""
    at = at or datetime.now(UTC)
    strangers, tails = strangers or Strangers(), [] if tails is None else tails
    state = markets.state(database, market)
    strangers.under((state.trading_date, state.feed_version), masters.get(database))
    missing = strangers.others(desk_live.charts_missing(database, market, state.trading_date, MOST))
    due = [tail for tail in tails if tail.end + LATER <= at][:AT_ONCE]
    if not missing and not due:
        return True
    sources, _ = histories.of(state, [*missing, *(tail.instrument for tail in due)])
    known = [number for number in missing if any(number in source.keys for source in sources)]
    if sources:
        strangers.note(set(missing) - set(known))
    down: set[Vendor] = set()
    for tail in due:
        if stopped():
            return True
        if not _fill_tail(database, state, tail, sources, down):
            return False
        tails.remove(tail)
    for number in known[:AT_ONCE]:
        if stopped():
            return True
        if not _fill_one(database, state, number, [one for one in sources if one.vendor not in down], at, down):
            return False
        if state.phase == "OPEN":
            tails.append(Tail(number, at - LATER, at))
    return True


def _fill_tail(
    database: Database, state: MarketState, tail: Tail, sources: Sequence[Source], down: set[Vendor]
) -> bool:
    """The minutes that were too fresh, by the first vendor that gives them; False where those that know it refuse
    everything."""
    waits = False
    for source in (one for one in sources if tail.instrument in one.keys):
        if source.vendor in down:
            waits = True
            continue
        try:
            found = source.past.today(source.keys[tail.instrument], tail.instrument, tail.begin, tail.end)
        except VendorRefusal as refusal:
            if is_of_all(refusal.status):
                down.add(source.vendor)
                waits = True
            continue
        desk_live.fill_minutes(database, state.id, found)
        return True
    return not waits


def _fill_one(
    database: Database, state: MarketState, number: int, sources: Sequence[Source], at: datetime, down: set[Vendor]
) -> bool:
    """One instrument's past by the first vendor that gives it; False where those that know it refuse everything."""
    refused: tuple[Vendor, str] | None = None
    knows = [source for source in sources if number in source.keys]
    for source in knows:
        try:
            candles = _past(database, state, source, number, at)
        except VendorRefusal as refusal:
            why = log.redact(str(refusal))
            log.get(__name__).info("No past of an instrument", extra={"instrument": number, "reason": why})
            if is_of_all(refusal.status):
                down.add(source.vendor)
            else:
                refused = (source.vendor, why)
            continue
        desk_live.fill_chart(database, state.id, number, state.trading_date, source.vendor, candles)
        return True
    if refused is None:
        return False
    desk_live.chart_failed(database, state.id, number, state.trading_date, *refused)
    return True


def _past(database: Database, state: MarketState, source: Source, number: int, at: datetime) -> dict[str, Candles]:
    """Days of a year, minutes of the last trading dates and of the present one so far."""
    key, day = source.keys[number], state.trading_date
    yesterday = day - timedelta(days=1)
    dates = markets.calendar(database, state.session).trading_dates(day - timedelta(days=4 * BY_MINUTE), yesterday)
    recent = list(dates)[-BY_MINUTE:]
    found = {"1d": source.past.days(key, number, day - YEAR, yesterday)}
    minutes = [source.past.minutes(key, number, recent[0], recent[-1])] if recent else []
    opens = datetime.combine(day, OPENS, IST)
    if opens < at - LATER and at.astimezone(IST).date() == day:
        minutes.append(source.past.today(key, number, opens, at - LATER))
    return found | {"1m": in_order(minutes)}
