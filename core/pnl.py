"""How an account did over days: time-weighted returns, the risk that was run, the falls on the way.

Money is paise in ints; returns and ratios are floats, because no money is ever worked out from them.
A ratio that is not defined (no days, nothing varies, nothing was lost) is None, never infinite or NaN.
"""

import math
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

YEAR = 252
"""Trading days by which a day's figures are made a year's."""
ROOT = math.sqrt(YEAR)
FEWEST_FOR_RATIO, FEWEST_FOR_YEAR = 20, 30
"""Days below which Sharpe and Sortino say nothing, and below which nothing is made a year's."""
WINDOW = FEWEST_FOR_RATIO
"""Days of a rolling ratio."""


@dataclass(frozen=True, slots=True)
class Day:
    """The figures of one trading date. ``equity`` and ``unrealised`` as it ended, or, ``live``, as it stands."""

    day: date
    equity: int
    unrealised: int
    deposits: int
    withdrawals: int
    realised: int
    charges: int
    live: bool = False

    @property
    def flow(self) -> int:
        """What came from outside, less what left."""
        return self.deposits - self.withdrawals


@dataclass(frozen=True, slots=True)
class Point:
    """A day as it lies on the curve. ``index`` begins at 1 before the first day; ``drawdown`` is 0 or below.

    ``gross`` is the day's profit before charges, open positions included; ``profit`` is net and adds up
    over the days. ``unexplained`` is what equity rose by beyond flow and net profit: 0 in sound books.
    """

    of: Day
    unrealised_change: int
    gross: int
    net: int
    profit: int
    unexplained: int
    change: float | None
    index: float
    drawdown: float
    drawdown_money: int


def daily_return(before: int, after: int, flow: int) -> float | None:
    """``(after - flow) / before - 1``: money that came or went today earned nothing today.

    A day that began with nothing is measured on what was paid in. The return never goes below -1: a debt
    is more than a loss of everything, but no return. None where there was nothing to measure on.
    """
    if before > 0:
        return max(-1.0, (after - flow) / before - 1)
    return max(-1.0, after / (before + flow) - 1) if before + flow > 0 and flow > 0 else None


def curve(days: Sequence[Day], before: Day | None = None) -> list[Point]:
    """The days in their order as a curve; ``before`` is the day that precedes them, None for a new account."""
    points: list[Point] = []
    equity, unrealised = (before.equity, before.unrealised) if before else (0, 0)
    index = peak = 1.0
    profit = highest = 0
    for each in days:
        gross = each.realised + each.unrealised - unrealised
        net = gross - each.charges
        change = daily_return(equity, each.equity, each.flow)
        index *= 1 + (change or 0.0)
        profit += net
        peak, highest = max(peak, index), max(highest, profit)
        unexplained = each.equity - equity - each.flow - net
        points.append(
            Point(
                each, each.unrealised - unrealised, gross, net, profit, unexplained, change, index, index / peak - 1,
                profit - highest,
            )
        )  # fmt: skip
        equity, unrealised = each.equity, each.unrealised
    return points


def total_return(returns: Iterable[float]) -> float:
    """What one rupee left alone would have gained."""
    return math.prod(1 + each for each in returns) - 1


def cagr(returns: Sequence[float]) -> float | None:
    """``(product of 1 + r) ^ (252 / n) - 1``: the yearly rate that gives the same in as many days.

    None without days, and where a few wild days would make it a number that no float holds.
    """
    if not returns:
        return None
    try:
        return math.pow(1 + total_return(returns), YEAR / len(returns)) - 1
    except OverflowError:
        return None


def deviation(returns: Sequence[float]) -> float | None:
    """Standard deviation of the daily returns, with n - 1; needs two days."""
    return statistics.stdev(returns) if len(returns) > 1 else None


def volatility(returns: Sequence[float]) -> float | None:
    """``deviation * sqrt(252)``."""
    found = deviation(returns)
    return None if found is None else found * ROOT


def daily_rate(yearly: float) -> float:
    """The daily rate that gives a yearly one in 252 days."""
    return math.pow(1 + yearly, 1 / YEAR) - 1


