"""Returns, ratios and drawdowns against tables worked by hand and against pandas; round trips against the books."""

import dataclasses
import math
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import daybook, pnl, round_trips
from core.account import Broken
from core.orders import Product, Side
from core.positions import Position, apply_fill

MONDAY = date(2026, 11, 2)
NOON = datetime(2026, 11, 2, 6, 30, tzinfo=UTC)
RETURNS = st.lists(st.floats(-0.2, 0.2), min_size=2, max_size=300)


def day(number: int, equity: int, **more: int) -> pnl.Day:
    values = {"unrealised": 0, "deposits": 0, "withdrawals": 0, "realised": 0, "charges": 0} | more
    return pnl.Day(MONDAY + timedelta(days=number), equity, **values)


@pytest.mark.parametrize(
    ("before", "after", "flow", "expected"),
    [
        (100_000, 101_000, 0, 0.01),
        (100_000, 201_000, 100_000, 0.01),  # a deposit earns nothing on its own day
        (100_000, 49_000, -50_000, -0.01),
        (0, 101_000, 100_000, 0.01),  # a first day is measured on what was paid in
        (0, 0, 0, None),
        (-5_000, 96_000, 100_000, 96 / 95 - 1),
        (-5_000, 0, 5_000, None),
        (100_000, -20_000, 0, -1.0),  # no return is below the loss of everything
        (100_000, 0, -100_000, 0.0),
        (0, -100, -100, None),
    ],
)
def test_the_return_of_a_day(before: int, after: int, flow: int, expected: float | None) -> None:
    assert pnl.daily_return(before, after, flow) == (
        expected if expected is None else pytest.approx(expected, abs=1e-15)
    )


def test_a_curve_worked_by_hand() -> None:
    """₹1,000 in, 2 % up, ₹1,000 more in and 1 % down, half of what is open is taken: all net of charges."""
    first = day(0, 102_000, deposits=100_000, unrealised=2_500, charges=500)
    second = day(1, 200_980, deposits=100_000, realised=1_000, unrealised=480, charges=0)
    one, two = pnl.curve([first, second])
    assert (one.gross, one.net, one.profit, one.unexplained, one.drawdown_money) == (2_500, 2_000, 2_000, 0, 0)
    assert (two.unrealised_change, two.gross, two.net, two.profit, two.drawdown_money) == (
        -2_020,
        -1_020,
        -1_020,
        980,
        -1_020,
    )
    assert two.unexplained == 0
    assert two.change == pytest.approx(-0.01, abs=1e-15)
    assert two.index == pytest.approx(1.02 * 0.99, abs=1e-15)
    assert two.drawdown == pytest.approx(-0.01, abs=1e-15)


def test_equity_that_nothing_explains_is_told() -> None:
    points = pnl.curve([day(0, 100_007, deposits=100_000)])
    assert points[0].unexplained == 7


def test_a_curve_goes_on_from_the_day_before() -> None:
    points = pnl.curve([day(1, 110, realised=10)], before=day(0, 100))
    assert points[0].change == pytest.approx(0.1)
    assert points[0].unexplained == 0


def test_falls_are_told_from_high_to_recovery() -> None:
    equities = [100, 110, 99, 105, 111, 100, 90]
    points = pnl.curve([day(n, each, realised=each - before) for n, (before, each) in
                        enumerate(zip([100, *equities], equities, strict=False))], before=day(-1, 100))  # fmt: skip
    first, second = pnl.falls(points)
    assert first.depth == pytest.approx(99 / 110 - 1)
    assert (first.high_on, first.lowest_on, first.recovered_on, first.days) == (
        MONDAY + timedelta(1), MONDAY + timedelta(2), MONDAY + timedelta(4), 2
    )  # fmt: skip
    assert second.depth == pytest.approx(90 / 111 - 1)
    assert (second.high_on, second.recovered_on, second.days) == (MONDAY + timedelta(4), None, 2)


def test_a_fall_from_the_start_has_no_high() -> None:
    (only,) = pnl.falls(pnl.curve([day(0, 90, realised=-10)], before=day(-1, 100)))
    assert (only.high_on, only.days) == (None, 1)


