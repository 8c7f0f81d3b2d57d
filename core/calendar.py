"""Which days trade, when a trading date ends, and whether the market is open at an instant.

Two sessions. ``nse``: the exchange's own days and hours. ``always``: each day of the calendar is a trading
date that ends at 15:30 Indian time, when the next one begins. Contracts expire on the exchange's days in
both. Everything here is a function of the calendar's rows and the instant given.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta, timezone
from enum import StrEnum

from core.breaker import Halt, cut
from core.sessions import Board, Hours, Window, hours_on, window_at

IST = timezone(timedelta(hours=5, minutes=30), "IST")
ALWAYS_ROLL = time(15, 30)
NSE_ROLL = time(16, 0)
AFTER_SPECIAL = timedelta(minutes=30)
ROLL_WINDOW = timedelta(seconds=10)
EXPIRY_TIME = time(15, 30)
SATURDAY = 5
FURTHEST = 40  # no exchange closes for so many days on end; beyond it the calendar's rows are wrong


class Session(StrEnum):
    """Whose days a market keeps: its own, without a pause, or the exchange's."""

    ALWAYS = "always"
    NSE = "nse"


class Phase(StrEnum):
    """Whether orders trade; ROLL is the moment between two trading dates."""

    OPEN = "OPEN"
    CLOSED = "CLOSED"
    ROLL = "ROLL"


class DayKind(StrEnum):
    """How a day differs from its weekday."""

    HOLIDAY = "HOLIDAY"
    SPECIAL = "SPECIAL"


@dataclass(frozen=True, slots=True)
class CalendarDay:
    """A day that differs from its weekday: a closed one, or a session on what would be a closed one.

    ``opens`` and ``closes`` are the Indian hours of a special session; None means an ordinary day's.
    """

    day: date
    kind: DayKind
    name: str
    opens: time | None = None
    closes: time | None = None


