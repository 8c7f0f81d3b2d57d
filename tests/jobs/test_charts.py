"""Charts of a live market begin with the vendor's past: what somebody wants, once a trading date, and the market waits
for none of it."""

from datetime import date, datetime, timedelta

import pytest
from psycopg.types.json import Jsonb

from core.vendors import Vendor
from desk import market as markets
from desk import masters
from jobs import charts
from jobs.histories import Histories
from tests.jobs.test_gaps import History, gap, other
from tests.jobs.test_live_market import KEY, MONDAY, TEN, Stage, give, stage

__all__ = ["gap", "other", "stage"]
AT = TEN + timedelta(hours=2)
WIDE = (datetime(2020, 1, 1, tzinfo=TEN.tzinfo), datetime(2030, 1, 1, tzinfo=TEN.tzinfo))


@pytest.fixture
def past(gap: History) -> History:
    """What the vendor has, where INFY is in a list of the owner's."""
    return gap


def fill(stage: Stage, past: History, at: datetime = AT) -> bool:
    return charts.fill(stage.database, "live/asha", Histories(stage.database, past), at)


def count(stage: Stage, interval: str, instrument: int) -> int:
    return len(markets.candles(stage.database, "live/asha", instrument, interval, *WIDE))


def test_a_chart_begins_with_days_of_a_year_and_minutes_of_the_last_dates(stage: Stage, past: History) -> None:
    assert fill(stage, past)
    assert past.asked == [(Vendor.UPSTOX, KEY[Vendor.UPSTOX])] * 3
    assert count(stage, "1d", stage.infy) == 20
    bars = markets.candles(stage.database, "live/asha", stage.infy, "1m", *WIDE)
    assert len(bars) == 40, "of Friday, and of today so far"
    assert {each.start.date() for each in bars} == {date(2026, 11, 20), MONDAY}
    (seen,) = [each for each in bars if each.start == TEN]
    assert seen.close == 150_000, "what was seen in part is as the vendor tells it"


def test_it_is_asked_for_once_a_trading_date(stage: Stage, past: History) -> None:
    for _ in range(3):
        assert fill(stage, past)
    assert len(past.asked) == 3
    with stage.database.connection() as connection:
        connection.execute("update markets set trading_date = '2026-11-24' where id = 'live/asha'")
    assert fill(stage, past, AT + timedelta(days=1))
    assert len(past.asked) == 6, "the past is as the vendor adjusts it since"
    assert count(stage, "1d", stage.infy) == 21


