"""The market-wide breaker: how far an index may go before all trading is halted, for how long, and how it begins again.

The exchanges' circulars on index-based breakers. A halt ends with a call auction of shares; contracts trade again when
they do. What a halt does to a day is a matter of its timetable alone, so that whoever asks for a window knows of it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any

from core import dated
from core.sessions import Board, Hours, Window

INDICES = ("NSE:NIFTY 50", "BSE:SENSEX")
"""Either of them halts everything."""


@dataclass(frozen=True, slots=True)
class Level:
    """``percent`` of the previous close, either way. ``minutes`` says, by the time of day before which it is reached,
    how long a halt lasts, the call auction included: 0 for none, None for the rest of the day. After the last of those
    times the halt lasts for the rest of the day unless ``late`` says otherwise."""

    percent: int
    minutes: tuple[tuple[time, int], ...]
    late: int | None = None

    def lasts(self, at: time) -> int | None:
        """Minutes of a halt that begins at a time of day."""
        return next((minutes for before, minutes in self.minutes if at < before), self.late)


@dataclass(frozen=True, slots=True)
class Rules:
    """``levels`` ascend; the call auction begins ``entry`` minutes before trading does, its matching ``match``."""

    levels: tuple[Level, ...]
    entry: int
    match: int


_ROWS: tuple[tuple[date, Rules], ...] = (
    (
        date(2000, 1, 1),
        Rules(
            (
                Level(10, ((time(13), 60), (time(14, 30), 30)), late=0),
                Level(15, ((time(13), 120), (time(14), 60))),
                Level(20, ()),
            ),
            entry=15,
            match=7,
        ),
    ),
)


def in_force(on: date) -> Rules:
    """The rules of a trading date. Raises LookupError before the first row."""
    return dated.value_in_force(_ROWS, on, "market-wide breaker")


@dataclass(frozen=True, slots=True)
class Halt:
    """A halt of everything from ``begins`` (Indian zone) to ``resumes``, None for the rest of the day.

    ``percent`` has the sign of the move. Orders of the call auction are taken from ``entry``, matched from ``match``.
    """

    index: str
    percent: int
    begins: datetime
    entry: datetime | None = None
    match: datetime | None = None
    resumes: datetime | None = None

    @property
    def sentence(self) -> str:
        """What happened."""
        way = "fallen" if self.percent < 0 else "risen"
        return f"{self.index.partition(':')[2]} has {way} by {abs(self.percent)}%: all trading is halted."

    @property
    def short(self) -> str:
        """The same in a few signs."""
        return f"{self.index.partition(':')[2]} {'−' if self.percent < 0 else '+'}{abs(self.percent)}%"

    def as_row(self) -> list[Any]:
        """As it is stored."""
        times = (self.begins, self.entry, self.match, self.resumes)
        return [self.index, self.percent, *(None if each is None else each.isoformat() for each in times)]

    @classmethod
    def of_row(cls, row: Sequence[Any]) -> "Halt":
        """From what ``as_row`` gave."""
        begins, *rest = (None if each is None else datetime.fromisoformat(each) for each in row[2:])
        assert begins is not None
        return cls(row[0], row[1], begins, *rest)


def reached(moves: Iterable[tuple[str, int, int]], at: datetime, before: Iterable[Halt]) -> Halt | None:
    """The halt that begins at an instant (Indian zone), if any.

    ``moves`` are (index, previous close, furthest price) since the last look, in paise; ``before`` are the halts of the
    day, beyond whose level the next one lies.
    """
    rules = in_force(at.date())
    done = max((abs(each.percent) for each in before), default=0)
    worst: tuple[Level, str, int] | None = None
    for index, close, price in moves:
        for level in rules.levels:
            far = abs(price - close) * 100 >= level.percent * close > 0
            if far and level.percent > (worst[0].percent if worst else done):
                worst = level, index, 1 if price > close else -1
    if worst is None:
        return None
    level, index, sign = worst
    # At the next whole second, so that everybody knows of it before it begins.
    begins, minutes = at.replace(microsecond=0) + timedelta(seconds=1), level.lasts(at.time())
    if minutes == 0:
        return None
    if minutes is None:
        return Halt(index, sign * level.percent, begins)
    resumes = begins + timedelta(minutes=minutes)
    entry, match = (resumes - timedelta(minutes=each) for each in (rules.entry, rules.match))
    return Halt(index, sign * level.percent, begins, entry, match, resumes)


def cut(hours: tuple[Hours, ...], board: Board, halts: Iterable[Halt]) -> tuple[Hours, ...]:
    """The windows of a board on a day with halts; a board that had ended its trading before one knows nothing of it."""
    for halt in halts:
        hours = _cut(hours, board, halt)
    return hours


def _cut(hours: tuple[Hours, ...], board: Board, halt: Halt) -> tuple[Hours, ...]:
    begins = halt.begins.time()
    last = max((row.end for row in hours if row.window is Window.CONTINUOUS), default=begins)
    if last <= begins:
        return hours
    resumes = min(halt.resumes.time(), last) if halt.resumes else last
    kept: list[Hours] = []
    for row in hours:
        if row.end <= begins or (halt.resumes and row.start >= resumes):
            kept.append(row)
            continue
        if row.start < begins:
            kept.append(replace(row, end=begins, early=0))
        if halt.resumes and row.end > resumes:
            kept.append(replace(row, start=resumes))
    return tuple(sorted((*kept, *_meanwhile(board, halt, begins, resumes)), key=lambda row: row.start))


def _meanwhile(board: Board, halt: Halt, begins: time, resumes: time) -> list[Hours]:
    """What a board does while trading is halted: contracts have no call auction."""
    shares = board in (Board.SHARE, Board.AUCTION_SHARE)
    if not (shares and halt.entry and halt.match) or halt.match.time() >= resumes:
        return [Hours(Window.HALTED, begins, resumes)]
    entry, match = halt.entry.time(), halt.match.time()
    return [
        Hours(Window.HALTED, begins, entry),
        Hours(Window.REOPEN_ENTRY, entry, match),
        Hours(Window.REOPEN_MATCH, match, resumes),
    ]
