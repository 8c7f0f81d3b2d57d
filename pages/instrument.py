"""One instrument: live head, tall chart, depth, its terms, and the user's orders and fills in it."""

from datetime import date, datetime
from typing import Any

import streamlit as st

from core.calendar import IST
from core.money import group
from desk import screens
from ui import components, fallback, guard, words
from ui.menu import file_of

FIRST = "NSE:NIFTY 50"
KINDS = {
    "EQ": "Share",
    "ETF": "Exchange-traded fund",
    "INDEX": "Index",
    "FUT": "Future",
    "CE": "Call option",
    "PE": "Put option",
}


def terms(found: dict[str, Any]) -> None:
    """What an order must respect."""
    rows = [
        ("Kind", KINDS.get(str(found["kind"]), found["kind"])),
        ("Lot", found["lot"]),
        ("Tick", words.rupees(found["tick"])),
        ("Most in one order", group(found["freeze_quantity"])),
        ("Expiry", _expiry(found["expiry"])),
        ("Strike", words.rupees(found["strike"]) if found["strike"] else None),
        ("ISIN", found["isin"]),
        ("Sector", found["sector"] if not found["expiry"] else None),
    ]
    st.markdown("\n".join(["| Terms | |", "|:--|--:|", *(f"| {label} | {value} |" for label, value in rows if value)]))


def _expiry(iso: object) -> str | None:
    if not iso:
        return None
    on = date.fromisoformat(str(iso))
    days = (on - datetime.now(IST).date()).days
    return f"{on:%d %b %Y}, {'today' if days == 0 else f'in {days} days'}"


def page() -> None:
    """The page, for everyone."""
    seat = guard.require()
    key = st.query_params.get("symbol", FIRST)
    found = screens.instruments(seat.database, [key])["items"]
    if not found:
        st.markdown("#### Nothing is listed under that name")
        st.caption("Search in the market watch: press / and type a name.")
        return
    shared = {"seat": seat.for_browser(), "write": seat.writes, "keeps": seat.who.may_write, "symbol": key}
    if not seat.live:
        fallback.quote(seat, key)
        if seat.account is not None:
            fallback.fills(seat, key)
        terms(found[0])
        return
    head = components.show("quote", "page-quote", {**shared, "follow": False}, "open", "alert")
    if head.alert:
        st.switch_page(file_of("alerts"), query_params={"symbol": head.alert})
    picked = head.open
    if picked and picked != key:  # another strike or expiry, from the option chain
        st.query_params["symbol"] = picked
        st.rerun()
    left, right = st.columns([0.72, 0.28], gap="medium")
    with left:
        components.show("chart", "page-chart", {**shared, "follow": False, "height": 520})
        if seat.account is not None:
            components.show("fills", "page-fills", {"seat": shared["seat"], "symbol": key})
    with right:
        components.show("depth", "page-depth", {**shared, "follow": False})
        terms(found[0])


page()
