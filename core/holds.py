"""What an open order ties up: its own hold, its group's margin, or the shares it will sell.

A value order (CNC buy, option buy) holds its worst price and worst charges itself; an option buy does so for
what it opens only, and claims the rest on the short that it closes. Any other order in a margin group has no
hold of its own: the group's order margin covers the worst subset of all its orders. A CNC sale, or the sale
of an option that is held, reserves quantity in the position row.
"""

from collections.abc import Iterator
from datetime import datetime

from core.account import Work
from core.facts import Facts
from core.instruments import OPTIONS, Instrument, Kind, Segment
from core.ledger import Code, Ledger
from core.margin import NOTHING, Need, Net, group_margin, is_margined, netted
from core.order_limits import furthest, limits_on
from core.orders import Order, OrderType, PlaceOrder, Product, Side
from core.positions import Position
from core.rulebook import protection_price
from core.sessions import Window
from core.windows import AUCTIONS


def carries_hold(instrument: Instrument, wish: PlaceOrder | Order) -> bool:
    """Whether the order holds money of its own: what it buys is paid for in full."""
    return wish.side is Side.BUY and (wish.product is Product.CNC or instrument.kind in OPTIONS)


def worst_price(facts: Facts, instrument: Instrument, wish: PlaceOrder | Order) -> int:
    """The limit that matching will obey, in paise: the price, or the protection of a market order in the band.

    An order without a protection goes as far as the band and the exchange's own protection of limit prices let it,
    and none goes beyond them; an instrument that has neither gets the slab of the rulebook.
    A market order of an auction, or one that waits for it, takes any price of the day's band, one after the close
    the closing price.
    """
    if wish.order_type in (OrderType.LIMIT, OrderType.SL):
        return wish.price
    if wish.order_type is OrderType.MARKET and (bound := _auction_bound(facts, instrument, wish.side)):
        return bound
    quote = facts.quotes.get(instrument.id)
    reference = wish.trigger_price or (quote.last_price if quote else 0)
    sign, buys = wish.side.sign, wish.side is Side.BUY
    edge = _edge(facts, instrument, reference, buys)
    if wish.protection == 0 and edge is not None:
        return edge
    price = protection_price(
        facts.rulebook, instrument, sign, reference, wish.protection if wish.protection > 0 else None
    )
    if edge is None:
        return price
    return min(price, edge) if buys else max(price, edge)


def _edge(facts: Facts, instrument: Instrument, reference: int, buys: bool) -> int | None:
    """The furthest price on tick that the exchange takes on a side; None where nothing bounds it."""
    lower, upper = facts.bands.get(instrument.id, (None, None))
    underlying = facts.instruments.get(instrument.margin_underlying)
    reach = furthest(limits_on(facts.market.trading_date), instrument, underlying, reference, buys=buys)
    edges = [each for each in (upper if buys else lower, reach) if each is not None]
    return None if not edges else min(edges) if buys else max(edges)


def _auction_bound(facts: Facts, instrument: Instrument, side: Side) -> int | None:
    """None while the last price bounds a market order, or where the day has no band."""
    window = facts.window(instrument)
    if window is Window.POST_CLOSE:
        return facts.closes.get(instrument.id)
    lower, upper = facts.bands.get(instrument.id, (None, None))
    return (upper if side is Side.BUY else lower) if window in AUCTIONS | {Window.CLOSED} else None


def own_hold(facts: Facts, order: Order, closing: int | None = None) -> int:
    """Paise that a value order must hold for what is still to fill: worst value and worst charges to come.

    The part that closes a short (``order.closing``, or ``closing``) holds nothing; an order that does nothing
    else holds nothing at all.
    """
    opening = order.pending - (order.closing if closing is None else closing)
    if opening <= 0:
        return 0
    whole, charged = facts.charges(order, order.pending, order.worst_price), facts.charges(order)
    return order.worst_price * opening + whole.total - charged.total


