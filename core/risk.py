"""The checks before an order: one function a rule, each with its own reason and the sentence a trader reads.

``form`` rules look at the wish alone, and a refusal leaves no order behind. ``risk`` rules weigh it against
the account; their refusal is written as a REJECTED order. Rules never change anything.
"""

from collections.abc import Callable
from dataclasses import dataclass

from core.account import Work
from core.facts import Facts
from core.instruments import DERIVATIVES, OPTIONS, Instrument, Kind
from core.money import rupees
from core.orders import OrderType, PlaceOrder, Product, Side, Validity
from core.reasons import Reason, Refusal

STOPS = frozenset({OrderType.SL, OrderType.SL_M})
PRICED = frozenset({OrderType.LIMIT, OrderType.SL})


@dataclass(frozen=True, slots=True)
class Asked:
    """What the rules look at: the wish (or the order as a change would leave it) and the facts."""

    wish: PlaceOrder
    instrument: Instrument
    facts: Facts
    triggered: bool = False

    @property
    def last_price(self) -> int:
        """Paise; 0 while there is none."""
        quote = self.facts.quotes.get(self.instrument.id)
        return quote.last_price if quote else 0


Rule = Callable[[Asked], Refusal | None]


def market_is_running(asked: Asked) -> Refusal | None:
    """Orders wait for a market that is switched off; new ones are refused."""
    market = asked.facts.market
    if market.running:
        return None
    return Refusal(Reason.MARKET_STOPPED, f"The market {market.id} is switched off. Its orders wait until it runs.")


def rates_are_known(asked: Asked) -> Refusal | None:
    """Nothing trades on a date whose charges nobody knows: they are kept from October 2024 on."""
    if asked.facts.rates:
        return None
    on = asked.facts.market.trading_date
    sentence = f"No charges are known for {on:%d %b %Y}: they begin on 1 Oct 2024. Choose a later date to trade on."
    return Refusal(Reason.NO_RATES, sentence)


def market_is_open(asked: Asked) -> Refusal | None:
    """Only an open market takes orders: not while it is closed, nor while its day is rolled."""
    phase = asked.facts.market.phase
    if phase == "OPEN":
        return None
    if phase == "ROLL":
        return Refusal(Reason.MARKET_ROLLING, "The day is being closed. Try again in a few seconds.")
    return Refusal(Reason.MARKET_CLOSED, "The market is closed. Place the order when it opens.")


def instrument_trades(asked: Asked) -> Refusal | None:
    """An index cannot be bought, nor a contract after its last day."""
    instrument = asked.instrument
    if instrument.kind is Kind.INDEX:
        sentence = f"{instrument.symbol} is an index: trade its futures or options instead."
        return Refusal(Reason.NOT_TRADABLE, sentence, "symbol")
    if instrument.expiry is not None and instrument.expiry < asked.facts.market.trading_date:
        sentence = f"{instrument.symbol} expired on {instrument.expiry:%d %b %Y}."
        return Refusal(Reason.EXPIRED, sentence, "symbol")
    return None


def product_fits(asked: Asked) -> Refusal | None:
    """CNC is for shares, NRML for contracts, MIS for both."""
    derivative, product = asked.instrument.kind in DERIVATIVES, asked.wish.product
    if derivative and product is Product.CNC:
        return Refusal(Reason.PRODUCT_NOT_ALLOWED, "CNC is for shares. Use NRML or MIS for contracts.", "product")
    if not derivative and product is Product.NRML:
        return Refusal(Reason.PRODUCT_NOT_ALLOWED, "NRML is for contracts. Use CNC or MIS for shares.", "product")
    return None


def type_fits(asked: Asked) -> Refusal | None:
    """SL-M is not offered on options, and a stop cannot be IOC (market rules of the exchange)."""
    wish = asked.wish
    if wish.order_type is OrderType.SL_M and asked.instrument.kind in OPTIONS:
        return Refusal(Reason.TYPE_NOT_ALLOWED, "SL-M is not offered on options. Use SL with a price.", "order_type")
    if wish.validity is Validity.IOC and wish.order_type in STOPS:
        return Refusal(Reason.VALIDITY_NOT_ALLOWED, "A stop order cannot be IOC. Use DAY.", "validity")
    return None


