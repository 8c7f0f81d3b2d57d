"""What an exchange with hours does now, in the words of its strip, and what comes next.

The times told are the timetable's: a window that closes at random is told by its latest end, so that nobody
reads here when it will.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from core.calendar import IST, Calendar, DayKind, Session
from core.sessions import Board, Window
from core.windows import AUCTIONS

PRINTING = AUCTIONS | {Window.CONTINUOUS, Window.POST_CLOSE}
"""Windows in which prices, or an auction's book, are shown anew."""
_GOES_ON = (Window.CONTINUOUS, Window.REOPEN_ENTRY)


@dataclass(frozen=True, slots=True)
class Phase:
    """``words`` for the strip; ``until`` is when they change; ``prints`` whether prices are to be expected."""

    words: str
    until: datetime
    prints: bool


def phase(calendar: Calendar, at: datetime) -> Phase | None:
    """The phase of the exchange at an instant; None of a market that never closes."""
    if calendar.session is Session.ALWAYS:
        return None
    windows = {board: calendar.window_at(at, board) for board in Board}
    prints = any(window in PRINTING for window in windows.values())
    plain = calendar.under(Session.NSE, "")
    window = windows[Board.AUCTION_SHARE]
    spans = plain.spans(at, Board.AUCTION_SHARE)
    ahead = [next(spans) for _ in range(12)]
    words, until = _words(window, ahead, at)
    if window is Window.HALTED:
        begun = next(each for each in reversed(calendar.halts) if each.begins <= at)
        words = f"{words}: {begun.short}"
    if window is Window.CLOSED:
        words, until = _closed(plain, windows, at, ahead)
    return Phase(words, until, prints)


Spans = Sequence[tuple[Window, datetime, datetime]]


def _words(window: Window, ahead: Spans, at: datetime) -> tuple[str, datetime]:
    end = ahead[0][2]
    later = {each: start for each, start, _ in reversed(ahead)}
    entry_ends = next((stop for each, _, stop in reversed(ahead[:2]) if each in AUCTIONS), end)
    trading, after = later.get(Window.CONTINUOUS, end), later.get(Window.POST_CLOSE, end)
    morning = at.astimezone(IST).hour < 12
    match window:
        case Window.PRE_OPEN:
            return f"Pre-open, orders until {entry_ends:%H:%M}", end
        case Window.PRE_OPEN_LIMIT:
            return f"Pre-open, limit only until {end:%H:%M}", end
        case Window.PRE_OPEN_MATCH:
            return f"Opening auction is matched, trading from {trading:%H:%M}", trading
        case Window.CONTINUOUS:
            follows = ahead[1][0] if len(ahead) > 1 else Window.CLOSED
            return ("Open, closing auction follows" if follows is Window.AUCTION_REFERENCE else "Open"), end
        case Window.AUCTION_REFERENCE:
            return f"Closing auction from {end:%H:%M}", end
        case Window.AUCTION_ENTRY:
            return f"Closing auction, orders until {entry_ends:%H:%M}", end
        case Window.AUCTION_LIMIT:
            return "Closing auction, limit only", end
        case Window.AUCTION_MATCH:
            return f"Closing auction is matched, post-close from {after:%H:%M}", after
        case Window.POST_CLOSE:
            return "Post-close, at the closing price", end
        case Window.HALTED:
            goes_on = (start for each, start, _ in ahead[1:] if each in _GOES_ON and start.date() == end.date())
            again = next(goes_on, None)
            return (f"Trading is halted until {again:%H:%M}", end) if again else ("Trading is halted for today", end)
        case Window.REOPEN_ENTRY:
            return f"Call auction after the halt, orders until {end:%H:%M}", end
        case Window.REOPEN_MATCH:
            return f"Call auction is matched, trading from {trading:%H:%M}", trading
    return (f"Trading from {trading:%H:%M}", trading) if morning else (f"Post-close from {after:%H:%M}", after)


def _closed(calendar: Calendar, windows: dict[Board, Window], at: datetime, ahead: Spans) -> tuple[str, datetime]:
    """Closed for shares: contracts may trade yet, or the day is a holiday, which has a name."""
    opens = ahead[0][1]
    if any(window is Window.CONTINUOUS for window in windows.values()):
        return "Contracts only", opens
    local = at.astimezone(IST)
    row = calendar.days.get(local.date())
    why = f"Closed: {row.name}" if row is not None and row.kind is DayKind.HOLIDAY else "Closed"
    return f"{why}. Opens {_day(opens.date(), local.date())}{opens:%H:%M}", opens


def _day(day: date, today: date) -> str:
    if day == today:
        return ""
    return f"{day:%a} " if (day - today).days < 7 else f"{day:%a %d %b} "
