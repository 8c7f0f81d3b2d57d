"""Bands that follow the price, as a day a trader can read: when a price stands where, and where the band is then.

A share with derivatives closed at ₹1,000 yesterday on a tick of 10 paise; its future trades beside it.
"""

from datetime import date, time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import bands, flexing
from core.flexing import MINUTE_MS, NOBODY, Flexing, Moves
from core.instruments import Instrument, Kind

CLOSE, TICK = 100_000, 10
SHARE, FUTURE, FUND, OTHER = range(4)
TODAY, BEFORE_SLIDING, BEFORE_FUNDS = date(2026, 11, 23), date(2024, 11, 15), date(2026, 6, 12)
ENDS = 15 * 60 + 15  # minutes; shares of the closing auction


def ints(*values: int) -> np.ndarray:
    return np.array(values, np.int64)


def ms(minutes: float) -> int:
    return int(minutes * MINUTE_MS)


class Day:
    """A share with its future, a fund, and a share without derivatives, of one trading date."""

    def __init__(self, on: date = TODAY, lower: int = 90_000, upper: int = 110_000) -> None:
        rows = flexing.in_force(on)
        kinds = [Moves.DERIVATIVE, Moves.FUND] if Moves.FUND in rows else [Moves.DERIVATIVE]
        groups = ints(0, 0, 1 if Moves.FUND in rows else NOBODY, NOBODY)
        self.lower, self.upper = np.full(4, lower, np.int64), np.full(4, upper, np.int64)
        self.flexing = Flexing(
            groups, [rows[each] for each in kinds], np.full(4, CLOSE), np.full(4, TICK), self.lower, self.upper
        )

    def at(self, clock: str, price: int | None = None, row: int = SHARE, trading: bool = True) -> tuple[int, int]:
        """(lower, upper) of a row in rupees at a time of day, after a price of it was printed."""
        moment = time.fromisoformat(clock)
        now = ms(moment.hour * 60 + moment.minute + moment.second / 60)
        if price is not None:
            self.flexing.see(ints(row), ints(price * 100), now)
        count = len(self.flexing.side)
        due = self.flexing.due(now, np.full(count, ms(ENDS)), np.full(count, trading))
        if len(due):
            rows, lower, upper = self.flexing.flex(due)
            self.lower[rows], self.upper[rows] = lower, upper
        return int(self.lower[row]) // 100, int(self.upper[row]) // 100


# What the share trades at when, and its band then.
RISING = [
    ("09:30", 1_098, (900, 1_100)),  # 9.80 %: not near enough
    ("09:40", 1_099, (900, 1_100)),  # 9.90 %: the pause begins
    ("09:45", 1_050, (900, 1_100)),  # that it fell again ends no pause
    ("09:54", None, (900, 1_100)),
    ("09:55", None, (950, 1_150)),  # a quarter of an hour later: further up, and the other end comes along
    ("10:00", 1_149, (950, 1_150)),  # 14.90 %
    ("10:15", None, (1_000, 1_200)),
    ("11:00", 1_001, (1_000, 1_200)),  # 0.10 % from the lower end, which is yesterday's close by now
    ("11:15", None, (950, 1_150)),
]


def test_a_share_that_rises_and_comes_back() -> None:
    day = Day()
    for clock, price, expected in RISING:
        assert day.at(clock, price) == expected, clock


def test_a_share_that_falls_takes_its_future_along_and_nobody_else() -> None:
    day = Day()
    assert day.at("10:00", 901) == (900, 1_100)
    assert day.at("10:15") == (850, 1_050)
    assert [day.at("10:16", row=row) for row in (FUTURE, FUND, OTHER)] == [(850, 1_050), (900, 1_100), (900, 1_100)]
    assert day.at("10:20", 850, FUTURE) == (850, 1_050), "the future alone at its end begins a pause as well"
    assert day.at("10:35", row=SHARE) == (800, 1_000)


def test_the_last_half_hour_waits_five_minutes() -> None:
    day = Day()
    assert day.at("14:44:59", 1_100) == (900, 1_100)
    assert day.at("14:59:58") == (900, 1_100)
    assert day.at("14:59:59") == (950, 1_150)
    assert day.at("15:00", 1_150) == (950, 1_150)
    assert day.at("15:04:59") == (950, 1_150)
    assert day.at("15:05") == (1_000, 1_200)