def by_pandas(returns: list[float]) -> dict[str, float]:
    """The same definitions, written down independently."""
    series = pd.Series(returns, dtype="float64")
    wealth = (1 + series).cumprod()
    cagr = wealth.iloc[-1] ** (252 / len(series)) - 1
    high = np.maximum(wealth.cummax(), 1.0)
    deepest = (wealth / high - 1).min()
    downside = np.sqrt((np.minimum(series, 0) ** 2).mean())
    return {
        "cagr": cagr,
        "volatility": series.std(ddof=1) * np.sqrt(252),
        "sharpe": series.mean() / series.std(ddof=1) * np.sqrt(252),
        "sortino": series.mean() / downside * np.sqrt(252),
        "max_drawdown": deepest,
        "calmar": cagr / abs(deepest),
    }


def ours(returns: list[float]) -> dict[str, float | None]:
    return {
        "cagr": pnl.cagr(returns),
        "volatility": pnl.volatility(returns),
        "sharpe": pnl.sharpe(returns),
        "sortino": pnl.sortino(returns),
        "max_drawdown": pnl.max_drawdown(returns),
        "calmar": pnl.calmar(returns),
    }


@pytest.mark.parametrize("seed", range(5))
def test_ratios_are_those_of_pandas(seed: int) -> None:
    returns = np.random.default_rng(seed).standard_t(4, 300) * 0.012
    expected = by_pandas(list(returns))
    for name, value in ours([float(each) for each in returns]).items():
        assert value == pytest.approx(expected[name], rel=1e-11), name


@given(RETURNS)
def test_ratios_are_numbers_or_nothing(returns: list[float]) -> None:
    for name, value in ours(returns).items():
        assert value is None or math.isfinite(value), name
    found = pnl.drawdowns(returns)
    assert all(-1 <= each <= 0 for each in found)
    assert pnl.total_return(returns) == pytest.approx(math.prod(1 + each for each in returns) - 1)


@pytest.mark.parametrize("returns", [[], [0.01], [0.01] * 40, [0.0] * 40])
def test_what_never_varies_or_never_falls_has_no_ratio(returns: list[float]) -> None:
    assert pnl.sharpe(returns) is None
    assert pnl.sortino(returns) is None
    assert pnl.calmar(returns) is None


def test_a_wild_day_is_no_yearly_rate() -> None:
    assert pnl.cagr([99.0]) is None
    assert pnl.calmar([99.0, -0.5, 99.0]) is None
    assert pnl.cagr([-1.0, 0.5]) == -1.0


def test_a_risk_free_rate_is_taken_by_the_day() -> None:
    returns = [0.01, -0.005, 0.002, 0.004]
    daily = 1.06 ** (1 / 252) - 1
    series = pd.Series(returns) - daily
    assert pnl.sharpe(returns, 0.06) == pytest.approx(series.mean() / series.std(ddof=1) * np.sqrt(252))


@pytest.mark.parametrize(
    ("days", "shown", "yearly"),
    [
        (0, set(), False),
        (19, {"volatility"}, False),
        (20, {"volatility", "sharpe", "sortino"}, False),
        (29, {"volatility", "sharpe", "sortino"}, False),
        (30, {"cagr", "volatility", "sharpe", "sortino", "calmar"}, True),
    ],
)
def test_too_few_days_hide_a_ratio(days: int, shown: set[str], yearly: bool) -> None:
    returns = [0.01 if n % 3 else -0.01 for n in range(days)]
    found = pnl.measures(returns)
    assert {name for name, each in found.items() if each.value is not None} == shown
    assert {(each.n, each.yearly) for each in found.values()} == {(days, yearly)}
    if days == 20:
        assert found["volatility"].value == pytest.approx(pd.Series(returns).std(ddof=1))
        assert found["sharpe"].value == pytest.approx(pd.Series(returns).mean() / pd.Series(returns).std(ddof=1))


# -- round trips ------------------------------------------------------------------------------


def execution(
    number: int, side: str, quantity: int, price: int, charges: int = 0, order: int | None = 0, minutes: int = 0
) -> round_trips.Execution:
    return round_trips.Execution(
        number, number if order == 0 else order, 7, Product.MIS, Side(side), quantity, price, charges,
        NOON + timedelta(minutes=minutes or number), MONDAY,
    )  # fmt: skip


TRIPS = [
    ("a long", [("BUY", 10, 100, 20), ("SELL", 10, 110, 30)], [("BUY", 10, 100, 50)]),
    ("a short", [("SELL", 10, 110, 0), ("BUY", 10, 100, 7)], [("SELL", 10, 100, 7)]),
    ("half is still open", [("BUY", 10, 100, 21), ("SELL", 5, 110, 4)], [("BUY", 5, 50, 15)]),
    ("first in, first out", [("BUY", 5, 100, 0), ("BUY", 5, 120, 0), ("SELL", 7, 110, 0)],
     [("BUY", 5, 50, 0), ("BUY", 2, -20, 0)]),
    ("a flip", [("BUY", 5, 100, 10), ("SELL", 8, 110, 16), ("BUY", 3, 100, 0)],
     [("BUY", 5, 50, 20), ("SELL", 3, 30, 6)]),
    ("nothing closed", [("BUY", 5, 100, 9)], []),
]  # fmt: skip


