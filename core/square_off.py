"""When intraday positions are squared off: dated rows by session and board.

Cash shares of the closing auction leave before their continuous trading ends, other shares and contracts at
the hours that brokers publish; the auction's hour is this house's own, because none has published one since.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache

from core import dated
from core.calendar import IST, Calendar, DayKind, Session
from core.rulebook import in_force
from core.sessions import Board


@dataclass(frozen=True, slots=True)
class Cut:
    """From a date on, the Indian time at which a board's intraday positions are closed on an ordinary day."""

    effective_from: date
    board: Board
    at: time


_BEGINNING = date(2000, 1, 1)
_CLOSING_AUCTION = date(2026, 8, 3)
CUTS = (
    Cut(_BEGINNING, Board.AUCTION_SHARE, time(15, 20)),
    Cut(_CLOSING_AUCTION, Board.AUCTION_SHARE, time(15, 5)),
    Cut(_BEGINNING, Board.SHARE, time(15, 20)),
    Cut(_BEGINNING, Board.FUTURE, time(15, 25)),
    Cut(_BEGINNING, Board.FAR_FUTURE, time(15, 25)),
    Cut(_BEGINNING, Board.OPTION, time(15, 25)),
)
# A special session (an hour of Muhurat trading) is too short for fixed hours: it ends its positions so long before.
SPECIAL_LEAD = timedelta(minutes=15)


def ends(calendar: Calendar, day: date) -> Mapping[Board, datetime]:
    """The instant (Indian zone) from which each board's intraday positions are only closed, on a trading date.

    Under ``always`` all boards end the same lead before the roll; raises LookupError before the first rulebook.
    """
    if calendar.session is Session.ALWAYS:
        lead = timedelta(milliseconds=in_force(day).square_off_lead_ms)
        return dict.fromkeys(Board, calendar.rolls_at(day) - lead)
    row = calendar.days.get(day)
    if row is not None and row.kind is DayKind.SPECIAL and row.closes is not None:
        return dict.fromkeys(Board, datetime.combine(day, row.closes, IST) - SPECIAL_LEAD)
    return _ordinary(day)


@cache
def _ordinary(day: date) -> Mapping[Board, datetime]:
    cuts = dated.each_in_force(CUTS, day, lambda cut: cut.board)
    return {board: datetime.combine(day, cut.at, IST) for board, cut in cuts.items()}
