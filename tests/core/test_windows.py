"""What each window of the day takes, as a table a trader can read, and the traps of the changed hours."""

from dataclasses import replace
from datetime import UTC, date, datetime
from itertools import pairwise, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import windows
from core.calendar import IST, Calendar
from core.charges import in_force as tariffs
from core.facts import Facts, MarketFacts, Quote
from core.instruments import Instrument, Kind
from core.orders import Order, OrderType, PlaceOrder, Product, Side, Status, Validity
from core.reasons import Reason, Refusal
from core.risk import Asked, form
from core.rulebook import in_force
from core.sessions import Board, Window, hours_on
from db import seeds
from tests.core.test_calendar import NSE

RELIANCE = Instrument(1, "NSE", "RELIANCE", "Reliance", Kind.EQ, 1, 10, 100_000)
SMALL = Instrument(2, "NSE", "SMALLCO", "A small one", Kind.EQ, 1, 10, 100_000)
NIFTY_FUT = Instrument(3, "NFO", "NIFTY26DECFUT", "Nifty", Kind.FUT, 65, 10, 1_800, 9, expiry=date(2026, 12, 29))
FAR_FUT = Instrument(4, "NFO", "NIFTY27FEBFUT", "Nifty", Kind.FUT, 65, 10, 1_800, 9, expiry=date(2027, 2, 23))
CALL = Instrument(5, "NFO", "NIFTY26DEC25000CE", "Nifty", Kind.CE, 65, 5, 1_800, 9, expiry=date(2026, 12, 29),
                  strike=2_500_000)  # fmt: skip
ALL = (RELIANCE, SMALL, NIFTY_FUT, FAR_FUT, CALL)
MONDAY, OLD_FRIDAY = "2026-11-23", "2026-09-04"
LAST = 100_000


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=IST)


def facts_at(moment: datetime, calendar: Calendar = NSE, **more: object) -> Facts:
    market = MarketFacts("sim", "OPEN", True, moment.date(), moment, "nse", moment)
    given = Facts(
        now=moment.astimezone(UTC),
        market=market,
        instruments={one.id: one for one in ALL},
        rates=tariffs(list(seeds.charge_rates()), moment.date()),
        rulebook=in_force(moment.date()),
        quotes={one.id: Quote(LAST, 100) for one in ALL},
        bands={one.id: (90_000, 110_000) for one in ALL},
        leads={RELIANCE.id, 9},
        near={NIFTY_FUT.id},
        calendar=calendar,
    )
    return replace(given, **more)  # type: ignore[arg-type]


def wish(
    instrument: Instrument = RELIANCE, order_type: str = "LIMIT", validity: str = "DAY", price: int | None = None,
    disclosed: int = 0,
) -> PlaceOrder:  # fmt: skip
    kind = OrderType(order_type)
    priced = kind in (OrderType.LIMIT, OrderType.SL)
    trigger = 101_000 if kind in (OrderType.SL, OrderType.SL_M) else 0
    return PlaceOrder(
        instrument.id, Side.BUY, kind, Product.MIS, instrument.lot * 10, Validity(validity),
        price if price is not None else (102_000 if trigger else LAST) if priced else 0, trigger, disclosed,
    )  # fmt: skip


def refusal(text: str, asked: PlaceOrder, instrument: Instrument = RELIANCE, **more: object) -> Refusal | None:
    found = form(Asked(asked, instrument, facts_at(at(text), **more)))
    return found[0] if found else None


# Window, a moment of it on a share of the auction, and what it takes: types of DAY orders, IOC, disclosed.
TABLE = [
    (Window.PRE_OPEN, "09:01", "LIMIT MARKET", False, False),
    (Window.PRE_OPEN_LIMIT, "09:06", "LIMIT", False, False),
    (Window.PRE_OPEN_MATCH, "09:11", "", False, False),
    (Window.BUFFER, "09:13", "", False, False),
    (Window.CONTINUOUS, "11:00", "LIMIT MARKET SL SL-M", True, True),
    (Window.AUCTION_REFERENCE, "15:16", "", False, False),
    (Window.AUCTION_ENTRY, "15:22", "LIMIT MARKET", False, False),
    (Window.AUCTION_LIMIT, "15:26", "LIMIT", False, False),
    (Window.AUCTION_MATCH, "15:31", "", False, False),
    (Window.BUFFER, "15:40", "", False, False),
    (Window.POST_CLOSE, "15:55", "LIMIT MARKET", False, False),
    (Window.CLOSED, "08:00", "", False, False),
]
ROWS = [
    (window, clock, order_type, validity, disclosed)
    for window, clock, *_ in TABLE
    for order_type, validity, disclosed in product(OrderType, ("DAY", "IOC"), (False, True))
]


