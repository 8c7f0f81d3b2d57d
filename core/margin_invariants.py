"""What must always hold of margins, holds and claims. Pure, like ``core.invariants``, which calls these.

Holds and margins that add up to the balances can still be too small: a rule that posts nothing keeps the books
balanced. These reckon anew what positions and open orders need.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from core.account import OrderEvent, Work
from core.holds import carries_hold
from core.instruments import OPTIONS, Instrument, Kind, Segment
from core.margin import Net, group_margin, is_margined, netted
from core.orders import WORKING, Order, Product, Side
from core.positions import Position
from core.scan import Snapshot

# After these an order has just claimed what it may of a short.
_CLAIMS = frozenset({"PLACED", "RELEASED", "MODIFIED"})


def _members(work: Work, instruments: Mapping[int, Instrument]) -> dict[tuple[Segment, int], dict[int, Net]]:
    grouped: dict[tuple[Segment, int], list[tuple[Instrument, Position]]] = defaultdict(list)
    for position in work.positions.values():
        instrument = instruments[position.instrument_id]
        grouped[instrument.segment, position.underlying_id].append((instrument, position))
    return {key: netted(held) for key, held in grouped.items()}


def groups_carry_their_need(
    work: Work, instruments: Mapping[int, Instrument], snapshots: Mapping[tuple[int, int], Snapshot]
) -> Iterator[str]:
    """At the snapshot that it was secured at, a group posts what its positions and open orders need, to the paisa.

    A group that was secured at the price of the day before, because its snapshot named none, is not looked at.
    """
    members = _members(work, instruments)
    for (segment, underlying), group in work.groups.items():
        snapshot = snapshots.get((group.snapshot_id or 0, underlying))
        if snapshot is None:
            continue
        nets = members.get((segment, underlying), {}).values()
        held, resting = group_margin(nets, snapshot, instruments[underlying].kind is Kind.INDEX)
        if (group.span, group.exposure, group.add_ons, group.delivery) != held:
            yield (
                f"group {segment} {underlying} blocks {group.position_margin} for its positions, which need"
                f" {held.total} at snapshot {group.snapshot_id}"
            )
        if group.order_margin != resting:
            yield (
                f"group {segment} {underlying} blocks {group.order_margin} for its orders, which need {resting}"
                f" at snapshot {group.snapshot_id}"
            )


def no_group_is_missing(work: Work, instruments: Mapping[int, Instrument]) -> Iterator[str]:
    """Contracts, intraday shares and written options stand in a group, and options on a share; index options that are
    held need none."""
    for position in work.positions.values():
        instrument = instruments[position.instrument_id]
        key = (instrument.segment, position.underlying_id)
        if key in work.groups or not is_margined(instrument, position.product):
            continue
        if instrument.kind in OPTIONS and instruments[position.underlying_id].kind is Kind.INDEX:
            bears = position.quantity < position.open_sell
        else:
            bears = bool(position.quantity or position.open_buy or position.open_sell)
        if bears:
            yield f"{instrument.symbol} {position.product} is open or rests, and group {key[0]} {key[1]} is missing"


def buys_hold_their_worth(orders: Iterable[Order], instruments: Mapping[int, Instrument]) -> Iterator[str]:
    """What is paid for in full holds at least its worst price for all that it may open; nothing else holds money of
    its own."""
    for order in orders:
        if order.status not in WORKING:
            continue
        held = order.hold_cash + order.hold_credit
        if not carries_hold(instruments[order.instrument_id], order):
            if held:
                yield f"order {order.id} holds {held}, and its group secures it"
        elif held < (least := order.worst_price * (order.pending - order.closing)):
            yield f"order {order.id} holds {held} for {least} that it may spend"


def the_newest_buy_claims(
    work: Work, orders: Iterable[Order], events: Mapping[int, list[OrderEvent]], instruments: Mapping[int, Instrument]
) -> Iterator[str]:
    """A buy that was just placed or changed has claimed of a written option whatever nobody else had claimed.

    Later on a short may grow, or another claim lapse, and nobody claims anew: so only the newest step in an option
    tells, where it is the newest beyond doubt.
    """
    within: dict[tuple[int, Product], list[tuple[OrderEvent, Order]]] = defaultdict(list)
    for order in orders:
        if instruments[order.instrument_id].kind in OPTIONS:
            within[order.instrument_id, order.product] += [(each, order) for each in events.get(order.id, [])]
    for key, steps in within.items():
        position, at = work.positions.get(key), max(event.at for event, _ in steps)
        newest = [(event, order) for event, order in steps if event.at == at]
        (event, order), *others = newest
        if others or position is None or order.side is not Side.BUY or order.status not in WORKING:
            continue
        free = max(0, -position.quantity) - position.claimed
        own = event.event in _CLAIMS and event.reason_code is None  # the house says why it changes an order
        if own and free > 0 and order.pending > order.closing:
            yield f"order {order.id} claims {order.closing} of position {key}, of which {free} are left to claim"
