"""The hours of a trading day as dated rows, Indian time: what each board does from when to when.

A board is a kind of instrument that shares its hours. A row holds from its date until a younger row of the
same board; a day follows the youngest timetable that is not younger than itself.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from functools import cache
from itertools import pairwise
from zlib import crc32

from core import dated
from core.instruments import OPTIONS, Kind


class Board(StrEnum):
    """Kinds of instruments that share their hours."""

    AUCTION_SHARE = "AUCTION_SHARE"  # shares with derivatives: their day ends in the closing auction
    SHARE = "SHARE"
    FUTURE = "FUTURE"  # of the month, which has an opening auction
    FAR_FUTURE = "FAR_FUTURE"  # of later months, which have none
    OPTION = "OPTION"


class Window(StrEnum):
    """What a board does in a part of its day."""

    CLOSED = "CLOSED"
    PRE_OPEN = "PRE_OPEN"
    PRE_OPEN_LIMIT = "PRE_OPEN_LIMIT"
    PRE_OPEN_MATCH = "PRE_OPEN_MATCH"
    BUFFER = "BUFFER"
    CONTINUOUS = "CONTINUOUS"
    AUCTION_REFERENCE = "AUCTION_REFERENCE"
    AUCTION_ENTRY = "AUCTION_ENTRY"
    AUCTION_LIMIT = "AUCTION_LIMIT"
    AUCTION_MATCH = "AUCTION_MATCH"
    POST_CLOSE = "POST_CLOSE"
    HALTED = "HALTED"
    REOPEN_ENTRY = "REOPEN_ENTRY"  # the call auction that ends a halt
    REOPEN_MATCH = "REOPEN_MATCH"


@dataclass(frozen=True, slots=True)
class Hours:
    """One window of a day: from ``start`` (inclusive) to ``end`` (exclusive).

    ``early`` is how many seconds before ``end`` the exchange may close it, at a moment nobody knows beforehand.
    """

    window: Window
    start: time
    end: time
    early: int = 0


@dataclass(frozen=True, slots=True)
class Timetable:
    """The windows of one board's day, in order, from a date on."""

    effective_from: date
    board: Board
    hours: tuple[Hours, ...]


def _table(effective_from: date, board: Board, *marks: str) -> Timetable:
    """A timetable from marks such as ``09:15 CONTINUOUS``; each window ends where the next one starts, or up to
    so many seconds before it as follow its name."""
    points = [(time.fromisoformat(mark[:5]), *mark[6:].partition(" ")[::2]) for mark in marks]
    hours = tuple(
        Hours(Window(name), start, end, int(early or 0))
        for (start, name, early), (end, _, _) in pairwise(points)
        if name != Window.CLOSED
    )
    return Timetable(effective_from, board, hours)


_OLD_OPENING = ("09:00 PRE_OPEN 60", "09:08 PRE_OPEN_MATCH", "09:12 BUFFER", "09:15 CONTINUOUS")
_OPENING = (
    "09:00 PRE_OPEN",
    "09:05 PRE_OPEN_LIMIT 120",
    "09:10 PRE_OPEN_MATCH",
    "09:12 BUFFER",
    "09:15 CONTINUOUS",
)
_OLD_CLOSING = ("15:30 BUFFER", "15:40 POST_CLOSE", "16:00 CLOSED")
_CLOSING = ("15:30 BUFFER", "15:50 POST_CLOSE", "16:00 CLOSED")
_AUCTION = (
    "15:15 AUCTION_REFERENCE",
    "15:20 AUCTION_ENTRY",
    "15:25 AUCTION_LIMIT 120",
    "15:30 AUCTION_MATCH",
    "15:35 BUFFER",
    "15:50 POST_CLOSE",
    "16:00 CLOSED",
)
_BEGINNING = date(2000, 1, 1)
_FUTURES_PRE_OPEN = date(2025, 12, 8)
_CLOSING_AUCTION = date(2026, 8, 3)
_PRE_OPEN_CUT = date(2026, 9, 7)

TIMETABLES = (
    _table(_BEGINNING, Board.AUCTION_SHARE, *_OLD_OPENING, *_OLD_CLOSING),
    _table(_CLOSING_AUCTION, Board.AUCTION_SHARE, *_OLD_OPENING, *_AUCTION),
    _table(_PRE_OPEN_CUT, Board.AUCTION_SHARE, *_OPENING, *_AUCTION),
    _table(_BEGINNING, Board.SHARE, *_OLD_OPENING, *_OLD_CLOSING),
    _table(_CLOSING_AUCTION, Board.SHARE, *_OLD_OPENING, *_CLOSING),
    _table(_PRE_OPEN_CUT, Board.SHARE, *_OPENING, *_CLOSING),
    _table(_BEGINNING, Board.FUTURE, "09:15 CONTINUOUS", "15:30 CLOSED"),
    _table(_FUTURES_PRE_OPEN, Board.FUTURE, *_OLD_OPENING, "15:30 CLOSED"),
    _table(_CLOSING_AUCTION, Board.FUTURE, *_OLD_OPENING, "15:40 CLOSED"),
    _table(_PRE_OPEN_CUT, Board.FUTURE, *_OPENING, "15:40 CLOSED"),
    _table(_BEGINNING, Board.FAR_FUTURE, "09:15 CONTINUOUS", "15:30 CLOSED"),
    _table(_CLOSING_AUCTION, Board.FAR_FUTURE, "09:15 CONTINUOUS", "15:40 CLOSED"),
    _table(_BEGINNING, Board.OPTION, "09:15 CONTINUOUS", "15:30 CLOSED"),
    _table(_CLOSING_AUCTION, Board.OPTION, "09:15 CONTINUOUS", "15:40 CLOSED"),
)


def board_of(kind: Kind, has_derivatives: bool, near: bool = True) -> Board:
    """The board an instrument trades on; an index has none of its own and follows the shares.

    ``near`` says of a future whether its month has an opening auction.
    """
    if kind in OPTIONS:
        return Board.OPTION
    if kind is Kind.FUT:
        return Board.FUTURE if near else Board.FAR_FUTURE
    return Board.AUCTION_SHARE if has_derivatives and kind is Kind.EQ else Board.SHARE


@cache
def hours_on(day: date, board: Board, market: str = "") -> tuple[Hours, ...]:
    """The windows of an ordinary day. Days before the first timetable have none.

    With the name of a market, windows that close at random do so at that market's moment of the day: the
    same whoever asks and whenever, known to nobody who does not compute it.
    """
    tables = dated.each_in_force((row for row in TIMETABLES if row.board is board), day, lambda row: row.board)
    hours = tables[board].hours if board in tables else ()
    return _closed_at_random(day, market, hours) if market else hours


def _closed_at_random(day: date, market: str, hours: tuple[Hours, ...]) -> tuple[Hours, ...]:
    closed = list(hours)
    for place, row in enumerate(hours[:-1]):
        if row.early:
            seconds = crc32(f"{market} {day} {row.end}".encode()) % (row.early + 1)
            end = (datetime.combine(day, row.end) - timedelta(seconds=seconds)).time()
            closed[place] = replace(closed[place], end=end)
            closed[place + 1] = replace(closed[place + 1], start=end)
    return tuple(closed)


def window_at(hours: tuple[Hours, ...], moment: time) -> Window:
    """The window that a time of day falls into, CLOSED between and beyond them."""
    for row in hours:
        if row.start <= moment < row.end:
            return row.window
    return Window.CLOSED
