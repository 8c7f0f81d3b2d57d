"""Rules of what an exchange says of an instrument: halted, banned, trade-for-trade, under surveillance, illiquid."""

from core import exposure
from core.account import Work
from core.facts import Facts
from core.instruments import DERIVATIVES, Instrument, Kind
from core.money import group, percent
from core.orders import OrderType, PlaceOrder, Product, Side
from core.reasons import Reason, Refusal
from core.risk_facts import Restriction
from core.risk_limits import LimitName
from core.risk_weighed import Weighed


def instrument_is_not_halted(facts: Facts, instrument: Instrument) -> Refusal | None:
    """Nothing trades in a halted instrument, as nothing does in a closed market; what rests can be cancelled."""
    note = facts.risk.restrictions.get(Restriction.HALTED)
    if note is None:
        return None
    sentence = f"Trading in {instrument.symbol} is halted{_because(note)}. Resting orders can be cancelled."
    return Refusal(Reason.INSTRUMENT_HALTED, sentence, "symbol")


def ban_is_kept(weighed: Weighed) -> Refusal | None:
    """In the ban period of an underlying an order may not raise the size of its delta-adjusted position (circulars
    of the exchanges on market-wide position limits, end-of-day rule since October 2025)."""
    note = weighed.facts.risk.restrictions.get(Restriction.BAN)
    if note is None or weighed.instrument.kind not in DERIVATIVES:
        return None
    before, change = banned_position(weighed)
    if abs(before + change) <= abs(before):
        return None
    name = weighed.facts.instruments[weighed.instrument.margin_underlying].symbol
    sentence = (
        f"{name} is in the ban period{_because(note)}: its position would go from {before // 10_000} to"
        f" {(before + change) // 10_000} units by delta. Only orders that make it smaller are taken."
    )
    return Refusal(Reason.BAN_PERIOD, sentence, "symbol", numbers={"before": before, "after": before + change})


def banned_position(weighed: Weighed) -> tuple[int, int]:
    """(delta-adjusted position in futures and options with what rests in the order's direction, the order's own),
    in ten-thousandths of a unit."""
    work, facts, own = weighed.work, weighed.facts, weighed.instrument
    sign = weighed.order.side.sign
    step = _delta(facts, own) * weighed.more * sign
    total = 0
    members = {each for each, _ in work.positions}
    for instrument in (facts.instruments[each] for each in members):
        if instrument.kind not in DERIVATIVES or instrument.margin_underlying != own.margin_underlying:
            continue
        held, buys, sells = exposure.quantities(work, instrument)
        each = _delta(facts, instrument)
        rising, falling = each * buys, -each * sells
        total += each * held + sum(part for part in (rising, falling) if part * step > 0)
    return total, step


def _delta(facts: Facts, contract: Instrument) -> int:
    """How far a contract follows its underlying, in ten-thousandths: the margin's figure at the risk snapshot. Before
    any was taken an option counts half, which tells its direction."""
    snapshot = facts.snapshots.get(contract.margin_underlying)
    if snapshot is not None:
        return snapshot.risk(contract, facts.instruments[contract.margin_underlying].kind is Kind.INDEX).delta
    return {Kind.CE: 5_000, Kind.PE: -5_000}.get(contract.kind, 10_000)


def delivery_only(weighed: Weighed) -> Refusal | None:
    """Shares in trade-for-trade are bought and sold for delivery alone: no intraday."""
    note = weighed.facts.risk.restrictions.get(Restriction.TRADE_FOR_TRADE)
    if note is None or weighed.order.product is Product.CNC:
        return None
    sentence = f"{weighed.instrument.symbol} trades for delivery only{_because(note)}. Use CNC."
    return Refusal(Reason.TRADE_FOR_TRADE, sentence, "product")


def only_settled_shares_are_sold(
    work: Work, facts: Facts, instrument: Instrument, wish: PlaceOrder, released: int
) -> Refusal | None:
    """Of shares in trade-for-trade only those that lie in the demat account are sold: neither today's nor
    yesterday's purchase. ``released`` units of the order rest already."""
    restricted = Restriction.TRADE_FOR_TRADE in facts.risk.restrictions
    if not restricted or wish.product is not Product.CNC or wish.side is not Side.SELL:
        return None
    lots = work.lots.get(instrument.id, [])
    settled = sum(lot.quantity for lot in lots if lot.settles_on < work.trading_date)
    position = work.positions.get((instrument.id, Product.CNC))
    free = max(settled - (position.open_sell if position else 0) + released, 0)
    if wish.quantity <= free:
        return None
    sentence = (
        f"You can sell {free} {instrument.symbol}: it is in trade-for-trade, where only settled shares are sold,"
        " and what was bought today or yesterday is not settled yet."
    )
    return Refusal(Reason.TRADE_FOR_TRADE, sentence, "quantity", numbers={"sellable": free})


def surveillance_is_kept(weighed: Weighed) -> Refusal | None:
    """Shares under surveillance are paid in full: no intraday on margin."""
    return _delivered_alone(weighed, Restriction.SURVEILLANCE, "under surveillance", Reason.SURVEILLANCE)


def illiquid_needs_a_price(weighed: Weighed) -> Refusal | None:
    """Where few trade, an order without a price could fill anywhere."""
    note = weighed.facts.risk.restrictions.get(Restriction.ILLIQUID)
    if note is None or weighed.order.order_type not in (OrderType.MARKET, OrderType.SL_M):
        return None
    sentence = f"{weighed.instrument.symbol} is thinly traded{_because(note)}. Use LIMIT, or SL with a price."
    return Refusal(Reason.ILLIQUID, sentence, "order_type")


def illiquid_is_delivered(weighed: Weighed) -> Refusal | None:
    """Where few trade, brokers lend nothing against a position that might not be closed before the day ends."""
    return _delivered_alone(weighed, Restriction.ILLIQUID, "thinly traded", Reason.ILLIQUID_INTRADAY)


def _delivered_alone(weighed: Weighed, restriction: Restriction, words: str, reason: Reason) -> Refusal | None:
    note = weighed.facts.risk.restrictions.get(restriction)
    if note is None or weighed.order.product is Product.CNC:
        return None
    sentence = f"{weighed.instrument.symbol} is {words}{_because(note)}: no intraday margin. Use CNC."
    return Refusal(reason, sentence, "product")


def strike_is_near(weighed: Weighed) -> Refusal | None:
    """A broker that is near its own limit of open interest takes fresh positions in index options only where the strike
    is near the index; how near, an administrator says: no figure of it is published once and for all."""
    most, one = weighed.limit(LimitName.STRIKE_AWAY), weighed.instrument
    underlying = weighed.facts.instruments.get(one.margin_underlying)
    snapshot = weighed.facts.snapshots.get(one.margin_underlying)
    if most is None or one.strike is None or underlying is None or underlying.kind is not Kind.INDEX or not snapshot:
        return None
    room = snapshot.price * most // 10_000
    if abs(one.strike - snapshot.price) <= room:
        return None
    sentence = (
        f"Fresh positions in {underlying.symbol} options are taken at strikes from {_whole(snapshot.price - room)} to"
        f" {_whole(snapshot.price + room)} ({percent(most)} of the index). Choose a strike between them."
    )
    return Refusal(Reason.STRIKE_AWAY, sentence, "symbol", numbers={"strike": one.strike, "room": room})


def _whole(paise: int) -> str:
    return group(paise // 100)


def _because(note: str) -> str:
    return f" ({note})" if note else ""
