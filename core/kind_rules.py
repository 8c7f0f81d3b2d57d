"""Which kinds of orders go together: product, type and validity. One function a rule, one reason a rule."""

from core.asked import STOPS, Asked, Rule
from core.instruments import DERIVATIVES, OPTIONS
from core.orders import AUTOMATIC, OrderType, Product, Validity
from core.reasons import Reason, Refusal


def product_fits(asked: Asked) -> Refusal | None:
    """CNC is for shares, NRML for contracts, MIS for both."""
    derivative, product = asked.instrument.kind in DERIVATIVES, asked.wish.product
    if derivative and product is Product.CNC:
        return Refusal(Reason.PRODUCT_NOT_ALLOWED, "CNC is for shares. Use NRML or MIS for contracts.", "product")
    if not derivative and product is Product.NRML:
        return Refusal(Reason.PRODUCT_NOT_ALLOWED, "NRML is for contracts. Use CNC or MIS for shares.", "product")
    return None


def stop_market_fits(asked: Asked) -> Refusal | None:
    """The exchanges offer no SL-M on options (since 2021)."""
    if asked.wish.order_type is OrderType.SL_M and asked.instrument.kind in OPTIONS:
        return Refusal(Reason.TYPE_NOT_ALLOWED, "SL-M is not offered on options. Use SL with a price.", "order_type")
    return None


def market_is_offered(asked: Asked) -> Refusal | None:
    """The broker takes no MARKET order in options on shares, whose displays are thin (its published policy)."""
    if asked.wish.order_type is not OrderType.MARKET or asked.instrument.kind not in OPTIONS or not asked.on_a_stock:
        return None
    if asked.limits.stock_option_market:
        return None
    sentence = "MARKET is not offered on stock options, where few orders stand. Use LIMIT with a price."
    return Refusal(Reason.MARKET_NOT_OFFERED, sentence, "order_type")


def stop_waits(asked: Asked) -> Refusal | None:
    """A stop waits for its trigger, which an IOC order cannot."""
    if asked.wish.validity is Validity.IOC and asked.wish.order_type in STOPS:
        return Refusal(Reason.VALIDITY_NOT_ALLOWED, "A stop order cannot be IOC. Use DAY or TTL.", "validity")
    return None


def market_does_not_wait(asked: Asked) -> Refusal | None:
    """A MARKET order fills at once: there is nothing for a TTL to end."""
    if asked.wish.validity is Validity.TTL and asked.wish.order_type is OrderType.MARKET:
        sentence = "A MARKET order cannot be TTL. Use LIMIT for an order that waits some minutes, or DAY."
        return Refusal(Reason.TTL_ON_MARKET, sentence, "validity")
    return None


def minutes_are_given(asked: Asked) -> Refusal | None:
    """A TTL order says how many minutes it waits."""
    if asked.wish.validity is Validity.TTL and asked.wish.validity_ttl == 0:
        sentence = f"A TTL order needs its minutes: 1 to {asked.limits.longest_ttl}."
        return Refusal(Reason.TTL_MINUTES_REQUIRED, sentence, "validity_ttl")
    return None


def minutes_belong_to_ttl(asked: Asked) -> Refusal | None:
    """DAY and IOC orders have no minutes."""
    if asked.wish.validity is not Validity.TTL and asked.wish.validity_ttl:
        sentence = f"A {asked.wish.validity} order takes no minutes. Leave them out, or use TTL."
        return Refusal(Reason.TTL_MINUTES_NOT_ALLOWED, sentence, "validity_ttl")
    return None


def minutes_fit(asked: Asked) -> Refusal | None:
    """A TTL order waits from one minute to what the dated limits say."""
    minutes, most = asked.wish.validity_ttl, asked.limits.longest_ttl
    if minutes and not 1 <= minutes <= most:
        sentence = f"A TTL order waits 1 to {most} minutes, not {minutes}. Use DAY for longer."
        return Refusal(Reason.TTL_OUT_OF_RANGE, sentence, "validity_ttl")
    return None


def protection_fits(asked: Asked) -> Refusal | None:
    """A protection is a percentage above 0, up to 100; 0 is none, and automatic is the slab of the rulebook."""
    points = asked.wish.protection
    if points == AUTOMATIC or 0 <= points <= 10_000:
        return None
    sentence = "Market protection is above 0 up to 100 per cent, or -1 for automatic."
    return Refusal(Reason.PROTECTION_OUT_OF_RANGE, sentence, "market_protection")


def protection_has_a_market(asked: Asked) -> Refusal | None:
    """Only MARKET and SL-M orders are protected: the others carry a limit of their own."""
    if asked.wish.protection == AUTOMATIC or asked.wish.order_type in (OrderType.MARKET, OrderType.SL_M):
        return None
    sentence = f"A {asked.wish.order_type} order has its own limit and takes no market protection. Leave it out."
    return Refusal(Reason.PROTECTION_NOT_ALLOWED, sentence, "market_protection")


def program_is_protected(asked: Asked) -> Refusal | None:
    """Programs send no market order without a protection (the exchanges' rule on algorithmic orders)."""
    if asked.wish.protection != 0 or not asked.wish.by_program or asked.limits.bare_market_by_program:
        return None
    sentence = "Market orders of programs need a protection. Send market_protection -1 for automatic, or a percentage."
    return Refusal(Reason.PROTECTION_NEEDED, sentence, "market_protection")


KIND_RULES: tuple[Rule, ...] = (
    product_fits,
    stop_market_fits,
    market_is_offered,
    stop_waits,
    market_does_not_wait,
    minutes_are_given,
    minutes_belong_to_ttl,
    minutes_fit,
    protection_fits,
    protection_has_a_market,
    program_is_protected,
)
