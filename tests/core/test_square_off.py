"""When intraday positions are squared off, in a table by session, day and board."""

from datetime import date, time

import pytest

from core import square_off
from core.calendar import Calendar, CalendarDay, DayKind
from core.sessions import Board

MUHURAT = CalendarDay(date(2026, 11, 8), DayKind.SPECIAL, "Laxmi Pujan", time(13, 45), time(14, 45))
BUDGET = CalendarDay(date(2026, 2, 1), DayKind.SPECIAL, "Union Budget")
CALENDAR = Calendar.of([MUHURAT, BUDGET])


@pytest.mark.parametrize(
    ("session", "day", "board", "at"),
    [
        ("nse", date(2026, 11, 23), Board.AUCTION_SHARE, "15:05"),
        ("nse", date(2026, 11, 23), Board.SHARE, "15:20"),
        ("nse", date(2026, 11, 23), Board.FUTURE, "15:25"),
        ("nse", date(2026, 11, 23), Board.OPTION, "15:25"),
        ("nse", date(2026, 8, 3), Board.AUCTION_SHARE, "15:05"),
        ("nse", date(2026, 7, 31), Board.AUCTION_SHARE, "15:20"),
        ("nse", date(2026, 2, 1), Board.SHARE, "15:20"),
        ("nse", date(2026, 11, 8), Board.SHARE, "14:30"),
        ("nse", date(2026, 11, 8), Board.FUTURE, "14:30"),
        ("always", date(2026, 11, 23), Board.AUCTION_SHARE, "15:28"),
        ("always", date(2026, 11, 22), Board.FUTURE, "15:28"),
    ],
)
def test_the_hour(session: str, day: date, board: Board, at: str) -> None:
    found = square_off.ends(CALENDAR.under(session), day)[board]
    assert (found.date(), found.strftime("%H:%M")) == (day, at)