@pytest.mark.parametrize(("trades", "expected"), [row[1:] for row in TRIPS], ids=[row[0] for row in TRIPS])
def test_round_trips(trades: list[tuple[str, int, int, int]], expected: list[tuple[str, int, int, int]]) -> None:
    found = round_trips.match(execution(n, *each) for n, each in enumerate(trades, 1))
    assert [(trip.side, trip.quantity, trip.gross, trip.charges) for trip in found] == expected


def test_partial_fills_of_an_order_are_one_trip() -> None:
    found = round_trips.match(
        [
            execution(1, "BUY", 4, 100, 3, order=1),
            execution(2, "BUY", 6, 101, 2, order=1),
            execution(3, "SELL", 3, 105, 1, order=2),
            execution(4, "SELL", 7, 106, 1, order=2),
        ]
    )
    (trip,) = found
    assert (trip.quantity, trip.gross, trip.charges, trip.net, trip.seconds) == (10, 1057 - 1006, 7, 44, 180)


def test_an_expiry_closes_without_an_order() -> None:
    found = round_trips.match([execution(1, "BUY", 4, 100, order=2), execution(2, "SELL", 4, 90, order=None)])
    assert [trip.net for trip in found] == [-40]


@given(
    st.lists(
        st.tuples(st.sampled_from(["BUY", "SELL"]), st.integers(1, 50), st.integers(1, 10_000), st.integers(-9, 99))
    )
)
def test_trips_add_up_to_the_books_once_all_is_closed(trades: list[tuple[str, int, int, int]]) -> None:
    """First in, first out and average cost share profit out differently, and agree when nothing is open."""
    held = sum(quantity if side == "BUY" else -quantity for side, quantity, *_ in trades)
    if held:
        trades = [*trades, ("SELL" if held > 0 else "BUY", abs(held), 500, 3)]
    position = Position(1, 7, Product.MIS, 7)
    booked = sum(apply_fill(position, Side(side), quantity, price).realised for side, quantity, price, _ in trades)
    found = round_trips.match(execution(n, *each) for n, each in enumerate(trades, 1))
    assert sum(trip.gross for trip in found) == booked
    assert sum(trip.charges for trip in found) == sum(each[3] for each in trades)
    told = round_trips.summary(found)
    assert told.net == booked - sum(each[3] for each in trades)
    assert told.wins + told.losses + told.zeroes == told.trips == len(found)


def test_a_trip_carries_the_mark_of_what_opened_it() -> None:
    bought, more, sold = execution(1, "BUY", 5, 100), execution(2, "BUY", 5, 100), execution(3, "SELL", 10, 110)
    marked = [dataclasses.replace(bought, tag="momentum"), more, dataclasses.replace(sold, tag="exit")]
    assert [(trip.quantity, trip.tag) for trip in round_trips.match(marked)] == [(5, "momentum"), (5, "")]


def trip(net: int, seconds: int = 60) -> round_trips.RoundTrip:
    return round_trips.RoundTrip(
        7, Product.MIS, Side.BUY, NOON, NOON + timedelta(seconds=seconds), MONDAY, MONDAY, 1, 1_000, 1_000 + net, 0
    )


def test_a_summary_worked_by_hand() -> None:
    told = round_trips.summary([trip(300), trip(100, 180), trip(0), trip(-100), trip(-50, 30), trip(-50)])
    assert (told.trips, told.wins, told.losses, told.zeroes) == (6, 2, 3, 1)
    assert told.win_rate == pytest.approx(0.4)
    assert (told.average_win, told.average_loss, told.expectancy) == (200, -67, 33)
    assert told.payoff == pytest.approx(3.0)
    assert told.profit_factor == pytest.approx(2.0)
    assert told.expectancy_r == pytest.approx(0.5)  # 200 over six trips, in losses of 66.67
    assert (told.won, told.lost, told.net) == (400, -200, 200)
    assert (told.best, told.worst) == (300, -100)
    assert (told.held, told.held_wins, told.held_losses) == (75, 120, 50)
    assert (told.longest_wins, told.longest_losses) == (2, 3)


