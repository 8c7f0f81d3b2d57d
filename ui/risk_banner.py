"""The line above every page while the book may not trade freely, and why."""

import streamlit as st

from core.standing import TradingState
from desk import risk_status
from ui.menu import file_of
from ui.seat import Seat


def show(seat: Seat, on_risk: bool = False) -> None:
    """Says REDUCING or HALTED, with the reason; nothing for a book that trades freely. Elsewhere than ``on_risk``, the
    page where that can be changed, it leads there."""
    if seat.account is None or seat.account.archived:
        return
    now = risk_status.state(seat.database, seat.account)
    if now["state"] is TradingState.ACTIVE:
        return
    halted = now["state"] is TradingState.HALTED
    title = "Trading is halted" if halted else "Trading is restricted"
    text = f"**{title} in {seat.account.key}.** {now['reason']} {now['explained']}"
    (st.error if halted else st.warning)(text, icon=":material/block:" if halted else ":material/trending_down:")
    if not on_risk:
        st.page_link(file_of("risk"), label="See why, and what lets it trade again", icon=":material/shield:")
