"""What is worth a second look before an order is sent, in sentences: an order that draws one may still be taken.

Each is told by the rule that would refuse, asked whether it is near, so that what warns and what refuses cannot
come to differ. Nothing here refuses anything.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from core import amo, last_days, windows
from core.account import Work
from core.facts import Facts
from core.instruments import Instrument
from core.money import percent, rupees
from core.orders import PlaceOrder, Product
from core.price_rules import is_stale
from core.reasons import Reason, Refusal
from core.risk_account import state_of
from core.risk_facts import RESTRICTION_REASONS, RESTRICTION_WORDS
from core.risk_orders import room_for_price
from core.risk_watch import Figures, measures
from core.sessions import Window
from core.standing import TradingState

NEAR_LOSS = 8_000
"""Basis points of a loss limit from which on it is told."""
NEAR_PRICE = 5_000
"""Basis points of the room for a price from which on it is told."""
CROSSES = 300
"""Basis points by which a limit may be worse than the last price before it is told."""
SQUARE_OFF_MINUTES = 30


@dataclass(frozen=True, slots=True)
class Look:
    """What the cautions look at. ``figures`` are the account's of the last second, None where nobody measured."""

    work: Work
    facts: Facts
    instrument: Instrument
    wish: PlaceOrder
    figures: Figures | None = None

    @property
    def last_price(self) -> int:
        """Paise; 0 while there is none."""
        quote = self.facts.quotes.get(self.instrument.id)
        return quote.last_price if quote else 0

    @property
    def later(self) -> bool:
        """Whether it waits for an opening."""
        return amo.waits(self.facts, self.instrument, self.wish)


Caution = Refusal
Rule = Callable[[Look], Iterable[Caution]]


def state_is_told(look: Look) -> Iterable[Caution]:
    """A book that may only reduce, or is halted, says so before anything is sent."""
    state, why, reason = state_of(look.work, look.facts)
    if state is TradingState.HALTED:
        yield Refusal(reason, f"Trading is halted: only cancels are taken. {why}")
    elif state is TradingState.REDUCING:
        yield Refusal(reason, f"This book may only reduce: an order that closes is taken, one that opens is not. {why}")


def loss_limit_is_near(look: Look) -> Iterable[Caution]:
    """Today's loss, or the way down from the peak, has used up most of its limit."""
    state, *_ = state_of(look.work, look.facts)
    if look.figures is None or state is not TradingState.ACTIVE:
        return
    for measure in measures(look.figures, look.facts.risk.limits):
        if measure.limit and measure.used and measure.used * 10_000 >= measure.limit * NEAR_LOSS:
            used = percent(measure.used * 100 // measure.limit * 100)
            sentence = (
                f"{measure.words}: {used} of the limit of {measure.shown} is used. At the limit only exits are taken."
            )
            yield Refusal(measure.reason, sentence, numbers={"used": measure.used, "limit": measure.limit})


def restrictions_are_told(look: Look) -> Iterable[Caution]:
    """What an exchange says of the instrument holds for this order too, where it is taken all the same."""
    for kind, note in look.facts.risk.restrictions.items():
        because = f" ({note})" if note else ""
        sentence = f"{look.instrument.symbol}{because}. {RESTRICTION_WORDS[kind]}."
        yield Refusal(RESTRICTION_REASONS[kind], sentence, "symbol")


def opening_is_awaited(look: Look) -> Iterable[Caution]:
    """The exchange is closed: the order waits for its opening, and when that is."""
    if look.later and not amo.refuses(look.facts, look.instrument, look.wish):
        code, sentence = amo.word(look.facts, look.instrument, look.wish)
        yield Refusal(Reason(code), sentence, "amo")


def auction_is_told(look: Look) -> Iterable[Caution]:
    """What is entered into an auction fills at the auction's price, or not in it at all."""
    window = look.facts.window(look.instrument)
    if window in windows.AUCTIONS and not look.later:
        words = windows.TERMS[window].words
        sentence = f"It is {words}: orders are collected now, and all that match fill at one price."
        yield Refusal(Reason.AUCTION_UNMATCHED, sentence)


def square_off_is_near(look: Look) -> Iterable[Caution]:
    """An intraday position that is opened now is closed soon."""
    until = look.facts.intraday_until(look.instrument)
    if look.wish.product is not Product.MIS or until is None or look.later:
        return
    left = (until - look.facts.market.exchange_time).total_seconds() / 60
    if 0 < left <= SQUARE_OFF_MINUTES:
        sentence = f"Intraday positions are squared off from {until:%H:%M} on: {max(1, round(left))} min are left."
        yield Refusal(Reason.SQUARED_OFF, sentence, "product")


def last_days_are_told(look: Look) -> Iterable[Caution]:
    """A stock contract asks for more the nearer its end is."""
    yield from last_days.told(look.facts, look.instrument, look.wish)


def price_is_old(look: Look) -> Iterable[Caution]:
    """A limit is taken at an old price too, but nothing fills until a fresh one comes."""
    quote = look.facts.quotes.get(look.instrument.id)
    trading = look.facts.window(look.instrument) is Window.CONTINUOUS and look.facts.market.phase == "OPEN"
    if not trading or look.later:
        return
    if quote is None:
        yield Refusal(Reason.NO_PRICE, f"{look.instrument.symbol} has no price yet: nothing fills until one comes.")
    elif is_stale(look.facts, quote):
        sentence = f"The last price is {quote.age_ms // 1000} s old: nothing fills until a fresh one comes."
        yield Refusal(Reason.STALE_PRICE, sentence, "symbol", numbers={"age_ms": quote.age_ms})


def price_is_far(look: Look) -> Iterable[Caution]:
    """A price that is worse than the last by much, or so far from it that a little further would be refused."""
    price, last = look.wish.price, look.last_price
    if not price or not last:
        return
    away, sign = abs(price - last) * 10_000 // last, look.wish.side.sign
    where = "above" if price > last else "below"
    told = f"The price is {percent(away)} {where} the last price of {rupees(last)}"
    room = room_for_price(look.facts.risk, look.instrument, last)
    if (price - last) * sign > 0 and away >= CROSSES:
        yield Refusal(Reason.PRICE_AWAY, f"{told}: it fills at once, at the best there is up to it.", "price")
    elif room is not None and abs(price - last) * 10_000 > room * NEAR_PRICE:
        limit = percent(room * 10_000 // last)
        yield Refusal(Reason.PRICE_AWAY, f"{told}; more than {limit} is refused.", "price")


RULES: tuple[Rule, ...] = (
    state_is_told,
    loss_limit_is_near,
    restrictions_are_told,
    opening_is_awaited,
    auction_is_told,
    square_off_is_near,
    last_days_are_told,
    price_is_old,
    price_is_far,
)


def cautions(look: Look, refused: Iterable[Refusal] = ()) -> list[Caution]:
    """What is to be told of an order; not what one of ``refused`` says already."""
    known = {each.reason for each in refused}
    return [caution for rule in RULES for caution in rule(look) if caution.reason not in known]
