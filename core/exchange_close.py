"""The exchange's close of a trading date where nobody watched it: whether it was missed, what minutes say that it was,
and for how long one waits to be told.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from core.calendar import IST, Calendar
from core.sessions import Board, Hours, Window

# Volume of so much time before the end weighs the closing price, of so much before the pause the auction's reference.
CLOSING, REFERENCE = timedelta(minutes=30), timedelta(minutes=15)
# A shorter loss of sight is made good by the next word, which tells the day's volume and the last price.
SLACK = timedelta(minutes=1)
# How long one waits for a vendor, at the least; and at the most while the next date trades already and its prices wait.
PATIENCE, HELD = timedelta(minutes=10), timedelta(minutes=1)
JUMP = 10


@dataclass(frozen=True, slots=True)
class Spell:
    """From when to when a market saw its exchange without a break."""

    since: datetime | None = None
    until: datetime | None = None

    def look(self, live: bool, at: datetime, ends: datetime) -> "Spell":
        """The spell after a look at ``at``, where the present trading date's closes are made by ``ends``: what is seen
        after that is no part of it, so that the verdict on the date stands."""
        if not live:
            return self
        unbroken = self.since is not None and self.until is not None and at - self.until <= SLACK
        if at > ends:
            return Spell(self.since, ends) if unbroken else self
        return Spell(self.since if unbroken else at, at)

    def covers(self, begins: datetime, ends: datetime) -> bool:
        """Whether all of that time was seen."""
        if self.since is None or self.until is None:
            return False
        return self.since <= begins + SLACK and self.until >= ends - SLACK


def span(calendar: Calendar, day: date) -> tuple[datetime, datetime] | None:
    """The time in which the closing prices of a date are made on any board; None on a day without trading."""
    found = [_of_board(hours, day) for board in Board if (hours := calendar.hours(day, board))]
    return (min(begins for begins, _ in found), max(ends for _, ends in found)) if found else None


def _of_board(hours: Sequence[Hours], day: date) -> tuple[datetime, datetime]:
    end = _end(hours, day)
    match = next((row for row in hours if row.window is Window.AUCTION_MATCH), None)
    return (end - CLOSING, end) if match is None else (end - REFERENCE, _at(day, match.end))


def _end(hours: Sequence[Hours], day: date) -> datetime:
    return max(_at(day, row.end) for row in hours if row.window is Window.CONTINUOUS)


def _at(day: date, moment: time) -> datetime:
    return datetime.combine(day, moment, IST)


@dataclass(frozen=True, slots=True)
class Minute:
    """One minute's trades; prices in paise, ``start`` aware."""

    start: datetime
    high: int
    low: int
    close: int
    volume: int


def of_minutes(minutes: Sequence[Minute], hours: Sequence[Hours], day: date, tick: int, is_index: bool) -> int | None:
    """The close that a date's minutes (oldest first) tell, in paise: of an index its last value; what the closing
    auction traded at, else the price by volume of the time before its pause; of what has no auction that of the last
    half hour of trading; where nothing traded by then the last trade. None where nothing is told of that date."""
    known = [one for one in minutes if one.start.astimezone(IST).date() == day and one.close > 0]
    if is_index:
        return known[-1].close if known else None
    end = _end(hours, day)
    traded = [one for one in known if one.volume > 0]
    entry = next((row for row in hours if row.window is Window.AUCTION_ENTRY), None)
    if entry is not None:
        over = max(_at(day, row.end) for row in hours if row.window is Window.AUCTION_MATCH)
        auction = [one for one in traded if _at(day, entry.start) <= one.start < over]
        if auction:
            return auction[-1].close
    weighs = CLOSING if entry is None else REFERENCE
    before = [one for one in traded if one.start < end]
    weighed = [one for one in before if one.start >= end - weighs]
    if not weighed:
        return before[-1].close if before else None
    worth = sum((one.high + one.low + one.close) * one.volume for one in weighed)
    parts = 3 * tick * sum(one.volume for one in weighed)
    return (2 * worth + parts) // (2 * parts) * tick


def is_believable(price: int, last: int, is_option: bool) -> bool:
    """Whether a price may be the close of what was last seen at ``last`` (0 for never). A cheap option may be worth ten
    times as much or nothing."""
    return price > 0 and (last <= 0 or is_option or last < JUMP * price < JUMP * JUMP * last)


def opens(calendar: Calendar, after: datetime) -> datetime:
    """When the exchange does something again, not before ``after``: that instant itself while it does."""
    return max(after, min(next(calendar.spans(after, board))[1] for board in Board))


def may_wait(now: datetime, since: datetime, next_open: datetime, held_since: datetime | None) -> bool:
    """Whether a date may still wait for its closes, which were first asked for at ``since``: until the next date
    begins (``next_open``), or for ten minutes where it has. ``held_since`` is since when that date's prices wait for
    it, None where there are none."""
    if held_since is not None and now >= held_since + HELD:
        return False
    return now < max(since + PATIENCE, next_open)
