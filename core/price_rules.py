"""Which prices an order may name, and where its trigger stands. One function a rule, one reason a rule."""

from core.asked import PRICED, STOPS, Asked, Rule
from core.facts import Facts, Quote
from core.instruments import DERIVATIVES
from core.money import rupees
from core.order_limits import beyond
from core.orders import OrderType, Side
from core.reasons import Reason, Refusal
from core.sessions import Window
from core.windows import AUCTIONS

# Windows whose price is another than the last one: that of the auction, or that of the close.
UNPRICED = AUCTIONS | {Window.POST_CLOSE}
_WORDS = {"price": "Price", "trigger_price": "Trigger price"}


def price_is_given(asked: Asked) -> Refusal | None:
    """LIMIT and SL carry a price."""
    if asked.wish.order_type in PRICED and asked.wish.price <= 0:
        return Refusal(Reason.PRICE_REQUIRED, f"A {asked.wish.order_type} order needs a price.", "price")
    return None


def price_has_a_use(asked: Asked) -> Refusal | None:
    """MARKET and SL-M carry none."""
    if asked.wish.order_type not in PRICED and asked.wish.price:
        sentence = f"A {asked.wish.order_type} order takes no price. Leave it out, or use LIMIT."
        return Refusal(Reason.PRICE_NOT_ALLOWED, sentence, "price")
    return None


def trigger_is_given(asked: Asked) -> Refusal | None:
    """SL and SL-M carry a trigger."""
    if asked.wish.order_type in STOPS and asked.wish.trigger_price <= 0:
        sentence = f"A {asked.wish.order_type} order needs a trigger price."
        return Refusal(Reason.TRIGGER_REQUIRED, sentence, "trigger_price")
    return None


def trigger_has_a_use(asked: Asked) -> Refusal | None:
    """MARKET and LIMIT carry none."""
    if asked.wish.order_type not in STOPS and asked.wish.trigger_price:
        sentence = f"A {asked.wish.order_type} order takes no trigger price. Use SL or SL-M."
        return Refusal(Reason.TRIGGER_NOT_ALLOWED, sentence, "trigger_price")
    return None


def _on_tick(asked: Asked, name: str, price: int, reason: Reason) -> Refusal | None:
    tick = asked.instrument.tick
    if price % tick == 0:
        return None
    down = price // tick * tick
    near = f"{rupees(down)} or {rupees(down + tick)}" if down else rupees(tick)
    sentence = f"{_WORDS[name]} must be a multiple of {rupees(tick)}, not {rupees(price)}. Try {near}."
    return Refusal(reason, sentence, name)


def price_is_on_tick(asked: Asked) -> Refusal | None:
    """The price is a multiple of the tick."""
    return _on_tick(asked, "price", asked.wish.price, Reason.OFF_TICK)


def trigger_is_on_tick(asked: Asked) -> Refusal | None:
    """The trigger is a multiple of the tick."""
    return _on_tick(asked, "trigger_price", asked.wish.trigger_price, Reason.TRIGGER_OFF_TICK)


def _in_band(asked: Asked, name: str, price: int, reason: Reason) -> Refusal | None:
    lower, upper = asked.facts.bands.get(asked.instrument.id, (None, None))
    if price and lower is not None and price < lower:
        sentence = f"{_WORDS[name]} {rupees(price)} is below today's lower circuit limit of {rupees(lower)}."
        return Refusal(reason, sentence, name, numbers={"limit": lower})
    if price and upper is not None and price > upper:
        sentence = f"{_WORDS[name]} {rupees(price)} is above today's upper circuit limit of {rupees(upper)}."
        return Refusal(reason, sentence, name, numbers={"limit": upper})
    return None


def price_is_in_band(asked: Asked) -> Refusal | None:
    """The price stays within the day's limits."""
    return _in_band(asked, "price", asked.wish.price, Reason.OUTSIDE_BAND)


def trigger_is_in_band(asked: Asked) -> Refusal | None:
    """The trigger stays within the day's limits, beyond which nothing trades."""
    return _in_band(asked, "trigger_price", asked.wish.trigger_price, Reason.TRIGGER_OUTSIDE_BAND)


