"""What must always hold. Pure checks over plain rows; each returns the sentences of what it found wrong.

They never repair: a violation is told, and people look. Run after every simulated step, at the end of each
test, by ``python -m desk verify`` and each hour by the sidecar.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from core import gtt_invariants, margin_invariants, state_invariants
from core.account import OrderEvent, Work
from core.disclosure import per_leg
from core.gtt import Gtt
from core.instruments import OPTIONS, Instrument
from core.ledger import BALANCES, HOUSE, Ledger
from core.orders import WORKING, IllegalStep, Order, Product, Status, Validity, check_step
from core.reasons import Reason
from core.scan import Snapshot


@dataclass(frozen=True, slots=True)
class TradeFact:
    """A trade as the checks need it."""

    id: int
    order_id: int | None
    instrument_id: int
    product: Product
    signed: int
    price: int
    realised: int
    limit_price: int
    kind: str
    frame: int
    levels: tuple[tuple[int, int], ...]
    charge_id: int | None
    on: date | None = None


@dataclass(frozen=True, slots=True)
class TransferFact:
    """A transfer as the checks need it."""

    source: Ledger
    target: Ledger
    amount: int
    code: str
    charge_id: int | None
    on: date | None = None
    order_id: int | None = None
    at: datetime | None = None
    reference: str = ""


@dataclass(frozen=True, slots=True)
class ConversionFact:
    """A conversion as the checks need it."""

    id: int
    instrument_id: int
    source: Product
    target: Product
    signed: int
    actor: str = ""
    at: datetime | None = None

    def legs(self) -> tuple["Moved", "Moved"]:
        """What left one product and came to the other."""
        return (
            Moved(self.id, self.instrument_id, self.source, -self.signed),
            Moved(self.id, self.instrument_id, self.target, self.signed),
        )


@dataclass(frozen=True, slots=True)
class Moved:
    """One side of a conversion, shaped as the trade that it is not."""

    id: int
    instrument_id: int
    product: Product
    signed: int
    order_id: int | None = None


@dataclass(slots=True)
class Books:
    """All rows of one account."""

    work: Work
    orders: list[Order]
    events: Mapping[int, list[OrderEvent]]
    trades: list[TradeFact]
    transfers: list[TransferFact]
    charges: Mapping[int, int]
    lots: Mapping[int, int]
    instruments: Mapping[int, Instrument]
    gtts: list[Gtt] = field(default_factory=list)
    archived: bool = False
    conversions: list[ConversionFact] = field(default_factory=list)
    snapshots: Mapping[tuple[int, int], Snapshot] = field(default_factory=dict)
    """What groups were secured at, by (snapshot, underlying)."""
    state_since: datetime | None = None
    """Since when the account is in its trading state; None of one that never left the first."""

    def moves(self) -> "list[TradeFact | Moved]":
        """All that changed a position's quantity: trades, and both sides of conversions."""
        return [*self.trades, *(leg for each in self.conversions for leg in each.legs())]


def violations(books: Books) -> list[str]:
    """Every sentence of every check; empty when the account is sound."""
    return [sentence for _, sentence in broken(books)]


def broken(books: Books) -> list[tuple[str, str]]:
    """(check, sentence) of all that does not hold, each check by what it asks for in words."""
    return [
        (title, f"account {books.work.id}: {sentence}") for check, title in CHECKS.items() for sentence in check(books)
    ]


def balances_fold(books: Books) -> Iterable[str]:
    """Each stored balance is what came in less what went out; all of them are minus the house's."""
    folded: dict[Ledger, int] = defaultdict(int)
    for transfer in books.transfers:
        folded[transfer.source] -= transfer.amount
        folded[transfer.target] += transfer.amount
    for ledger in BALANCES:
        if folded[ledger] != books.work.balances[ledger]:
            yield f"{ledger} is {books.work.balances[ledger]}, its transfers add up to {folded[ledger]}"
    stored, house = sum(books.work.balances.values()), sum(folded[ledger] for ledger in HOUSE)
    if stored != -house:
        yield f"balances add up to {stored}, the house to {house}"


