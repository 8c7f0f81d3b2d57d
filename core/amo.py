"""Orders placed while the exchange is closed: when a broker takes them, which, and when they are sent.

The hours are brokers' published ones, as dated rows. On a day without trading they are taken around the clock.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Protocol

from core import dated, windows
from core.calendar import IST, Calendar, Session
from core.facts import Facts
from core.instruments import OPTIONS, Instrument, Segment
from core.orders import OrderType, PlaceOrder, Validity
from core.reasons import Reason, Refusal
from core.sessions import Board, Window


@dataclass(frozen=True, slots=True)
class Intake:
    """From a date on, a broker takes orders for the next opening from ``opens`` in the evening until ``until``."""

    effective_from: date
    segment: Segment
    opens: time
    until: time


_BEGINNING = date(2000, 1, 1)
INTAKES = (
    Intake(_BEGINNING, Segment.CASH, time(16, 0), time(8, 58)),
    Intake(_BEGINNING, Segment.DERIVATIVES, time(15, 45), time(9, 10)),
)
# A special session keeps this much of its own day free of them, before it opens and after it closes.
AROUND_SPECIAL = timedelta(minutes=30)
_BLIND = frozenset({OrderType.MARKET, OrderType.SL_M})


def intake(day: date, segment: Segment) -> Intake:
    """The row in force. Raises LookupError where there is none."""
    rows = (row for row in INTAKES if row.segment is segment)
    return dated.in_force(rows, day, f"hours of after-market orders in {segment}")


def pause(calendar: Calendar, day: date, segment: Segment) -> tuple[datetime, datetime] | None:
    """From when to when a day takes none; None where it takes them around the clock."""
    if not calendar.under(Session.NSE).is_trading_date(day):
        return None
    special, row = calendar.days.get(day), intake(day, segment)
    if special is not None and special.opens is not None and special.closes is not None:
        first, last = (datetime.combine(day, each, IST) for each in (special.opens, special.closes))
        return first - AROUND_SPECIAL, last + AROUND_SPECIAL
    return datetime.combine(day, row.until, IST), datetime.combine(day, row.opens, IST)


def is_taken_at(calendar: Calendar, at: datetime, segment: Segment) -> bool:
    """Whether orders for the next opening are taken then."""
    none = pause(calendar, at.astimezone(IST).date(), segment)
    return none is None or not none[0] <= at < none[1]


def waits(facts: Facts, instrument: Instrument, wish: PlaceOrder) -> bool:
    """Whether a wish is for the next opening: it says so, or it says nothing while its exchange is closed."""
    if wish.amo is not None:
        return wish.amo
    if facts.calendar is None or facts.market.session == Session.ALWAYS:
        return False
    closed = facts.window(instrument) is Window.CLOSED
    return closed and is_taken_at(facts.calendar, facts.clock, instrument.segment)


def refuses(facts: Facts, instrument: Instrument, wish: PlaceOrder, changing: bool = False) -> Refusal | None:
    """Why a wish for the next opening is not taken; ``changing`` where it is for an order that waits already."""
    if facts.calendar is None or facts.market.session == Session.ALWAYS:
        return Refusal(Reason.AMO_NOT_NOW, "This market never closes: place the order now, without AMO.", "amo")
    none = pause(facts.calendar, facts.clock.astimezone(IST).date(), instrument.segment)
    if none is not None and none[0] <= facts.clock < none[1]:
        if changing:
            sentence = (
                "The order is about to be sent to the exchange. Change it once it is open there, or cancel it now."
            )
        elif facts.window(instrument) is not Window.CLOSED:
            sentence = f"{instrument.symbol} trades now: place the order now, without AMO."
        else:
            sentence = f"After-market orders are taken again {windows.moment(none[1], facts.clock)}."
        return Refusal(Reason.AMO_NOT_NOW, sentence, "amo")
    if wish.legs or wish.validity is Validity.TTL:
        what = "iceberg" if wish.legs else "TTL order"
        sentence = f"No {what} waits for the opening. Leave that out, or place it when {instrument.symbol} trades."
        return Refusal(Reason.AMO_NOT_TAKEN, sentence, "iceberg_legs" if wish.legs else "validity")
    if wish.order_type in _BLIND and instrument.kind in OPTIONS:
        sentence = f"No {wish.order_type} order on options waits for the opening. Use LIMIT or SL with a price."
        return Refusal(Reason.AMO_NOT_TAKEN, sentence, "order_type")
    return None


class Terms(Protocol):
    """What of an order decides when it is sent."""

    @property
    def order_type(self) -> OrderType:
        """Its type."""

    @property
    def validity(self) -> Validity:
        """Its validity."""

    @property
    def disclosed_quantity(self) -> int:
        """What it shows, 0 for all."""


def goes_out(board: Board, window: Window, order: Terms) -> bool:
    """Whether an order that waits is sent in this window: a share's plain order into the opening auction, all
    others when trading begins."""
    if window is Window.CONTINUOUS:
        return True
    if window not in (Window.PRE_OPEN, Window.PRE_OPEN_LIMIT) or board not in (Board.AUCTION_SHARE, Board.SHARE):
        return False
    return windows.takes(window, order.order_type, order.validity, bool(order.disclosed_quantity))


def sent_at(facts: Facts, instrument: Instrument, wish: Terms) -> datetime | None:
    """When the order will be sent, as the calendar stands."""
    board = facts.board(instrument)
    return windows.first(facts, instrument, lambda window: goes_out(board, window, wish))


def word(facts: Facts, instrument: Instrument, wish: Terms) -> tuple[int, str]:
    """What the order's row says while it waits."""
    at = sent_at(facts, instrument, wish)
    when = "at the next opening" if at is None else windows.moment(at, facts.clock)
    return int(Reason.AMO_WAITS), f"After-market order: it goes to the exchange {when}, and is checked again then."
