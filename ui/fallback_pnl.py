"""Profit and loss where the stream cannot be reached: the same figures, drawn by Streamlit at each rerun."""

from typing import Any

import pandas as pd
import streamlit as st

from ui import plots, words

CHARGES = (
    ("Brokerage", "brokerage"),
    ("STT", "stt"),
    ("Exchange", "exchange"),
    ("IPFT", "ipft"),
    ("SEBI", "sebi"),
    ("Stamp duty", "stamp"),
    ("GST", "gst"),
    ("DP", "dp"),
    ("Interest", "interest"),
)
Row = dict[str, Any]


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
        ("Expectancy in R (average losses)", number(told["expectancy_r"])),
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


def report(found: Row, basis: str) -> None:
    """The whole report of ``desk.pnl``; ``basis`` is Net or Gross."""
    days, key = found["days"], basis.lower()
    if not any(day["equity"] or day["deposits"] or day["trades"] for day in days):
        st.markdown("#### Nothing to analyse yet")
        st.caption(
            "The first trading date that closes with money in the book appears here, with its profit and every charge."
        )
        return
    headline(found, basis)
    reconciliation(found["reconciliation"])
    plain = {"displayModeBar": False}
    left, right = st.columns([0.68, 0.32], gap="medium")
    with left:
        st.markdown("##### Equity, net of charges")
        equity = plots.equity(days, found["benchmark"])
        st.plotly_chart(equity, key="equity", config=plain, alt="Equity at each close with deposits marked")
        st.markdown("##### Drawdown")
        st.plotly_chart(plots.drawdown(days), key="drawdown", config=plain, alt="Drawdown from the best so far")
        st.markdown(f"##### Each day, {key}")
        st.plotly_chart(plots.daily(days, key), key="daily", config=plain, alt="Profit of each day")
    with right:
        statistics(found["statistics"], len(days))
        charges(found)
    st.markdown(f"##### Calendar, {key}")
    st.plotly_chart(plots.calendar(days, key), key="calendar", config=plain, alt="Profit of each day as a calendar")
    left, right = st.columns(2, gap="medium")
    with left:
        groups("symbol", found["symbols"], basis)
    with right:
        groups("product", found["products"], basis)