def holds_are_explained(books: Books) -> Iterable[str]:
    """HOLD is the orders' own holds and the groups' order margins; MARGIN the groups' position margins."""
    own = sum(order.hold_cash + order.hold_credit for order in books.orders)
    groups = books.work.groups.values()
    if own + sum(group.order_margin for group in groups) != books.work.balances[Ledger.HOLD]:
        yield f"HOLD is {books.work.balances[Ledger.HOLD]}, orders hold {own}"
    if sum(group.position_margin for group in groups) != books.work.balances[Ledger.MARGIN]:
        yield f"MARGIN is {books.work.balances[Ledger.MARGIN]}"
    for (segment, underlying), group in books.work.groups.items():
        if group.span + group.exposure + group.add_ons + group.delivery != group.position_margin:
            yield f"group {segment} {underlying} blocks {group.position_margin}, which its parts do not add up to"


def invested_is_what_was_paid(books: Books) -> Iterable[str]:
    """INVESTED is the cost of CNC shares and of options: what was paid for in full and is still there."""
    paid = sum(
        position.cost
        for position in books.work.positions.values()
        if position.product is Product.CNC or books.instruments[position.instrument_id].kind in OPTIONS
    )
    if paid != books.work.balances[Ledger.INVESTED]:
        yield f"INVESTED is {books.work.balances[Ledger.INVESTED]}, positions cost {paid}"


def orders_add_up(books: Books) -> Iterable[str]:
    """Filled is what was traded; a final order holds nothing; every step is in the table; steps fold to the row."""
    traded: dict[int, int] = defaultdict(int)
    for trade in books.trades:
        if trade.order_id is not None:
            traded[trade.order_id] += abs(trade.signed)
    for order in books.orders:
        if order.filled != traded[order.id] or not 0 <= order.filled <= order.quantity:
            yield f"order {order.id} says {order.filled} filled, its trades {traded[order.id]}"
        if order.status is Status.AMO and (order.filled or not order.amo):
            yield f"order {order.id} waits for an opening and has traded, or was never asked to wait"
        if order.status not in WORKING and order.hold_cash + order.hold_credit:
            yield f"order {order.id} has ended and still holds money"
        yield from _history_is_whole(order, books.events.get(order.id, []))


def terms_are_whole(books: Books) -> Iterable[str]:
    """Minutes belong to TTL orders, legs to what shows a part; what was never given minutes never ran out of them."""
    for order in books.orders:
        timed = order.validity == Validity.TTL
        if timed != (order.expires_at is not None) or timed != (order.validity_ttl > 0):
            yield f"order {order.id} is {order.validity} for {order.validity_ttl} minutes until {order.expires_at}"
        if order.reason_code == Reason.TTL_EXPIRED and (not timed or order.status is not Status.CANCELLED):
            yield f"order {order.id} ran out of minutes and is {order.validity}, {order.status}"
        if order.legs and not 0 < order.disclosed_quantity * order.legs <= order.quantity:
            yield f"order {order.id} has {order.legs} legs of {order.disclosed_quantity} for {order.quantity}"
        if order.leg_values and not _legs_add_up(order):
            yield f"order {order.id} traded for {order.turnover}, its legs for {order.leg_values}"


def _legs_add_up(order: Order) -> bool:
    traded = per_leg(order.disclosed_quantity, order.legs, order.filled) if order.legs else ()
    return len(traded) == len(order.leg_values) and sum(order.leg_values) == order.turnover


def _history_is_whole(order: Order, events: list[OrderEvent]) -> Iterable[str]:
    before: Status | None = None
    for number, event in enumerate(events, 1):
        if event.n != number:
            yield f"order {order.id} lacks event {number}"
            return
        try:
            check_step(event.event, before, event.status)
        except IllegalStep as wrong:
            yield f"order {order.id}: {wrong}"
        before = event.status
    last = events[-1] if events else None
    stored = (
        order.status, order.quantity, order.price, order.trigger_price, order.worst_price, order.filled, order.cancelled
    )  # fmt: skip
    folded = last and (
        last.status, last.quantity, last.price, last.trigger_price, last.worst_price, last.filled, last.cancelled
    )  # fmt: skip
    if folded != stored or order.events != len(events):
        yield f"order {order.id} is not what its events fold to"