def price_is_within_reference(asked: Asked) -> Refusal | None:
    """The exchange turns away a limit that buys a contract far above its last price, or sells it far below (circulars
    on limit price protection). A stop is looked at when it triggers; in an auction the band alone holds."""
    wish, instrument = asked.wish, asked.instrument
    judged = wish.order_type is OrderType.LIMIT or (wish.order_type is OrderType.SL and asked.triggered)
    quote = asked.facts.quotes.get(instrument.id)
    if instrument.kind not in DERIVATIVES or not judged or not wish.price or asked.amo or price_is_in_band(asked):
        return None
    if quote is None or is_stale(asked.facts, quote) or asked.facts.window(instrument) in UNPRICED:
        return None
    buys = wish.side is Side.BUY
    edge = beyond(asked.limits, instrument, asked.underlying, quote.last_price, wish.price, buys=buys)
    if edge is None:
        return None
    how, where, most = ("buy", "above", "at most") if buys else ("sell", "below", "at least")
    sentence = (
        f"To {how} at {rupees(wish.price)} is too far {where} the last price of {rupees(quote.last_price)} for the "
        f"exchange's price protection. Ask for {most} {rupees(edge)}."
    )
    return Refusal(Reason.OUTSIDE_REFERENCE, sentence, "price", numbers={"limit": edge, "last_price": quote.last_price})


def _needs_none(asked: Asked) -> bool:
    """Whether no last price judges the order: a limit does, an auction's price does, that of another day, or the one
    that judged the same terms before."""
    if asked.wish.order_type is OrderType.LIMIT or asked.triggered or asked.amo or asked.kept:
        return True
    return asked.facts.window(asked.instrument) in UNPRICED


def price_is_known(asked: Asked) -> Refusal | None:
    """A market or stop order is judged by the last price: without one it is refused."""
    if _needs_none(asked) or asked.instrument.id in asked.facts.quotes:
        return None
    return Refusal(Reason.NO_PRICE, f"{asked.instrument.symbol} has no price yet. Use LIMIT, or wait.", "symbol")


def is_stale(facts: Facts, quote: Quote) -> bool:
    """Whether a last price is too old to judge by."""
    return quote.age_ms > facts.rulebook.stale_after_ms


def price_is_fresh(asked: Asked) -> Refusal | None:
    """A market or stop order is judged by the last price: an old one refuses it."""
    quote = asked.facts.quotes.get(asked.instrument.id)
    if _needs_none(asked) or quote is None:
        return None
    if is_stale(asked.facts, quote):
        sentence = f"The last price of {asked.instrument.symbol} is {quote.age_ms // 1000} s old. Use LIMIT, or wait."
        return Refusal(Reason.STALE_PRICE, sentence, "symbol", numbers={"age_ms": quote.age_ms})
    return None


def trigger_is_ahead(asked: Asked) -> Refusal | None:
    """A stop waits ahead of the last price: it fires by what is traded, not by what is bid."""
    wish, last = asked.wish, asked.last_price
    if wish.order_type not in STOPS or asked.triggered or not last or not wish.trigger_price:
        return None
    if (wish.trigger_price - last) * wish.side.sign > 0:
        return None
    where = "above" if wish.side.sign > 0 else "below"
    sentence = f"The trigger of a stop {wish.side} must be {where} the last price of {rupees(last)}."
    return Refusal(Reason.TRIGGER_SIDE, sentence, "trigger_price", numbers={"last_price": last})


def limit_is_beyond_trigger(asked: Asked) -> Refusal | None:
    """The limit of a stop is not behind its trigger, where it could not fill; equal is fine."""
    wish = asked.wish
    if wish.order_type is not OrderType.SL or asked.triggered or not (wish.price and wish.trigger_price):
        return None
    if (wish.price - wish.trigger_price) * wish.side.sign >= 0:
        return None
    where = "at or above" if wish.side.sign > 0 else "at or below"
    sentence = f"The price of a stop {wish.side} must be {where} its trigger of {rupees(wish.trigger_price)}."
    return Refusal(Reason.LIMIT_BEHIND_TRIGGER, sentence, "price")


PRICE_RULES: tuple[Rule, ...] = (
    price_is_given,
    price_has_a_use,
    trigger_is_given,
    trigger_has_a_use,
    price_is_on_tick,
    trigger_is_on_tick,
    price_is_in_band,
    trigger_is_in_band,
    price_is_within_reference,
    price_is_known,
    price_is_fresh,
    trigger_is_ahead,
    limit_is_beyond_trigger,
)
