"""The line above every page while the book may not trade freely, and why."""

import streamlit as st

from core.standing import TradingState
from desk import risk_status
from desk.rows import Row
from ui import words
from ui.menu import file_of
from ui.seat import Seat


def why(now: Row, me: str) -> str:
    """Who or what stopped it, and since when: ``You pressed the kill switch, 26 Nov 10:42:11.``"""
    reason: str = now["reason"]
    if now["by"] == me:
        reason = reason.replace(f"{me} pressed", "You pressed", 1)
    return f"{reason.removesuffix('.')}, {words.moment(now['since'])}." if now["since"] else reason


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
    text = f"**{title} in {seat.account.key}.** {why(now, seat.who.name)} {now['explained']}"
    (st.error if halted else st.warning)(text, icon=":material/block:" if halted else ":material/trending_down:")
    if not on_risk:
        st.page_link(file_of("risk"), label="See why, and what lets it trade again", icon=":material/shield:")