def positions_are_their_trades(books: Books) -> Iterable[str]:
    """A position is the sum of its signed trades and conversions; a flat one has no cost and no mark; CNC is never
    short."""
    traded: dict[tuple[int, Product], int] = defaultdict(int)
    for move in books.moves():
        traded[move.instrument_id, move.product] += move.signed
    for key, position in books.work.positions.items():
        if position.quantity != traded.pop(key, 0):
            yield f"position {key} is {position.quantity}, which its trades do not add up to"
        if position.quantity == 0 and (position.cost or position.mark):
            yield f"position {key} is flat and has a cost or a mark"
        if position.product is Product.CNC:
            if position.quantity < 0 or position.open_sell > position.quantity:
                yield f"CNC position {key}: {position.quantity} held, {position.open_sell} reserved"
            if books.lots.get(position.instrument_id, 0) != position.quantity:
                yield f"CNC position {key}: its lots add up to {books.lots.get(position.instrument_id, 0)}"
    for key, quantity in traded.items():
        if quantity:
            yield f"position {key} is missing: trades add up to {quantity}"


def reservations_are_open_orders(books: Books) -> Iterable[str]:
    """What positions know of resting orders is what rests."""
    resting: dict[tuple[int, Product], list[int]] = defaultdict(lambda: [0, 0])
    for order in books.orders:
        resting[order.instrument_id, order.product][0 if order.side.sign > 0 else 1] += order.pending
    for key, position in books.work.positions.items():
        if [position.open_buy, position.open_sell] != resting.pop(key, [0, 0]):
            yield f"position {key} reserves {position.open_buy} and {position.open_sell}, which do not rest"
    for key, (buy, sell) in resting.items():
        if buy or sell:
            yield f"position {key} is missing while {buy} and {sell} rest"


def claims_are_shorts(books: Books) -> Iterable[str]:
    """What resting buys claim of a written option is in its position, and never more than was written."""
    claimed: dict[tuple[int, Product], int] = defaultdict(int)
    for order in books.orders:
        claimed[order.instrument_id, order.product] += order.closing
        if order.closing > order.pending:
            yield f"order {order.id} is to close {order.closing}, {order.pending} are left of it"
    for key, position in books.work.positions.items():
        if position.claimed != claimed.pop(key, 0):
            yield f"position {key} says {position.claimed} of it are claimed, its orders differ"
        if position.claimed > max(0, -position.quantity):
            yield f"position {key} is {position.quantity}, and {position.claimed} of it are claimed"
    for key, quantity in claimed.items():
        if quantity:
            yield f"position {key} is missing while {quantity} of it are claimed"


def trades_are_believable(books: Books) -> Iterable[str]:
    """No fill is worse than its limit, off the tick, or without its evidence."""
    for trade in books.trades:
        if trade.kind != "FILL":
            continue
        if (trade.price - trade.limit_price) * (1 if trade.signed > 0 else -1) > 0:
            yield f"trade {trade.id} at {trade.price} is worse than its limit {trade.limit_price}"
        if trade.price % books.instruments[trade.instrument_id].tick:
            yield f"trade {trade.id} at {trade.price} is off the tick"
        if trade.frame <= 0 or sum(quantity for _, quantity in trade.levels) < abs(trade.signed):
            yield f"trade {trade.id} lacks its evidence"


def profit_is_realised(books: Books) -> Iterable[str]:
    """What the house paid as profit is what trades and marks realised; charges are their entries."""
    paid = [t for t in books.transfers if Ledger.PNL in (t.source, t.target)]
    pnl = sum(t.amount if t.source is Ledger.PNL else -t.amount for t in paid)
    marks = sum(t.amount if t.source is Ledger.PNL else -t.amount for t in paid if t.code == "MTM")
    realised = sum(trade.realised for trade in books.trades)
    if pnl != realised + marks:
        yield f"profit paid is {pnl}, realised {realised} and marked {marks}"
    booked: dict[int, int] = defaultdict(int)
    for transfer in books.transfers:
        if transfer.charge_id is not None:
            booked[transfer.charge_id] += transfer.amount if transfer.target is Ledger.CHARGES else -transfer.amount
    for entry, total in books.charges.items():
        if booked.pop(entry, 0) != total:
            yield f"charge entry {entry} of {total} is not what was transferred"
    for entry in booked:
        yield f"transfers name charge entry {entry}, which is not there"


