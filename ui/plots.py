"""Charts of the analytics page. Colours are the theme's own, so that light and dark stay one set."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import plotly.graph_objects as go
import streamlit as st

Row = dict[str, Any]
RUPEES = "%{y:,.2f}"


def colour(name: str) -> str:
    """A colour of the theme that is shown, such as ``greenTextColor``."""
    kind = st.context.theme.type or "light"
    found = st.get_option(f"theme.{kind}.{name}") or st.get_option(f"theme.{name}")
    return str(found or "#5f6876")


def _figure(height: int, **layout: Any) -> go.Figure:
    figure = go.Figure()
    figure.update_layout(
        height=height,
        margin={"l": 8, "r": 8, "t": 8, "b": 8},
        hovermode="x unified",
        showlegend=False,
        bargap=0.25,
        font={"size": 12},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        **layout,
    )
    line = colour("borderColor")
    figure.update_xaxes(gridcolor=line, linecolor=line, zeroline=False, showgrid=False)
    figure.update_yaxes(gridcolor=line, zerolinecolor=line, tickformat="~s", side="right")
    return figure


def signed(values: Sequence[float]) -> list[str]:
    """Green for gains, red for losses; the sign itself is in the hover text and on the axis."""
    gain, loss = colour("greenColor"), colour("redColor")
    return [gain if value >= 0 else loss for value in values]


def equity(days: Sequence[Row], benchmark: Row) -> go.Figure:
    """Equity net of charges at each close, with deposits and withdrawals marked on it.

    The index is drawn as what the first day's money would have become in it.
    """
    figure = _figure(300)
    dates = [day["date"] for day in days]
    figure.add_scatter(
        x=dates,
        y=[day["equity"] for day in days],
        mode="lines+markers" if len(days) < 40 else "lines",
        name="Equity",
        line={"color": colour("blueTextColor"), "width": 2},
        marker={"size": 5},
        hovertemplate=f"₹{RUPEES}<extra>Equity</extra>",
    )
    base = days[0]["equity"] if days else 0
    if benchmark["points"] and base > 0:
        figure.add_scatter(
            x=[point["date"] for point in benchmark["points"]],
            y=[point["growth"] / benchmark["points"][0]["growth"] * base for point in benchmark["points"]],
            mode="lines",
            line={"color": colour("grayColor"), "width": 1, "dash": "dot"},
            hovertemplate=f"₹{RUPEES}<extra>{benchmark['key'].partition(':')[2]}</extra>",
        )
    for name, symbol, key in (("Deposit", "triangle-up", "deposits"), ("Withdrawal", "triangle-down", "withdrawals")):
        marked = [day for day in days if day[key]]
        figure.add_scatter(
            x=[day["date"] for day in marked],
            y=[day["equity"] for day in marked],
            mode="markers",
            name=name,
            marker={"symbol": symbol, "size": 11, "color": colour("yellowTextColor")},
            customdata=[day[key] for day in marked],
            hovertemplate=f"{name} ₹%{{customdata:,.2f}}<extra></extra>",
        )
    return figure


def drawdown(days: Sequence[Row]) -> go.Figure:
    """How far below its best the book's growth was, in per cent; deposits do not count as growth."""
    figure = _figure(130)
    figure.add_scatter(
        x=[day["date"] for day in days],
        y=[day["drawdown"] * 100 for day in days],
        mode="lines",
        fill="tozeroy",
        line={"color": colour("redColor"), "width": 1},
        hovertemplate="%{y:.2f}%<extra>Drawdown</extra>",
    )
    figure.update_yaxes(ticksuffix="%", tickformat=".1f")
    return figure


def bars(labels: Sequence[str], values: Sequence[float], height: int = 220, horizontal: bool = False) -> go.Figure:
    """Signed bars in rupees, one a day or one a group."""
    figure = _figure(height)
    if horizontal:
        figure.add_bar(
            x=list(values),
            y=list(labels),
            orientation="h",
            marker_color=signed(values),
            hovertemplate="₹%{x:,.2f}<extra>%{y}</extra>",
        )
        figure.update_xaxes(tickformat="~s", showgrid=True)
        figure.update_yaxes(side="left", tickformat="", autorange="reversed", showgrid=False)
        figure.update_layout(hovermode="closest")
    else:
        figure.add_bar(
            x=list(labels), y=list(values), marker_color=signed(values), hovertemplate=f"₹{RUPEES}<extra></extra>"
        )
    return figure


def calendar(days: Sequence[Row], key: str) -> go.Figure:
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
        texts[on.weekday()][week] = (
            f"{on:%a %d %b %Y}<br>{'+' if value > 0 else '−' if value < 0 else ''}₹{abs(value):,.2f}"
        )
    most = max((abs(value) for value in by_date.values()), default=0) or 1
    figure = _figure(210)
    figure.add_heatmap(
        z=cells,
        text=texts,
        hovertemplate="%{text}<extra></extra>",
        xgap=3,
        ygap=3,
        zmin=-most,
        zmax=most,
        showscale=False,
        x=[f"{start + timedelta(weeks=week):%d %b}" for week in range(weeks)],
        y=["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"],
        colorscale=[[0, colour("redColor")], [0.5, colour("grayBackgroundColor")], [1, colour("greenColor")]],
    )
    figure.update_layout(hovermode="closest")
    figure.update_xaxes(type="category", nticks=14)
    figure.update_yaxes(autorange="reversed", side="left", tickformat="", showgrid=False)
    return figure
