"""How an account did: the curve of its equity, what was gained where, what it cost, and that it all adds up.

A report is of the days that were kept at their close, and of today as it stands. Money in it is rupees,
fractions are floats, dates ISO strings; None stands where a figure does not apply or has too few days.
"""

from datetime import date
from typing import Any

from core import pnl as figures
from core import round_trips as trips
from core.money import as_number
from core.pnl import Point
from core.reasons import Reason, Refusal
from db import pnl as reads
from db.engine import Database
from desk import masters
from desk.access import AccountRef
from desk.breakdown import by_product, by_symbol, charges_by_kind, trip_groups, trip_row
from desk.daybook import Rebuilt, missing, rebuild, repair
from desk.reconciliation import reconcile
from desk.tradebook import COLUMNS, tradebook, tradebook_csv

__all__ = [
    "COLUMNS",
    "DEFINITIONS",
    "Rebuilt",
    "missing",
    "rebuild",
    "repair",
    "report",
    "tradebook",
    "tradebook_csv",
    "year_start",
]

Row = dict[str, Any]
BENCHMARK = "NSE:NIFTY 50"
MOST_TRIPS = 500
"""The newest round trips that a report lists; its figures are of all."""

DEFINITIONS = {
    "return": "(equity − flow) ÷ equity of the day before − 1, where flow is deposits less withdrawals of the day: "
    "money that came today earned nothing today. A day that began with nothing is measured on what was paid in.",
    "cagr": "(product of 1 + daily returns) ^ (252 ÷ days) − 1.",
    "volatility": "Standard deviation of the daily returns (n − 1) × √252.",
    "sharpe": "Mean daily return ÷ its standard deviation (n − 1) × √252, risk-free rate 0; not CAGR ÷ volatility.",
    "sortino": "Mean daily return ÷ √(mean of min(return, 0)² over all days) × √252.",
    "calmar": "CAGR ÷ |deepest drawdown|.",
    "drawdown": "Growth ÷ its highest so far − 1; the start counts as a high.",
    "win_rate": "Wins ÷ (wins + losses); trips that ended at exactly zero are counted apart.",
    "average_win": "Sum of the wins ÷ their number, net of both sides' charges.",
    "average_loss": "Sum of the losses ÷ their number, net of both sides' charges. It is one R.",
    "payoff": "Average win ÷ average loss: how many R a win brings.",
    "profit_factor": "Sum of wins ÷ sum of losses; nothing to show without losses.",
    "expectancy": "Mean net profit of a round trip: win rate × average win − loss rate × average loss, where those at "
    "zero count as trips too.",
    "expectancy_r": "Expectancy ÷ average loss: what a trip brought for each rupee that a loss costs.",
    "trips": "What one closing order took from one opening order, first in first out, net of both sides' charges.",
    "trips_net": "Sum of wins − sum of losses, of the round trips that ended in this range.",
    "carried": "Net P&L − net of the round trips: what is open and has moved, and charges of what is not closed yet.",
    "held": "From the first unit bought, or sold short, to the last one closed.",
    "streak": "Most wins, and most losses, one after the other.",
    "rolling": "Sharpe and Sortino of the last twenty closed days at each day, made a year's by √252.",
    "exposure": "Value of everything open at the close, long and short alike, ÷ equity. Contracts count with their "
    "price × units.",
    "excursion": "How far a trip went against (MAE) and for (MFE) the trader while it was held, in rupees of all its "
    "units: by the lowest and highest price of the stored bars of a minute, between its first and last day by those of "
    "a day.",
}