def idle_groups_are_empty(books: Books) -> Iterable[str]:
    """A group without position and order carries no margin."""
    busy = {position.underlying_id for position in books.work.positions.values()
            if position.quantity or position.open_buy or position.open_sell}  # fmt: skip
    for (segment, underlying), group in books.work.groups.items():
        if underlying not in busy and (group.position_margin or group.order_margin):
            yield f"group {segment} {underlying} is idle and carries margin"


def gtts_are_sound(books: Books) -> Iterable[str]:
    """GTTs are their steps, fire one order a leg, and exits only ever close."""
    orders = {order.id: order for order in books.orders}
    yield from gtt_invariants.gtts_are_their_steps(books.gtts)
    yield from gtt_invariants.legs_fit_their_gtt(books.gtts, books.archived)
    yield from gtt_invariants.a_leg_has_one_order(books.gtts, orders)
    yield from gtt_invariants.exits_only_close(books.gtts, orders, books.moves())


def counters_are_counted(books: Books) -> Iterable[str]:
    """What limits are held against is what rests, what was traded today, and what was paid in today."""
    standing, day = books.work.standing, books.work.trading_date
    resting = sum(order.status in WORKING for order in books.orders)
    if standing.open_orders != resting:
        yield f"it counts {standing.open_orders} open orders, {resting} rest"
    traded = sum(trade.kind == "FILL" and trade.on == day for trade in books.trades)
    if standing.trades_today != traded:
        yield f"it counts {standing.trades_today} trades today, there are {traded}"
    paid = [t for t in books.transfers if t.on == day and Ledger.BANK in (t.source, t.target)]
    flows = sum(t.amount if t.source is Ledger.BANK else -t.amount for t in paid)
    if standing.flows_today != flows:
        yield f"it counts {standing.flows_today} paid in today, transfers say {flows}"


def margins_are_posted(books: Books) -> Iterable[str]:
    """Groups carry what their members need, and whatever a new order claims or holds is written."""
    work, instruments = books.work, books.instruments
    yield from margin_invariants.groups_carry_their_need(work, instruments, books.snapshots)
    yield from margin_invariants.no_group_is_missing(work, instruments)
    yield from margin_invariants.buys_hold_their_worth(books.orders, instruments)
    yield from margin_invariants.the_newest_buy_claims(work, books.orders, books.events, instruments)


def states_are_kept(books: Books) -> Iterable[str]:
    """What may only reduce, or do nothing, has taken nothing else since."""
    standing = books.work.standing
    yield from state_invariants.halted_accounts_rest_nothing(standing, books.orders)
    since = books.state_since
    if since is not None:
        yield from state_invariants.nothing_was_taken(standing, since, books.orders, books.events)
        yield from state_invariants.nothing_was_raised(standing, since, books.orders, books.events, books.transfers)
        yield from state_invariants.conversions_freed_money(standing, since, books.conversions, books.transfers)


CHECKS: dict[Callable[[Books], Iterable[str]], str] = {
    balances_fold: "Each balance is the sum of its transfers; all books add up to nothing",
    holds_are_explained: "What is held and blocked is that of open orders and positions",
    invested_is_what_was_paid: "Invested is what open shares and options cost",
    orders_add_up: "An order is filled by its trades, and is the sum of its steps",
    terms_are_whole: "The terms of an order fit together",
    positions_are_their_trades: "A position is the sum of its fills and conversions",
    reservations_are_open_orders: "What positions reserve is what rests",
    claims_are_shorts: "What purchases claim of options written was written",
    trades_are_believable: "No fill is better than the market, and each has its evidence",
    profit_is_realised: "Profit and charges paid are those of trades and notes",
    idle_groups_are_empty: "Nothing is blocked where nothing is open",
    gtts_are_sound: "GTTs, targets and stops are their steps and only close",
    counters_are_counted: "What limits are held against is what happened",
    margins_are_posted: "Margin is what the positions need",
    states_are_kept: "What was stopped took nothing since",
}
