"""Properties of the pure rules, over random lives of one account: whatever happens, the books explain themselves."""

from copy import deepcopy
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from core import decide, fills, holds
from core.account import Evidence, OrderEvent, Work
from core.charges import DEFAULT_PLAN, HEADS, NOTHING, ChargeSegment, heads
from core.contract_note import Executed, note, rounding_on
from core.conversion import Converted, ConvertPosition, convert
from core.disclosure import per_leg, values_after
from core.facts import Facts, MarketFacts, Quote
from core.fills import can_fill, can_trigger
from core.instruments import OPTIONS, Instrument, Kind
from core.invariants import Books, ConversionFact, TradeFact, TransferFact, violations
from core.ledger import BALANCES, Code, Ledger
from core.margin import is_margined
from core.money import half_up
from core.orders import (
    TRANSITIONS,
    WORKING,
    IllegalStep,
    ModifyOrder,
    Order,
    OrderType,
    PlaceOrder,
    Product,
    Side,
    Status,
    Validity,
    check_step,
)  # fmt: skip
from core.positions import Position, apply_fill, unrealised
from core.reasons import Reason, Refusal
from core.rulebook import in_force, protection_price
from core.scan import taken
from tests.core.test_charges import NOW as RATES

NOW = datetime(2026, 11, 23, 5, 0, tzinfo=UTC)
TODAY = date(2026, 11, 23)
SHARE = Instrument(1, "NSE", "INFY", "Infosys", Kind.EQ, 1, 5, 100_000)
INDEX = Instrument(2, "NSE", "NIFTY 50", "Nifty 50", Kind.INDEX, 1, 5, 1)
FUTURE = Instrument(3, "NFO", "NIFTY26NOVFUT", "", Kind.FUT, 65, 10, 1_800, 2, expiry=date(2026, 11, 24))
CALL = Instrument(4, "NFO", "NIFTY26NOV25000CE", "", Kind.CE, 65, 5, 1_800, 2, expiry=date(2026, 11, 24), strike=1)
# On a share: bought, the one is secured for its delivery tomorrow; the other asks for more because it ends today.
STOCK_CALL = Instrument(
    5, "NFO", "INFY26NOV90CE", "", Kind.CE, 65, 5, 1_800, 1, expiry=date(2026, 11, 24), strike=9_000
)
STOCK_FUTURE = Instrument(6, "NFO", "INFY26NOVFUT", "", Kind.FUT, 65, 10, 1_800, 1, expiry=TODAY)
TRADED = (SHARE, FUTURE, CALL, STOCK_CALL, STOCK_FUTURE)
LAST = {1: 10_000, 3: 20_000, 4: 5_000, 5: 1_200, 6: 10_000}
AHEAD = tuple(date(2026, 11, day) for day in (24, 25, 26, 27))
WHY = (Reason.CANCELLED_BY_USER, "Cancelled.")


def facts(snapshot: int = 1) -> Facts:
    return Facts(
        now=NOW,
        market=MarketFacts("sim", "OPEN", True, TODAY, NOW),
        instruments={one.id: one for one in (INDEX, *TRADED)},
        rates=RATES,
        rulebook=in_force(TODAY),
        quotes={key: Quote(price, 100) for key, price in LAST.items()},
        bands={1: (8_000, 12_000), 3: (16_000, 24_000), 6: (8_000, 12_000)},
        snapshots={
            1: taken(snapshot, 10_000, TODAY, NOW, 2_500, 625, AHEAD),
            2: taken(snapshot, 20_000, TODAY, NOW, 1_500, 625, AHEAD),
        },
        settles_on=date(2026, 11, 24),
    )


