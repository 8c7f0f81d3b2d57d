"""Profit and loss over time: is this book making money, where from, and what does it cost?

The figures, and what each of them means, are those of ``desk.pnl.report``. The browser asks for them and draws them;
a rerun draws nothing but its controls.
"""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import streamlit as st

from core.calendar import IST
from desk import pnl
from desk.sheet import as_csv
from ui import assets, components, fallback_pnl, guard, notes, tax
from ui.seat import Seat

RANGES = {"1W": 7, "1M": 31, "3M": 92, "1Y": 366, "FY": None, "All": None}
VIEWS = ("Report", "Statement", "Contract note", "Tax")
DAY_COLUMNS = (
    "date",
    "opening_equity",
    "equity",
    "deposits",
    "withdrawals",
    "realised",
    "unrealised_change",
    "charges",
    "gross",
    "net",
    "return",
    "drawdown",
    "trades",
)


def start_of(name: str, today: date) -> date | None:
    """The first day of a range; None for all."""
    if name == "FY":
        return pnl.year_start(today)
    days = RANGES[name]
    return None if days is None else today - timedelta(days=days)


def report(seat: Seat) -> str:
    """The report; the range that it shows."""
    today = datetime.now(IST).date()
    quiet: dict[str, Any] = {"required": True, "label_visibility": "collapsed", "bind": "query-params"}
    if not seat.live:
        with st.container(horizontal=True, vertical_alignment="center"):
            span: str = st.segmented_control("Range", list(RANGES), default="All", key="range", **quiet)
            basis = st.segmented_control("Basis", ["Net", "Gross"], default="Net", key="basis", **quiet)
        fallback_pnl.report(pnl.report(seat.database, seat.book, start_of(span, today), most=0), basis)
        return span
    starts = {name: start_of(name, today) for name in RANGES}
    wanted, basis = st.query_params.get("range", "All"), st.query_params.get("basis", "Net")
    first: str = wanted if wanted in RANGES else "All"
    data = {
        "seat": seat.for_browser(),
        "ranges": {name: start.isoformat() if start else None for name, start in starts.items()},
        "range": first,
        "plotly": assets.plotly_version(),
        "basis": basis if basis in ("Net", "Gross") else "Net",
    }
    chosen: str | None = components.show("pnl", "pnl", data, "range").range
    return chosen if chosen in RANGES else first


def downloads(seat: Seat, span: str) -> None:
    """Days and trades of the range, as files that are made when they are asked for."""
    first = start_of(span, datetime.now(IST).date())
    with st.container(horizontal=True):
        _download("Days", "kagaz-days.csv", lambda: _days(seat, first))
        _download("Tradebook", "kagaz-tradebook.csv", lambda: pnl.tradebook_csv(seat.database, seat.book, first))


def _days(seat: Seat, first: date | None) -> str:
    return as_csv(DAY_COLUMNS, pnl.report(seat.database, seat.book, first, most=0)["days"])


def _download(label: str, name: str, made: Callable[[], str]) -> None:
    """A button that makes its file when it is pressed, marked for spreadsheets as UTF-8."""
    icon = ":material/download:"
    st.download_button(label, lambda: made().encode("utf-8-sig"), name, "text/csv", on_click="ignore", icon=icon)


def page() -> None:
    """The page, for who may read a book."""
    seat = guard.require_account()
    view = st.segmented_control(
        "View", VIEWS, default=VIEWS[0], key="view", required=True, label_visibility="collapsed", bind="query-params"
    )
    if view == "Report":
        downloads(seat, report(seat))
    elif view == "Statement":
        notes.daily_statement(seat)
    elif view == "Tax":
        tax.year(seat)
    else:
        notes.contract_note(seat)


page()
