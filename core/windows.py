"""What each window of the day takes: which orders may be entered, changed and cancelled in it.

The table is the exchange's (circulars on the pre-open session of 2026-09-07 and the closing auction of
2026-08-03); a refusal names the window and says from when on the same order can be placed.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from core.calendar import IST
from core.facts import Facts
from core.instruments import Instrument
from core.money import rupees
from core.orders import Order, OrderType, PlaceOrder, Status, Validity
from core.reasons import Reason, Refusal
from core.sessions import Window

_ALL = frozenset(OrderType)
_PLAIN = frozenset({OrderType.LIMIT, OrderType.MARKET})
_LIMIT = frozenset({OrderType.LIMIT})
_NONE = frozenset[OrderType]()
_DAY = frozenset({Validity.DAY})


@dataclass(frozen=True, slots=True)
class Terms:
    """One window's row: ``new`` may be entered, ``changes`` modified, ``cancels`` cancelled, by their type."""

    words: str
    new: frozenset[OrderType] = _NONE
    validities: frozenset[Validity] = _DAY
    disclosed: bool = False
    changes: frozenset[OrderType] = _NONE
    cancels: frozenset[OrderType] = _ALL


TERMS: dict[Window, Terms] = {
    Window.PRE_OPEN: Terms("pre-open", _PLAIN, changes=_PLAIN),
    Window.PRE_OPEN_LIMIT: Terms(
        "the limit-only part of pre-open", _LIMIT, changes=_LIMIT, cancels=_ALL - {OrderType.MARKET}
    ),
    Window.PRE_OPEN_MATCH: Terms("the matching of the opening auction", cancels=_NONE),
    Window.BUFFER: Terms("a pause between two sessions"),
    Window.CONTINUOUS: Terms("continuous trading", _ALL, frozenset(Validity), True, _ALL),
    Window.AUCTION_REFERENCE: Terms("the pause before the closing auction"),
    Window.AUCTION_ENTRY: Terms("the closing auction", _PLAIN, changes=_PLAIN),
    Window.AUCTION_LIMIT: Terms(
        "the limit-only part of the closing auction", _LIMIT, changes=_LIMIT, cancels=_ALL - {OrderType.MARKET}
    ),
    Window.AUCTION_MATCH: Terms("the matching of the closing auction", cancels=_NONE),
    Window.POST_CLOSE: Terms("the post-close session", _PLAIN, changes=_PLAIN),
    Window.HALTED: Terms("a halt of the whole market"),
    Window.REOPEN_ENTRY: Terms("the call auction after the halt", _PLAIN, changes=_PLAIN),
    Window.REOPEN_MATCH: Terms("the matching of the call auction", cancels=_NONE),
    Window.CLOSED: Terms("closed"),
}

AUCTIONS = frozenset(
    {Window.PRE_OPEN, Window.PRE_OPEN_LIMIT, Window.AUCTION_ENTRY, Window.AUCTION_LIMIT, Window.REOPEN_ENTRY}
)
"""Windows that collect orders for one price; a market order in them is bounded by the day's band alone."""


def takes(window: Window, order_type: OrderType, validity: Validity, disclosed: bool) -> bool:
    """Whether a window takes a new order of these terms."""
    terms = TERMS[window]
    return order_type in terms.new and validity in terms.validities and (terms.disclosed or not disclosed)


