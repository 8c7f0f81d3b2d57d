"""A past day played again: through its bars and never ahead of them, under its own clock and label."""

from collections.abc import Sequence
from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feeds.bars import OPENS, WHOLE_DAY, Bar, Reading
from feeds.paths import MINUTE_MS, SESSION_MS, Path, through
from feeds.replay import Replay, closes_before, days_before, past_day_for
from tests.feeds.listings import DATE, FUTURE, NIFTY, SHARES, universe

PAST = date(2023, 1, 2)
WALL = 1_700_000_000_000


def rng(seed: int = 1) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64(seed))


def bars(count: int = 375, volume: int = 600) -> list[Bar]:
    """A day that rises ten paise a minute, each minute fifty paise wide."""
    return [
        Bar(OPENS + n, 150_000 + 10 * n, 150_050 + 10 * n, 149_980 + 10 * n, 150_010 + 10 * n, volume, 0)
        for n in range(count)
    ]


def walk(path: Path, until: float = SESSION_MS, step: float = 1_000) -> list[float]:
    return [path.price_at(ms) for ms in np.arange(0, until, step)]


def test_a_minute_touches_its_four_prices_in_one_of_two_orders() -> None:
    orders = set()
    for seed in range(20):
        path = through([Bar(OPENS, 100, 130, 80, 110, 0, 0)], rng(seed))
        assert path.price.tolist() in ([100, 80, 130, 110], [100, 130, 80, 110])
        orders.add(tuple(path.price.tolist()))
    assert len(orders) == 2


def test_a_whole_day_stays_inside_its_range_and_reaches_both_ends() -> None:
    for seed in range(20):
        path = through([Bar(WHOLE_DAY, 10_000, 10_400, 9_700, 10_100, 5_000, 0)], rng(seed))
        assert path.price.max() == 10_400
        assert path.price.min() == 9_700
        assert path.price_at(0) == 10_000
        assert path.price_at(SESSION_MS) == 10_100
        assert len(set(path.price.tolist())) > 100


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 370), st.lists(st.integers(1_000, 9_000), min_size=4, max_size=4))
def test_what_is_past_does_not_depend_on_what_is_to_come(known: int, other: Sequence[int]) -> None:
    first, high, low, last = other[0], max(other), min(other), other[1]
    changed = bars()[:known] + [Bar(OPENS + n, first, high, low, last, 9, 0) for n in range(known, 375)]
    end = known * MINUTE_MS - 100
    assert walk(through(bars(), rng()), end, 7_000) == walk(through(changed, rng()), end, 7_000)


def test_volume_is_that_of_the_bars_and_unknown_where_all_are_zero() -> None:
    path = through(bars(), rng())
    assert path.traded_by(0) == 0
    assert path.traded_by(10 * MINUTE_MS) == 6_000
    assert path.traded_by(SESSION_MS) == 375 * 600
    assert through(bars(volume=0), rng()).traded_by(SESSION_MS) is None


def feed(speed: float = 60, resume: dict[str, object] | None = None, volume: int = 600) -> Replay:
    played = {"SHARE13": bars(volume=volume), "NIFTY": [
        Bar(bar.minute, bar.open * 16, bar.high * 16, bar.low * 16, bar.close * 16, 0, 0) for bar in bars()
    ]}  # fmt: skip
    market = universe(s13=150_000).only({NIFTY, SHARES[3]})
    return Replay(market, played, PAST, seed=1, speed=speed, resume=resume)


def test_its_clock_begins_at_the_opening_and_runs_at_its_own_speed() -> None:
    replay = feed(speed=60)
    opened = universe().closes - SESSION_MS
    assert replay.clock(WALL) == opened
    assert replay.clock(WALL + 10_000) == opened + 600_000
    rows = replay.next_rows(WALL + 10_000)
    assert (rows["exchange_time"] == opened + 600_000).all()


def test_it_says_whose_day_it_is() -> None:
    assert feed().state()["label"] == f"2023-01-02 replayed as {DATE.isoformat()}"