def report(
    database: Database, account: AccountRef, start: date | None = None, end: date | None = None, most: int = MOST_TRIPS
) -> Row:
    """Everything about the trading dates [start, end]; None is unbounded. Today is in it unless ``end`` is earlier.

    ``days`` (oldest first): date, financial_year, live, opening_equity, equity, deposits, withdrawals, realised,
    unrealised_change, charges, gross, net, profit (net so far), return, growth (from 1), drawdown (of growth),
    drawdown_rupees, trades, turnover, exposure, benchmark (growth from 1),
    rolling_sharpe and rolling_sortino (of twenty closed days).
    ``symbols``, ``products``: name, gross, realised, unrealised_change, charges, net, trades, turnover; best net first.
    ``charges``: the heads, total, turnover, percent_of_turnover, percent_of_gross (None without gross profit).
    ``statistics``: one value a name, as ``DEFINITIONS`` says. ``net``, ``gross``, ``total_return`` and the drawdowns
    are of all days shown; the ratios are of ``n`` closed days, those of a year only where ``yearly``. ``measures``
    has each ratio as {value, n, needs, yearly}: a day's volatility, Sharpe and Sortino where it is not yearly.
    ``drawdowns``: the deepest and the longest {depth, from, lowest, recovered, days} and how it is now.
    ``groups``: round trips by side, segment, weekday and hour of closing, tag; ``round_trips``: the newest ``most``.
    ``benchmark``: {key, return, points}. ``reconciliation``: see ``desk.reconciliation``.
    Raises Refusal: UNKNOWN_ACCOUNT, and BAD_INPUT for a start after the end.
    """
    if start and end and start > end:
        raise Refusal(Reason.BAD_INPUT, "The first day is after the last.", "start")
    master = masters.get(database)
    index = master.by_key.get(BENCHMARK)
    found = reads.read(database, account.id, start, end, index.id if index else None)
    if found is None:
        raise Refusal(Reason.UNKNOWN_ACCOUNT, "There is no such account.", "account")
    points = figures.curve(found.days, found.before)
    growth = _benchmark(found)
    closed = [point.change for point in points if not point.of.live and point.change is not None]
    measures = figures.measures(closed)
    matched = [trip for trip in trips.match(found.executions) if start is None or trip.closed_on >= start]
    days = _days(found, points, growth)
    newest = matched[-most:] if most else []
    spans = [(each.instrument_id, each.opened_at, each.closed_at) for each in newest]
    reached = reads.extremes(database, found.account.market, spans)
    return {
        "account": account.key,
        "start": days[0]["date"] if days else None,
        "end": days[-1]["date"] if days else None,
        "version": found.account.version,
        "days": days,
        "symbols": by_symbol(found, master.by_id),
        "products": by_product(found),
        "charges": charges_by_kind(found, sum(point.gross for point in points)),
        "statistics": _statistics(points, measures, trips.summary(matched)),
        "measures": {name: _measure(each) for name, each in measures.items()},
        "definitions": DEFINITIONS,
        "drawdowns": _drawdowns(points),
        "groups": trip_groups(matched, master.by_id),
        "round_trips": [
            trip_row(each, master.by_id, reach) for each, reach in reversed(list(zip(newest, reached, strict=True)))
        ],
        "benchmark": {
            "key": BENCHMARK,
            "return": growth[found.days[-1].day] - 1 if growth and found.days else None,
            "points": [{"date": day.isoformat(), "growth": value} for day, value in growth.items()],
        },
        "reconciliation": reconcile(found, points),
    }


def year_start(day: date) -> date:
    """The first day of the financial year, which runs from April to March."""
    return date(day.year - (day.month < 4), 4, 1)


def financial_year(day: date) -> str:
    """Its name: ``2026-27``."""
    first = year_start(day).year
    return f"{first}-{(first + 1) % 100:02d}"


def _days(found: reads.Read, points: list[Point], growth: dict[date, float]) -> list[Row]:
    trades: dict[date, int] = {}
    turnover: dict[date, int] = {}
    for each in found.turnover:
        trades[each["day"]] = trades.get(each["day"], 0) + each["trades"]
        turnover[each["day"]] = turnover.get(each["day"], 0) + each["turnover"]
    opening = found.before.equity if found.before else 0
    rows: list[Row] = []
    rolled = _rolled(points)
    for point in points:
        day = point.of
        paise = {
            "opening_equity": opening,
            "equity": day.equity,
            "deposits": day.deposits,
            "withdrawals": day.withdrawals,
            "realised": day.realised,
            "unrealised_change": point.unrealised_change,
            "charges": day.charges,
            "gross": point.gross,
            "net": point.net,
            "profit": point.profit,
            "drawdown_rupees": point.drawdown_money,
            "turnover": turnover.get(day.day, 0),
            "exposure": found.exposure.get(day.day, 0),
        }
        rows.append(
            {
                "date": day.day.isoformat(),
                "financial_year": financial_year(day.day),
                "live": day.live,
                **{name: as_number(amount) for name, amount in paise.items()},
                "return": point.change,
                "growth": point.index,
                "drawdown": point.drawdown,
                "trades": trades.get(day.day, 0),
                "benchmark": growth.get(day.day),
                "rolling_sharpe": rolled.get(day.day, (None, None))[0],
                "rolling_sortino": rolled.get(day.day, (None, None))[1],
            }
        )
        opening = day.equity
    return rows