@dataclass(frozen=True, slots=True)
class Calendar:
    """An exchange's calendar seen through one session. Build with ``Calendar.of``.

    ``market`` is whose random closes apply; without one, windows end at their latest. ``halts`` are the market's, by
    the breaker, of whichever days.
    """

    days: dict[date, CalendarDay]
    session: Session = Session.NSE
    market: str = ""
    halts: tuple[Halt, ...] = ()

    @classmethod
    def of(cls, rows: Iterable[CalendarDay], session: Session | str = Session.NSE) -> "Calendar":
        """The calendar of one exchange's rows. Raises ValueError on an unknown session."""
        return cls({row.day: row for row in rows}, Session(session))

    def under(self, session: Session | str, market: str | None = None) -> "Calendar":
        """The same rows seen through a session, of a market. Raises ValueError on an unknown session."""
        return replace(self, session=Session(session), market=self.market if market is None else market)

    def with_halts(self, halts: tuple[Halt, ...]) -> "Calendar":
        """The same with what the breaker halted."""
        return replace(self, halts=halts) if halts or self.halts else self

    # -- dates ---------------------------------------------------------------------------------

    def is_trading_date(self, day: date) -> bool:
        """Whether orders placed on that day trade on it."""
        if self.session is Session.ALWAYS:
            return True
        row = self.days.get(day)
        if row is not None:
            return row.kind is DayKind.SPECIAL
        return day.weekday() < SATURDAY

    def next_trading_date(self, day: date) -> date:
        """The first trading date after ``day``. Raises ValueError where the rows close every day."""
        return self._seek(day, 1)

    def previous_trading_date(self, day: date) -> date:
        """The last trading date before ``day``."""
        return self._seek(day, -1)

    def at_or_before(self, day: date) -> date:
        """``day`` itself where it trades, else the trading date before it: where an expiry falls."""
        return day if self.is_trading_date(day) else self.previous_trading_date(day)

    def trading_dates(self, first: date, last: date) -> Iterator[date]:
        """The trading dates from ``first`` to ``last``, both included."""
        for ordinal in range(first.toordinal(), last.toordinal() + 1):
            day = date.fromordinal(ordinal)
            if self.is_trading_date(day):
                yield day

    def following(self, day: date, count: int) -> tuple[date, ...]:
        """So many trading dates after ``day``, the next one first."""
        found: list[date] = []
        while len(found) < count:
            found.append(self.next_trading_date(found[-1] if found else day))
        return tuple(found)

    def settles_on(self, trade_date: date) -> date:
        """When shares bought on ``trade_date`` are in the demat account: T+1."""
        return self.next_trading_date(trade_date)

    def _seek(self, day: date, step: int) -> date:
        for distance in range(1, FURTHEST + 1):
            found = day + timedelta(days=step * distance)
            if self.is_trading_date(found):
                return found
        raise ValueError(f"the calendar has no trading date within {FURTHEST} days of {day}")

    # -- instants ------------------------------------------------------------------------------

    def rolls_at(self, trading_date: date) -> datetime:
        """The instant (Indian zone) at which a trading date ends and the next one begins."""
        if self.session is Session.ALWAYS:
            return datetime.combine(trading_date, ALWAYS_ROLL, IST)
        row = self.days.get(trading_date)
        if row is not None and row.closes is not None:
            return datetime.combine(trading_date, row.closes, IST) + AFTER_SPECIAL
        return datetime.combine(trading_date, NSE_ROLL, IST)

    def trading_date_at(self, instant: datetime) -> date:
        """The trading date that an aware instant belongs to; after the roll, the next one."""
        local = _indian(instant)
        today = local.date()
        if self.is_trading_date(today) and local < self.rolls_at(today):
            return today
        return self.next_trading_date(today)

    def hours(self, day: date, board: Board) -> tuple[Hours, ...]:
        """The windows of a board on a day of the exchange; none where it is closed."""
        row = self.days.get(day)
        if not (day.weekday() < SATURDAY if row is None else row.kind is DayKind.SPECIAL):
            return ()
        if row is not None and row.opens is not None and row.closes is not None:
            hours: tuple[Hours, ...] = (Hours(Window.CONTINUOUS, row.opens, row.closes),)
        else:
            hours = hours_on(day, board, self.market)
        if not self.halts:
            return hours
        return cut(hours, board, [each for each in self.halts if each.begins.astimezone(IST).date() == day])

    def window_at(self, instant: datetime, board: Board) -> Window:
        """What the exchange's timetable has a board do at an instant; under ``always``, trade."""
        if self.session is Session.ALWAYS:
            return Window.CONTINUOUS
        local = _indian(instant)
        return window_at(self.hours(local.date(), board), local.time())

    def is_awake(self, instant: datetime) -> bool:
        """Whether any board does anything: takes orders, matches, or waits between two windows of a day."""
        return any(self.window_at(instant, board) is not Window.CLOSED for board in Board)

    def next_change(self, instant: datetime) -> datetime:
        """The first instant after ``instant`` at which some board may enter another window."""
        local = _indian(instant)
        marks = (
            datetime.combine(local.date(), moment, IST)
            for board in Board
            for row in self.hours(local.date(), board)
            for moment in (row.start, row.end)
        )
        midnight = datetime.combine(local.date() + timedelta(days=1), time(0), IST)
        return min((mark for mark in marks if mark > local), default=midnight)

    def spans(self, instant: datetime, board: Board) -> Iterator[tuple[Window, datetime, datetime]]:
        """A board's windows that end after ``instant``, with their start and end, of that day and of the days
        after it; it never ends by itself."""
        local = _indian(instant)
        exchange = self.under(Session.NSE)
        day = local.date()
        while True:
            for row in self.hours(day, board):
                start, end = (datetime.combine(day, moment, IST) for moment in (row.start, row.end))
                if end > local:
                    yield row.window, start, end
            day = exchange.next_trading_date(day)

    def phase_at(self, instant: datetime, board: Board | None = None) -> Phase:
        """Whether orders trade: on one board, or, without one, on any board of the market.

        ROLL lasts from the end of a trading date for ten seconds; whoever rolls may end it sooner or
        stretch it, the calendar knows the timetable alone.
        """
        local = _indian(instant)
        today = local.date()
        if self.is_trading_date(today) and timedelta(0) <= local - self.rolls_at(today) < ROLL_WINDOW:
            return Phase.ROLL
        boards = (board,) if board is not None else tuple(Board)
        trading = any(self.window_at(instant, one) is Window.CONTINUOUS for one in boards)
        return Phase.OPEN if trading else Phase.CLOSED

    def next_open(self, instant: datetime) -> datetime:
        """The next instant, not before ``instant``, at which some board trades continuously."""
        local = _indian(instant)
        if self.phase_at(local) is Phase.OPEN:
            return local
        if self.session is Session.ALWAYS:
            return self.rolls_at(local.date()) + ROLL_WINDOW
        day = local.date()
        while True:
            starts = [
                datetime.combine(day, row.start, IST)
                for board in Board
                for row in self.hours(day, board)
                if row.window is Window.CONTINUOUS
            ]
            ahead = [start for start in starts if start >= local]  # a halt ends later on the same day
            if ahead:
                return min(ahead)
            day = self.next_trading_date(day)


def _indian(instant: datetime) -> datetime:
    if instant.tzinfo is None:
        raise ValueError(f"an instant needs a time zone: {instant}")
    return instant.astimezone(IST)


def expires_at(expiry: date) -> datetime:
    """The instant at which contracts of an expiry settle: 15:30 Indian time."""
    return datetime.combine(expiry, EXPIRY_TIME, IST)