def closable(work: Work, instrument: Instrument, order: Order) -> int:
    """How much of an order's pending quantity closes a short that no other resting buy has claimed."""
    if instrument.kind not in OPTIONS or order.side is not Side.BUY:
        return 0
    position = work.positions.get((instrument.id, order.product))
    if position is None or position.quantity >= 0:
        return 0
    return min(order.pending, max(0, -position.quantity - (position.claimed - order.closing)))


def claim(work: Work, instrument: Instrument, order: Order, closing: int) -> None:
    """Have an order claim so much of the short, and its position know of it."""
    if closing != order.closing:
        work.position(instrument, order.product).claimed += closing - order.closing
        order.closing = closing


def reserve(work: Work, instrument: Instrument, order: Order, quantity: int) -> None:
    """Add ``quantity`` (negative to take away) to what the position row knows of resting orders."""
    position = work.position(instrument, order.product)
    if order.side is Side.BUY:
        position.open_buy += quantity
    else:
        position.open_sell += quantity


def needed(
    work: Work, facts: Facts, segment: Segment, underlying: int, extra: tuple[Instrument, Order, int] | None = None
) -> tuple[Need, int]:
    """(what positions need, order_margin) that a group must carry now, in paise; zeros where there is no price.

    ``extra`` is an order that does not rest yet, or rests with so many units less.
    """
    snapshot = facts.snapshots.get(underlying)
    if snapshot is None:
        return NOTHING, 0
    nets = members(work, facts, segment, underlying)
    if extra is not None:
        instrument, order, more = extra
        net = nets.setdefault(instrument.id, Net(instrument))
        if order.side is Side.BUY:
            net.buy += more
        else:
            net.sell += more
    return group_margin(nets.values(), snapshot, facts.instruments[underlying].kind is Kind.INDEX)


def members(work: Work, facts: Facts, segment: Segment, underlying: int) -> dict[int, Net]:
    """What a group consists of, by instrument."""
    return netted(_members(work, facts, segment, underlying))


def margin_rise(work: Work, facts: Facts, instrument: Instrument, order: Order, reserved: int = 0) -> int:
    """Paise by which an order's group would ask for more if ``order`` rested, where ``reserved`` of its quantity
    does already; 0 or less where it raises nothing. Nothing is changed."""
    key = (instrument.segment, instrument.margin_underlying)
    group = work.groups.get(key)
    if not is_margined(instrument, order.product) or key[1] not in facts.snapshots:
        return 0
    if group is None and carries_hold(instrument, order) and not _is_delivered(facts, instrument):
        return 0
    held, resting = needed(work, facts, *key, (instrument, order, order.pending - reserved))
    total = held.total + resting
    if group is None:
        return total
    if group.snapshot_id == facts.snapshots[key[1]].id:
        return total - group.position_margin - group.order_margin
    held, resting = needed(work, facts, *key)
    return total - held.total - resting


def depends_on_price(work: Work, instrument: Instrument, order: Order) -> bool:
    """Whether the order cannot be judged without a price of its underlying."""
    if carries_hold(instrument, order) or not is_margined(instrument, order.product):
        return False
    if instrument.kind not in OPTIONS or (instrument.segment, instrument.margin_underlying) in work.groups:
        return True
    position = work.positions.get((instrument.id, order.product))
    return position is None or order.pending > position.quantity - position.open_sell


def _members(work: Work, facts: Facts, segment: Segment, underlying: int) -> Iterator[tuple[Instrument, Position]]:
    for position in work.positions.values():
        instrument = facts.instruments[position.instrument_id]
        if position.underlying_id == underlying and instrument.segment is segment:
            yield instrument, position


def post_margin(
    work: Work,
    facts: Facts,
    instrument: Instrument,
    at: datetime,
    order_id: int | None = None,
    reference: str = "",
) -> None:
    """Post the margin of an instrument's group after a change. A group is made with its first future, intraday
    share or option on a share; where index options are held, and nothing beside them, it needs none."""
    key = (instrument.segment, instrument.margin_underlying)
    if key not in work.groups and not _needs_group(work, facts, instrument):
        return
    work.group(instrument)
    post_group(work, facts, *key, at, order_id, reference)


