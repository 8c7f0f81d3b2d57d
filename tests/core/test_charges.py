"""Charges against sums worked by hand, and the properties that holding money for them relies on."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import charges
from core.charges import ChargeSegment, Heads
from core.disclosure import per_leg
from core.instruments import Kind
from core.orders import Product, Side
from db import seeds

DELIVERY, INTRADAY, FUTURES, OPTIONS = ChargeSegment
BUY, SELL = Side


ROWS = list(seeds.charge_rates())
NOW = charges.in_force(ROWS, date(2026, 11, 22))

# segment, side, turnover, brokerage, stt, exchange, ipft, sebi, stamp, gst, total
WORKED = [
    (DELIVERY, BUY, 7_500_000, 0, 7_500, 230, 0, 8, 1_125, 43, 8_906),
    (DELIVERY, BUY, 2_999_000, 0, 3_000, 92, 0, 3, 450, 17, 3_562),
    (DELIVERY, BUY, 4_499_000, 0, 4_500, 138, 0, 4, 675, 26, 5_343),
    (DELIVERY, SELL, 7_500_000, 0, 7_500, 230, 0, 8, 0, 43, 7_781),
    (INTRADAY, SELL, 1_499_000, 450, 400, 46, 0, 1, 0, 89, 986),
    (INTRADAY, BUY, 1_512_000, 454, 0, 46, 0, 2, 45, 90, 637),
    (INTRADAY, BUY, 100_000_000, 2_000, 0, 3_070, 0, 100, 3_000, 931, 9_101),
    (FUTURES, SELL, 158_500_000, 2_000, 79_300, 2_900, 0, 159, 0, 911, 85_270),
    (OPTIONS, SELL, 1_313_000, 2_000, 2_000, 466, 0, 1, 0, 444, 4_911),
    (OPTIONS, BUY, 520_000, 2_000, 0, 185, 0, 1, 16, 393, 2_595),
]


@pytest.mark.parametrize("case", WORKED, ids=lambda case: f"{case[0]}-{case[1]}-{case[2]}")
def test_worked_by_hand(
    case: tuple[ChargeSegment, Side, int, int, int, int, int, int, int, int, int],
) -> None:
    segment, side, turnover, *expected, total = case
    got = charges.heads(NOW, segment, side, turnover)
    assert got == Heads(*expected)
    assert got.total == total


def test_two_fills_of_one_order_pay_the_charges_of_their_sum() -> None:
    first = charges.heads(NOW, DELIVERY, BUY, 2_999_000)
    both = charges.heads(NOW, DELIVERY, BUY, 4_499_000)
    assert (first.total, (both - first).total) == (3_562, 1_781)
    assert first + (both - first) == both


def test_ten_fills_pay_one_brokerage() -> None:
    paid = charges.NOTHING
    for fill in range(1, 11):
        paid = paid + (charges.heads(NOW, FUTURES, BUY, fill * 50_000_000) - paid)
    assert paid.brokerage == 2_000


ICEBERGS = [
    # segment, turnover, what each leg traded for, brokerage: of 500,000 rupees in one order 0.03 % is more than 20
    (INTRADAY, 50_000_000, (), 2_000),
    (INTRADAY, 50_000_000, (50_000_000,), 2_000),
    (INTRADAY, 50_000_000, (12_500_000,) * 4, 8_000),
    (INTRADAY, 50_000_000, (5_500_000,) * 9 + (500_000,), 9 * 1_650 + 150),  # below the cap each its share
    (INTRADAY, 10_005, (3_335, 3_335, 3_335), 3),  # 1.0005 paise each: every leg is rounded by itself
    (OPTIONS, 1_313_000, (656_500, 656_500), 4_000),
    (DELIVERY, 50_000_000, (12_500_000,) * 4, 0),
]


@pytest.mark.parametrize(("segment", "turnover", "parts", "brokerage"), ICEBERGS)
def test_each_leg_of_an_iceberg_pays_its_own_brokerage_and_nothing_else_twice(
    segment: ChargeSegment, turnover: int, parts: tuple[int, ...], brokerage: int
) -> None:
    got, one = (charges.heads(NOW, segment, BUY, turnover, parts=each) for each in (parts, ()))
    assert got.brokerage == brokerage
    assert (got.stt, got.exchange, got.sebi, got.stamp) == (one.stt, one.exchange, one.sebi, one.stamp)
    assert got.gst == charges.gst_on(brokerage + one.exchange + one.sebi, 1_800)


@pytest.mark.parametrize(
    ("shown", "legs", "filled", "parts"),
    [(0, 0, 0, ()), (0, 0, 70, (70,)), (20, 0, 70, (70,)), (24, 4, 0, ()), (24, 4, 10, (10,)), (24, 4, 24, (24,)),
     (24, 4, 60, (24, 24, 12)), (24, 4, 99, (24, 24, 24, 27))],
)  # fmt: skip
def test_the_last_leg_carries_what_is_left(shown: int, legs: int, filled: int, parts: tuple[int, ...]) -> None:
    assert per_leg(shown, legs, filled) == parts


@pytest.mark.parametrize(
    ("on", "stt", "exchange"),
    [
        (date(2026, 2, 28), 900, 307),
        (date(2026, 3, 31), 900, 312),
        (date(2026, 4, 1), 1_300, 312),
    ],
)
def test_trap_4_an_option_sale_pays_the_rates_of_its_trade_date(on: date, stt: int, exchange: int) -> None:
    got = charges.heads(charges.in_force(ROWS, on), OPTIONS, SELL, 877_500)
    assert (got.stt, got.exchange) == (stt, exchange)


@pytest.mark.parametrize(("turnover", "stt"), [(52_833_333, 79_200), (52_833_334, 79_300), (52_866_667, 79_300)])
def test_trap_5_half_a_rupee_of_stt_rounds_up(turnover: int, stt: int) -> None:
    assert charges.heads(NOW, OPTIONS, SELL, turnover).stt == stt


@given(
    st.sampled_from(list(ChargeSegment)),
    st.sampled_from(list(Side)),
    st.integers(0, 10**12),
    st.sampled_from(["free-delivery", "flat-20", "zero"]),
    st.sampled_from(["NSE", "BSE", "NFO", "BFO"]),
)
def test_what_is_booked_is_what_is_answered_rounded_head_by_head(
    segment: ChargeSegment, side: Side, turnover: int, plan: str, exchange: str
) -> None:
    booked = charges.heads(NOW, segment, side, turnover, plan, exchange).as_dict()
    exact = charges.unrounded(NOW, segment, side, turnover, plan, exchange)
    for head, amount in booked.items():
        # STT goes to the rupee; GST is taken of parts that were rounded before.
        assert abs(amount - exact[head]) <= {"stt": 50, "gst": 1}.get(head, 0.5)


def test_bse_has_its_own_fees() -> None:
    assert charges.heads(NOW, DELIVERY, BUY, 7_500_000, exchange="BSE").exchange == 281
    assert charges.heads(NOW, OPTIONS, BUY, 1_000_000, exchange="BFO").exchange == 325
    assert charges.heads(NOW, FUTURES, BUY, 1_000_000, exchange="BFO").exchange == 0


def test_plans_differ_in_brokerage_and_its_gst_alone() -> None:
    ours, theirs = (charges.heads(NOW, DELIVERY, BUY, 7_500_000, plan) for plan in ("free-delivery", "flat-20"))
    assert theirs - ours == Heads(brokerage=2_000, gst=360)


def test_fees_that_are_not_of_turnover() -> None:
    assert charges.depository(NOW) == Heads(dp=1_300, gst=234)
    assert charges.square_off(NOW, INTRADAY) == Heads(brokerage=5_000, gst=900)
    assert charges.exercise(NOW, 1_000_000) == Heads(stt=1_500)
    assert charges.exercise(NOW, 0) == charges.NOTHING


def test_nothing_filled_pays_nothing_and_nonsense_is_refused() -> None:
    assert charges.heads(NOW, OPTIONS, BUY, 0) == charges.NOTHING
    with pytest.raises(ValueError, match="never negative"):
        charges.heads(NOW, OPTIONS, BUY, -1)
    with pytest.raises(ValueError, match="less than nothing"):
        charges.exercise(NOW, -1)
    with pytest.raises(LookupError, match="'nobody'"):
        charges.heads(NOW, OPTIONS, BUY, 1, "nobody")
    with pytest.raises(LookupError, match="on this date"):
        charges.heads(charges.in_force(ROWS, date(2020, 1, 1)), OPTIONS, BUY, 1)


@pytest.mark.parametrize(
    ("kind", "product", "segment"),
    [
        (Kind.EQ, Product.CNC, DELIVERY),
        (Kind.ETF, Product.CNC, DELIVERY),
        (Kind.EQ, Product.MIS, INTRADAY),
        (Kind.FUT, Product.NRML, FUTURES),
        (Kind.FUT, Product.MIS, FUTURES),
        (Kind.CE, Product.NRML, OPTIONS),
        (Kind.PE, Product.MIS, OPTIONS),
    ],
)
def test_segment_of(kind: Kind, product: Product, segment: ChargeSegment) -> None:
    assert charges.segment_of(kind, product) is segment


turnovers = st.integers(0, 10**13)
anything = (st.sampled_from(list(ChargeSegment)), st.sampled_from(list(Side)))
plans = st.sampled_from(["free-delivery", "flat-20"])
exchanges = st.sampled_from(["NSE", "BSE", "NFO", "BFO"])


@given(*anything, turnovers, turnovers, plans, exchanges)
def test_no_head_falls_when_turnover_rises(
    segment: ChargeSegment, side: Side, one: int, more: int, plan: str, exchange: str
) -> None:
    less = charges.heads(NOW, segment, side, one, plan, exchange)
    rise = charges.heads(NOW, segment, side, one + more, plan, exchange) - less
    assert min(rise.as_dict().values()) >= 0
    assert less.total == sum(less.as_dict().values())


@given(
    *anything,
    st.integers(1, 2_000_000),
    st.lists(st.tuples(st.integers(1, 500), st.integers(0, 2_000_000)), min_size=1, max_size=8),
)
def test_what_is_held_for_charges_covers_any_fills_at_the_worst_price_or_better(
    segment: ChargeSegment, side: Side, price: int, fills: list[tuple[int, int]]
) -> None:
    left = sum(quantity for quantity, _ in fills)
    held, turnover, paid = charges.worst(NOW, segment, side, left * price), 0, 0
    for quantity, better in fills:
        turnover += quantity * max(price - better, 1)
        left -= quantity
        fee = charges.heads(NOW, segment, side, turnover).total - paid
        paid, held = paid + fee, held - fee
        assert held >= charges.worst(NOW, segment, side, left * price, turnover=turnover) >= 0
