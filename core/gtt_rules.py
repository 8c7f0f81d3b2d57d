"""The checks before a GTT: one function a rule. What may differ by date stands in dated rows.

Money, shares and the day's price band are not looked at: they are weighed when the order is placed, which may
be months later. What could never be placed is refused now.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from core import dated, kind_rules, price_rules, quantity_rules, risk
from core.facts import Facts
from core.gtt import Gtt, GttStatus, GttWish, Leg, LegWish, step
from core.instruments import Instrument
from core.money import rupees
from core.order_limits import beyond, limits_on
from core.orders import OrderType, PlaceOrder, Product, Side
from core.reasons import Reason, Refusal


@dataclass(frozen=True, slots=True)
class GttTerms:
    """``least_distance`` of a trigger from the last price in basis points, ``days`` a GTT lives, and how many may
    be active in one account; how many orders a basket has, and how many baskets a user."""

    least_distance: int
    days: int
    most_active: int
    most_basket_legs: int
    most_baskets: int


_ROWS: tuple[tuple[date, GttTerms], ...] = (
    (date(2020, 1, 1), GttTerms(least_distance=25, days=365, most_active=250, most_basket_legs=20, most_baskets=50)),
)


def gtt_terms(on: date) -> GttTerms:
    """The terms of a trading date. Raises LookupError before the first row."""
    return dated.value_in_force(_ROWS, on, "terms of GTTs")


@dataclass(frozen=True, slots=True)
class AskedGtt:
    """What the rules look at. ``last_price`` is 0 while there is none."""

    wish: GttWish
    instrument: Instrument
    facts: Facts

    @property
    def last_price(self) -> int:
        """Paise."""
        quote = self.facts.quotes.get(self.instrument.id)
        return quote.last_price if quote else 0

    def orders(self) -> list[risk.Asked]:
        """The legs as the orders that they would place, for the rules that hold for those."""
        return [
            risk.Asked(order_of(self.wish.instrument_id, leg), self.instrument, self.facts) for leg in self.wish.legs
        ]


def order_of(instrument_id: int, leg: LegWish | Leg, quantity: int | None = None) -> PlaceOrder:
    """The order that a leg places when it fires."""
    return PlaceOrder(
        instrument_id, leg.side, leg.order_type, leg.product, leg.quantity if quantity is None else quantity,
        price=leg.price,
    )  # fmt: skip


Rule = Callable[[AskedGtt], Refusal | None]


def price_is_known(asked: AskedGtt) -> Refusal | None:
    """Which way a trigger lies is told by the last price."""
    if asked.last_price:
        return None
    return Refusal(Reason.NO_PRICE, f"{asked.instrument.symbol} has no price yet. Wait for one.", "symbol")


def product_outlives_the_day(asked: AskedGtt) -> Refusal | None:
    """An intraday order cannot wait for another day."""
    if all(leg.product is not Product.MIS for leg in asked.wish.legs):
        return None
    sentence = "A GTT may wait for months, and MIS is for one day. Use CNC for shares, NRML for contracts."
    return Refusal(Reason.PRODUCT_NOT_ALLOWED, sentence, "product")


def type_is_offered(asked: AskedGtt) -> Refusal | None:
    """The trigger is the GTT's own, so that what it places is a LIMIT or a MARKET order."""
    if all(leg.order_type in (OrderType.LIMIT, OrderType.MARKET) for leg in asked.wish.legs):
        return None
    return Refusal(Reason.TYPE_NOT_ALLOWED, "A GTT places a LIMIT or a MARKET order. Choose one.", "order_type")


def legs_are_alike(asked: AskedGtt) -> Refusal | None:
    """Both legs of a two-leg close (or open) the same thing: one side, one product."""
    legs = asked.wish.legs
    if len({(leg.side, leg.product) for leg in legs}) == 1:
        return None
    return Refusal(Reason.LEGS_DIFFER, "Both legs need the same side and the same product.", "side")


def orders_can_be_placed(asked: AskedGtt) -> Refusal | None:
    """Each leg is an order of a whole number of lots, with the price its type asks for, on the tick."""
    rules = (
        risk.instrument_trades,
        kind_rules.product_fits,
        kind_rules.market_is_offered,
        quantity_rules.quantity_is_positive,
        quantity_rules.quantity_is_in_lots,
        quantity_rules.quantity_is_below_freeze,
        quantity_rules.cash_quantity_fits,
        price_rules.price_is_given,
        price_rules.price_has_a_use,
        price_rules.price_is_on_tick,
    )
    return next((found for order in asked.orders() for rule in rules if (found := rule(order))), None)


def triggers_are_on_tick(asked: AskedGtt) -> Refusal | None:
    """A trigger that is no multiple of the tick would never print."""
    tick = asked.instrument.tick
    for leg in asked.wish.legs:
        if leg.trigger_price <= 0 or leg.trigger_price % tick:
            down = leg.trigger_price // tick * tick
            near = f"{rupees(down)} or {rupees(down + tick)}" if down > 0 else rupees(tick)
            sentence = f"Trigger price must be a multiple of {rupees(tick)}. Try {near}."
            return Refusal(Reason.OFF_TICK, sentence, "trigger_price")
    return None