def _rolled(points: list[Point]) -> dict[date, tuple[float | None, float | None]]:
    """Sharpe and Sortino of the last days at each closed day that has a return."""
    closed = [(point.of.day, point.change) for point in points if not point.of.live and point.change is not None]
    told = figures.rolling([change for _, change in closed])
    return {day: ratios for (day, _), ratios in zip(closed, told, strict=True)}


def _benchmark(found: reads.Read) -> dict[date, float]:
    """The index's growth by day, from 1 at its close before the first day (at its first close, if that is all)."""
    if not found.days or not found.benchmark:
        return {}
    first = found.days[0].day
    base = next((close for day, close in reversed(found.benchmark) if day < first), found.benchmark[0][1])
    growth: dict[date, float] = {}
    closes = iter(found.benchmark)
    pending = next(closes, None)
    last: int | None = None
    for day in (each.day for each in found.days):
        while pending is not None and pending[0] <= day:
            last = pending[1]
            pending = next(closes, None)
        growth[day] = (last if last is not None else base) / base
    return growth


def _money(paise: int | None) -> float | int | None:
    return None if paise is None else as_number(paise)


def _measure(measure: figures.Measure) -> Row:
    return {"value": measure.value, "n": measure.n, "needs": measure.needs, "yearly": measure.yearly}


def _statistics(points: list[Point], measures: dict[str, figures.Measure], told: trips.Summary) -> Row:
    yearly = measures["volatility"].yearly
    longest = max((fall.days for fall in figures.falls(points)), default=0)
    return {
        "n": measures["sharpe"].n,
        "yearly": yearly,
        "gross": as_number(sum(point.gross for point in points)),
        "net": as_number(sum(point.net for point in points)),
        "total_return": points[-1].index - 1 if points else None,
        "max_drawdown": min((point.drawdown for point in points), default=None),
        "max_drawdown_rupees": as_number(min((point.drawdown_money for point in points), default=0)),
        "longest_drawdown_days": longest,
        **{name: each.value for name, each in measures.items()},
        "volatility": measures["volatility"].value if yearly else None,
        "trips": told.trips,
        "wins": told.wins,
        "losses": told.losses,
        "flat": told.zeroes,
        "trips_gross": as_number(told.gross),
        "trips_charges": as_number(told.charges),
        "trips_net": as_number(told.net),
        "win_rate": told.win_rate,
        "average_win": _money(told.average_win),
        "average_loss": _money(told.average_loss),
        "payoff": told.payoff,
        "profit_factor": told.profit_factor,
        "expectancy": _money(told.expectancy),
        "expectancy_r": told.expectancy_r,
        "won": as_number(told.won),
        "lost": as_number(told.lost),
        "best": _money(told.best),
        "worst": _money(told.worst),
        "held_seconds": told.held,
        "held_seconds_wins": told.held_wins,
        "held_seconds_losses": told.held_losses,
        "longest_wins": told.longest_wins,
        "longest_losses": told.longest_losses,
    }


def _drawdowns(points: list[Point]) -> Row:
    found = figures.falls(points)
    return {
        "deepest": _fall(min(found, key=lambda fall: fall.depth, default=None)),
        "longest": _fall(max(found, key=lambda fall: fall.days, default=None)),
        "now": points[-1].drawdown if points else None,
    }


def _fall(fall: figures.Fall | None) -> Row | None:
    if fall is None:
        return None
    return {
        "depth": fall.depth,
        "from": fall.high_on.isoformat() if fall.high_on else None,
        "lowest": fall.lowest_on.isoformat(),
        "recovered": fall.recovered_on.isoformat() if fall.recovered_on else None,
        "days": fall.days,
    }
