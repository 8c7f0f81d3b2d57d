"""The vendors' past asked within their pace, over their real wire against stand-ins."""

from collections.abc import Iterator
from datetime import date, datetime

import hypothesis.strategies as st
import pytest
from hypothesis import given

from core import vendor_limits
from core.calendar import IST
from core.vendors import Vendor
from feeds.live.pace import REST, Pace
from feeds.live.past import TrueDataPast, UpstoxPast
from feeds.live.refusal import VendorRefusal
from feeds.live.truedata_history import TrueDataHistory
from tests.feeds.live.test_truedata_history import Clock
from tests.feeds.standins.truedata_rest import HEAD, TrueDataRest
from tests.feeds.standins.upstox import TOKEN
from tests.feeds.standins.upstox_rest import UpstoxRest

KEY = "NSE_EQ|INE002A01018"
MONDAY = date(2026, 11, 23)
NINE, TEN = datetime(2026, 11, 23, 9, tzinfo=IST), datetime(2026, 11, 23, 10, tzinfo=IST)


@pytest.mark.parametrize(
    ("vendor", "full", "last", "full_mixed"),
    [(Vendor.UPSTOX, 2_000, 5_000, 1_500), (Vendor.TRUEDATA, 50, 50, -1)],
)
def test_the_limits_of_a_date(vendor: Vendor, full: int, last: int, full_mixed: int) -> None:
    row = vendor_limits.of(vendor, MONDAY)
    assert (row.keys.full, row.keys.last, row.keys.full_mixed) == (full, last, full_mixed)
    assert row.questions, "no vendor is asked without a pace"


@given(
    st.lists(st.floats(0, 3), max_size=60),
    st.lists(st.tuples(st.integers(1, 12), st.sampled_from([1.0, 5.0, 30.0])), min_size=1, max_size=3),
)
def test_no_more_is_asked_within_a_time_than_the_share_of_what_is_allowed(
    pauses: list[float], rates: list[tuple[int, float]]
) -> None:
    pace, now, asked = Pace(rates), 0.0, list[float]()
    for pause in pauses:
        now += pause
        now += pace.wait(now)
        assert pace.wait(now) == pytest.approx(0, abs=1e-9)
        pace.asked(now)
        asked.append(now)
    for most, seconds in rates:
        for first in asked:
            within = sum(first <= each < first + seconds - 1e-6 for each in asked)
            assert within <= max(1, most // 2)


@pytest.fixture
def upstox() -> Iterator[UpstoxRest]:
    with UpstoxRest() as made:
        yield made


def test_upstox_is_asked_by_its_paths_and_never_faster_than_half_of_what_it_allows(upstox: UpstoxRest) -> None:
    clock = Clock()
    past = UpstoxPast(TOKEN, upstox.host, lambda: clock.now, clock.wait)
    upstox.candles = [
        ["2026-11-23T09:15:00+05:30", 100, 101, 99, 100.5, 10, 0],
        ["2026-11-23T10:15:00+05:30", 100, 101, 99, 100.5, 10, 0],
    ]
    assert len(past.today(KEY, 7, NINE, TEN)) == 1, "of the date's minutes those that were asked for"
    past.days(KEY, 7, date(2025, 11, 23), date(2026, 11, 22))
    past.minutes(KEY, 7, date(2026, 11, 16), date(2026, 11, 20))
    ends = [path.split(KEY)[1] for _, path, _ in upstox.asked]
    assert ends == ["/minutes/1", "/days/1/2026-11-22/2025-11-23", "/minutes/1/2026-11-20/2026-11-16"]
    begun = clock.now
    for _ in range(60):
        past.today(KEY, 7, NINE, TEN)
    assert clock.now - begun >= 2, "twenty-five a second"


def test_too_many_questions_are_followed_by_a_rest(upstox: UpstoxRest) -> None:
    clock = Clock()
    past = UpstoxPast(TOKEN, upstox.host, lambda: clock.now, clock.wait)
    upstox.answers["/v3/historical-candle"] = (429, b"{}")
    with pytest.raises(VendorRefusal):
        past.today(KEY, 7, NINE, TEN)
    upstox.answers.clear()
    with pytest.raises(VendorRefusal, match="next question in 60 s"):
        past.today(KEY, 7, NINE, TEN)
    assert len(upstox.asked) == 1, "it was not asked"
    clock.now += REST
    past.today(KEY, 7, NINE, TEN)


def test_truedata_is_asked_for_the_same_in_its_own_words() -> None:
    clock = Clock()
    with TrueDataRest() as rest:
        rest.csv = HEAD + "2026-11-23T09:15:00,1,2,1,2,3,\n"
        past = TrueDataPast(TrueDataHistory("a", "b-secret", rest.address, rest.address, lambda: clock.now, clock.wait))
        (row,) = past.today("RELIANCE", 7, NINE, TEN)
        assert (row["instrument"], row["close"]) == (7, 200)
        past.days("RELIANCE", 7, date(2025, 11, 23), date(2026, 11, 22))
        past.minutes("RELIANCE", 7, date(2026, 11, 16), date(2026, 11, 20))
        told = [(one["interval"], one["from"], one["to"]) for one in rest.questions]
    assert told == [
        ("1min", "261123T09:00:00", "261123T10:00:00"),
        ("eod", "251123T00:00:00", "261122T23:59:59"),
        ("1min", "261116T00:00:00", "261120T23:59:59"),
    ]