@pytest.mark.parametrize(("window", "clock", "order_type", "validity", "disclosed"), ROWS)
def test_a_window_takes_what_its_row_says(
    window: Window, clock: str, order_type: OrderType, validity: str, disclosed: bool
) -> None:
    types, ioc, shown = next((t, i, d) for one, c, t, i, d in TABLE if (one, c) == (window, clock))
    facts = facts_at(at(f"{MONDAY} {clock}"), closes={RELIANCE.id: LAST})
    assert facts.window(RELIANCE) is window
    asked = wish(RELIANCE, order_type, validity, disclosed=5 if disclosed else 0)
    found = windows.refuses(facts, RELIANCE, asked)
    taken = order_type in types.split() and (ioc or validity == "DAY") and (shown or not disclosed)
    assert (found is None) is taken, found
    if found:
        assert "Try again " in found.sentence, found.sentence


@pytest.mark.parametrize(
    ("clock", "asked", "reason", "sentence"),
    [
        ("09:01", wish(order_type="SL"), Reason.WINDOW_TYPE,
         "Pre-open takes LIMIT and MARKET orders only. Try again at 09:15."),
        ("09:01", wish(validity="IOC"), Reason.WINDOW_VALIDITY, "Pre-open takes no IOC orders. Try again at 09:15."),
        ("09:01", wish(disclosed=5), Reason.WINDOW_DISCLOSED,
         "Pre-open takes no disclosed quantity. Try again at 09:15."),
        ("09:06", wish(order_type="MARKET"), Reason.WINDOW_TYPE,
         "The limit-only part of pre-open takes LIMIT orders only. Try again at 09:15."),
        ("09:13", wish(), Reason.WINDOW_CLOSED,
         "A pause between two sessions takes no new orders. Try again at 09:15."),
        ("15:16", wish(), Reason.WINDOW_CLOSED,
         "The pause before the closing auction takes no new orders. Try again at 15:20."),
        ("15:26", wish(order_type="MARKET"), Reason.WINDOW_TYPE,
         "The limit-only part of the closing auction takes LIMIT orders only. Try again at 15:50."),
        ("15:40", wish(order_type="SL"), Reason.WINDOW_CLOSED,
         "A pause between two sessions takes no new orders. Try again on Wed 25 Nov at 09:15."),
        ("15:55", wish(price=99_000), Reason.POST_CLOSE_PRICE,
         "The post-close session trades at the closing price of ₹1,000.00 alone: use it, or MARKET."),
    ],
)  # fmt: skip
def test_a_refusal_names_the_window_and_when_it_will_be_possible(
    clock: str, asked: PlaceOrder, reason: Reason, sentence: str
) -> None:
    found = windows.refuses(facts_at(at(f"{MONDAY} {clock}"), closes={RELIANCE.id: LAST}), RELIANCE, asked)
    assert found
    assert (found.reason, found.sentence) == (reason, sentence)


def test_trap_2_the_closing_auction_is_for_shares_with_derivatives() -> None:
    day = MONDAY
    for order_type in ("MARKET", "LIMIT"):
        assert refusal(f"{day} 15:16", wish(order_type=order_type))
        assert refusal(f"{day} 15:16", wish(SMALL, order_type), SMALL) is None
        assert refusal(f"{day} 15:39:59", wish(NIFTY_FUT, order_type), NIFTY_FUT) is None
    assert refusal(f"{day} 15:29:59", wish(SMALL), SMALL) is None
    assert refusal(f"{day} 15:30", wish(SMALL), SMALL)
    assert refusal(f"{day} 15:40", wish(NIFTY_FUT), NIFTY_FUT)
    assert refusal(f"{day} 15:22", wish(order_type="MARKET")) is None
    late = refusal(f"{day} 15:26", wish(order_type="MARKET"))
    assert late
    assert late.reason is Reason.WINDOW_TYPE
    assert refusal(f"{day} 15:26", wish()) is None
    band = {RELIANCE.id: (97_000, 103_000)}
    beyond = refusal(f"{day} 15:26", wish(price=103_010), bands=band)
    assert beyond
    assert beyond.reason is Reason.OUTSIDE_BAND
    assert refusal(f"{day} 15:26", wish(price=103_000), bands=band) is None


