"""Candles: of the minute that passes, of the day, and of a past that never was."""

from datetime import date, timedelta

import numpy as np
import pytest

from core.frames import Rows, row_type
from feeds.bars import WHOLE_DAY, Bar
from feeds.candles import CandleMaker
from feeds.history import History
from tests.feeds.listings import FUND, FUTURE, NIFTY, SHARES, universe

MARKET = universe()
MINUTE = MARKET.opened // 60_000 * 60_000 + 3_600_000
SHARE = SHARES[0]


def tick(at: int, price: int, volume: int) -> Rows:
    row = np.zeros(1, row_type())
    row["instrument"], row["exchange_time"], row["last_price"], row["volume"] = SHARE, at, price, volume
    row["open"], row["high"], row["low"] = 100, max(100, price), min(100, price)
    return row


def test_a_minute_has_its_own_range_and_volume() -> None:
    maker = CandleMaker(MARKET)
    ticks = [(0, 100, 50), (20_000, 120, 80), (59_999, 90, 90), (60_000, 95, 100), (90_000, 97, 130)]
    for at, price, volume in ticks:
        maker.add(tick(MINUTE + at, price, volume))
    first, second = maker.take_minutes()
    assert first.tolist() == (SHARE, MINUTE, 100, 120, 90, 90, 40, 0)
    assert second.tolist() == (SHARE, MINUTE + 60_000, 95, 97, 95, 97, 40, 0)
    assert not len(maker.take_minutes())


def test_a_minute_that_goes_on_is_given_again() -> None:
    maker = CandleMaker(MARKET)
    maker.add(tick(MINUTE, 100, 50))
    maker.take_minutes()
    maker.add(tick(MINUTE + 1_000, 130, 70))
    (candle,) = maker.take_minutes()
    assert (candle["open"], candle["high"], candle["volume"]) == (100, 130, 20)


def test_the_day_is_what_the_rows_say_and_begins_at_midnight_in_india() -> None:
    maker = CandleMaker(MARKET)
    maker.add(tick(MINUTE, 130, 50))
    (candle,) = maker.take_days()
    assert candle["start"] % 86_400_000 == 86_400_000 - 19_800_000
    assert (candle["open"], candle["high"], candle["low"], candle["close"]) == (100, 130, 100, 130)


@pytest.fixture(scope="module")
def history() -> History:
    dates = [date(2026, 11, 20) - timedelta(days=n) for n in range(250)][::-1]
    return History(universe(), dates, seed=3)


def test_a_past_ends_at_the_previous_close_and_holds_together(history: History) -> None:
    days = history.days()
    assert (days["low"] > 0).all()
    for name in ("open", "close"):
        assert (days["low"] <= days[name]).all()
        assert (days[name] <= days["high"]).all()
    last = days[days["start"] == days["start"].max()]
    for number in (NIFTY, FUND, FUTURE, *SHARES):
        (candle,) = last[last["instrument"] == number]
        assert candle["close"] == pytest.approx(MARKET.prev_close[MARKET.row[number]], rel=2e-4)
    closes = {n: days["close"][days["instrument"] == n].astype(float) for n in (NIFTY, *SHARES)}
    basket = np.mean([closes[n] / closes[n][-1] for n in SHARES], axis=0)
    assert closes[NIFTY] / closes[NIFTY][-1] == pytest.approx(basket, rel=1e-3)


def test_days_that_are_known_stand_in_the_past_and_the_rest_leads_to_them() -> None:
    market, share = universe(), SHARES[0]
    known = [Bar(WHOLE_DAY, 90_000 + 10 * n, 91_000, 89_000, 90_100 + 10 * n, 1_000 + n, 0) for n in range(20)]
    dates = [date(2026, 11, 20) - timedelta(days=n) for n in range(60)][::-1]
    made = History(market, dates, seed=3, known={share: known, NIFTY: known, 999_999: known})
    days = made.days()
    for number in (share, NIFTY):
        own = days[days["instrument"] == number]
        assert own["close"][-20:].tolist() == [bar.close for bar in known]
        assert own["open"][-20:].tolist() == [bar.open for bar in known]
        assert own["volume"][-20:].tolist() == [bar.volume for bar in known]
        assert abs(own["close"][-21] / known[0].close - 1) < 0.1
    future = days[days["instrument"] == FUTURE]["close"][-20:].astype(float)
    assert future / future[-1] == pytest.approx(np.array([bar.close for bar in known]) / known[-1].close, rel=5e-3)
    last = made.minutes(1, days)
    assert last["close"][last["instrument"] == share][-1] == known[-1].close


def test_minutes_lead_to_their_days_close(history: History) -> None:
    days = history.days()
    minutes = history.minutes(5, days)
    assert len(minutes) == 5 * 375 * len(np.unique(days["instrument"]))
    assert (minutes["low"] <= np.minimum(minutes["open"], minutes["close"])).all()
    assert (minutes["high"] >= np.maximum(minutes["open"], minutes["close"])).all()
    for number in (NIFTY, *SHARES):
        own_days = days[days["instrument"] == number][-5:]
        own = minutes[minutes["instrument"] == number].reshape(5, 375)
        assert own["close"][:, -1].tolist() == own_days["close"].tolist()
        assert own["open"][:, 0].tolist() == own_days["open"].tolist()
        assert (own["high"].max(axis=1) <= own_days["high"]).all()


def test_prices_turn_at_a_days_extremes_and_never_run_along_them(history: History) -> None:
    days = history.days()
    minutes = history.minutes(5, days)
    for number in SHARES:
        own = minutes[minutes["instrument"] == number].reshape(5, 375)
        own_days = days[days["instrument"] == number][-5:]
        for day, of_day in zip(own, own_days, strict=True):
            for name in ("low", "high"):
                assert (day["close"] == of_day[name]).sum() <= 10


def test_what_came_and_went_between_two_rows_is_in_the_minutes_range() -> None:
    maker = CandleMaker(MARKET)
    for at, price, high, low in ((0, 100, 140, 60), (1_000, 101, 130, 95), (2_000, 102, 103, 90)):
        maker.add(tick(MINUTE + at, price, 50), np.array([high]), np.array([low]))
    (minute,) = maker.take_minutes()
    assert minute.tolist() == (SHARE, MINUTE, 100, 130, 90, 102, 0, 0)
