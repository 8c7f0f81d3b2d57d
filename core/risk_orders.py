"""Rules of one order: its value, its size, its price, an order sent twice, and trading with oneself."""

from hashlib import blake2b

from core.instruments import OPTIONS, Instrument, Kind
from core.money import group, percent, rupees
from core.orders import Order, OrderType, Side, Status
from core.reasons import Reason, Refusal
from core.risk_facts import RiskFacts
from core.risk_limits import LimitName
from core.risk_weighed import Weighed, over

AWAY = {Kind.FUT: LimitName.PRICE_AWAY_FUTURES, Kind.CE: LimitName.PRICE_AWAY_OPTIONS,
        Kind.PE: LimitName.PRICE_AWAY_OPTIONS}  # fmt: skip


def value_fits(weighed: Weighed) -> Refusal | None:
    """Price times quantity of one order stays below a cap, so that one slip of a key stays small."""
    most, order = weighed.limit(LimitName.ORDER_VALUE), weighed.order
    value = order.worst_price * order.pending
    if most is None or value <= most or (weighed.before and value <= _value(weighed.before)):
        return None
    units = most // order.worst_price // weighed.instrument.lot * weighed.instrument.lot
    advice = f"Ask for {group(units)} or fewer." if units else "Not even one lot fits."
    sentence = f"The order is worth {rupees(value)}, at most {rupees(most)} may be in one order. {advice}"
    return over(Reason.ORDER_VALUE, sentence, value, most)


def _value(order: Order) -> int:
    return order.worst_price * order.pending


def quantity_fits(weighed: Weighed) -> Refusal | None:
    """Units of one order stay below a cap of the account's own, under the exchange's freeze quantity."""
    most, units = weighed.limit(LimitName.ORDER_QUANTITY), weighed.order.pending
    if most is None or units <= most or weighed.more <= 0:
        return None
    sentence = f"{group(units)} in one order, at most {group(most)} are allowed. Send it in parts."
    return over(Reason.ORDER_QUANTITY, sentence, units, most)


def away_limit(risk: RiskFacts, instrument: Instrument) -> int | None:
    """Basis points of the last price that a limit price may be away from it, by the kind of instrument."""
    return risk.limits.get(AWAY.get(instrument.kind, LimitName.PRICE_AWAY_SHARES))


def room_for_price(risk: RiskFacts, instrument: Instrument, last: int) -> int | None:
    """Paise that a limit price may be away from the last one; None where nothing limits it."""
    most = away_limit(risk, instrument)
    if most is None:
        return None
    least = risk.limits.get(LimitName.PRICE_ROOM_OPTIONS) if instrument.kind in OPTIONS else None
    return max(last * most // 10_000, least or 0)


def price_is_sane(weighed: Weighed) -> Refusal | None:
    """A limit price stays within a percentage of the last price, by the kind of instrument. A cheap option, which
    moves by multiples, may always be so many rupees away."""
    order, last = weighed.order, weighed.last_price
    room = room_for_price(weighed.facts.risk, weighed.instrument, last)
    if room is None or not last or not order.price or (weighed.before and order.price == weighed.before.price):
        return None
    away = abs(order.price - last)
    if away <= room:
        return None
    most = away_limit(weighed.facts.risk, weighed.instrument) or 0
    where = "above" if order.price > last else "below"
    low, high = rupees(max(last - room, weighed.instrument.tick)), rupees(last + room)
    sentence = (
        f"The price of {rupees(order.price)} is {percent(away * 10_000 // last)} {where} the last price of"
        f" {rupees(last)}, at most {percent(most)} is allowed. Ask between {low} and {high}."
    )
    return over(Reason.PRICE_AWAY, sentence, away * 10_000 // last, most, "price")


def terms_of(order: Order) -> int:
    """A number for what an order asks, by which the same order again is known; not a secret, only short."""
    asked = (order.instrument_id, order.side, order.order_type, order.product, order.validity, order.quantity,
             order.price, order.trigger_price)  # fmt: skip
    return int.from_bytes(blake2b(repr(asked).encode(), digest_size=7).digest())


def not_sent_twice(weighed: Weighed) -> Refusal | None:
    """The newest order's terms under another key, within so many milliseconds, are a finger that slipped."""
    most, pace = weighed.limit(LimitName.DUPLICATE_MS), weighed.work.standing.pace
    if not most or weighed.before is not None or weighed.released or pace.terms != terms_of(weighed.order):
        return None
    since = (int(weighed.facts.now.timestamp() * 1_000_000) - pace.terms_at) // 1000
    if since >= most:
        return None
    sentence = f"The same order was sent {since} ms ago. If you mean it, send it again after {most} ms."
    return over(Reason.DUPLICATE_ORDER, sentence, since, most, None)


def does_not_trade_with_itself(weighed: Weighed) -> Refusal | None:
    """An order that would meet the same user's own resting order is refused; two users may meet. What only
    closes a position passes: leaving is never blocked."""
    crossing, order = weighed.facts.risk.crossing, weighed.order
    if crossing is None or weighed.exits or order.status is not Status.OPEN:
        return None
    reach = weighed.last_price if order.order_type is OrderType.MARKET else order.worst_price
    if (reach - crossing.price) * order.side.sign < 0:
        return None
    other = Side.SELL if order.side is Side.BUY else Side.BUY
    sentence = (
        f"It would trade with your own order {crossing.order_id} ({other} at {rupees(crossing.price)} in"
        f" {crossing.account}). Cancel that one first, or ask for another price."
    )
    return Refusal(Reason.SELF_TRADE, sentence, "price", numbers={"order": crossing.order_id, "price": crossing.price})