def test_trap_3_market_orders_of_the_pre_open_end_at_five_past_nine_since_september() -> None:
    late = refusal(f"{MONDAY} 09:06", wish(order_type="MARKET"))
    assert late
    assert late.reason is Reason.WINDOW_TYPE
    assert refusal(f"{MONDAY} 09:06", wish()) is None
    assert refusal(f"{OLD_FRIDAY} 09:06", wish(order_type="MARKET")) is None


def test_futures_of_the_month_have_an_opening_auction_and_others_none() -> None:
    assert refusal(f"{MONDAY} 09:01", wish(NIFTY_FUT), NIFTY_FUT) is None
    for one in (FAR_FUT, CALL):
        found = refusal(f"{MONDAY} 09:01", replace(wish(one), amo=False), one)
        assert found
        assert found.sentence == f"{one.symbol} does not trade now. Try again at 09:15."


def test_a_market_order_of_an_auction_needs_no_fresh_price() -> None:
    old = {RELIANCE.id: Quote(LAST, 17 * 3_600_000)}
    assert refusal(f"{MONDAY} 09:01", wish(order_type="MARKET"), quotes=old) is None
    late = refusal(f"{MONDAY} 10:00", wish(order_type="MARKET"), quotes=old)
    assert late
    assert late.reason is Reason.STALE_PRICE


def resting(order_type: str, status: Status = Status.OPEN) -> Order:
    moment = at(f"{MONDAY} 09:00")
    return Order(
        1, 1, "a", RELIANCE.id, Side.BUY, OrderType(order_type), Product.MIS, Validity.DAY, 10, 0, 0, LAST, status,
        moment.date(), moment, moment, moment, 1,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("clock", "cancels", "changes"),
    [
        ("09:01", "LIMIT MARKET", "LIMIT MARKET"),
        ("09:06", "LIMIT", "LIMIT"),
        ("09:11", "", ""),
        ("09:13", "LIMIT MARKET", ""),
        ("12:00", "LIMIT MARKET SL SL-M", "LIMIT MARKET SL SL-M"),
        ("15:16", "LIMIT MARKET", ""),
        ("15:26", "LIMIT", "LIMIT"),
        ("15:31", "", ""),
        ("15:55", "LIMIT MARKET", "LIMIT MARKET"),
        ("20:00", "LIMIT MARKET", ""),
    ],
)
def test_what_may_be_cancelled_and_changed_when(clock: str, cancels: str, changes: str) -> None:
    facts = facts_at(at(f"{MONDAY} {clock}"), closes={RELIANCE.id: LAST})
    for kind in ("LIMIT", "MARKET"):
        kept = windows.keeps(facts, RELIANCE, resting(kind))
        assert (kept is None) is (kind in cancels.split())
        assert kept is None or kept.reason is Reason.WINDOW_NO_CANCEL
        refused = windows.refuses(facts, RELIANCE, wish(), OrderType(kind))
        assert (refused is None) is (kind in changes.split())
        assert refused is None or refused.reason is Reason.WINDOW_NO_CHANGE
    assert windows.keeps(facts, RELIANCE, resting("LIMIT", Status.AMO)) is None


@given(st.dates(date(2026, 9, 7), date(2027, 12, 31)), st.sampled_from(["sim", "live/upstox"]))
def test_a_random_close_falls_into_its_last_minutes_and_is_the_same_for_all_who_ask(day: date, market: str) -> None:
    plain, closed = hours_on(day, Board.AUCTION_SHARE), hours_on(day, Board.AUCTION_SHARE, market)
    assert closed == hours_on(day, Board.AUCTION_SHARE, market)
    for late, early in zip(plain, closed, strict=True):
        seconds = (datetime.combine(day, late.end) - datetime.combine(day, early.end)).total_seconds()
        assert 0 <= seconds <= late.early
    assert [row.window for row in plain] == [row.window for row in closed]
    assert all(one.end == other.start for one, other in pairwise(closed))


def test_random_closes_differ_from_day_to_day() -> None:
    ends = {hours_on(date(2026, 10, day), Board.SHARE, "sim")[1].end for day in range(1, 29)}
    assert len(ends) > 10
