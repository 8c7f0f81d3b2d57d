"""The checks before an order: one function a rule, each with its own reason and the sentence a trader reads.

``form`` rules look at the wish alone, and a refusal leaves no order behind. ``risk`` rules weigh it against
the account; their refusal is written as a REJECTED order. Rules never change anything.
"""

from dataclasses import replace

from core import amo, windows
from core.account import Work
from core.asked import PRICED, STOPS, Asked, Rule
from core.facts import Facts
from core.instruments import Instrument, Kind
from core.kind_rules import KIND_RULES
from core.money import rupees
from core.orders import OrderType, PlaceOrder, Product, Side
from core.price_rules import PRICE_RULES
from core.quantity_rules import QUANTITY_RULES
from core.reasons import Reason, Refusal
from core.risk_facts import NO_INTRADAY
from core.sessions import Window

__all__ = ["PRICED", "STOPS", "Asked", "form", "funds", "intraday_is_open", "shares_are_there"]


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
    """Only an open market takes orders: not while its day is rolled, nor before its prices have come. One that
    keeps the exchange's hours is judged by the window of the instrument."""
    phase = asked.facts.market.phase
    if phase == "OPEN":
        return None
    if phase == "ROLL":
        return Refusal(Reason.MARKET_ROLLING, "The day is being closed. Try again in a few seconds.")
    if phase == "CLOSED" and asked.facts.window(asked.instrument) is Window.CLOSED:
        return None
    return Refusal(Reason.MARKET_CLOSED, "The market is closed. Place the order when it opens.")


def window_takes(asked: Asked) -> Refusal | None:
    """The instrument's window of the day takes the order's type, validity and disclosed quantity; or, of an order
    for the next opening, the broker does."""
    wish = asked.wish
    if asked.amo:
        return amo.refuses(asked.facts, asked.instrument, wish, asked.changing)
    if asked.triggered and wish.order_type in STOPS:
        wish = replace(wish, order_type=OrderType.LIMIT)
    return windows.refuses(asked.facts, asked.instrument, wish, asked.was)


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


FORM: tuple[Rule, ...] = (
    market_is_running,
    rates_are_known,
    market_is_open,
    instrument_trades,
    window_takes,
    *KIND_RULES,
    *QUANTITY_RULES,
    *PRICE_RULES,
)


def form(asked: Asked) -> list[Refusal]:
    """Every refusal of the wish by its form. An impossible quantity or price hides the rules that use it."""
    return [refusal for rule in FORM if (refusal := rule(asked))]


def intraday_is_open(
    work: Work, facts: Facts, instrument: Instrument, wish: PlaceOrder, released: int = 0
) -> Refusal | None:
    """Before the day's end, by the exchange's clock, intraday positions are only closed: by their owner, then by
    the square-off. What rests on that side closes them already; ``released`` of it is the order's own."""
    until = facts.intraday_until(instrument)
    if wish.product is not Product.MIS or until is None or facts.market.exchange_time < until:
        return None
    position = work.positions.get((instrument.id, Product.MIS))
    held = position.quantity if position else 0
    resting = (position.open_buy if wish.side is Side.BUY else position.open_sell) if position else 0
    if held * wish.side.sign < 0 and wish.quantity <= abs(held) - resting + released:
        return None
    over = until.strftime("%H:%M")
    sentence = f"Intraday orders in {instrument.symbol} are over for today since {over}: only exits are taken."
    return Refusal(Reason.PRODUCT_NOT_ALLOWED, sentence, "product")


def shares_are_there(
    work: Work, facts: Facts, instrument: Instrument, wish: PlaceOrder, released: int
) -> Refusal | None:
    """A CNC sale takes shares that are held and not reserved by resting sales; ``released`` are its own."""
    if wish.product is not Product.CNC or wish.side is not Side.SELL:
        return None
    position = work.positions.get((instrument.id, Product.CNC))
    free = (position.quantity - position.open_sell if position else 0) + released
    if wish.quantity <= free:
        return None
    sentence = f"You can sell {max(free, 0)} {instrument.symbol}: the rest is not held, or resting sales reserve it."
    if _may_be_sold_short(work, facts, instrument, wish):
        sentence += " To sell short for today alone, choose MIS."
    return Refusal(Reason.NOT_ENOUGH_SHARES, sentence, "quantity", numbers={"sellable": max(free, 0)})


def _may_be_sold_short(work: Work, facts: Facts, instrument: Instrument, wish: PlaceOrder) -> bool:
    """Whether the same sale would be taken as an intraday order, as far as the instrument and the hour go."""
    if facts.risk.restrictions.keys() & set(NO_INTRADAY):
        return False
    return intraday_is_open(work, facts, instrument, replace(wish, product=Product.MIS)) is None


def funds(required: int, available: int) -> Refusal:
    """The sentence of an order, or a change, that costs more than is free."""
    short = rupees(required - available)
    sentence = f"Needs {rupees(required)}, you have {rupees(available)}. Add {short} or ask for less."
    return Refusal(
        Reason.NOT_ENOUGH_FUNDS, sentence, "quantity", numbers={"required": required, "available": available}
    )
