"""Target and stop attached to an entry order: what they may be, and how much they close.

They are a GTT with a parent. Nothing rests in the market until one of them is reached; then an order is placed
for what the entry has filled and nothing has closed yet, never beyond the position. How much that is follows
from the entry, its exits and the position as they stand under the lock, so that a fill writes nothing here.
The target's order is a LIMIT at its price; while that rests, the stop still guards what it has not closed.
Once an exit has been placed the rest of the entry is cancelled: what is being closed is not opened further.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from core import amo, decide, holds
from core.account import Work
from core.facts import Facts
from core.gtt import Gtt, GttStatus, Leg, LegState, is_target, step
from core.gtt_rules import lives_until
from core.instruments import OPTIONS, Instrument
from core.money import rupees
from core.order_limits import beyond, limits_on
from core.orders import WORKING, Order, OrderType, PlaceOrder, Product, Side
from core.reasons import Reason, Refusal


@dataclass(frozen=True, slots=True)
class Exits:
    """What to attach; paise, 0 where it is not wanted. Without ``stop_price`` the stop goes at market.

    ``cover``: an intraday entry that must have a stop, and keeps it.
    """

    target_price: int = 0
    stop_trigger: int = 0
    stop_price: int = 0
    cover: bool = False

    def __bool__(self) -> bool:
        return bool(self.target_price or self.stop_trigger or self.stop_price or self.cover)


def check(exits: Exits, wish: PlaceOrder, instrument: Instrument, facts: Facts) -> None:
    """Raise the first refusal of what is to be attached to an entry that is to be placed."""
    if exits.cover and (wish.product is not Product.MIS or not exits.stop_trigger):
        sentence = "A cover order is MIS and carries a stop. Give stop_trigger, or leave cover out."
        raise Refusal(Reason.STOP_REQUIRED, sentence, "stop_trigger")
    if exits.cover and amo.waits(facts, instrument, wish):
        sentence = "A cover order does not wait for the opening. Place it when the market is open, or leave cover out."
        raise Refusal(Reason.AMO_NOT_TAKEN, sentence, "cover")
    if wish.product is Product.CNC and wish.side is Side.SELL:
        sentence = "A sale of shares you hold opens nothing that could be closed. Use a GTT instead."
        raise Refusal(Reason.EXIT_NOT_ALLOWED, sentence, "side")
    quote = facts.quotes.get(instrument.id)
    reference = wish.price or wish.trigger_price or (quote.last_price if quote else 0)
    where = "the entry's price" if wish.price or wish.trigger_price else "the last price"
    _prices(exits, wish.side, instrument, reference, where)
    _is_taken(facts, instrument, wish.side, exits.stop_trigger, exits.stop_price)


def _prices(exits: Exits, entry: Side, instrument: Instrument, reference: int, where: str) -> None:
    """On tick, and on the right sides: a target is where the entry earns, a stop where it loses."""
    if exits.stop_price and not exits.stop_trigger:
        raise Refusal(Reason.TRIGGER_REQUIRED, "A stop needs a trigger: the price that sets it off.", "stop_trigger")
    if not exits.target_price and not exits.stop_trigger:
        raise Refusal(Reason.MISSING_FIELD, "Give a target, a stop trigger, or both.", "target_price")
    if exits.stop_trigger and not exits.stop_price and instrument.kind in OPTIONS:
        sentence = "A stop at market is not offered on options. Give it a price."
        raise Refusal(Reason.TYPE_NOT_ALLOWED, sentence, "stop_price")
    tick = instrument.tick
    for name in ("target_price", "stop_trigger", "stop_price"):
        paise = getattr(exits, name)
        if paise % tick:
            down = paise // tick * tick
            words = name.replace("_", " ").capitalize()
            near = f"{rupees(down)} or {rupees(down + tick)}" if down else rupees(tick)
            raise Refusal(Reason.OFF_TICK, f"{words} must be a multiple of {rupees(tick)}. Try {near}.", name)
    gains, loses = ("above", "below") if entry is Side.BUY else ("below", "above")
    if exits.target_price and (exits.target_price - reference) * entry.sign <= 0:
        sentence = f"The target of a {entry} must be {gains} {where} of {rupees(reference)}."
        raise Refusal(Reason.EXIT_SIDE, sentence, "target_price", numbers={"reference": reference})
    if exits.stop_trigger and (exits.stop_trigger - reference) * entry.sign >= 0:
        sentence = f"The stop of a {entry} must be {loses} {where} of {rupees(reference)}."
        raise Refusal(Reason.EXIT_SIDE, sentence, "stop_trigger", numbers={"reference": reference})
    if exits.stop_price and (exits.stop_price - exits.stop_trigger) * entry.sign > 0:
        sentence = f"The stop's price must be at or {loses} its trigger of {rupees(exits.stop_trigger)}."
        raise Refusal(Reason.LIMIT_BEHIND_TRIGGER, sentence, "stop_price")


def _is_taken(facts: Facts, instrument: Instrument, entry: Side, trigger: int, price: int) -> None:
    """Refuse a stop whose price the exchange would turn away when its trigger is reached, because the position would
    then stand without it."""
    if not trigger or not price:
        return
    buys, underlying = entry is Side.SELL, facts.instruments.get(instrument.margin_underlying)
    edge = beyond(limits_on(facts.market.trading_date), instrument, underlying, trigger, price, buys=buys)
    if edge is None:
        return
    sentence = (
        f"A stop at {rupees(price)} is too far from its trigger of {rupees(trigger)}: the exchange's price protection "
        f"would turn it away. Ask for {'at most' if buys else 'at least'} {rupees(edge)}."
    )
    raise Refusal(Reason.OUTSIDE_REFERENCE, sentence, "stop_price", numbers={"limit": edge})


def _legs(exits: Exits, entry: Side, product: Product, quantity: int) -> list[Leg]:
    """The legs, lower trigger first."""
    side = Side.SELL if entry is Side.BUY else Side.BUY
    made: list[Leg] = []
    if exits.target_price:
        above = entry is Side.BUY
        made.append(Leg(0, side, OrderType.LIMIT, product, quantity, exits.target_price, exits.target_price, above))
    if exits.stop_trigger:
        kind = OrderType.LIMIT if exits.stop_price else OrderType.MARKET
        made.append(Leg(0, side, kind, product, quantity, exits.stop_trigger, exits.stop_price, entry is not Side.BUY))
    made.sort(key=lambda leg: leg.trigger_price)
    for number, leg in enumerate(made, 1):
        leg.leg = number
    return made


def attach(facts: Facts, instrument: Instrument, entry: Order, exits: Exits, gtt_id: int, actor: str) -> Gtt:
    """The attachment of an entry that was just accepted."""
    quote = facts.quotes.get(instrument.id)
    until = entry.trading_date if entry.product is Product.MIS else lives_until(instrument, entry.trading_date)
    gtt = Gtt(
        gtt_id, entry.account_id, instrument.id, GttStatus.ACTIVE, quote.last_price if quote else 0,
        facts.market.exchange_time, until, facts.now, facts.now,
        _legs(exits, entry.side, entry.product, entry.quantity), entry.id, exits.cover,
    )  # fmt: skip
    step(gtt, "CREATED", GttStatus.ACTIVE, actor, facts.now)
    return gtt


def exits_of(gtt: Gtt) -> Exits:
    """What an attachment asks for, as its legs stand."""
    target = next((leg for leg in gtt.legs if is_target(leg)), None)
    stop = next((leg for leg in gtt.legs if not is_target(leg)), None)
    return Exits(
        target.trigger_price if target else 0,
        stop.trigger_price if stop else 0,
        stop.price if stop else 0,
        gtt.cover,
    )


def amend(facts: Facts, instrument: Instrument, gtt: Gtt, entry: Order, exits: Exits, actor: str) -> None:
    """Move the target or the stop, or add the one that is missing; 0 leaves a thing as it is. Raises a Refusal."""
    before = exits_of(gtt)
    stays = exits.stop_price or (0 if exits.stop_trigger else before.stop_price)
    wanted = Exits(
        exits.target_price or before.target_price, exits.stop_trigger or before.stop_trigger, stays, gtt.cover
    )
    if wanted == before:
        raise Refusal(Reason.NOTHING_TO_CHANGE, "Nothing is different from the target and stop as they stand.")
    for leg in gtt.legs:
        moved = (wanted.target_price, 0) if is_target(leg) else (wanted.stop_trigger, wanted.stop_price)
        held = (before.target_price, 0) if is_target(leg) else (before.stop_trigger, before.stop_price)
        if leg.state is not LegState.WAITING and moved != held:
            name = "target_price" if is_target(leg) else "stop_trigger"
            sentence = "This exit was placed already. Change or cancel its order instead."
            raise Refusal(Reason.GTT_FINAL, sentence, name)
    quote = facts.quotes.get(instrument.id)
    last = quote.last_price if quote else 0
    waiting = Exits(
        wanted.target_price if wanted.target_price != before.target_price or not entry.filled else 0,
        wanted.stop_trigger if wanted.stop_trigger != before.stop_trigger or not entry.filled else 0,
        wanted.stop_price if wanted.stop_trigger != before.stop_trigger or not entry.filled else 0,
    )
    reference, where = (last, "the last price") if entry.filled else (entry.price or last, "the entry's price")
    if waiting:
        _prices(waiting, entry.side, instrument, reference, where)
    if wanted.stop_trigger:
        _prices(Exits(0, wanted.stop_trigger, wanted.stop_price), entry.side, instrument,
                wanted.stop_trigger + entry.side.sign, where)  # fmt: skip
    if (wanted.stop_trigger, wanted.stop_price) != (before.stop_trigger, before.stop_price):
        _is_taken(facts, instrument, entry.side, wanted.stop_trigger, wanted.stop_price)
    kept = {is_target(leg): leg for leg in gtt.legs}
    quantity = gtt.legs[0].quantity if gtt.carried else entry.quantity
    gtt.legs = _legs(wanted, entry.side, entry.product, quantity)
    for leg in gtt.legs:
        old = kept.get(is_target(leg))
        if old is not None:
            leg.state, leg.order_id, leg.reason_code, leg.reason = old.state, old.order_id, old.reason_code, old.reason
    gtt.last_price, gtt.seen_at = last, facts.market.exchange_time
    step(gtt, "MODIFIED", GttStatus.ACTIVE, actor, facts.now)


def position_against(work: Work, instrument: Instrument, product: Product, side: Side) -> int:
    """Units of the position that orders of ``side`` close; 0 where it is flat or the other way."""
    position = work.positions.get((instrument.id, product))
    return max(0, -side.sign * position.quantity) if position else 0


def closable(work: Work, instrument: Instrument, product: Product, side: Side, own: int = 0) -> int:
    """Units that orders of ``side`` may still close: the position against them, less what rests on that side
    (``own`` of it is the asker's, and does not count)."""
    position = work.positions.get((instrument.id, product))
    if position is None:
        return 0
    resting = position.open_sell if side is Side.SELL else position.open_buy
    return max(0, position_against(work, instrument, product, side) - resting + own)


def fit(work: Work, facts: Facts, instrument: Instrument, order: Order, actor: str) -> bool:
    """Make a resting exit no larger than the position it closes, or end it where there is none; whether it was
    larger. No rule may refuse that: less is closed, never more opened."""
    left = position_against(work, instrument, order.product, order.side)
    if order.pending <= left:
        return False
    if left == 0:
        why = (Reason.NOTHING_TO_EXIT, "The position it was to close is gone.")
        decide.cancel(work, facts, order, actor, why)
        return True
    excess = order.pending - left
    order.quantity -= excess
    holds.reserve(work, instrument, order, -excess)
    holds.secure(work, facts, instrument, order, facts.now)
    why = (Reason.NOTHING_TO_EXIT, f"Only {left} of its position is left to close.")
    work.record(order, "MODIFIED", order.status, actor, facts.now, (int(why[0]), why[1]))
    return True


def unclosed(gtt: Gtt, entry: Order, exits: Iterable[Order]) -> int:
    """Units that the entry has filled and its exits have not closed, in units of today."""
    return entry.filled + gtt.carried - sum(each.filled for each in exits)


def nothing_left(
    work: Work, gtt: Gtt, entry: Order, placed: Iterable[Order], squared_off: bool
) -> tuple[Reason, str] | None:
    """Why an attachment has nothing left to do; None while it has."""
    if squared_off and entry.product is Product.MIS:
        return Reason.SQUARED_OFF, "Intraday positions are closed for the day."
    if entry.status in WORKING:
        return None
    if entry.filled == 0:
        return Reason.ENTRY_ENDED, "Its entry ended with nothing filled."
    if unclosed(gtt, entry, placed) <= 0:
        return Reason.NOTHING_TO_EXIT, "Everything that its entry opened is closed."
    held = work.positions.get((gtt.instrument_id, entry.product))
    if held is None or held.quantity * entry.side.sign <= 0:
        return Reason.NOTHING_TO_EXIT, "The position was closed otherwise."
    return None
