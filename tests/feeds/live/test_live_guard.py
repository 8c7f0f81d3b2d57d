"""A vendor's price that the exchange cannot have made is not traded at: ranges by the minute and by the day."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import live_range
from core.frames import Rows, row_type
from core.instruments import Instrument, Kind
from core.live_range import in_force
from feeds.guard import Guard
from feeds.live.guard import TOLD, LiveGuard
from feeds.universe import Listing, Universe
from tests.feeds.listings import DATE, EXPIRY, one

NIFTY, VIX, LEAD, SMALL, FUTURE, CALL, PUT = 1, 2, 10, 11, 20, 30, 31
LISTED = {
    NIFTY: (one(NIFTY, "NIFTY 50", Kind.INDEX), 2_500_000),
    VIX: (one(VIX, "INDIA VIX", Kind.INDEX), 1_500),
    LEAD: (one(LEAD, "LEAD", Kind.EQ), 100_000),
    SMALL: (one(SMALL, "SMALL", Kind.EQ), 100_000),
    FUTURE: (one(FUTURE, "LEADFUT", Kind.FUT, underlying_id=LEAD, expiry=EXPIRY), 100_000),
    CALL: (one(CALL, "LEADCE", Kind.CE, underlying_id=LEAD, expiry=EXPIRY, strike=95_000), 6_000),
    PUT: (one(PUT, "LEADPE", Kind.PE, underlying_id=LEAD, expiry=EXPIRY, strike=95_000), 1_000),
}
DAY = Universe([Listing(*each) for each in LISTED.values()], DATE, always_open=False)
MINUTE = 60_000


def row(number: int, price: int, at: int, close: int | None = None) -> Rows:
    made = np.zeros(1, row_type())
    made["instrument"], made["exchange_time"], made["volume"] = number, at, at % 10**9
    for name in ("last_price", "open", "high", "low"):
        made[name] = price
    made["prev_close"] = LISTED[number][1] if close is None else close
    return made


@pytest.mark.parametrize(
    ("what", "number", "minutes", "price", "believed"),
    [
        ("a share with derivatives at its first range", LEAD, 0, 110_000, True),
        ("and beyond it, which nothing has widened yet", LEAD, 14, 110_005, False),
        ("as far as a quarter of an hour lets it", LEAD, 15, 85_000, True),
        ("and no further", LEAD, 15, 84_995, False),
        ("a real fall by half takes two hours", LEAD, 119, 50_000, False),
        ("which it may have by then", LEAD, 120, 50_000, True),
        ("before the open the first range holds", LEAD, -10, 111_000, False),
        ("a future as its share", FUTURE, 15, 115_000, True),
        ("a future beyond", FUTURE, 15, 115_005, False),
        ("a share without derivatives at the widest band", SMALL, 300, 80_000, True),
        ("which is as wide all day", SMALL, 300, 120_005, False),
        ("an index before the market is halted", NIFTY, 60, 2_000_000, True),
        ("an index beyond all halts", NIFTY, 60, 1_800_000, False),
        ("an index of volatility goes where it likes", VIX, 60, 4_500, True),
        ("but not to ten times its price", VIX, 60, 15_000, False),
        ("a call at all that its share is worth", CALL, 60, 100_000, True),
        ("a call that is dearer than its share", CALL, 60, 100_005, False),
        ("a put at its strike", PUT, 60, 95_000, True),
        ("a put beyond its strike", PUT, 60, 95_005, False),
        ("a cheap option ten times as dear", PUT, 60, 10_000, True),
    ],
)
def test_a_price_is_believed_within_the_range_of_the_minute(
    what: str, number: int, minutes: int, price: int, believed: bool
) -> None:
    guard = LiveGuard(DAY, {NIFTY, LEAD})
    at = DAY.opened + minutes * MINUTE
    guard.check(row(LEAD, 100_000, at - 1), at)
    assert len(guard.check(row(number, price, at), at)) == believed, what
    told = guard.doubted()
    if believed or guard.dropped.get("tenfold_jump"):
        assert told == []
    else:
        assert guard.dropped == {"beyond_range": 1}
        assert [(each["instrument"], each["price"]) for each in told] == [(number, price)]


def test_what_was_doubted_is_believed_again_by_its_next_good_word_and_nothing_is_remembered_of_the_bad_one() -> None:
    guard = LiveGuard(DAY, {LEAD})
    at = DAY.opened + MINUTE
    assert len(guard.check(row(LEAD, 100_000, at), at))
    assert not len(guard.check(row(LEAD, 150_000, at + 1), at + 1))
    assert len(guard.doubted()) == 1
    assert len(guard.check(row(LEAD, 100_005, at + 2), at + 2))
    assert guard.doubted() == []


def test_a_close_that_the_vendor_puts_right_moves_the_range() -> None:
    guard = LiveGuard(DAY, set())
    at = DAY.opened + MINUTE
    assert not len(guard.check(row(SMALL, 50_000, at), at)), "half of yesterday's close"
    assert len(guard.check(row(SMALL, 50_000, at + 1, close=50_000), at + 1)), "which was split in two since"


def test_nothing_closes_at_a_price_that_was_never_believed() -> None:
    class Said:
        def clock(self, now_ms: int) -> int:
            return now_ms

        def closes(self, now_ms: int) -> tuple[np.ndarray, np.ndarray]:
            return np.array([VIX, LEAD, SMALL, CALL, 999]), np.array([15_000, 190_000, 119_000, 3, 7])

    guard = LiveGuard(DAY, {LEAD})
    at = DAY.opened + MINUTE
    guard.check(row(LEAD, 101_000, at), at)
    ids, prices = guard.closes(Said(), at)  # type: ignore[arg-type]
    assert dict(zip(ids.tolist(), prices.tolist(), strict=True)) == {
        VIX: 1_500, LEAD: 101_000, SMALL: 119_000, CALL: 3, 999: 7,
    }  # fmt: skip
    assert Guard(DAY).closes(Said(), at)[1].tolist() == [15_000, 190_000, 119_000, 3, 7]  # type: ignore[arg-type]


def test_of_many_that_are_doubted_the_newest_are_told() -> None:
    many = 3 * TOLD
    shares = [replace(LISTED[SMALL][0], id=number, symbol=f"S{number}") for number in range(1, many + 1)]
    guard = LiveGuard(Universe([Listing(each, 100_000) for each in shares], DATE, always_open=False), set())
    at = DAY.opened + MINUTE
    rows = np.concatenate([row(SMALL, 200_000, at) for _ in shares])
    rows["instrument"] = range(1, many + 1)
    assert not len(guard.check(rows, at))
    assert [each["instrument"] for each in guard.doubted()] == list(range(many, many - TOLD, -1))


@pytest.mark.parametrize(
    ("lower", "upper", "words"),
    [
        (
            90_000,
            110_000,
            "NSE:LEAD at ₹1,500.00 is outside ₹900.00 to ₹1,100.00, the furthest from its previous close",
        ),
        (0, 95_000, "NSE:LEAD at ₹1,500.00 is worth more than an option can be (₹950.00)"),
    ],
)
def test_it_is_said_why(lower: int, upper: int, words: str) -> None:
    assert live_range.sentence("NSE:LEAD", 150_000, lower, upper).startswith(words)


@given(st.integers(1, 10**7), st.integers(0, 10**8), st.booleans())
def test_a_range_holds_its_close_and_only_grows(close: int, open_for_ms: int, has_derivatives: bool) -> None:
    ranges = in_force(DATE)
    share = Instrument(1, "NSE", "X", "X", Kind.EQ, 1, 5, 100)
    percent = (
        live_range.widened(ranges, open_for_ms)
        if live_range.flexes(share, has_derivatives)
        else live_range.fixed_percent(ranges, share, has_derivatives)
    )
    lower, upper = live_range.bounds(np.array([close]), np.array([percent]))
    assert 0 <= lower[0] <= close <= upper[0]
    assert live_range.widened(ranges, open_for_ms + ranges.every_ms) == live_range.widened(ranges, open_for_ms) + 5


def test_there_are_ranges_for_every_date_that_is_traded() -> None:
    assert in_force(date(2020, 1, 1)) == in_force(date(2030, 1, 1))
