"""A position that changes its product: units go from one row to the other at their average cost, money follows.

Shares: MIS to CNC pays the full cost out of CASH into INVESTED and sets the margin free; CNC to MIS, of what was
bought today, does the reverse. Contracts: between MIS and NRML, which share one margin group. Nothing is realised
and nothing is charged here: what delivery costs beyond intraday is settled by the day's contract note.
"""

from dataclasses import dataclass

from core import holds
from core.account import Conversion, Work
from core.facts import Facts
from core.instruments import DERIVATIVES, Instrument
from core.ledger import Code, Ledger
from core.margin import is_margined
from core.money import rupees
from core.orders import OrderType, PlaceOrder, Product, Side
from core.positions import Lot, Position, join, take_lots, take_part
from core.reasons import Reason, Refusal
from core.risk import Asked, instrument_trades, market_is_open, market_is_running
from core.risk_account import state_of
from core.risk_facts import NO_INTRADAY
from core.standing import TradingState

OFFERED = {
    False: {(Product.MIS, Product.CNC), (Product.CNC, Product.MIS)},
    True: {(Product.MIS, Product.NRML), (Product.NRML, Product.MIS)},
}
"""(from, to) by whether it is a contract."""


@dataclass(frozen=True, slots=True)
class ConvertPosition:
    """The wish: ``quantity`` units (> 0, long or short) of an instrument from one product to another."""

    instrument_id: int
    source: Product
    target: Product
    quantity: int


@dataclass(frozen=True, slots=True)
class Converted:
    """What a conversion moved, in paise. ``required`` is what CASH pays on balance, negative where it receives;
    ``invested`` and ``margin`` are the changes of those balances."""

    record: Conversion
    required: int
    invested: int
    margin: int


def convert(work: Work, facts: Facts, wish: ConvertPosition, number: int, actor: str) -> Converted:
    """Convert, under ``number`` as the conversion's id. Raises a Refusal, after which the working copy is void."""
    instrument = facts.instruments[wish.instrument_id]
    if refusal := refused(work, facts, instrument, wish):
        raise refusal
    stored = work.balances[Ledger.CASH]
    done, available = exchange(work, facts, wish, number, actor)
    if done.required > 0 and done.required > available:
        raise _short(wish, done.record, done.required, available)
    state, why, reason = state_of(work, facts)
    if done.required > 0 and state is not TradingState.ACTIVE:
        needs = rupees(done.required)
        raise Refusal(reason, f"The account may only reduce: this conversion would need {needs} more. {why}")
    spend = stored - work.balances[Ledger.CASH]
    work.spend = spend if done.required > 0 and spend > 0 else None
    return done


def exchange(work: Work, facts: Facts, wish: ConvertPosition, number: int, actor: str) -> tuple[Converted, int]:
    """Move the units and the money, whether or not CASH has it; with it comes what was available, in paise."""
    instrument = facts.instruments[wish.instrument_id]
    if (instrument.segment, instrument.margin_underlying) in work.groups:
        holds.post_margin(work, facts, instrument, facts.now)  # what a newer snapshot asks is no cost of this
    before, available = dict(work.balances), work.available
    record, known_as = _move(work, facts, instrument, wish, number, actor), reference_of(number)
    if Product.CNC is wish.source:
        work.move(Ledger.INVESTED, Ledger.CASH, record.cost, Code.COST, facts.now, reference=known_as)
    if is_margined(instrument, wish.source) or is_margined(instrument, wish.target):
        holds.post_margin(work, facts, instrument, facts.now, reference=known_as)
    if Product.CNC is wish.target:
        work.move(Ledger.CASH, Ledger.INVESTED, record.cost, Code.COST, facts.now, reference=known_as)
    required = before[Ledger.CASH] - work.balances[Ledger.CASH]
    changed = {name: work.balances[name] - before[name] for name in (Ledger.INVESTED, Ledger.MARGIN)}
    return Converted(record, required, changed[Ledger.INVESTED], changed[Ledger.MARGIN]), available


