"""Charts of the analytics page. Colours are the theme's own, so that light and dark stay one set.

Each is a plain dict of traces and layout, which Streamlit has plotly check once: a figure that is changed
after it was made is checked again at every change, and that took most of the page's time.
"""

import math
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import streamlit as st

from ui import words

Row = dict[str, Any]
TOLD = "%{text}<extra></extra>"


def colour(name: str) -> str:
    """A colour of the theme that is shown, such as ``greenTextColor``."""
    kind = st.context.theme.type or "light"
    found = st.get_option(f"theme.{kind}.{name}") or st.get_option(f"theme.{name}")
    return str(found or "#5f6876")


def _figure(
    height: int, traces: Sequence[Row], x: Row | None = None, y: Row | None = None, hovermode: str = "x unified"
) -> Row:
    line = colour("borderColor")
    plain_x = {"gridcolor": line, "linecolor": line, "zeroline": False, "showgrid": False, "type": "category"}
    return {
        "data": list(traces),
        "layout": {
            "height": height,
            "margin": {"l": 8, "r": 8, "t": 8, "b": 8},
            "hovermode": hovermode,
            "showlegend": False,
            "bargap": 0.25,
            "font": {"size": 12},
            "paper_bgcolor": "rgba(0,0,0,0)",
            "plot_bgcolor": "rgba(0,0,0,0)",
            "xaxis": {**plain_x, "nticks": 10, **(x or {})},
            "yaxis": {"gridcolor": line, "zerolinecolor": line, "side": "right", **(y or {})},
        },
    }


def _day(iso: str) -> str:
    return f"{date.fromisoformat(iso):%d %b %y}"


def _rupee_axis(values: Sequence[float], zero: bool = False) -> dict[str, Any]:
    """Round ticks over the values, in Indian grouping, which the chart library does not know."""
    low, high = min(values), max(values)
    if zero:
        low, high = min(low, 0), max(high, 0)
    room = (high - low) * 0.08 or max(abs(high) * 0.001, 1)
    low, high = low - room * (low != 0), high + room * (high != 0 or low == 0)
    rough = (high - low or 1) / 4
    power = 10 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= rough)
    first, last = math.ceil(low / step), math.floor(high / step)
    ticks = [step * number for number in range(first, last + 1)]
    texts = [words.rupees(tick).removesuffix(".00") for tick in ticks]
    return {"range": [low, high], "tickvals": ticks, "ticktext": texts}


def signed(values: Sequence[float]) -> list[str]:
    """Green for gains, red for losses; the sign itself is in the hover text and on the axis."""
    gain, loss = colour("greenColor"), colour("redColor")
    return [gain if value >= 0 else loss for value in values]


def equity(days: Sequence[Row], benchmark: Row) -> Row:
    """Equity net of charges at each close, with deposits and withdrawals marked on it.

    The index is drawn as what the first day's money would have become in it.
    """
    values = [day["equity"] for day in days]
    blue = {"color": colour("blueTextColor"), "width": 2}
    traces = [_line(days, values, "Equity", blue, dots=len(days) < 40)]
    points = benchmark["points"]
    if points and values[0] > 0:
        index = [point["growth"] / points[0]["growth"] * values[0] for point in points]
        name = benchmark["key"].partition(":")[2]
        traces.append(_line(points, index, name, {"color": colour("grayColor"), "width": 1, "dash": "dot"}))
        values = values + index
    for name, symbol, key in (("Deposit", "triangle-up", "deposits"), ("Withdrawal", "triangle-down", "withdrawals")):
        marked = [day for day in days if day[key]]
        traces.append(
            {
                "type": "scatter",
                "x": [_day(day["date"]) for day in marked],
                "y": [day["equity"] for day in marked],
                "mode": "markers",
                "marker": {"symbol": symbol, "size": 11, "color": colour("yellowTextColor")},
                "text": [f"{name} {words.rupees(day[key])}" for day in marked],
                "hovertemplate": TOLD,
            }
        )
    return _figure(300, traces, y=_rupee_axis(values))


