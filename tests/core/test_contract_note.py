"""Contract notes against sums worked by hand: what a day's orders cost once the day is looked at as a whole."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import charges, contract_note
from core.charges import NOTHING, Heads
from core.contract_note import Executed, Note
from core.instruments import Instrument, Kind
from core.orders import Product, Side
from db import seeds

ROWS = list(seeds.charge_rates())
TODAY = date(2026, 11, 23)
ROUNDING = contract_note.rounding_on(TODAY)
INFY = Instrument(1, "NSE", "INFY", "Infosys", Kind.EQ, 1, 10, 100_000, isin="INE009A01021")
NIFTY = Instrument(2, "NSE", "NIFTY 50", "Nifty 50", Kind.INDEX, 1, 5, 1)
FUTURE = Instrument(3, "NFO", "NIFTY26NOVFUT", "", Kind.FUT, 65, 10, 1_800, 2, expiry=TODAY)
CALL = Instrument(4, "NFO", "NIFTY26NOV24000CE", "", Kind.CE, 65, 5, 1_800, 2, expiry=TODAY, strike=2_400_000)
ON_BSE = Instrument(5, "BSE", "INFY", "Infosys", Kind.EQ, 1, 10, 100_000, isin="INE009A01021")
SURVEILLED = Instrument(6, "BSE", "SLOW", "Slow", Kind.EQ, 1, 10, 100_000, isin="INE000A01011", fee_group="XT")
STOCK_CALL = Instrument(7, "NFO", "INFY26NOV1500CE", "", Kind.CE, 400, 5, 12_000, 1, expiry=TODAY, strike=150_000)
STOCK_PUT = Instrument(8, "NFO", "INFY26NOV1500PE", "", Kind.PE, 400, 5, 12_000, 1, expiry=TODAY, strike=150_000)
STOCK_FUTURE = Instrument(9, "NFO", "INFY26NOVFUT", "", Kind.FUT, 400, 10, 12_000, 1, expiry=TODAY)
SENSEX_CALL = Instrument(10, "BFO", "SENSEX26NOV80000CE", "", Kind.CE, 20, 5, 1_000, 2, expiry=TODAY, strike=8_000_000)
BSE_STOCK_CALL = Instrument(
    11, "BFO", "INFY26NOV1500CE", "", Kind.CE, 400, 5, 12_000, 1, expiry=TODAY, strike=150_000, fee_group="STOCK"
)
ALL = {one.id: one for one in (INFY, NIFTY, FUTURE, CALL, ON_BSE, SURVEILLED, STOCK_CALL, STOCK_PUT, STOCK_FUTURE,
                               SENSEX_CALL, BSE_STOCK_CALL)}  # fmt: skip
SHARES, CONTRACTS = ("CNC", "MIS"), ("NRML", "MIS")


def order(number: int, one: Instrument, side: str, product: str, quantity: int, price: int, **more: object) -> Executed:
    return Executed(number, number, one.id, Product(product), Side(side), quantity, quantity * price, **more)  # type: ignore[arg-type]


def ended(number: int, one: Instrument, side: str, quantity: int, price: int, product: str = "NRML") -> Executed:
    value = quantity * price
    return Executed(number, None, one.id, Product(product), Side(side), quantity, value, contract_note.EXPIRY)


def note(*orders: Executed, plan: str = "free-delivery", on: date = TODAY) -> Note:
    return contract_note.note(charges.in_force(ROWS, on), plan, ROUNDING, ALL, orders)


def test_the_rounding_of_a_date_is_a_row() -> None:
    assert (ROUNDING.stt, ROUNDING.stamp) == (100, 100)


# what, orders, brokerage, stt, exchange, ipft, sebi, stamp, gst, dp with its gst, total
TABLE: list[tuple[str, list[Executed], int, int, int, int, int, int, int, int, int]] = [
    # 50 at 1,500: STT 75.00; stamp 11.25 -> 11; fee 2.30; SEBI 0.08; GST 0.43
    ("delivery buy", [order(1, INFY, "BUY", "CNC", 50, 150_000)], 0, 7_500, 230, 0, 8, 1_100, 43, 0, 8_881),
    ("delivery sell pays DP", [order(1, INFY, "SELL", "CNC", 50, 150_000)], 0, 7_500, 230, 0, 8, 0, 43, 1_534, 9_315),
    ("two delivery sales, one DP",
     [order(1, INFY, "SELL", "CNC", 20, 150_000), order(2, INFY, "SELL", "CNC", 30, 150_000)],
     0, 7_500, 230, 0, 8, 0, 43, 1_534, 9_315),
    ("one ISIN on two exchanges, one DP",
     [order(1, INFY, "SELL", "CNC", 20, 150_000), order(2, ON_BSE, "SELL", "CNC", 30, 150_000)],
     0, 7_500, 92 + 169, 0, 3 + 5, 0, 17 + 31, 1_534, 9_351),
    # CNC bought and sold on one day: intraday STT on the sale, intraday stamp, 0.03 % on both orders
    ("CNC round trip is intraday",
     [order(1, INFY, "BUY", "CNC", 10, 150_000), order(2, INFY, "SELL", "CNC", 10, 151_000)],
     450 + 453, 400, 92, 0, 3, 0, 180, 0, 1_578),
    ("half of a CNC purchase is sold again",
     [order(1, INFY, "BUY", "CNC", 20, 150_000), order(2, INFY, "SELL", "CNC", 10, 150_000)],
     450 + 450, 1_900, 138, 0, 5, 300, 188, 0, 3_431),
    ("an MIS round trip", [order(1, INFY, "BUY", "MIS", 10, 150_000), order(2, INFY, "SELL", "MIS", 10, 151_000)],
     450 + 453, 400, 92, 0, 3, 0, 180, 0, 1_578),
    ("MIS is intraday first, the CNC sale is delivered",
     [order(1, INFY, "SELL", "CNC", 10, 150_000), order(2, INFY, "BUY", "MIS", 10, 150_000),
      order(3, INFY, "SELL", "MIS", 10, 150_000)],
     450 + 450, 1_900, 138, 0, 5, 0, 188, 1_534, 4_665),
    ("an MIS purchase that was carried is delivery", [order(1, INFY, "BUY", "MIS", 50, 150_000)],
     0, 7_500, 230, 0, 8, 1_100, 43, 0, 8_881),
    ("a large intraday order pays the cap", [order(1, INFY, "BUY", "MIS", 1_000, 150_000),
                                             order(2, INFY, "SELL", "MIS", 1_000, 150_000)],
     4_000, 37_500, 9_210, 0, 300, 4_500, 2_432, 0, 57_942),
    ("squared off by the broker: 50 and GST",
     [order(1, INFY, "BUY", "MIS", 10, 150_000), order(2, INFY, "SELL", "MIS", 10, 151_000, origin="SQUARE_OFF")],
     450 + 453 + 5_000, 400, 92, 0, 3, 0, 1_080, 0, 7_478),
    ("a future sold", [order(1, FUTURE, "SELL", "NRML", 65, 2_438_462)],
     2_000, 79_300, 2_900, 0, 159, 0, 911, 0, 85_270),
    ("an option bought", [order(1, CALL, "BUY", "NRML", 65, 8_000)],
     2_000, 0, 185, 0, 1, 0, 393, 0, 2_579),
    ("an option sold, STT 12.675 -> 13", [order(1, CALL, "SELL", "NRML", 65, 13_000)],
     2_000, 1_300, 300, 0, 1, 0, 414, 0, 4_015),
    ("two option sales share one rupee of STT", [order(1, CALL, "SELL", "NRML", 65, 6_500),
                                                 order(2, CALL, "SELL", "NRML", 65, 6_500)],
     4_000, 1_300, 300, 0, 1, 0, 774, 0, 6_375),
    ("half a rupee goes up: 792.50 -> 793", [order(1, CALL, "SELL", "NRML", 1, 52_833_334)],
     2_000, 79_300, 18_766, 5, 53, 0, 3_747, 0, 103_871),
    ("SENSEX options at BSE's fee", [order(1, SENSEX_CALL, "BUY", "NRML", 20, 50_000)],
     2_000, 0, 325, 0, 1, 0, 419, 0, 2_745),
    ("stock options at BSE's lower fee", [order(1, BSE_STOCK_CALL, "BUY", "NRML", 400, 2_500)],
     2_000, 0, 50, 0, 1, 0, 369, 0, 2_420),
    ("BSE's group XT pays a tenth of a per cent", [order(1, SURVEILLED, "BUY", "CNC", 100, 10_000)],
     0, 1_000, 1_000, 0, 1, 200, 180, 0, 2_381),
    ("an index call ends in the money", [ended(1, CALL, "SELL", 65, 10_000)], 0, 1_000, 0, 0, 0, 0, 0, 0, 1_000),
    ("an index call ends worthless", [ended(1, CALL, "SELL", 65, 0)], 0, 0, 0, 0, 0, 0, 0, 0, 0),
    ("an index future ends", [ended(1, FUTURE, "SELL", 65, 2_400_000)], 0, 0, 0, 0, 0, 0, 0, 0, 0),
    ("a stock call held receives shares", [ended(1, STOCK_CALL, "SELL", 400, 2_000)],
     0, 60_000, 0, 0, 0, 0, 0, 0, 60_000),
    ("a stock call written delivers them", [ended(1, STOCK_CALL, "BUY", 400, 2_000)],
     0, 60_000, 0, 0, 0, 0, 0, 0, 60_000),
    ("a stock put held delivers shares", [ended(1, STOCK_PUT, "SELL", 400, 2_000)],
     0, 60_000, 0, 0, 0, 0, 0, 0, 60_000),
    ("a stock put ends worthless", [ended(1, STOCK_PUT, "SELL", 400, 0)], 0, 0, 0, 0, 0, 0, 0, 0, 0),
    ("a stock future ends", [ended(1, STOCK_FUTURE, "SELL", 400, 152_000)], 0, 60_800, 0, 0, 0, 0, 0, 0, 60_800),
]  # fmt: skip


@pytest.mark.parametrize("case", TABLE, ids=lambda case: case[0])
def test_notes_worked_by_hand(
    case: tuple[str, list[Executed], int, int, int, int, int, int, int, int, int],
) -> None:
    _, orders, *heads, dp, total = case
    found = note(*orders)
    scrips = sum((scrip.heads for scrip in found.scrips), NOTHING)
    assert scrips == Heads(*heads)
    assert (sum(each.total for each in found.depository.values()), found.total.total) == (dp, total)


@pytest.mark.parametrize(
    ("plan", "orders", "brokerage"),
    [
        ("free-delivery", [order(1, INFY, "BUY", "CNC", 50, 150_000)], 0),
        ("flat-20", [order(1, INFY, "BUY", "CNC", 50, 150_000)], 2_000),
        ("zero", [order(1, INFY, "BUY", "CNC", 50, 150_000)], 0),
        ("free-delivery", [order(1, INFY, "BUY", "MIS", 10, 100_000), order(2, INFY, "SELL", "MIS", 10, 100_000)], 600),
        ("flat-20", [order(1, INFY, "BUY", "MIS", 10, 100_000), order(2, INFY, "SELL", "MIS", 10, 100_000)], 2_000),
        ("zero", [order(1, INFY, "BUY", "MIS", 10, 100_000), order(2, INFY, "SELL", "MIS", 10, 100_000)], 0),
        ("free-delivery", [order(1, FUTURE, "BUY", "NRML", 65, 100)], 2),
        ("flat-20", [order(1, FUTURE, "BUY", "NRML", 65, 10_000)], 325),
        ("free-delivery", [order(1, CALL, "BUY", "NRML", 65, 5)], 2_000),
        ("zero", [order(1, CALL, "BUY", "NRML", 65, 5)], 0),
        # Half intraday, half delivery: one order, one cap.
        ("flat-20", [order(1, INFY, "BUY", "CNC", 100, 150_000), order(2, INFY, "SELL", "CNC", 50, 150_000)], 4_000),
        ("free-delivery", [order(n, CALL, "BUY", "NRML", 65, 5) for n in range(1, 6)], 10_000),
    ],
)
def test_brokerage_is_the_plans_and_an_orders(plan: str, orders: list[Executed], brokerage: int) -> None:
    assert sum(scrip.heads.brokerage for scrip in note(*orders, plan=plan).scrips) == brokerage


@pytest.mark.parametrize(
    ("on", "one", "side", "product", "quantity", "price", "stt", "exchange"),
    [
        (date(2026, 3, 31), CALL, "SELL", "NRML", 65, 13_500, 900, 312),
        (date(2026, 4, 1), CALL, "SELL", "NRML", 65, 13_500, 1_300, 312),
        (date(2026, 2, 28), CALL, "SELL", "NRML", 65, 13_500, 900, 307),
        (date(2026, 3, 31), FUTURE, "SELL", "NRML", 65, 2_400_000, 31_200, 2_855),
        (date(2026, 4, 1), FUTURE, "SELL", "NRML", 65, 2_400_000, 78_000, 2_855),
        (date(2024, 10, 1), INFY, "BUY", "CNC", 50, 150_000, 7_500, 223),
        (date(2026, 3, 1), INFY, "BUY", "CNC", 50, 150_000, 7_500, 230),
    ],
)
def test_rates_are_those_of_the_trade_date(
    on: date, one: Instrument, side: str, product: str, quantity: int, price: int, stt: int, exchange: int
) -> None:
    (scrip,) = note(order(1, one, side, product, quantity, price), on=on).scrips
    assert (scrip.heads.stt, scrip.heads.exchange) == (stt, exchange)


def test_before_october_2024_nothing_is_known() -> None:
    with pytest.raises(LookupError, match="on this date"):
        note(order(1, INFY, "BUY", "CNC", 1, 150_000), on=date(2024, 9, 30))


def test_a_scrip_that_settles_gross_is_not_netted() -> None:
    orders = [order(1, INFY, "BUY", "CNC", 10, 150_000), order(2, INFY, "SELL", "CNC", 10, 150_000)]
    rates = charges.in_force(ROWS, TODAY)
    (scrip,) = contract_note.note(rates, "free-delivery", ROUNDING, ALL, orders, gross={INFY.id}).scrips
    assert (scrip.intraday, scrip.delivered, scrip.heads.stt, scrip.heads.brokerage) == (0, 10, 3_000, 0)


def test_what_was_booked_is_brought_to_the_note_by_one_entry_a_scrip_and_one_for_the_depository() -> None:
    found = note(order(1, INFY, "SELL", "CNC", 50, 150_000), order(2, CALL, "SELL", "NRML", 65, 6_500),
                 order(3, CALL, "SELL", "NRML", 65, 6_500))  # fmt: skip
    by_order = {each.instrument_id: each.heads for each in found.scrips}
    booked = {INFY.id: by_order[INFY.id], CALL.id: by_order[CALL.id] + Heads(stt=-100, gst=1)}
    assert contract_note.adjustments(found, booked) == [
        contract_note.Adjustment(CALL.id, "CONTRACT_NOTE", Heads(stt=100, gst=-1)),
        contract_note.Adjustment(INFY.id, "DP", Heads(dp=1_300, gst=234)),
    ]
    assert contract_note.adjustments(note(), {}) == []


trades = st.lists(
    st.tuples(
        st.sampled_from([INFY, ON_BSE, SURVEILLED, FUTURE, CALL, SENSEX_CALL]),
        st.sampled_from(["BUY", "SELL"]), st.integers(0, 1), st.integers(1, 5_000), st.integers(5, 3_000_000),
        st.sampled_from(["USER", "SQUARE_OFF"]),
    ), max_size=10,
)  # fmt: skip


def _orders(drawn: list[tuple[Instrument, str, int, int, int, str]]) -> list[Executed]:
    return [
        order(n, one, side, (CONTRACTS if one.expiry else SHARES)[which], quantity, price, origin=origin)
        for n, (one, side, which, quantity, price, origin) in enumerate(drawn, 1)
    ]


@given(trades, st.sampled_from(["free-delivery", "flat-20", "zero"]))
def test_a_note_is_whole_rupees_of_tax_and_never_below_nothing(
    drawn: list[tuple[Instrument, str, int, int, int, str]], plan: str
) -> None:
    orders = _orders(drawn)
    found = note(*orders, plan=plan)
    for scrip in found.scrips:
        assert min(scrip.heads.as_dict().values()) >= 0
        assert (scrip.heads.stt % 100, scrip.heads.stamp % 100) == (0, 0)
        for side in Side:
            lines = [line for line in scrip.lines if line.executed.side is side]
            assert sum(line.intraday for line in lines) == scrip.intraday
        assert all(line.brokerage <= 2_000 for line in scrip.lines)
    booked = {scrip.instrument_id: Heads(stt=1) for scrip in found.scrips}
    brought = sum((each.heads for each in contract_note.adjustments(found, booked)), NOTHING)
    assert sum(booked.values(), NOTHING) + brought == found.total


@given(trades)
def test_a_note_does_not_depend_on_the_order_in_which_it_is_read(
    drawn: list[tuple[Instrument, str, int, int, int, str]],
) -> None:
    orders = _orders(drawn)
    assert note(*orders) == note(*reversed(orders))