def test_nothing_moves_while_nothing_trades() -> None:
    day = Day()
    day.at("15:12", 1_100)
    assert day.at("15:17", trading=False) == (900, 1_100)


def test_before_bands_slid_the_other_end_stayed() -> None:
    day = Day(BEFORE_SLIDING)
    day.at("10:00", 1_100)
    assert day.at("10:15") == (900, 1_150)


def test_a_fund_goes_twenty_per_cent_and_its_other_end_stays() -> None:
    day = Day()
    assert day.at("10:00", 900, FUND) == (900, 1_100)
    assert day.at("10:15", row=FUND) == (850, 1_100)
    day.at("10:20", 850, FUND)
    assert day.at("10:35", row=FUND) == (800, 1_100)
    day.at("10:40", 800, FUND)
    assert day.at("11:40", row=FUND) == (800, 1_100), "twenty per cent is the end"
    assert day.at("11:45", 1_100, FUND) == (800, 1_100)
    assert day.at("12:00", row=FUND) == (800, 1_150), "the other side has steps of its own"


@pytest.mark.parametrize(("on", "percent"), [(BEFORE_FUNDS, 20), (date(2026, 6, 15), 10)])
def test_a_fund_s_day_began_wider_before_its_band_moved(on: date, percent: int) -> None:
    fund = Instrument(9, "NSE", "FUND", "A fund", Kind.ETF, 1, 1, 100_000)
    assert bands.percent(fund, False, on) == percent
    assert (Moves.FUND in flexing.in_force(on)) is (percent == 10)


def test_another_process_goes_on_from_where_the_bands_stand() -> None:
    one = Day()
    one.at("10:00", 1_100)
    one.at("10:15")
    one.at("10:20", 1_150)
    two = Day(lower=int(one.lower[SHARE]), upper=int(one.upper[SHARE]))
    for group, (side, since) in one.flexing.waiting().items():
        two.flexing.wait(group, side, since)
    assert two.at("10:34") == (950, 1_150)
    assert two.at("10:35") == (1_000, 1_200)


@pytest.mark.parametrize(
    ("kind", "leads", "moves"),
    [
        (Kind.EQ, True, Moves.DERIVATIVE),
        (Kind.EQ, False, None),
        (Kind.FUT, False, Moves.DERIVATIVE),
        (Kind.ETF, False, Moves.FUND),
        (Kind.CE, False, None),
        (Kind.INDEX, True, None),
    ],
)
def test_whose_bands_move(kind: Kind, leads: bool, moves: Moves | None) -> None:
    assert flexing.moves_as(Instrument(1, "NSE", "X", "", kind, 1, 5, 1), leads) is moves


@given(st.lists(st.tuples(st.integers(1, 20), st.integers(500, 1_500)), max_size=30), st.sampled_from([5, 10, 100]))
def test_a_band_is_on_tick_as_wide_as_ever_and_moves_by_steps(steps: list[tuple[int, int]], tick: int) -> None:
    terms = flexing.in_force(TODAY)[Moves.DERIVATIVE]
    lower, upper = bands.bands(ints(CLOSE), ints(tick), ints(10))
    moving, now = Flexing(ints(0), [terms], ints(CLOSE), ints(tick), lower, upper), 0
    for minutes, price in steps:
        now += ms(minutes)
        moving.see(ints(0), ints(min(max(price * 100, int(lower[0])), int(upper[0]))), now)
        due = moving.due(now, ints(ms(10_000)), np.ones(1, bool))
        if len(due):
            before = int(lower[0]), int(upper[0])
            _, lower, upper = moving.flex(due)
            assert abs(int(upper[0]) - before[1]) == abs(int(lower[0]) - before[0]) == CLOSE * 5 // 100
        assert int(lower[0]) % tick == int(upper[0]) % tick == 0
        assert int(upper[0]) - int(lower[0]) == CLOSE * 20 // 100
        assert lower[0] > 0