def test_prices_follow_the_bars_and_futures_follow_the_index() -> None:
    replay = feed(speed=60)
    replay.next_rows(WALL)
    for minute in range(1, 300):
        rows = {int(row["instrument"]): row for row in replay.next_rows(WALL + minute * 1_000)}
        share, index = rows.get(SHARES[3]), rows.get(NIFTY)
        low, high = 149_980 + 10 * (minute - 1), 150_050 + 10 * (minute + 1)
        if share is not None:
            # A trade is on the bid or the ask, a few ticks from the path.
            assert low - 60 <= share["last_price"] <= high + 60
        if index is not None:
            assert low * 16 - 5 <= index["last_price"] <= high * 16 + 5
            if FUTURE in rows:
                assert rows[FUTURE]["last_price"] == pytest.approx(index["last_price"], rel=0.004)
    assert share is not None
    assert share["volume"] == 299 * 600


def test_bars_without_volume_get_a_modelled_one() -> None:
    replay = feed(volume=0)
    replay.next_rows(WALL)
    rows = [replay.next_rows(WALL + n * 1_000) for n in range(1, 60)]
    volumes = np.concatenate(rows)["volume"][np.concatenate(rows)["instrument"] == SHARES[3]]
    assert (np.diff(volumes) >= 0).all()
    assert volumes[-1] > 0


def test_it_ends_with_its_day_and_resumes_where_it_stopped() -> None:
    replay = feed(speed=60)
    replay.next_rows(WALL)
    before = replay.next_rows(WALL + 100_000)
    after = feed(speed=60, resume=replay.resume())
    assert after.clock(WALL + 999_000) == int(before["exchange_time"][0])
    assert len(after.next_rows(WALL + 1_000_000))
    assert not len(after.next_rows(WALL + 10_000_000))


def test_each_trading_date_plays_the_next_past_day() -> None:
    reading = Reading({date(2023, 1, day): {"NIFTY": bars()} for day in (2, 3, 4)})
    assert past_day_for(reading, DATE, {}) == date(2023, 1, 2)
    assert past_day_for(reading, DATE, {}, date(2023, 1, 3)) == date(2023, 1, 3)
    assert past_day_for(reading, DATE, {}, date(2022, 12, 31)) == date(2023, 1, 2)
    assert past_day_for(reading, DATE, {}, date(2023, 2, 1)) is None
    begun = {"past_day": "2023-01-03", "trading_date": DATE.isoformat()}
    assert past_day_for(reading, DATE, begun) == date(2023, 1, 3)
    assert past_day_for(reading, date(2026, 11, 24), begun) == date(2023, 1, 4)
    assert past_day_for(reading, DATE, {"past_day": "2023-01-04", "trading_date": "2026-11-20"}) is None


def test_the_days_before_a_past_day_are_known_one_bar_each() -> None:
    minute, day = bars(), Bar(WHOLE_DAY, 149_000, 152_000, 148_000, 150_000, 70, 0)
    reading = Reading(
        {
            date(2022, 12, 30): {"NIFTY": [day]},
            date(2023, 1, 2): {"NIFTY": minute, "Y": [day]},
            date(2023, 1, 3): {"NIFTY": minute},
        }
    )
    known = days_before(reading, date(2023, 1, 3))
    assert set(known) == {"NIFTY 50"}
    first, second = known["NIFTY 50"]
    assert first == day
    assert (second.minute, second.open, second.close) == (WHOLE_DAY, minute[0].open, minute[-1].close)
    assert (second.high, second.low) == (max(bar.high for bar in minute), min(bar.low for bar in minute))
    assert second.volume == sum(bar.volume for bar in minute)


def test_a_past_day_closes_from_the_day_before_it() -> None:
    reading = Reading({date(2023, 1, 2): {"NIFTY": bars()}, date(2023, 1, 3): {"NIFTY": bars(), "X": bars()}})
    assert closes_before(reading, date(2023, 1, 2)) == {"NIFTY 50": 150_000}
    assert closes_before(reading, date(2023, 1, 3)) == {"NIFTY 50": bars()[-1].close, "X": 150_000}
