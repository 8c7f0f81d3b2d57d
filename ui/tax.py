"""A financial year for the tax return: what was closed, under which head, and the charges; lot by lot as a file."""

from datetime import datetime
from typing import Any

import streamlit as st

from core.calendar import IST
from desk import contract_notes, pnl, tax_report
from ui import words
from ui.fallback_pnl import CHARGES
from ui.seat import Seat
from ui.tables import figures, grid

Row = dict[str, Any]
ADVICE = (
    "Reckoned from the ledger, first in, first out; not tax advice. Charges hold STT, which is not deducted from"
    " capital gains. Turnover adds profits and losses without their sign."
)


def year(seat: Seat) -> None:
    """Pick a financial year; its heads, its charges, its lots as a file."""
    st.markdown("##### Tax, by financial year")
    now = pnl.year_start(datetime.now(IST).date())
    traded = {pnl.year_start(day) for day in contract_notes.days(seat.database, seat.book)}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = st.selectbox(
            "Financial year", sorted({now, *traded}, reverse=True), format_func=pnl.financial_year, key="tax year"
        )
        st.space("stretch")
        found = tax_report.report(seat.database, seat.book, chosen)
        st.download_button(
            "Lots as CSV", lambda: tax_report.as_sheet(found).encode("utf-8-sig"),
            f"kagaz-tax-{pnl.financial_year(chosen)}.csv", "text/csv", on_click="ignore", icon=":material/download:",
            key="tax csv", disabled=not found["lots"],
        )  # fmt: skip
    if not found["lots"]:
        st.caption("Nothing was closed in this year: a lot appears here on the day on which it is sold or bought back.")
        return
    figures([_head(each) for each in found["heads"]], 1, "heads")
    st.caption(ADVICE)
    with st.expander("Charges of the year by kind"):
        figures(_charges(found["charges"]), 1, "kinds")
    with st.expander(f"Lots ({len(found['lots'])})"):
        grid([_lot(each) for each in reversed(found["lots"])], 5)


def _head(each: Row) -> Row:
    return {
        "Head": each["words"],
        "Lots": str(each["trips"]),
        "Profits": words.rupees(each["profit"]),
        "Losses": words.rupees(-each["loss"]),
        "Gross": words.rupees(each["gross"], signed=True),
        "Charges": words.rupees(each["charges"]),
        "Net": words.rupees(each["net"], signed=True),
        "Turnover": words.rupees(each["turnover"]),
    }


def _charges(told: Row) -> list[Row]:
    rows = [{"Kind": label, "Amount": words.rupees(told[key])} for label, key in CHARGES if told[key]]
    return [*rows, {"Kind": "Total", "Amount": words.rupees(told["total"])}]


def _lot(each: Row) -> Row:
    return {
        "Instrument": each["symbol"],
        "Head": each["head"].replace("_", " ").capitalize(),
        "Side": each["side"].capitalize(),
        "Opened": each["opened_on"],
        "Closed": each["closed_on"],
        "Days": str(each["held_days"]),
        "Qty": str(each["quantity"]),
        "Bought for": words.rupees(each["buy_value"]),
        "Sold for": words.rupees(each["sell_value"]),
        "Gross": words.rupees(each["gross"], signed=True),
        "Charges": words.rupees(each["charges"]),
        "Net": words.rupees(each["net"], signed=True),
    }
