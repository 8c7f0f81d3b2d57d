"""Stock contracts in their last days: what bought options in the money ask for, and what stays open on the last day."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core import last_days
from core.calendar import Calendar, CalendarDay, DayKind
from core.facts import Facts, MarketFacts
from core.instruments import Instrument, Kind
from core.margin import Need, Net, group_margin, needed
from core.margin_rules import LOOKS_AHEAD, of_contracts
from core.orders import OrderType, PlaceOrder, Product, Side
from core.reasons import Reason
from core.rulebook import in_force
from core.scan import Snapshot, in_the_money
from tests.core.portfolios import cancelled_and_filled

# The last Tuesday of November 2026 is a holiday: stock contracts end on Monday the 23rd.
CALENDAR = Calendar.of([CalendarDay(date(2026, 11, 24), DayKind.HOLIDAY, "Guru Nanak")])
EXPIRY, LATER = date(2026, 11, 23), date(2026, 12, 29)
E_5, E_4, E_3, E_2, E_1 = (date(2026, 11, day) for day in (16, 17, 18, 19, 20))
SPOT, LOT = 1_500_00, 500
SHARE = Instrument(1, "NSE", "RELIANCE", "Reliance", Kind.EQ, 1, 10, 500_000)


def contract(id: int, kind: Kind, strike: int | None = None, expiry: date = EXPIRY) -> Instrument:
    return Instrument(
        id, "NFO", f"RELIANCE{id}", "", kind, LOT, 5, 50_000, SHARE.id, expiry=expiry, strike=strike and strike * 100
    )


INSIDE, OUTSIDE, PUT, LOW_PUT = (
    contract(n, kind, strike)
    for n, kind, strike in ((2, Kind.CE, 1_400), (3, Kind.CE, 1_600), (4, Kind.PE, 1_600), (5, Kind.PE, 1_400))
)
AT = contract(6, Kind.CE, 1_500)
FUTURE, FAR = contract(7, Kind.FUT), contract(8, Kind.FUT, expiry=LATER)
FAR_CALL = contract(9, Kind.CE, 1_400, LATER)
ALL = (INSIDE, OUTSIDE, PUT, LOW_PUT, AT, FUTURE, FAR, FAR_CALL)


def snapshot(on: date, volatility: int = 0, price: int = SPOT) -> Snapshot:
    at = datetime(on.year, on.month, on.day, 4, 0, tzinfo=UTC)
    return Snapshot(1, price, on, at, volatility, 625, CALENDAR.following(on, LOOKS_AHEAD))


def need(on: date, *nets: Net, volatility: int = 0, index: bool = False) -> Need:
    return needed(nets, snapshot(on, volatility), index)


# day, what is held, units bought, delivery margin in rupees: a share without a known volatility is at risk by 9 % and
# its extreme loss by 3.5 %, so that 500 at 1,500.00 are at risk by 93,750.00.
DELIVERY = [
    ("five days before", E_5, INSIDE, LOT, 0),
    ("E-4: 10 %", E_4, INSIDE, LOT, 9_375),
    ("E-3: 25 %", E_3, INSIDE, LOT, 23_437.50),
    ("E-2: 45 %", E_2, INSIDE, LOT, 42_187.50),
    ("E-1: 70 %", E_1, INSIDE, LOT, 65_625),
    ("the last day", EXPIRY, INSIDE, LOT, 65_625),
    ("a put in the money", E_3, PUT, LOT, 23_437.50),
    ("two lots", E_3, INSIDE, 2 * LOT, 46_875),
    ("out of the money", E_1, OUTSIDE, LOT, 0),
    ("a put out of the money", E_1, LOW_PUT, LOT, 0),
    ("at the money", E_1, AT, LOT, 0),
    ("written", E_1, INSIDE, -LOT, 0),
    ("of a later month", E_1, FAR_CALL, LOT, 0),
    ("a future", E_1, FUTURE, LOT, 0),
]  # fmt: skip


@pytest.mark.parametrize("case", DELIVERY, ids=lambda case: case[0])
def test_a_bought_option_in_the_money_is_secured_for_its_delivery(
    case: tuple[str, date, Instrument, int, float],
) -> None:
    _, on, held, units, rupees = case
    assert need(on, Net(held, units)).delivery == rupees * 100


def test_the_value_at_risk_follows_the_volatility() -> None:
    # 30 % a year is 1.89 % a day; six of these are 11.34 %, and 3.5 % on top.
    assert need(E_1, Net(INSIDE, LOT), volatility=3_000).delivery == SPOT * LOT * 1_484 * 7_000 // 100_000_000


def test_an_order_that_rests_is_secured_as_if_it_had_filled_and_one_that_closes_asks_for_nothing() -> None:
    held, resting = group_margin([Net(INSIDE, 0, buy=LOT)], snapshot(E_2), index=False)
    assert (held.total, resting) == (0, 42_187_50)
    held, resting = group_margin([Net(INSIDE, LOT, sell=LOT)], snapshot(E_2), index=False)
    assert (held.delivery, resting) == (42_187_50, 0)


def test_an_index_settles_in_cash_and_rules_begin_with_physical_settlement() -> None:
    assert need(E_1, Net(INSIDE, LOT), index=True).delivery == 0
    assert of_contracts(date(2019, 9, 30), index=False).delivery == ()
    assert of_contracts(date(2019, 10, 1), index=False).delivery == (7_000, 7_000, 4_500, 2_500, 1_000)


def test_without_a_calendar_nobody_knows_how_near_an_expiry_is() -> None:
    assert needed([Net(INSIDE, LOT)], replace(snapshot(E_1), ahead=(), risks={}), index=False).delivery == 0


# volatility, what is held, units, usual margin and what the last day adds, in paise a unit
LAST_DAY = [
    # 14.2 % and 3.5 % of 1,500.00 are 265.50; half as much again is below half of the value.
    ("a future", 0, FUTURE, LOT, 265_50, 132_75),
    ("a future sold", 0, FUTURE, -LOT, 265_50, 132_75),
    # Six sigmas of two days are 37.42 %: half as much again would be more than half of the value, which is 750.00.
    ("up to half of the value", 7_000, FUTURE, LOT, 613_80, 136_20),
    # More than half of the value is asked for already.
    ("never less than usual", 12_000, FUTURE, LOT, 1_014_75, 0),
    ("of a later month", 0, FAR, LOT, 265_50, 0),
]  # fmt: skip


@pytest.mark.parametrize("case", LAST_DAY, ids=lambda case: case[0])
def test_what_is_delivered_today_asks_for_more(case: tuple[str, int, Instrument, int, int, int]) -> None:
    _, volatility, held, units, usual, more = case
    found = need(EXPIRY, Net(held, units), volatility=volatility)
    assert (found.span + found.exposure, found.add_ons) == (usual * LOT, more * LOT)
    assert need(E_1, Net(held, units), volatility=volatility).add_ons == 0


def test_a_written_option_asks_for_half_as_much_again_and_a_bought_one_does_not() -> None:
    written = need(EXPIRY, Net(OUTSIDE, -LOT))
    assert written.add_ons == -(-(written.span + written.exposure) // (2 * LOT)) * LOT
    assert need(EXPIRY, Net(OUTSIDE, LOT)) == Need()


lots = st.integers(-4, 4).map(lambda n: n * LOT)
resting = st.integers(0, 3).map(lambda n: n * LOT)
portfolios = st.lists(
    st.builds(Net, st.sampled_from(ALL), lots, resting, resting), min_size=1, max_size=5,
    unique_by=lambda net: net.instrument.id,
)  # fmt: skip
days = st.sampled_from((E_5, E_4, E_3, E_2, E_1, EXPIRY))


def total(nets: list[Net], on: date) -> int:
    held, rests = group_margin(nets, snapshot(on, 3_500), index=False)
    assert min(held) >= 0 <= rests
    return held.total + rests


@settings(max_examples=150, deadline=None)
@given(nets=portfolios, which=st.integers(0, 4), part=st.integers(1, 3), buys=st.booleans(), on=days)
def test_neither_a_fill_nor_a_cancel_raises_a_margin(
    nets: list[Net], which: int, part: int, buys: bool, on: date
) -> None:
    before = total(nets, on)
    cancelled, filled = cancelled_and_filled(nets, which, part * LOT, buys)
    assert total(cancelled, on) <= before, "a cancel"
    assert total(filled, on) <= before, "a fill"


@settings(max_examples=100, deadline=None)
@given(nets=portfolios, on=days)
def test_together_never_needs_more_than_each_leg_alone(nets: list[Net], on: date) -> None:
    assert total(nets, on) <= sum(total([net], on) for net in nets)


@settings(max_examples=100, deadline=None)
@given(nets=portfolios, which=st.integers(0, 4), part=st.integers(1, 4), on=days)
def test_an_order_that_closes_what_bears_risk_raises_nothing(nets: list[Net], which: int, part: int, on: date) -> None:
    """A short covered, and a lone position closed: neither costs margin, on whatever day."""
    one = replace(nets[which % len(nets)], buy=0, sell=0)
    units = min(part * LOT, abs(one.quantity))
    closing = replace(one, sell=units) if one.quantity > 0 else replace(one, buy=units)
    assert total([closing], on) == total([one], on)


def test_a_snapshot_knows_how_many_trading_dates_are_left() -> None:
    assert [snapshot(day).left(EXPIRY) for day in (E_5, E_4, E_3, E_2, E_1, EXPIRY)] == [None, 4, 3, 2, 1, 0]
    assert snapshot(E_1).left(date(2026, 11, 20)) == 0
    assert snapshot(E_1).left(date(2026, 11, 22)) == 0, "a Sunday, before the next trading date"


@pytest.mark.parametrize(("one", "price", "inside"), [
    (AT, 1_500_00, False), (AT, 1_500_05, True), (PUT, 1_600_00, False), (PUT, 1_599_95, True),
])  # fmt: skip
def test_what_is_in_the_money(one: Instrument, price: int, inside: bool) -> None:
    assert in_the_money(one, price) is inside


TOLD = [
    ("in the money", E_3, INSIDE, "BUY", Reason.DELIVERY_MARGIN,
     "held, it blocks ₹23,437.50 as delivery margin, 25% of the share's value at risk and extreme loss (12.5% of its"),
    ("how near it is", E_3, INSIDE, "BUY", Reason.DELIVERY_MARGIN, "RELIANCE2 ends in 3 trading dates and is in"),
    ("the next step", E_3, INSIDE, "BUY", Reason.DELIVERY_MARGIN, "45% on the next trading date."),
    ("out of the money", E_1, OUTSIDE, "BUY", Reason.DELIVERY_MARGIN,
     "is out of the money: held, it would block, if it came into the money, ₹65,625.00"),
    ("on the last day", EXPIRY, INSIDE, "BUY", Reason.DELIVERY_MARGIN, "ends today and is in the money"),
    ("a future on the last day", EXPIRY, FUTURE, "SELL", Reason.LAST_DAY_MARGIN,
     "RELIANCE7 ends today: what stays open asks for 150% of its usual margin, up to 50% of its value."),
    ("an option written on the last day", EXPIRY, OUTSIDE, "SELL", Reason.LAST_DAY_MARGIN, "ends today"),
    ("an option written before", E_1, OUTSIDE, "SELL", None, ""),
    ("a future before", E_1, FUTURE, "BUY", None, ""),
    ("far away", E_5, INSIDE, "BUY", None, ""),
    ("the share", EXPIRY, SHARE, "BUY", None, ""),
]  # fmt: skip


@pytest.mark.parametrize("case", TOLD, ids=lambda case: case[0])
def test_what_the_ticket_says_of_it(case: tuple[str, date, Instrument, str, Reason | None, str]) -> None:
    _, on, one, side, reason, words = case
    taken = snapshot(on)
    facts = Facts(
        now=taken.at, market=MarketFacts("sim", "OPEN", True, on, taken.at), rates={}, rulebook=in_force(on),
        instruments={each.id: each for each in (SHARE, *ALL)}, snapshots={SHARE.id: taken},
    )  # fmt: skip
    wish = PlaceOrder(one.id, Side(side), OrderType.LIMIT, Product.NRML, LOT, price=100)
    told = list(last_days.told(facts, one, wish))
    assert [each.reason for each in told] == ([reason] if reason else [])
    assert words in " ".join(each.sentence for each in told)