class Life:
    """An account in memory. ``steps`` are drawn numbers; what they cannot do now is passed over."""

    def __init__(self, cash: int) -> None:
        self.work = Work(1, "asha/main", "sim", TODAY, 1, dict.fromkeys(BALANCES, 0))
        self.work.move(Ledger.BANK, Ledger.CASH, cash, Code.DEPOSIT, NOW)
        self.facts, self.number, self.fills = facts(), 0, 0

    def draw_number(self) -> int:
        self.number += 1
        return self.number

    def place(self, wish: PlaceOrder) -> Order | None:
        try:
            number = self.draw_number()
            return decide.place(self.work, self.facts, wish, number, f"key{number}", "asha")
        except Refusal:
            return None

    def modify(self, order: Order, change: ModifyOrder) -> None:
        before = replace(order)
        try:
            decide.modify(self.work, self.facts, order, change, "asha")
        except Refusal:
            kept = ("status", "quantity", "price", "trigger_price", "worst_price", "hold_cash", "hold_credit", "filled")
            assert [getattr(order, name) for name in kept] == [getattr(before, name) for name in kept]

    def fill(self, order: Order, quantity: int, better: int) -> None:
        instrument = self.facts.instruments[order.instrument_id]
        price = order.worst_price - order.side.sign * better * instrument.tick
        quantity = min(quantity, order.pending // instrument.lot) * instrument.lot
        if price > 0 and can_fill(order, quantity, price):
            number = self.draw_number()
            seen = Evidence(number, NOW, price, ((price, quantity),))
            fills.fill(self.work, self.facts, order, fills.Fill(quantity, price, NOW, seen, number, number))
            self.fills += 1

    def convert(self, instrument: Instrument, source: Product, target: Product, quantity: int) -> Converted | None:
        """Nothing of a conversion that is refused is kept."""
        trial = deepcopy(self.work)
        wish = ConvertPosition(instrument.id, source, target, quantity)
        try:
            done = convert(trial, self.facts, wish, self.draw_number(), "asha")
        except Refusal:
            return None
        self.work = trial
        return done

    def margin(self) -> int:
        return sum(group.position_margin + group.order_margin for group in self.work.groups.values())

    def working(self) -> list[Order]:
        return [order for order in self.work.orders.values() if order.status in WORKING]

    def books(self) -> Books:
        """As the database would have them."""
        events: dict[int, list[OrderEvent]] = {}
        for event in self.work.events:
            events.setdefault(event.order_id, []).append(event)
        trades = [
            TradeFact(t.id, t.order_id, t.instrument_id, t.product, t.side.sign * t.quantity, t.price, t.realised,
                      t.limit_price, t.kind, t.evidence.frame, t.evidence.levels, t.charge_id, self.work.trading_date)
            for t in self.work.trades
        ]  # fmt: skip
        day = self.work.trading_date
        moved = [TransferFact(t.source, t.target, t.amount, t.code, t.charge_id, day) for t in self.work.transfers]
        lots = {key: sum(lot.quantity for lot in held) for key, held in self.work.lots.items()}
        charges = {entry.id: entry.heads.total for entry in self.work.charges}
        orders = list(self.work.orders.values())
        changed = [ConversionFact(c.id, c.instrument_id, c.source, c.target, c.quantity) for c in self.work.conversions]
        secured = {(taken.id or 0, underlying): taken for underlying, taken in self.facts.snapshots.items()}
        return Books(self.work, orders, events, trades, moved, charges, lots, self.facts.instruments,
                     conversions=changed, snapshots=secured)  # fmt: skip

    def sound(self) -> None:
        self.work.check()
        assert not violations(self.books())
        for order in self.work.orders.values():
            instrument = self.facts.instruments[order.instrument_id]
            least = holds.own_hold(self.facts, order) if holds.carries_hold(instrument, order) else 0
            if order.status in WORKING:
                assert order.hold_cash + order.hold_credit >= least, "a hold never falls short of what it is for"


@st.composite
def wishes(draw: Any) -> PlaceOrder:
    instrument = draw(st.sampled_from(TRADED))
    side, kind = draw(st.sampled_from(Side)), draw(st.sampled_from(OrderType))
    products = (Product.CNC, Product.MIS) if instrument.kind is Kind.EQ else (Product.NRML, Product.MIS)
    last, tick = LAST[instrument.id], instrument.tick
    near = st.integers(-60, 60).map(lambda ticks: last + ticks * tick)
    ahead = last + side.sign * tick * draw(st.integers(1, 40))
    price = {OrderType.LIMIT: draw(near), OrderType.SL: ahead + side.sign * tick * draw(st.integers(0, 9))}.get(kind, 0)
    validity = Validity.DAY if kind in (OrderType.SL, OrderType.SL_M) else draw(st.sampled_from(Validity))
    lots = draw(st.integers(1, 20)) * (10 if instrument.kind is Kind.EQ else 1)
    trigger = ahead if kind in (OrderType.SL, OrderType.SL_M) else 0
    return PlaceOrder(
        instrument.id, side, kind, draw(st.sampled_from(products)), lots * instrument.lot, validity, price, trigger
    )


changes = st.one_of(
    st.builds(ModifyOrder, quantity=st.integers(-5, 40).map(lambda lots: lots * 65)),
    st.builds(ModifyOrder, quantity=st.integers(1, 300)),
    st.builds(ModifyOrder, price=st.integers(-60, 60).map(lambda ticks: 10_000 + ticks * 10)),
    st.builds(ModifyOrder, order_type=st.sampled_from(OrderType)),
)
steps = st.lists(
    st.tuples(
        st.sampled_from(("place", "place", "modify", "cancel", "fill", "fill", "trigger", "convert")),
        wishes(),
        changes,
        st.integers(0, 10**6),
        st.integers(1, 30),
    ),
    max_size=25,
)


def live(life: Life, story: list[tuple[str, PlaceOrder, ModifyOrder, int, int]]) -> None:
    for act, wish, change, which, size in story:
        before, open_orders = life.margin(), life.working()
        if act == "place":
            life.place(wish)
        elif act == "convert":
            one = life.facts.instruments[wish.instrument_id]
            other = Product.CNC if one.kind is Kind.EQ else Product.NRML
            pair = (Product.MIS, other) if which % 2 else (other, Product.MIS)
            life.convert(one, *pair, one.lot * size)
        elif open_orders:
            order = open_orders[which % len(open_orders)]
            if act == "modify":
                life.modify(order, change)
            elif act == "cancel":
                decide.cancel(life.work, life.facts, order, "asha", WHY)
            elif act == "fill":
                life.fill(order, size, which % 4)
            elif can_trigger(order, order.trigger_price):
                fills.trigger(life.work, order, NOW)
        if act not in ("place", "modify", "convert"):
            assert life.margin() <= before, f"a {act} raised the margin"
        life.sound()


@settings(max_examples=60, deadline=None)
@given(cash=st.integers(10_000, 10**9), story=steps)
def test_every_life_of_an_account_explains_itself(cash: int, story: list[Any]) -> None:
    life = Life(cash)
    live(life, story)
    for order in life.working():
        decide.cancel(life.work, life.facts, order, "asha", WHY)
    life.sound()
    assert life.work.balances[Ledger.HOLD] == 0, "nothing is held once nothing rests"


@settings(max_examples=40, deadline=None)
@given(cash=st.integers(10_000, 10**9), story=steps)
def test_equity_is_what_was_paid_in_earned_and_charged(cash: int, story: list[Any]) -> None:
    life = Life(cash)
    live(life, story)
    work = life.work
    worth = sum(unrealised(position, LAST[position.instrument_id]) for position in work.positions.values())
    earned = sum(-t.side.sign * t.quantity * t.price for t in work.trades)
    earned += sum(t.side.sign * t.quantity * LAST[t.instrument_id] for t in work.trades)
    charged = sum(entry.heads.total for entry in work.charges)
    assert sum(work.balances.values()) + worth == cash + earned - charged


@given(
    sizes=st.tuples(st.integers(2, 12), st.integers(1, 40), st.integers(0, 11)),
    fills=st.lists(st.tuples(st.integers(1, 60), st.integers(1, 4_000_000)), min_size=1, max_size=25),
)
@example(sizes=(2, 1, 0), fills=[(1, 500_002), (1, 499_998)])
@example(sizes=(10, 1, 9), fills=[(10, 3_000_000), (9, 2_900_000)])
def test_no_fill_of_an_iceberg_gets_brokerage_back_and_all_pay_what_the_note_bills(
    sizes: tuple[int, int, int], fills: list[tuple[int, int]]
) -> None:
    """Futures pay a percentage up to a cap, each leg by itself. The last leg may be longer than the others."""
    legs, shown, more = sizes
    quantity, here, paid = legs * shown + more % legs, facts(), NOTHING
    order = Order(
        1, 1, "a", FUTURE.id, Side.SELL, OrderType.LIMIT, Product.NRML, Validity.DAY, quantity, 1, 0, 1, Status.OPEN,
        TODAY, NOW, NOW, NOW, 1, disclosed_quantity=shown, legs=legs,
    )  # fmt: skip
    for most, price in fills:
        if units := min(most, quantity - order.filled):
            before, order.leg_values = here.charges(order), values_after(order, units, price)
            order.filled, order.turnover = order.filled + units, order.turnover + units * price
            step = here.charges(order) - before
            assert all(getattr(step, name) >= 0 for name in HEADS), step
            paid = paid + step
    assert sum(order.leg_values) == order.turnover
    executed = Executed(
        1, 1, FUTURE.id, order.product, order.side, order.filled, order.turnover,
        legs=per_leg(shown, legs, order.filled), leg_values=order.leg_values,
    )  # fmt: skip
    billed = note(RATES, DEFAULT_PLAN, rounding_on(TODAY), here.instruments, [executed])
    assert paid.brokerage == billed.total.brokerage


@given(
    segment=st.sampled_from(ChargeSegment),
    side=st.sampled_from(Side),
    parts=st.lists(st.integers(1, 10**9), min_size=1, max_size=12),
    exchange=st.sampled_from(("NSE", "BSE", "NFO", "BFO")),
)
def test_split_fills_pay_what_one_fill_pays(
    segment: ChargeSegment, side: Side, parts: list[int], exchange: str
) -> None:
    paid, turnover = heads(RATES, segment, side, 0, exchange=exchange), 0
    for part in parts:
        before = heads(RATES, segment, side, turnover, exchange=exchange)
        turnover += part
        step = heads(RATES, segment, side, turnover, exchange=exchange) - before
        assert all(getattr(step, name) >= 0 for name in HEADS), "no head falls when turnover rises"
        paid = paid + step
    assert paid == heads(RATES, segment, side, turnover, exchange=exchange)


@given(
    opening=st.integers(1, 10_000),
    price=st.integers(1, 10**6),
    more=st.lists(st.tuples(st.integers(1, 500), st.integers(1, 10**6)), max_size=8),
    cuts=st.lists(st.integers(1, 400), min_size=1, max_size=30),
    side=st.sampled_from(Side),
)
def test_costs_of_the_parts_add_up_to_the_whole(
    opening: int, price: int, more: list[tuple[int, int]], cuts: list[int], side: Side
) -> None:
    position = Position(1, 1, Product.MIS, 1)
    for quantity, at in [(opening, price), *more]:
        apply_fill(position, side, quantity, at)
    whole, closed, left = position.cost, 0, abs(position.quantity)
    other = Side.SELL if side is Side.BUY else Side.BUY
    for cut in [*cuts, left]:
        part = min(cut, left)
        if part == 0:
            break
        before = position.cost
        exact = half_up(before * part, left)
        apply_fill(position, other, part, price)
        left -= part
        assert before - position.cost == exact
        closed += exact
    assert closed + position.cost == whole
    if left == 0:
        assert (position.quantity, position.cost, position.mark) == (0, 0, 0)


@given(
    instrument=st.sampled_from(TRADED),
    side=st.sampled_from(Side),
    last=st.integers(5, 10**6).map(lambda price: price * 10),
    squeeze=st.integers(0, 40),
)
def test_protection_is_on_tick_and_inside_the_band(instrument: Instrument, side: Side, last: int, squeeze: int) -> None:
    rulebook = in_force(TODAY)
    bare = protection_price(rulebook, instrument, side.sign, last)
    assert bare % instrument.tick == 0
    assert (bare - last) * side.sign >= 0, "protection never lies on the near side of the price"
    lower, upper = last - squeeze * instrument.tick, last + squeeze * instrument.tick
    known = replace(facts(), quotes={instrument.id: Quote(last, 1)}, bands={instrument.id: (lower, upper)})
    wish = PlaceOrder(instrument.id, side, OrderType.MARKET, Product.MIS, instrument.lot)
    price = holds.worst_price(known, instrument, wish)
    assert price <= upper if side is Side.BUY else price >= lower
    assert price % instrument.tick == 0


def test_the_table_of_steps_is_closed() -> None:
    """Every event leads from states of the table to states of the table, and none leads out of an end."""
    for event, steps_of in TRANSITIONS.items():
        for before, afters in steps_of.items():
            assert afters, event
            assert before is None or before in WORKING, f"{event} begins at {before}, which is an end"
    reached = {after for steps_of in TRANSITIONS.values() for afters in steps_of.values() for after in afters}
    assert reached == set(Status)


@given(
    event=st.sampled_from([*TRANSITIONS, "INVENTED"]),
    before=st.sampled_from([None, *Status]),
    after=st.sampled_from(Status),
)
def test_what_the_table_does_not_know_raises(event: str, before: Status | None, after: Status) -> None:
    known = after in TRANSITIONS.get(event, {}).get(before, frozenset())
    try:
        check_step(event, before, after)
    except IllegalStep:
        assert not known
    else:
        assert known


def test_a_plain_story_of_each_instrument_places_holds_and_fills() -> None:
    for instrument in TRADED:
        life = Life(10**12)
        product = Product.CNC if instrument is SHARE else Product.NRML
        price = LAST[instrument.id]
        order = life.place(
            PlaceOrder(instrument.id, Side.BUY, OrderType.LIMIT, product, instrument.lot * 4, price=price)
        )
        assert order is not None
        assert order.status is Status.OPEN
        assert life.work.balances[Ledger.HOLD] > 0
        life.fill(order, 2, 0)
        assert life.fills == 1
        assert is_margined(instrument, product) == (instrument is not SHARE)
        assert (instrument.kind in OPTIONS) == (instrument in (CALL, STOCK_CALL))
        life.sound()


@settings(max_examples=80, deadline=None)
@given(
    instrument=st.sampled_from(TRADED),
    cash=st.integers(10**8, 10**10),
    buys=st.lists(st.tuples(st.integers(1, 30), st.integers(0, 3)), min_size=1, max_size=4),
    share=st.integers(1, 120),
)
def test_there_and_back_again_leaves_the_books_as_they_were(
    instrument: Instrument, cash: int, buys: list[tuple[int, int]], share: int
) -> None:
    life = Life(cash)
    for lots, better in buys:
        wish = PlaceOrder(instrument.id, Side.BUY, OrderType.MARKET, Product.MIS, lots * instrument.lot)
        order = life.place(wish)
        if order is not None and order.status is Status.OPEN:
            life.fill(order, lots, better)
            if order.status in WORKING:
                decide.cancel(life.work, life.facts, order, "asha", WHY)
    position = life.work.positions.get((instrument.id, Product.MIS))
    if position is None or not position.quantity:
        return
    quantity = min(share, position.quantity // instrument.lot) * instrument.lot
    other = Product.CNC if instrument.kind is Kind.EQ else Product.NRML
    before, row, total = dict(life.work.balances), replace(position), sum(life.work.balances.values())
    there = life.convert(instrument, Product.MIS, other, quantity)
    if there is None:
        assert instrument.kind is Kind.EQ, "between MIS and NRML no money is asked for"
        return
    life.sound()
    assert sum(life.work.balances.values()) == total, "nothing leaves the account"
    back = life.convert(instrument, other, Product.MIS, quantity)
    assert back is not None
    life.sound()
    assert life.work.balances == before
    # The part keeps the cost that it was given once, so that nothing is lost by rounding on the way back.
    assert life.work.positions[instrument.id, Product.MIS] == row
    assert back.record.cost == there.record.cost