def _is_delivered(facts: Facts, instrument: Instrument) -> bool:
    """Whether a contract ends in a delivery, for which it may have to be secured also where it is bought."""
    underlying = facts.instruments.get(instrument.margin_underlying)
    return instrument.segment is Segment.DERIVATIVES and underlying is not None and underlying.kind is not Kind.INDEX


def _needs_group(work: Work, facts: Facts, instrument: Instrument) -> bool:
    if instrument.kind not in OPTIONS or _is_delivered(facts, instrument):
        return True
    rows = (work.positions.get((instrument.id, product)) for product in (Product.NRML, Product.MIS))
    return any(row is not None and row.quantity < row.open_sell for row in rows)


def post_group(
    work: Work,
    facts: Facts,
    segment: Segment,
    underlying: int,
    at: datetime,
    order_id: int | None = None,
    reference: str = "",
) -> None:
    """Bring a group to what it needs: what one margin loses the other gains, the rest is CASH's.

    A group whose underlying has no price keeps what it has, unless nothing is left in it.
    """
    snapshot = facts.snapshots.get(underlying)
    there = _members(work, facts, segment, underlying)
    if snapshot is None and any(each.quantity or each.open_buy or each.open_sell for _, each in there):
        return
    group = work.groups[segment, underlying]
    work.changed_groups.add((segment, underlying))
    held, resting = needed(work, facts, segment, underlying)
    rise, order_rise = held.total - group.position_margin, resting - group.order_margin
    group.carry(held, resting, snapshot.id if snapshot else None)
    if rise * order_rise < 0:
        across = min(abs(rise), abs(order_rise)) * (1 if rise > 0 else -1)
        work.move(Ledger.HOLD, Ledger.MARGIN, across, Code.MARGIN, at, order_id=order_id, reference=reference)
        rise, order_rise = rise - across, order_rise + across
    work.move(Ledger.CASH, Ledger.HOLD, order_rise, Code.HOLD, at, order_id=order_id, reference=reference)
    work.move(Ledger.CASH, Ledger.MARGIN, rise, Code.MARGIN, at, order_id=order_id, reference=reference)


def set_hold(work: Work, order: Order, amount: int, option: bool, at: datetime) -> None:
    """Change an order's own hold to ``amount``: more from OPTION_CREDIT (options) then CASH, less goes back
    to CASH first and to OPTION_CREDIT last."""
    rise = amount - order.hold_cash - order.hold_credit
    if rise > 0:
        credit = min(rise, work.balances[Ledger.OPTION_CREDIT]) if option else 0
        work.move(Ledger.OPTION_CREDIT, Ledger.HOLD, credit, Code.HOLD, at, order_id=order.id)
        work.move(Ledger.CASH, Ledger.HOLD, rise - credit, Code.HOLD, at, order_id=order.id)
        order.hold_credit += credit
        order.hold_cash += rise - credit
    else:
        cash = min(-rise, order.hold_cash)
        work.move(Ledger.HOLD, Ledger.CASH, cash, Code.RELEASE, at, order_id=order.id)
        work.move(Ledger.HOLD, Ledger.OPTION_CREDIT, -rise - cash, Code.RELEASE, at, order_id=order.id)
        order.hold_cash -= cash
        order.hold_credit -= -rise - cash


def secure(work: Work, facts: Facts, instrument: Instrument, order: Order, at: datetime) -> None:
    """Tie up what a new or changed order needs; its quantity is in the position row already."""
    if carries_hold(instrument, order):
        claim(work, instrument, order, closable(work, instrument, order))
        set_hold(work, order, own_hold(facts, order), instrument.kind in OPTIONS, at)
    if is_margined(instrument, order.product):
        post_margin(work, facts, instrument, at, order.id)


def release(work: Work, facts: Facts, instrument: Instrument, order: Order, left: int, at: datetime) -> None:
    """Give back all that an ended order ties up; ``left`` is the quantity that will never fill."""
    reserve(work, instrument, order, -left)
    claim(work, instrument, order, 0)
    set_hold(work, order, 0, instrument.kind in OPTIONS, at)
    if is_margined(instrument, order.product):
        post_margin(work, facts, instrument, at, order.id)