def triggers_are_apart(asked: AskedGtt) -> Refusal | None:
    """A trigger too near to the last price would fire at once; two legs stand on either side of it."""
    last, tick = asked.last_price, asked.instrument.tick
    least = -(-last * gtt_terms(asked.facts.market.trading_date).least_distance // 10_000)
    for leg in asked.wish.legs:
        if abs(leg.trigger_price - last) < least:
            up, down = -(-(last + least) // tick) * tick, (last - least) // tick * tick
            sentence = (
                f"The trigger must be at least {rupees(least)} away from the last price of {rupees(last)}. "
                f"Try {rupees(down)} or less, or {rupees(up)} or more."
            )
            return Refusal(Reason.TRIGGER_TOO_NEAR, sentence, "trigger_price", numbers={"last_price": last})
    if len(asked.wish.legs) == 2:
        lower, upper = asked.wish.legs
        if not lower.trigger_price < last < upper.trigger_price:
            sentence = (
                f"Of two triggers the first must be below the last price of {rupees(last)} and the second above: "
                f"{rupees(lower.trigger_price)} and {rupees(upper.trigger_price)} are not."
            )
            return Refusal(Reason.TRIGGERS_NOT_APART, sentence, "trigger_price", numbers={"last_price": last})
    return None


def limits_will_be_taken(asked: AskedGtt) -> Refusal | None:
    """A limit that the exchange would turn away when its trigger is reached is turned away now, and not on the day when
    its owner relies on it (the protection of limit prices, measured from the trigger)."""
    limits, underlying = limits_on(asked.facts.market.trading_date), asked.orders()[0].underlying
    for leg in asked.wish.legs:
        buys = leg.side is Side.BUY
        edge = beyond(limits, asked.instrument, underlying, leg.trigger_price, leg.price, buys=buys)
        if leg.order_type is OrderType.LIMIT and edge is not None:
            sentence = (
                f"A limit of {rupees(leg.price)} is too far from its trigger of {rupees(leg.trigger_price)}: the"
                f" exchange's price protection would turn it away. Ask for"
                f" {'at most' if buys else 'at least'} {rupees(edge)}."
            )
            return Refusal(Reason.OUTSIDE_REFERENCE, sentence, "price", numbers={"limit": edge})
    return None


RULES: tuple[Rule, ...] = (
    product_outlives_the_day,
    type_is_offered,
    legs_are_alike,
    orders_can_be_placed,
    triggers_are_on_tick,
    price_is_known,
    triggers_are_apart,
    limits_will_be_taken,
)


def check(wish: GttWish, instrument: Instrument, facts: Facts) -> None:
    """Raise the first refusal of a wish by its form."""
    asked = AskedGtt(wish, instrument, facts)
    for rule in RULES:
        if refusal := rule(asked):
            raise refusal


def legs_of(wish: GttWish, last_price: int) -> list[Leg]:
    """The legs as rows: each fires on the side of the last price on which its trigger lies."""
    return [
        Leg(number, leg.side, leg.order_type, leg.product, leg.quantity, leg.trigger_price, leg.price,
            leg.trigger_price > last_price)
        for number, leg in enumerate(wish.legs, 1)
    ]  # fmt: skip


def lives_until(instrument: Instrument, trading_date: date) -> date:
    """The last trading date on which a GTT may fire: a year ahead, or the contract's last day."""
    end = trading_date + timedelta(days=gtt_terms(trading_date).days)
    return end if instrument.expiry is None else min(end, instrument.expiry)


def create(
    facts: Facts, instrument: Instrument, account_id: int, wish: GttWish, gtt_id: int, active: int, actor: str
) -> Gtt:
    """A GTT, ACTIVE, or REJECTED where the account has as many as it may (``active`` are there already).

    Raises a Refusal of its form.
    """
    check(wish, instrument, facts)
    last = facts.quotes[instrument.id].last_price
    gtt = Gtt(
        gtt_id, account_id, instrument.id, GttStatus.ACTIVE, last, facts.market.exchange_time,
        lives_until(instrument, facts.market.trading_date), facts.now, facts.now, legs_of(wish, last),
    )  # fmt: skip
    most = gtt_terms(facts.market.trading_date).most_active
    if active >= most:
        sentence = f"{active} GTTs are active in this account, and {most} may be. Delete one first."
        step(gtt, "REJECTED", GttStatus.REJECTED, actor, facts.now, (Reason.TOO_MANY_GTTS, sentence))
    else:
        step(gtt, "CREATED", GttStatus.ACTIVE, actor, facts.now)
    return gtt


def modify(facts: Facts, instrument: Instrument, gtt: Gtt, wish: GttWish, actor: str) -> None:
    """Give a GTT new terms, and new life where it was disabled. Raises a Refusal and leaves it as it was."""
    must_live(gtt)
    if len(wish.legs) != len(gtt.legs):
        sentence = f"This GTT has {len(gtt.legs)} leg{'s' * (len(gtt.legs) > 1)}. Delete it and make another."
        raise Refusal(Reason.BAD_INPUT, sentence, "legs")
    check(wish, instrument, facts)
    last = facts.quotes[instrument.id].last_price
    legs = legs_of(wish, last)
    if gtt.status is GttStatus.ACTIVE and _terms(legs) == _terms(gtt.legs):
        raise Refusal(Reason.NOTHING_TO_CHANGE, "Nothing is different from the GTT as it stands.")
    gtt.legs, gtt.last_price, gtt.seen_at = legs, last, facts.market.exchange_time
    step(gtt, "MODIFIED", GttStatus.ACTIVE, actor, facts.now)


def _terms(legs: list[Leg]) -> list[tuple[object, ...]]:
    return [(leg.side, leg.order_type, leg.product, leg.quantity, leg.trigger_price, leg.price) for leg in legs]


def must_live(gtt: Gtt) -> None:
    """Raise GTT_FINAL where a GTT has ended."""
    if gtt.status in (GttStatus.ACTIVE, GttStatus.DISABLED):
        return
    sentence = f"The GTT is {gtt.status.lower()} already, since {gtt.updated_at:%d %b %Y %H:%M:%S} UTC."
    raise Refusal(Reason.GTT_FINAL, f"{sentence} Nothing was changed.", "gtt_id")