def quantity_fits(asked: Asked) -> Refusal | None:
    """Whole lots, at least one, at most the freeze quantity."""
    quantity, instrument = asked.wish.quantity, asked.instrument
    if quantity <= 0:
        return Refusal(Reason.QUANTITY_NOT_POSITIVE, "Quantity must be 1 or more.", "quantity")
    if quantity % instrument.lot:
        down = quantity // instrument.lot * instrument.lot
        near = f"{down} or {down + instrument.lot}" if down else f"{instrument.lot}"
        sentence = f"Quantity must be a multiple of the lot of {instrument.lot}. Try {near}."
        return Refusal(Reason.NOT_A_LOT, sentence, "quantity")
    if quantity > instrument.freeze_quantity:
        most = instrument.freeze_quantity // instrument.lot * instrument.lot
        sentence = f"At most {most} in one order (freeze quantity {instrument.freeze_quantity})."
        return Refusal(Reason.ABOVE_FREEZE, sentence, "quantity")
    return None


def disclosed_fits(asked: Asked) -> Refusal | None:
    """A disclosed quantity is at least a tenth of the order, in shares, for the day."""
    shown, quantity = asked.wish.disclosed_quantity, asked.wish.quantity
    if shown == 0:
        return None
    least = -(-quantity * asked.facts.rulebook.disclosed_least // 10_000)
    if asked.instrument.kind in DERIVATIVES or asked.wish.validity is Validity.IOC or not least <= shown <= quantity:
        sentence = f"Disclosed quantity is for DAY orders in shares, from {least} to {quantity}."
        return Refusal(Reason.BAD_INPUT, sentence, "disclosed_quantity")
    return None


def prices_are_given(asked: Asked) -> Refusal | None:
    """LIMIT and SL carry a price, SL and SL-M a trigger, MARKET neither."""
    wish = asked.wish
    if wish.order_type in PRICED and wish.price <= 0:
        return Refusal(Reason.PRICE_REQUIRED, f"A {wish.order_type} order needs a price.", "price")
    if wish.order_type not in PRICED and wish.price:
        sentence = f"A {wish.order_type} order takes no price. Leave it out, or use LIMIT."
        return Refusal(Reason.PRICE_NOT_ALLOWED, sentence, "price")
    if wish.order_type in STOPS and wish.trigger_price <= 0:
        return Refusal(Reason.TRIGGER_REQUIRED, f"A {wish.order_type} order needs a trigger price.", "trigger_price")
    if wish.order_type not in STOPS and wish.trigger_price:
        sentence = f"A {wish.order_type} order takes no trigger price. Use SL or SL-M."
        return Refusal(Reason.TRIGGER_NOT_ALLOWED, sentence, "trigger_price")
    return None


def prices_are_on_tick(asked: Asked) -> Refusal | None:
    """Prices are multiples of the tick."""
    tick = asked.instrument.tick
    for name, price in (("price", asked.wish.price), ("trigger_price", asked.wish.trigger_price)):
        if price % tick:
            down = price // tick * tick
            near = f"{rupees(down)} or {rupees(down + tick)}" if down else rupees(tick)
            words = name.replace("_", " ").capitalize()
            return Refusal(Reason.OFF_TICK, f"{words} must be a multiple of {rupees(tick)}. Try {near}.", name)
    return None


def prices_are_in_band(asked: Asked) -> Refusal | None:
    """Prices stay within the day's limits."""
    lower, upper = asked.facts.bands.get(asked.instrument.id, (None, None))
    for name, price in (("price", asked.wish.price), ("trigger_price", asked.wish.trigger_price)):
        words = name.replace("_", " ").capitalize()
        if price and lower is not None and price < lower:
            sentence = f"{words} is below today's lower limit of {rupees(lower)}."
            return Refusal(Reason.OUTSIDE_BAND, sentence, name)
        if price and upper is not None and price > upper:
            sentence = f"{words} is above today's upper limit of {rupees(upper)}."
            return Refusal(Reason.OUTSIDE_BAND, sentence, name)
    return None


def price_is_known(asked: Asked) -> Refusal | None:
    """A market or stop order is judged by the last price: an absent or old one refuses it."""
    if asked.wish.order_type is OrderType.LIMIT or asked.triggered:
        return None
    quote = asked.facts.quotes.get(asked.instrument.id)
    if quote is None:
        return Refusal(Reason.NO_PRICE, f"{asked.instrument.symbol} has no price yet. Use LIMIT, or wait.", "symbol")
    if quote.age_ms > asked.facts.rulebook.stale_after_ms:
        sentence = f"The last price of {asked.instrument.symbol} is {quote.age_ms // 1000} s old. Use LIMIT, or wait."
        return Refusal(Reason.STALE_PRICE, sentence, "symbol", numbers={"age_ms": quote.age_ms})
    return None


def trigger_is_ahead(asked: Asked) -> Refusal | None:
    """A stop waits ahead of the last price, and its limit is not behind its trigger."""
    wish, last = asked.wish, asked.last_price
    if wish.order_type not in STOPS or asked.triggered or not last:
        return None
    sign = wish.side.sign
    if (wish.trigger_price - last) * sign <= 0:
        where = "above" if sign > 0 else "below"
        sentence = f"The trigger of a stop {wish.side} must be {where} the last price of {rupees(last)}."
        return Refusal(Reason.TRIGGER_SIDE, sentence, "trigger_price", numbers={"last_price": last})
    if wish.order_type is OrderType.SL and (wish.price - wish.trigger_price) * sign < 0:
        where = "at or above" if sign > 0 else "at or below"
        sentence = f"The price of a stop {wish.side} must be {where} its trigger of {rupees(wish.trigger_price)}."
        return Refusal(Reason.LIMIT_BEHIND_TRIGGER, sentence, "price")
    return None


FORM: tuple[Rule, ...] = (
    market_is_running,
    rates_are_known,
    market_is_open,
    instrument_trades,
    product_fits,
    type_fits,
    quantity_fits,
    disclosed_fits,
    prices_are_given,
    prices_are_on_tick,
    prices_are_in_band,
    price_is_known,
    trigger_is_ahead,
)


def form(asked: Asked) -> list[Refusal]:
    """Every refusal of the wish by its form. An impossible quantity or price hides the rules that use it."""
    return [refusal for rule in FORM if (refusal := rule(asked))]


def intraday_is_open(work: Work, facts: Facts, instrument: Instrument, wish: PlaceOrder) -> Refusal | None:
    """Before the day's end, by the exchange's clock, intraday positions are only closed: by their owner, then by
    the square-off."""
    until = facts.intraday_until(instrument)
    if wish.product is not Product.MIS or until is None or facts.market.exchange_time < until:
        return None
    position = work.positions.get((instrument.id, Product.MIS))
    held = position.quantity if position else 0
    if held * wish.side.sign < 0 and wish.quantity <= abs(held):
        return None
    over = until.strftime("%H:%M")
    sentence = f"Intraday orders in {instrument.symbol} are over for today since {over}: only exits are taken."
    return Refusal(Reason.PRODUCT_NOT_ALLOWED, sentence, "product")


def shares_are_there(work: Work, instrument: Instrument, wish: PlaceOrder, released: int) -> Refusal | None:
    """A CNC sale takes shares that are held and not reserved by resting sales; ``released`` are its own."""
    if wish.product is not Product.CNC or wish.side is not Side.SELL:
        return None
    position = work.positions.get((instrument.id, Product.CNC))
    free = (position.quantity - position.open_sell if position else 0) + released
    if wish.quantity <= free:
        return None
    sentence = f"You can sell {max(free, 0)} {instrument.symbol}: the rest is not held, or resting sales reserve it."
    return Refusal(Reason.NOT_ENOUGH_SHARES, sentence, "quantity", numbers={"sellable": max(free, 0)})


def no_option_is_written(work: Work, instrument: Instrument, wish: PlaceOrder, released: int) -> Refusal | None:
    """Selling an option beyond what is held would write it, which needs a margin that is not offered yet."""
    if instrument.kind not in OPTIONS or wish.side is not Side.SELL:
        return None
    position = work.positions.get((instrument.id, wish.product))
    free = (position.quantity - position.open_sell if position else 0) + released
    if wish.quantity <= free:
        return None
    sentence = f"Writing options is not offered. You can sell {max(free, 0)} {instrument.symbol} that you hold."
    return Refusal(Reason.OPTION_WRITING, sentence, "quantity", numbers={"sellable": max(free, 0)})


def funds(required: int, available: int) -> Refusal:
    """The sentence of an order, or a change, that costs more than is free."""
    short = rupees(required - available)
    sentence = f"Needs {rupees(required)}, you have {rupees(available)}. Add {short} or ask for less."
    return Refusal(
        Reason.NOT_ENOUGH_FUNDS, sentence, "quantity", numbers={"required": required, "available": available}
    )