def _line(rows: Sequence[Row], values: Sequence[float], name: str, line: Row, dots: bool = False) -> Row:
    return {
        "type": "scatter",
        "x": [_day(row["date"]) for row in rows],
        "y": list(values),
        "mode": "lines+markers" if dots else "lines",
        "line": line,
        "marker": {"size": 5},
        "text": [f"{name} {words.rupees(value)}" for value in values],
        "hovertemplate": TOLD,
    }


def drawdown(days: Sequence[Row]) -> Row:
    """How far below its best the book's growth was, in per cent; deposits do not count as growth."""
    trace = {
        "type": "scatter",
        "x": [_day(day["date"]) for day in days],
        "y": [day["drawdown"] * 100 for day in days],
        "mode": "lines+markers" if len(days) < 40 else "lines",
        "fill": "tozeroy",
        "line": {"color": colour("redColor"), "width": 1},
        "marker": {"size": 4},
        "hovertemplate": "%{y:.2f}%<extra></extra>",
    }
    deepest = min(day["drawdown"] for day in days) * 100
    span = [min(deepest * 1.15, -0.05), 0.005]
    return _figure(130, [trace], y={"ticksuffix": "%", "tickformat": ".2f", "range": span, "nticks": 4})


def daily(days: Sequence[Row], key: str) -> Row:
    """Signed bars in rupees, one a day."""
    values = [day[key] for day in days]
    trace: Row = {
        "type": "bar",
        "x": [_day(day["date"]) for day in days],
        "y": values,
        "marker": {"color": signed(values)},
        "text": [words.rupees(value, signed=True) for value in values],
        "textposition": "none",
        "hovertemplate": TOLD,
    }
    if len(days) < 4:
        trace["width"] = 0.35
    return _figure(220, [trace], y=_rupee_axis(values, zero=True))


def ranked(rows: Sequence[Row], key: str) -> Row:
    """Signed bars in rupees from left to right, one a row, in the order given."""
    values = [row[key] for row in rows]
    trace = {
        "type": "bar",
        "x": values,
        "y": [row["name"] for row in rows],
        "orientation": "h",
        "marker": {"color": signed(values)},
        "text": [words.rupees(value, signed=True) for value in values],
        "textposition": "none",
        "hovertemplate": "%{y} " + TOLD,
    }
    return _figure(
        60 + 26 * len(rows),
        [trace],
        x={**_rupee_axis(values, zero=True), "showgrid": True, "type": "linear"},
        y={"side": "left", "autorange": "reversed", "showgrid": False, "type": "category"},
        hovermode="closest",
    )


def calendar(days: Sequence[Row], key: str) -> Row:
    """A square a day, weeks from left to right: colour by gain or loss, shade by size."""
    by_date = {date.fromisoformat(day["date"]): day[key] for day in days}
    first, last = min(by_date), max(by_date)
    start = first - timedelta(days=first.weekday())
    weeks = max(8, (last - start).days // 7 + 1)
    cells: list[list[float | None]] = [[None] * weeks for _ in range(7)]
    texts: list[list[str]] = [[""] * weeks for _ in range(7)]
    for on, value in by_date.items():
        week = (on - start).days // 7
        cells[on.weekday()][week] = value
        texts[on.weekday()][week] = f"{on:%a %d %b %Y}<br>{words.rupees(value, signed=True)}"
    most = max((abs(value) for value in by_date.values()), default=0) or 1
    trace = {
        "type": "heatmap",
        "z": cells,
        "text": texts,
        "hovertemplate": TOLD,
        "xgap": 3,
        "ygap": 3,
        "zmin": -most,
        "zmax": most,
        "showscale": False,
        "x": [f"{start + timedelta(weeks=week):%d %b %y}" for week in range(weeks)],
        "y": ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"],
        "colorscale": [[0, colour("redColor")], [0.5, colour("grayBackgroundColor")], [1, colour("greenColor")]],
    }
    reversed_days = {"autorange": "reversed", "side": "left", "showgrid": False}
    return _figure(210, [trace], x={"nticks": 14}, y=reversed_days, hovermode="closest")
