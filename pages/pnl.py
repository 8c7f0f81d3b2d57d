"""Profit and loss over time: is this book making money, where from, and what does it cost?

The figures, and what each of them means, are those of ``desk.pnl.report``; here they are only drawn.
"""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pandas as pd
import streamlit as st

from desk import pnl
from desk.sheet import as_csv
from ui import guard, notes, plots, words

RANGES = {"1W": 7, "1M": 31, "3M": 92, "1Y": 366, "FY": None, "All": None}
CHARGES = (
    ("Brokerage", "brokerage"),
    ("STT", "stt"),
    ("Exchange", "exchange"),
    ("IPFT", "ipft"),
    ("SEBI", "sebi"),
    ("Stamp duty", "stamp"),
    ("GST", "gst"),
    ("DP", "dp"),
)
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
Row = dict[str, Any]


def start_of(name: str, today: date) -> date | None:
    """The first day of a range; None for all."""
    if name == "FY":
        return date(today.year - (today.month < 4), 4, 1)
    days = RANGES[name]
    return None if days is None else today - timedelta(days=days)


def headline(report: Row, basis: str) -> None:
    """The five figures to look at first, each with its base and its sample."""
    told, days = report["statistics"], len(report["days"])
    cells = st.columns(5)
    cells[0].metric(
        f"{basis} P&L",
        words.rupees(told[basis.lower()], signed=True),
        help="Gross is before charges, net after them. Deposits do not count.",
    )
    cells[1].metric(
        "Return, time-weighted",
        words.percent(told["total_return"]),
        help="Growth of a rupee that stayed in, whatever was paid in or out.",
    )
    cells[2].metric("Charges", words.rupees(report["charges"]["total"]), help=_share(report, told))
    cells[3].metric(
        "Largest drawdown",
        words.percent(told["max_drawdown"]),
        help=f"From the best so far, in {days} days: {words.rupees(told['max_drawdown_rupees'])}.",
    )
    win = "–" if told["win_rate"] is None else f"{told['win_rate'] * 100:.0f}%"
    cells[4].metric(
        "Win rate",
        win,
        help=f"{told['wins']} won, {told['losses']} lost, {told['flat']} even: round trips net of charges.",
    )


def _share(report: Row, told: Row) -> str:
    if not told["gross"] or told["gross"] <= 0:
        return "Brokerage and the statute's charges in this range."
    return f"{report['charges']['total'] / told['gross'] * 100:.1f}% of the gross profit."


def statistics(told: Row, days: int) -> None:
    """Ratios with their sample; those that need more days than there are say so."""
    number = lambda value: "–" if value is None else f"{value:.2f}".replace("-", "−")  # noqa: E731 - used four times below
    rows = [
        ("Round trips", str(told["trips"])),
        ("Average win", words.rupees(told["average_win"])),
        ("Average loss", words.rupees(told["average_loss"])),
        ("Payoff (win ÷ loss)", number(told["payoff"])),
        (
            "Profit factor",
            "no losses" if told["profit_factor"] is None and told["wins"] else number(told["profit_factor"]),
        ),
        ("Expectancy a trip", words.rupees(told["expectancy"], signed=True)),
        ("CAGR", words.percent(told["cagr"])),
        ("Volatility, a year", words.percent(told["volatility"]).removeprefix("+")),
        ("Sharpe (rf 0)", number(told["sharpe"])),
        ("Sortino", number(told["sortino"])),
        ("Longest drawdown, days", str(told["longest_drawdown_days"])),
    ]
    st.markdown("\n".join(["| Statistics | |", "|:--|--:|", *(f"| {label} | {value} |" for label, value in rows)]))
    if days < 30:
        shown = "1 day" if days == 1 else f"{days} days"
        st.caption(f"{shown}: Sharpe and Sortino are shown from 20 days on, figures a year from 30.")


def groups(title: str, rows: list[Row], basis: str) -> None:
    """Profit by symbol or product: bars, and the same figures as a table."""
    st.markdown(f"##### By {title}")
    key = basis.lower()
    top = sorted(rows, key=lambda row: -abs(row[key]))[:12]
    top.sort(key=lambda row: -row[key])
    if top:
        figure = plots.ranked(top, key)
        st.plotly_chart(figure, key=f"by {title}", config={"displayModeBar": False}, alt=f"{basis} profit by {title}")
    table = pd.DataFrame(
        {
            title.capitalize(): [row["name"] for row in rows],
            "Gross": [words.rupees(row["gross"], signed=True) for row in rows],
            "Charges": [words.rupees(row["charges"]) for row in rows],
            "Net": [words.rupees(row["net"], signed=True) for row in rows],
            "Trades": [row["trades"] for row in rows],
        }
    )
    right = st.column_config.TextColumn(alignment="right")
    st.dataframe(table, hide_index=True, column_config=dict.fromkeys(("Gross", "Charges", "Net"), right))