def reference_of(number: int) -> str:
    """What the transfers of a conversion are known by."""
    return f"conversion {number}"


def _move(
    work: Work, facts: Facts, instrument: Instrument, wish: ConvertPosition, number: int, actor: str
) -> Conversion:
    source, target = work.position(instrument, wish.source), work.position(instrument, wish.target)
    signed = wish.quantity if source.quantity > 0 else -wish.quantity
    lots = work.lots.setdefault(instrument.id, [])
    if wish.source is Product.CNC:
        cost = mark = take_lots(source, _todays(work, instrument), wish.quantity)
        work.changed_lots.add(instrument.id)
    else:
        cost, mark = take_part(source, wish.quantity)
    join(target, signed, cost, mark)
    if wish.target is Product.CNC:
        settles_on = facts.settles_on or work.trading_date
        lots.append(Lot(work.id, instrument.id, number, wish.quantity, cost, work.trading_date, settles_on))
        work.changed_lots.add(instrument.id)
    record = Conversion(number, instrument.id, wish.source, wish.target, signed, cost, mark, actor, facts.now)
    work.conversions.append(record)
    return record


def _todays(work: Work, instrument: Instrument) -> list[Lot]:
    return [lot for lot in work.lots.get(instrument.id, ()) if lot.bought_on == work.trading_date]


def free(work: Work, instrument: Instrument, product: Product) -> int:
    """Units of a position that may be converted: of CNC what was bought today, less what resting exits take.

    Sales take the oldest shares first, so that they reserve those of earlier days before today's.
    """
    position = work.positions.get((instrument.id, product))
    if position is None or position.quantity == 0:
        return 0
    left = abs(position.quantity) - (position.open_sell if position.quantity > 0 else position.open_buy)
    if product is Product.CNC:
        left = min(left, sum(lot.quantity for lot in _todays(work, instrument)))
    return max(0, left)


def refused(work: Work, facts: Facts, instrument: Instrument, wish: ConvertPosition) -> Refusal | None:
    """Why it cannot be, but for money; the first reason that applies."""
    side = PlaceOrder(instrument.id, Side.BUY, OrderType.MARKET, wish.target, wish.quantity)
    asked = Asked(side, instrument, facts)
    return (
        market_is_running(asked)
        or market_is_open(asked)
        or instrument_trades(asked)
        or _is_allowed(work, facts, instrument, wish)
        or _is_offered(instrument, wish)
        or _in_time(facts, instrument)
        or _fits(work, instrument, wish)
        or _joins(work, instrument, wish)
        or _is_priced(facts, instrument, wish)
    )


def _is_allowed(work: Work, facts: Facts, instrument: Instrument, wish: ConvertPosition) -> Refusal | None:
    state, why, reason = state_of(work, facts)
    if state is TradingState.HALTED:
        return Refusal(reason, f"Trading is halted: nothing is converted. {why}")
    notes = [facts.risk.restrictions.get(each) for each in NO_INTRADAY]
    note = next((each for each in notes if each is not None), None)
    if note is None or wish.target is not Product.MIS or instrument.kind in DERIVATIVES:
        return None
    because = f" ({note})" if note else ""
    sentence = f"{instrument.symbol} trades for delivery only{because}: it cannot become intraday."
    return Refusal(Reason.DELIVERY_ONLY, sentence, "to")


def _is_offered(instrument: Instrument, wish: ConvertPosition) -> Refusal | None:
    if wish.quantity <= 0:
        return Refusal(Reason.QUANTITY_NOT_POSITIVE, "Quantity must be 1 or more.", "quantity")
    if wish.quantity % instrument.lot:
        sentence = f"Quantity must be a multiple of the lot of {instrument.lot}."
        return Refusal(Reason.NOT_A_LOT, sentence, "quantity")
    contract = instrument.kind in DERIVATIVES
    if (wish.source, wish.target) in OFFERED[contract]:
        return None
    words = "contracts between MIS and NRML" if contract else "shares between MIS and CNC"
    sentence = f"{wish.source} cannot become {wish.target}: {words} can be converted."
    return Refusal(Reason.CONVERSION_NOT_OFFERED, sentence, "to")