def sharpe(returns: Sequence[float], risk_free: float = 0.0) -> float | None:
    """``mean(r - rf) / std(r - rf, ddof=1) * sqrt(252)``; ``risk_free`` is a yearly rate."""
    excess = [each - daily_rate(risk_free) for each in returns]
    spread = deviation(excess)
    return statistics.fmean(excess) / spread * ROOT if spread else None


def sortino(returns: Sequence[float], target: float = 0.0) -> float | None:
    """Like Sharpe, but over ``sqrt(mean(min(r - target, 0)^2))`` of all days; ``target`` is a daily return."""
    if not returns:
        return None
    downside = math.sqrt(math.fsum(min(each - target, 0.0) ** 2 for each in returns) / len(returns))
    return (statistics.fmean(returns) - target) / downside * ROOT if downside else None


def drawdowns(returns: Iterable[float]) -> list[float]:
    """After each day, how far below its highest the index stands; the 1 it began with counts."""
    index = peak = 1.0
    found = []
    for each in returns:
        index *= 1 + each
        peak = max(peak, index)
        found.append(index / peak - 1)
    return found


def max_drawdown(returns: Iterable[float]) -> float:
    """The deepest of the drawdowns; 0 where there was none."""
    return min(drawdowns(returns), default=0.0)


def rolling(returns: Sequence[float], window: int = WINDOW) -> list[tuple[float | None, float | None]]:
    """Sharpe and Sortino, a year's, of the last ``window`` days at each day; (None, None) while there are fewer."""
    return [
        (sharpe(last), sortino(last)) if len(last := returns[max(0, end - window) : end]) == window else (None, None)
        for end in range(1, len(returns) + 1)
    ]


def calmar(returns: Sequence[float]) -> float | None:
    """``CAGR / |deepest drawdown|``."""
    deepest, rate = max_drawdown(returns), cagr(returns)
    return rate / -deepest if rate is not None and deepest < 0 else None


@dataclass(frozen=True, slots=True)
class Fall:
    """From a high until it is reached again. ``high_on`` is None for the start, ``recovered_on`` where it lasts.

    ``days`` counts the trading days that ended below the high.
    """

    depth: float
    high_on: date | None
    lowest_on: date
    recovered_on: date | None
    days: int


def falls(points: Sequence[Point]) -> list[Fall]:
    """Every fall on the curve, in order of time."""
    found: list[Fall] = []
    high: date | None = None
    below: list[Point] = []
    for point in points:
        if point.drawdown < 0:
            below.append(point)
            continue
        if below:
            found.append(_fall(high, below, point.of.day))
            below = []
        high = point.of.day
    return [*found, _fall(high, below, None)] if below else found


def _fall(high: date | None, below: Sequence[Point], recovered: date | None) -> Fall:
    lowest = min(below, key=lambda point: point.drawdown)
    return Fall(lowest.drawdown, high, lowest.of.day, recovered, len(below))


@dataclass(frozen=True, slots=True)
class Measure:
    """A ratio and what it rests on: ``n`` days, of which it ``needs`` so many to be shown at all."""

    value: float | None
    n: int
    needs: int
    yearly: bool


def measures(returns: Sequence[float], risk_free: float = 0.0) -> dict[str, Measure]:
    """The ratios of some days; hidden (None) below the days each needs. Under 30 days nothing is made a year's:
    volatility, Sharpe and Sortino are then those of a day, CAGR and Calmar are hidden."""
    n = len(returns)
    yearly = n >= FEWEST_FOR_YEAR
    scale = 1.0 if yearly else 1 / ROOT

    def shown(value: float | None, needs: int, by_day: bool = False) -> Measure:
        hidden = value is None or n < needs
        return Measure(None if hidden else (value or 0.0) * (scale if by_day else 1.0), n, needs, yearly)

    return {
        "cagr": shown(cagr(returns), FEWEST_FOR_YEAR),
        "volatility": shown(volatility(returns), 2, by_day=True),
        "sharpe": shown(sharpe(returns, risk_free), FEWEST_FOR_RATIO, by_day=True),
        "sortino": shown(sortino(returns, daily_rate(risk_free)), FEWEST_FOR_RATIO, by_day=True),
        "calmar": shown(calmar(returns), FEWEST_FOR_YEAR),
    }