def test_what_is_on_a_screen_comes_before_what_is_in_a_list(
    stage: Stage, past: History, other: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(charts, "AT_ONCE", 1)
    with stage.database.connection() as connection:
        connection.execute(
            "insert into heartbeats (process, role, pid, detail) values ('w', 'web', 1, %s)",
            (Jsonb({"looked_at": {"live/asha": [other]}}),),
        )
    assert fill(stage, past)
    assert {key for _, key in past.asked} == {"NSE_EQ|TCS"}
    assert fill(stage, past)
    assert (count(stage, "1d", stage.infy), count(stage, "1d", other)) == (20, 20)


def test_what_nobody_wants_or_the_vendor_does_not_know_is_not_asked_for(stage: Stage, past: History) -> None:
    stranger = masters.get(stage.database).by_key["NSE:SBIN"].id
    with stage.database.connection() as connection:
        connection.execute(
            "insert into watchlist_items select id, %s, 0 from watchlists where name = 'of gaps'", (stranger,)
        )
    assert fill(stage, past)
    assert {key for _, key in past.asked} == {KEY[Vendor.UPSTOX]}
    assert count(stage, "1d", stranger) == 0


def test_what_no_vendor_knows_is_looked_up_ever_more_seldom_and_at_once_when_the_lists_change(
    stage: Stage, past: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 0.0
    strangers, looked_up = charts.Strangers(lambda: now), list[tuple[float, list[int]]]()
    stranger = masters.get(stage.database).by_key["NSE:SBIN"].id
    with stage.database.connection() as connection:
        connection.execute(
            "insert into watchlist_items select id, %s, 0 from watchlists where name = 'of gaps'", (stranger,)
        )
    histories = Histories(stage.database, past)
    of = histories.of
    monkeypatch.setattr(histories, "of", lambda state, ids: (looked_up.append((now, list(ids))), of(state, ids))[1])

    def look() -> None:
        assert charts.fill(stage.database, "live/asha", histories, AT, lambda: False, strangers)

    look()
    asked_at, ids = looked_up.pop()
    assert (asked_at, set(ids)) == (0, {stranger, stage.infy})
    while now < 500:
        now += charts.EVERY
        look()
    assert looked_up == [(30, [stranger]), (90, [stranger]), (210, [stranger]), (450, [stranger])]
    with stage.database.connection() as connection:
        connection.execute("update markets set feed_version = feed_version + 1 where id = 'live/asha'")
    look()
    assert looked_up[-1] == (now, [stranger]), "its owner has chosen another vendor"


def test_an_instrument_that_is_refused_holds_up_no_other_and_is_left_until_tomorrow(
    stage: Stage, past: History, other: int
) -> None:
    past.refused = {other: 400}
    assert fill(stage, past)
    assert (count(stage, "1d", stage.infy), count(stage, "1d", other)) == (20, 0)
    asked = len(past.asked)
    assert fill(stage, past)
    assert len(past.asked) == asked
    with stage.database.connection() as connection:
        found = connection.execute("select failed from live_charts where instrument_id = %s", (other,)).fetchone()
    assert found == ("refused (HTTP 400)",)


def test_a_vendor_that_refuses_everything_is_waited_for_and_the_second_one_asked(stage: Stage, past: History) -> None:
    past.refuses = {Vendor.UPSTOX: 429}
    assert not fill(stage, past)
    assert count(stage, "1d", stage.infy) == 0
    give(stage, Vendor.TRUEDATA)
    assert fill(stage, past)
    assert past.asked[-1] == (Vendor.TRUEDATA, KEY[Vendor.TRUEDATA])
    assert count(stage, "1d", stage.infy) == 20


def test_the_loop_waits_longer_after_each_refusal(stage: Stage, past: History, monkeypatch: pytest.MonkeyPatch) -> None:
    stage.step()
    tried: list[float] = []
    now = 0.0

    def refuse(*_: object) -> bool:
        tried.append(now)
        return False

    loop = charts.ChartLoop(stage.database, stage.loop, Histories(stage.database, past))
    monkeypatch.setattr(charts, "fill", refuse)
    monkeypatch.setattr(charts.time, "monotonic", lambda: now)
    while now < 1_500:
        loop.step()
        now += charts.EVERY
    assert tried == [0, 30, 90, 210, 450, 930]


def test_minutes_that_were_too_fresh_are_asked_for_once_they_are_not(stage: Stage, past: History) -> None:
    with stage.database.connection() as connection:
        connection.execute("update markets set phase = 'OPEN' where id = 'live/asha'")
    past.exact = True
    tails: list[charts.Tail] = []

    def look(at: datetime) -> bool:
        histories = Histories(stage.database, past)
        return charts.fill(stage.database, "live/asha", histories, at, tails=tails)

    def last() -> datetime:
        return markets.candles(stage.database, "live/asha", stage.infy, "1m", *WIDE)[-1].start

    at = TEN + timedelta(minutes=5, seconds=30)
    assert look(at)
    assert last() == TEN + timedelta(minutes=3), "two minutes before it was asked"
    assert look(at + timedelta(minutes=1))
    assert len(past.asked) == 3
    past.refuses = {Vendor.UPSTOX: 429}
    assert not look(at + timedelta(minutes=2))
    past.refuses = {}
    assert look(at + timedelta(minutes=2))
    assert last() == TEN + timedelta(minutes=5)
    assert tails == []
    assert look(at + timedelta(minutes=9))
    assert len(past.asked) == 5, "once, and once in vain"
