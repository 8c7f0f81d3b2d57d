"""How far round trips went while they were held: the stored bars that count, and what the report makes of them."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from core.calendar import IST
from db import pnl as reads
from db.engine import Database
from desk import masters, pnl
from desk.access import AccountRef
from tests import factories

FRIDAY, MONDAY, TUESDAY, WEDNESDAY = (datetime(2026, 11, day, tzinfo=IST) for day in (20, 23, 24, 25))


def at(day: datetime, clock: str) -> datetime:
    hour, minute, *second = map(int, clock.split(":"))
    return day.replace(hour=hour, minute=minute, second=second[0] if second else 0)


def bar(
    database: Database, instrument_id: int, start: datetime, low: int, high: int, interval: str = "1m", **more: Any
) -> None:
    """A bar that opened at its low and closed at its high, in paise."""
    values = {"open": low, "high": high, "low": low, "close": high, "volume": 1, "oi": 0, "market": "sim"} | more
    factories.insert(
        database, "candles", instrument_id=instrument_id, interval=interval, start=start, **values
    )  # fmt: skip


@pytest.fixture
def share(database: Database) -> int:
    """INFY, with bars of four days: a wild minute at each edge that must count, or must not."""
    factories.market(database)
    share = factories.instrument(database, "NSE:INFY")
    for day, clock, low, high in (
        (MONDAY, "10:00", 9_000, 11_000),
        (MONDAY, "10:01", 9_900, 10_100),
        (MONDAY, "10:02", 9_800, 10_200),
        (MONDAY, "10:03", 9_700, 10_300),
        (MONDAY, "15:29", 9_500, 10_400),
        (TUESDAY, "09:15", 8_500, 10_500),
        (WEDNESDAY, "09:15", 9_600, 10_600),
        (WEDNESDAY, "09:16", 5_000, 15_000),
    ):
        bar(database, share, at(day, clock), low, high)
    # A day's bar has all of its minutes, so that neither that of the first nor that of the last day may count.
    for day, low, high in ((MONDAY, 6_000, 14_000), (TUESDAY, 8_000, 12_000), (WEDNESDAY, 5_000, 15_000)):
        bar(database, share, day, low, high, "1d")
    return share


@pytest.mark.parametrize(
    ("opened", "closed", "expected"),
    [
        pytest.param((MONDAY, "10:01:30"), (MONDAY, "10:02:30"), (9_800, 10_200), id="both minutes, whole"),
        pytest.param((MONDAY, "10:01:10"), (MONDAY, "10:01:50"), (9_900, 10_100), id="in and out in a minute"),
        pytest.param((MONDAY, "10:01:10"), (MONDAY, "10:01:10"), (9_900, 10_100), id="in and out at once"),
        pytest.param((MONDAY, "10:01:59"), (MONDAY, "10:03:00"), (9_700, 10_300), id="closed as a minute began"),
        pytest.param((MONDAY, "15:00:00"), (TUESDAY, "09:20:00"), (8_500, 10_500), id="overnight, by minutes alone"),
        pytest.param((MONDAY, "10:03:20"), (WEDNESDAY, "09:15:30"), (8_000, 12_000), id="the day between, whole"),
        pytest.param((FRIDAY, "11:00:00"), (MONDAY, "09:30:00"), None, id="days without a bar"),
        pytest.param((MONDAY, "12:00:00"), (MONDAY, "12:30:00"), None, id="minutes without a bar"),
    ],
)
def test_the_bars_of_the_time_it_was_held(
    database: Database,
    share: int,
    opened: tuple[datetime, str],
    closed: tuple[datetime, str],
    expected: tuple[int, int] | None,
) -> None:
    assert reads.extremes(database, "sim", [(share, at(*opened), at(*closed))]) == [expected]


def test_many_are_told_in_their_order_and_alike_ones_each(database: Database, share: int) -> None:
    other = factories.instrument(database, "NSE:SBIN")
    factories.market(database, "replay:1")
    bar(database, other, at(MONDAY, "10:01"), 70_000, 71_000)
    bar(database, other, at(MONDAY, "10:02"), 1, 2, market="replay:1")
    minute = (at(MONDAY, "10:01:05"), at(MONDAY, "10:01:40"))
    nothing = (at(FRIDAY, "10:00"), at(FRIDAY, "10:05"))
    spans = [(share, *minute), (other, *nothing), (other, minute[0], at(MONDAY, "10:03")), (share, *minute)]
    assert reads.extremes(database, "sim", spans) == [(9_900, 10_100), None, (70_000, 71_000), (9_900, 10_100)]
    assert reads.extremes(database, "sim", []) == []


def trip(
    database: Database, account: AccountRef, share: int, legs: Sequence[tuple[str, int, datetime]], tag: str
) -> None:
    """Ten units in and out: (side, price in paise, when) each."""
    for side, price, when in legs:
        order = factories.order(
            database, account, share, side=side, product="MIS", quantity=10, filled=10, status="COMPLETE", tag=tag
        )
        factories.trade(
            database, account, share, order, side=side, product="MIS", quantity=10, price=price, limit_price=price,
            traded_at=when.astimezone(UTC), exchange_time=when, trading_date=when.date(),
        )  # fmt: skip


def test_a_report_tells_how_far_long_and_short_trips_went(database: Database, share: int) -> None:
    account = factories.account(database, trading_date=WEDNESDAY.date())
    masters.get(database)
    second, minute = timedelta(seconds=20), timedelta(minutes=1)
    start = at(MONDAY, "10:01:10")
    trip(database, account, share, [("BUY", 10_000, start), ("SELL", 10_050, start + minute)], "long")
    start = at(MONDAY, "10:02:10")
    trip(database, account, share, [("SELL", 10_000, start + second), ("BUY", 9_950, start + minute)], "short")
    start = at(MONDAY, "10:03:10")
    trip(database, account, share, [("BUY", 10_000, start), ("SELL", 10_000, start + second)], "same minute")
    start = at(MONDAY, "12:00:00")
    trip(database, account, share, [("BUY", 10_000, start), ("SELL", 9_990, start + minute)], "no bar")
    days = [("SELL", 10_000, at(MONDAY, "15:20")), ("BUY", 10_500, at(WEDNESDAY, "09:15:30"))]
    trip(database, account, share, days, "days")
    told = pnl.report(database, account)["round_trips"]
    # Newest first, in rupees of all ten units: a long trip suffers from the low, a short one from the high.
    assert [(each["side"], each["adverse"], each["favourable"]) for each in told] == [
        ("SHORT", -200, 200),
        ("LONG", None, None),
        ("LONG", -30, 30),
        ("SHORT", -30, 30),
        ("LONG", -20, 20),
    ]