def _in_time(facts: Facts, instrument: Instrument) -> Refusal | None:
    until = facts.intraday_until(instrument)
    if until is None or facts.market.exchange_time < until:
        return None
    sentence = f"Intraday positions in {instrument.symbol} are squared off since {until:%H:%M}: none is converted now."
    return Refusal(Reason.CONVERSION_OVER, sentence, "to")


def stays(work: Work, facts: Facts, wish: ConvertPosition) -> Refusal | None:
    """Why units that were left open over the close cannot change their product, but for money."""
    instrument = facts.instruments[wish.instrument_id]
    return _fits(work, instrument, wish) or _joins(work, instrument, wish) or _is_priced(facts, instrument, wish)


def _fits(work: Work, instrument: Instrument, wish: ConvertPosition) -> Refusal | None:
    position = work.positions.get((instrument.id, wish.source))
    held = position.quantity if position else 0
    if position is None or held == 0:
        sentence = f"You have no open {wish.source} position in {instrument.symbol}."
        return Refusal(Reason.POSITION_NOT_HELD, sentence, "quantity")
    if held < 0 and wish.target is Product.CNC:
        sentence = f"You are short {-held} {instrument.symbol}: only shares that were bought can be delivered. Exit it."
        return Refusal(Reason.CONVERSION_NOT_OFFERED, sentence, "to")
    most = free(work, instrument, wish.source)
    if wish.quantity <= most:
        return None
    numbers = {"held": abs(held), "free": most}
    if wish.source is Product.CNC and sum(lot.quantity for lot in _todays(work, instrument)) < wish.quantity:
        today = sum(lot.quantity for lot in _todays(work, instrument))
        sentence = (
            f"{today} {instrument.symbol} were bought today: older shares stay delivered. Ask for {most} or less."
        )
        return Refusal(Reason.NOT_BOUGHT_TODAY, sentence, "quantity", numbers=numbers)
    taken = min(abs(held), abs(held) - most)
    rest = f" and resting exits take {taken} of them: cancel those first" if taken and most < abs(held) else ""
    sentence = f"You hold {abs(held)} {instrument.symbol} in {wish.source}{rest}. You can convert {most}."
    return Refusal(Reason.POSITION_NOT_FREE, sentence, "quantity", numbers=numbers)


def _joins(work: Work, instrument: Instrument, wish: ConvertPosition) -> Refusal | None:
    """Units never meet their opposite: that would close both at no price that anybody traded."""
    source: Position = work.positions[instrument.id, wish.source]
    target = work.positions.get((instrument.id, wish.target))
    if target is None or source.quantity * target.quantity >= 0:
        return None
    way, other = ("long", "short") if source.quantity > 0 else ("short", "long")
    sentence = (
        f"You are {way} in {wish.source} and {other} {abs(target.quantity)} in {wish.target}: "
        f"{instrument.symbol} would be closed against itself. Exit one of them instead."
    )
    return Refusal(Reason.OPPOSITE_POSITION, sentence, "to", numbers={"opposite": abs(target.quantity)})


def _is_priced(facts: Facts, instrument: Instrument, wish: ConvertPosition) -> Refusal | None:
    margined = is_margined(instrument, wish.source) or is_margined(instrument, wish.target)
    if not margined or instrument.margin_underlying in facts.snapshots:
        return None
    return Refusal(Reason.NO_PRICE, "What its margin depends on has no price yet. Wait for one.", "symbol")


def _short(wish: ConvertPosition, record: Conversion, required: int, available: int) -> Refusal:
    paid = f"its full cost of {rupees(record.cost)}" if wish.target is Product.CNC else f"margin as {wish.target}"
    sentence = (
        f"Converting {wish.quantity} needs {rupees(required)} more ({paid}, less what it sets free); you have "
        f"{rupees(available)}. Add {rupees(required - available)} or convert fewer."
    )
    numbers = {"required": required, "available": available}
    return Refusal(Reason.CONVERSION_FUNDS, sentence, "quantity", numbers=numbers)