def test_without_losses_there_is_no_factor_and_without_trips_nothing() -> None:
    only_wins = round_trips.summary([trip(5)])
    assert (only_wins.profit_factor, only_wins.payoff, only_wins.win_rate) == (None, None, 1.0)
    nothing = round_trips.summary([])
    assert (nothing.expectancy, nothing.win_rate, nothing.held, nothing.net) == (None, None, None, 0)
    assert round_trips.summary([trip(0)]).win_rate is None


def test_results_are_told_in_average_losses() -> None:
    told = round_trips.spread([trip(net) for net in (-300, -100, -100, -100, 0, 149, 150, 600, 700)])  # one R is 150
    assert [(low, high, [each.net for each in some]) for low, high, some in told] == [
        (-2, -1, [-300]),
        (-1, 0, [-100, -100, -100]),
        (0, 1, [0, 149]),
        (1, 2, [150]),
        (3, None, [600, 700]),
    ]
    assert round_trips.spread([trip(5), trip(0)]) == []  # nobody knows what R is


# -- a day worked out again -------------------------------------------------------------------


def test_a_future_is_marked_from_the_last_day_it_was_marked() -> None:
    days = [MONDAY + timedelta(days=n) for n in range(3)]
    trades = [
        daybook.Traded(1, 9, Product.NRML, Side.BUY, 75, 100, days[0]),
        daybook.Traded(2, 9, Product.NRML, Side.SELL, 25, 130, days[2]),
    ]
    prices = {days[0]: {9: 110}, days[1]: {9: 105}, days[2]: {9: 120}}
    (row,) = daybook.day_positions(days[2], trades, prices, days, {9}, {(9, Product.NRML): 41})
    # 25 sold at 130 against a mark of 105, then 50 marked from 105 to 120.
    assert (row.quantity, row.mark, row.settlement, row.unrealised) == (50, 6_000, 120, 0)
    assert (row.realised, row.charges) == (25 * 25 + 50 * 15, 41)


def test_a_day_that_the_ledger_contradicts_is_refused() -> None:
    trades = [daybook.Traded(1, 9, Product.CNC, Side.BUY, 10, 100, MONDAY)]
    rows = daybook.day_positions(MONDAY, trades, {MONDAY: {9: 104}}, [], (), {})
    assert [(row.unrealised, row.realised) for row in rows] == [(40, 0)]
    assert daybook.proven(MONDAY, rows, 0) == rows
    with pytest.raises(Broken, match="realise 0, the ledger 5"):
        daybook.proven(MONDAY, rows, 5)


def test_a_position_without_a_price_is_refused() -> None:
    trades = [daybook.Traded(1, 9, Product.MIS, Side.BUY, 10, 100, MONDAY)]
    with pytest.raises(Broken, match="no settlement price"):
        daybook.day_positions(MONDAY, trades, {}, [], (), {})


def test_rolling_ratios_are_those_of_the_last_days() -> None:
    returns = [0.01, -0.004, 0.006, 0.002, -0.01, 0.008]
    told = pnl.rolling(returns, window=3)
    assert told[:2] == [(None, None), (None, None)]
    assert told[2:] == [(pnl.sharpe(returns[n - 3 : n]), pnl.sortino(returns[n - 3 : n])) for n in (3, 4, 5, 6)]
    assert pnl.rolling([], window=3) == []


@pytest.mark.parametrize(
    ("side", "opening", "closing", "low", "high", "expected"),
    [
        # Ten units bought at ₹100 and sold at ₹102; between them it was at ₹97 and at ₹105.
        (Side.BUY, 100_000, 102_000, 9_700, 10_500, (-3_000, 5_000)),
        # The same sold short: what was for the one is against the other.
        (Side.SELL, 100_000, 102_000, 9_700, 10_500, (-5_000, 3_000)),
        # It never went against the trader.
        (Side.BUY, 100_000, 102_000, 10_000, 10_200, (0, 2_000)),
        # It closed beyond the bars that are stored: its own end counts.
        (Side.BUY, 100_000, 98_000, 9_900, 10_100, (-2_000, 1_000)),
    ],
)
def test_how_far_a_trip_went_either_way(
    side: Side, opening: int, closing: int, low: int, high: int, expected: tuple[int, int]
) -> None:
    trip = round_trips.RoundTrip(1, Product.MIS, side, NOON, NOON, MONDAY, MONDAY, 10, opening, closing)
    assert trip.excursions(low, high) == expected
