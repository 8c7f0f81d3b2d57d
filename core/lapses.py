"""Which resting orders a window of the day no longer carries, and the sentence that ends them.

Judged by what rests and what time it is, never by having seen the window change, so that a book that is built
anew in the middle of a window ends the same orders.
"""

from datetime import datetime

from core.calendar import IST, Calendar
from core.ladder import Resting
from core.money import rupees
from core.orders import Validity
from core.reasons import Reason
from core.sessions import Board, Window

Why = tuple[Reason, str]
Band = tuple[int | None, int | None]

AUCTION = frozenset({Window.AUCTION_REFERENCE, Window.AUCTION_ENTRY, Window.AUCTION_LIMIT})
TRADING = frozenset({Window.CONTINUOUS, Window.AUCTION_LIMIT})
"""Windows at whose last end the orders of the day end with them."""


def session_end(calendar: Calendar, board: Board, at: datetime) -> datetime | None:
    """When orders of the board's day end unless filled; None where it has none on the day of ``at``."""
    day = at.astimezone(IST).date()
    ends = [row.end for row in calendar.hours(day, board) if row.window in TRADING]
    return datetime.combine(day, max(ends), IST) if ends else None


def not_for_auction(window: Window, order: Resting) -> Why | None:
    """The closing auction carries limit orders of the day alone."""
    if window not in AUCTION:
        return None
    if order.trigger:
        return Reason.NOT_FOR_AUCTION, "The closing auction takes no stop orders: ended when it began."
    if order.ends:
        return Reason.NOT_FOR_AUCTION, "The closing auction takes no order that hides a part: ended when it began."
    if order.validity is not Validity.DAY:
        return Reason.NOT_FOR_AUCTION, f"The closing auction takes no {order.validity} orders: ended when it began."
    return None


def outside_band(order: Resting, band: Band) -> Why | None:
    """The auction's reference moves the band; what lies outside it can never trade there."""
    lower, upper = band
    if lower is not None and order.limit < lower:
        word = f"below the lower limit of {rupees(lower)}"
    elif upper is not None and order.limit > upper:
        word = f"above the upper limit of {rupees(upper)}"
    else:
        return None
    return Reason.OUTSIDE_AUCTION_BAND, f"The price is {word} that holds since 15:15."


def left_behind(order: Resting, band: Band) -> Why | None:
    """A band that has slid along with the price leaves orders outside it; a stop that waits still is let be, and is
    looked at by its limit when it triggers."""
    lower, upper = band
    if order.trigger or ((lower is None or order.limit >= lower) and (upper is None or order.limit <= upper)):
        return None
    low, high = ("none" if each is None else rupees(each) for each in band)
    return Reason.BAND_MOVED, f"The circuit limits have moved with the price, to {low} and {high}: this lies outside."


def day_is_over(end: datetime | None, order: Resting, at: datetime, auction: bool) -> Why | None:
    """Orders entered before their session's end do not outlive it; those of the post-close session came later."""
    if end is None or at < end or order.active_from >= end.timestamp() * 1000:
        return None
    if auction:
        return Reason.AUCTION_UNMATCHED, "The closing auction found no match for the rest of this order."
    return Reason.EXPIRED_DAY, f"The trading session ended at {end.astimezone(IST):%H:%M}."