def refuses(facts: Facts, instrument: Instrument, wish: PlaceOrder, was: OrderType | None = None) -> Refusal | None:
    """Why the instrument's window does not take a wish now; ``was`` is the type of the order that it changes.

    A stop that has triggered is a limit order: the caller names it so.
    """
    window = facts.window(instrument)
    terms, at = TERMS[window], _place(TERMS[window])

    def fits(one: Window) -> bool:
        return takes(one, wish.order_type, wish.validity, bool(wish.disclosed_quantity or wish.legs))

    if was is not None and was not in terms.changes:
        again = _again(facts, instrument, lambda one: was in TERMS[one].changes)
        return Refusal(Reason.WINDOW_NO_CHANGE, f"{at} changes no {was} orders. {again}", "order_type")
    if fits(window):
        return _at_the_close(facts, instrument, wish) if window is Window.POST_CLOSE else None
    again = _again(facts, instrument, fits)
    if window is Window.CLOSED:
        return Refusal(Reason.WINDOW_CLOSED, f"{instrument.symbol} does not trade now. {again}")
    if window is Window.HALTED:
        return Refusal(Reason.MARKET_HALTED, f"{_halted(facts)} {again}")
    if not terms.new:
        return Refusal(Reason.WINDOW_CLOSED, f"{at} takes no new orders. {again}")
    if wish.order_type not in terms.new:
        kinds = " and ".join(sorted(terms.new))
        return Refusal(Reason.WINDOW_TYPE, f"{at} takes {kinds} orders only. {again}", "order_type")
    if wish.validity not in terms.validities:
        return Refusal(Reason.WINDOW_VALIDITY, f"{at} takes no {wish.validity} orders. {again}", "validity")
    return Refusal(Reason.WINDOW_DISCLOSED, f"{at} takes no disclosed quantity. {again}", "disclosed_quantity")


def _halted(facts: Facts) -> str:
    """What has halted the market."""
    halts = facts.calendar.halts if facts.calendar is not None else ()
    begun = [each for each in halts if each.begins <= facts.clock]
    return begun[-1].sentence if begun else "All trading is halted."


def _at_the_close(facts: Facts, instrument: Instrument, wish: PlaceOrder) -> Refusal | None:
    """After the close everything trades at the closing price, once there is one."""
    close = facts.closes.get(instrument.id)
    if close is None:
        sentence = f"{instrument.symbol} has no closing price yet. Try again in a few seconds."
        return Refusal(Reason.POST_CLOSE_PRICE, sentence, "symbol")
    if wish.order_type is OrderType.LIMIT and wish.price != close:
        sentence = f"The post-close session trades at the closing price of {rupees(close)} alone: use it, or MARKET."
        return Refusal(Reason.POST_CLOSE_PRICE, sentence, "price", numbers={"closing_price": close})
    return None


def keeps(facts: Facts, instrument: Instrument, order: Order) -> Refusal | None:
    """Why an order cannot be cancelled by its owner now: the exchange is matching it."""
    window = facts.window(instrument)
    if order.status is Status.AMO or order.order_type in TERMS[window].cancels:
        return None
    kind = f"{order.order_type} " if TERMS[window].cancels else ""
    again = _again(facts, instrument, lambda one: order.order_type in TERMS[one].cancels)
    sentence = f"{_place(TERMS[window])} cancels no {kind}orders. {again}"
    return Refusal(Reason.WINDOW_NO_CANCEL, sentence, order_id=order.id)


def _place(terms: Terms) -> str:
    return terms.words[0].upper() + terms.words[1:]


def _again(facts: Facts, instrument: Instrument, fits: Callable[[Window], bool]) -> str:
    """When the same will be possible."""
    found = first(facts, instrument, fits)
    return "Use LIMIT with validity DAY." if found is None else f"Try again {moment(found, facts.clock)}."


def first(facts: Facts, instrument: Instrument, fits: Callable[[Window], bool]) -> datetime | None:
    """When the instrument's next window begins that fits; None where none does within a week."""
    if facts.calendar is None:
        return None
    now = facts.clock
    for window, start, _end in facts.calendar.spans(now, facts.board(instrument)):
        if (start - now).days > 7:
            return None
        if start > now and fits(window):
            return start
    return None


def moment(at: datetime, now: datetime) -> str:
    """``at 09:15`` of the day it is, ``on Wed 25 Nov at 09:15`` of another."""
    local = at.astimezone(IST)
    clock = f"{local:%H:%M:%S}" if local.second else f"{local:%H:%M}"
    if local.date() == now.astimezone(IST).date():
        return f"at {clock}"
    return f"on {local:%a %d %b} at {clock}"