def charges(report: Row) -> None:
    """Where the charges went."""
    st.markdown("##### Charges by kind")
    told = report["charges"]
    rows = [(label, told[key]) for label, key in CHARGES if told[key]]
    if not rows:
        st.caption("None in this range.")
        return
    share = told["total"] or 1
    st.markdown(
        "\n".join(
            [
                "| Kind | ₹ | Share |",
                "|:--|--:|--:|",
                *(f"| {label} | {words.rupees(value)} | {value / share * 100:.1f}% |" for label, value in rows),
                f"| **Total** | **{words.rupees(told['total'])}** | |",
            ]
        )
    )


def reconciliation(told: Row) -> None:
    """One line that must add up to the paisa."""
    sign = words.rupees
    parts = [f"{sign(told['opening_equity'])} at the start"]
    for label, value in (
        ("deposits", told["deposits"]),
        ("withdrawals", -told["withdrawals"]),
        ("realised", told["realised"]),
        ("change of unrealised", told["unrealised_change"]),
        ("charges", -told["charges"]),
    ):
        if value:
            parts.append(f"{'+' if value > 0 else '−'} {sign(abs(value))} {label}")
    parts.append(f"= **{sign(told['equity'])}** equity")
    line = " ".join(parts)
    if told["balanced"]:
        st.caption(f":green[✓ adds up] · {line}")
    else:
        off = "; ".join(f"{each['name']} by {sign(each['difference'])}" for each in told["lines"] if each["difference"])
        st.error(f"These figures do not agree with the ledger ({off or ', '.join(told['days'])}): {line}")


def page() -> None:
    """The page, for who may read a book."""
    seat = guard.require_account()
    with st.container(horizontal=True, vertical_alignment="center"):
        quiet: dict[str, Any] = {"required": True, "label_visibility": "collapsed", "bind": "query-params"}
        span = st.segmented_control("Range", list(RANGES), default="All", key="range", **quiet)
        basis = st.segmented_control("Basis", ["Net", "Gross"], default="Net", key="basis", **quiet)
    today = pd.Timestamp.now(words.INDIA).date()
    report = pnl.report(seat.database, seat.book, start_of(span, today), None)
    days = report["days"]
    if not any(day["equity"] or day["deposits"] or day["trades"] for day in days):
        st.markdown("#### Nothing to analyse yet")
        st.caption(
            "The first trading date that closes with money in the book appears here, with its profit and every charge."
        )
        return
    headline(report, basis)
    reconciliation(report["reconciliation"])
    key = basis.lower()
    plain = {"displayModeBar": False}
    left, right = st.columns([0.68, 0.32], gap="medium")
    with left:
        st.markdown("##### Equity, net of charges")
        st.plotly_chart(
            plots.equity(days, report["benchmark"]),
            key="equity",
            config=plain,
            alt="Equity at each close with deposits marked",
        )
        st.markdown("##### Drawdown")
        st.plotly_chart(plots.drawdown(days), key="drawdown", config=plain, alt="Drawdown from the best so far")
        st.markdown(f"##### Each day, {key}")
        st.plotly_chart(
            plots.daily(days, key),
            key="daily",
            config=plain,
            alt="Profit of each day",
        )
    with right:
        statistics(report["statistics"], len(days))
        charges(report)
    st.markdown(f"##### Calendar, {key}")
    st.plotly_chart(plots.calendar(days, key), key="calendar", config=plain, alt="Profit of each day as a calendar")
    left, right = st.columns(2, gap="medium")
    with left:
        groups("symbol", report["symbols"], basis)
    with right:
        groups("product", report["products"], basis)
    notes.contract_note(seat)
    first = start_of(span, today)
    with st.container(horizontal=True):
        _download("Days", "kagaz-days.csv", lambda: as_csv(DAY_COLUMNS, days))
        _download("Tradebook", "kagaz-tradebook.csv", lambda: pnl.tradebook_csv(seat.database, seat.book, first))


def _download(label: str, name: str, made: Callable[[], str]) -> None:
    """A button that makes its file when it is pressed, marked for spreadsheets as UTF-8."""
    icon = ":material/download:"
    st.download_button(label, lambda: made().encode("utf-8-sig"), name, "text/csv", on_click="ignore", icon=icon)


page()
