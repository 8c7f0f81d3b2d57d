"""The option chain of an underlying, and a strategy of its contracts: payoff, margin, Greeks, and a basket of it."""

import streamlit as st

from ui import assets, components, fallback, guard
from ui.menu import file_of

seat = guard.require_account()
asked = {"underlying": st.query_params.get("underlying"), "expiry": st.query_params.get("expiry")}
if seat.live:
    data = {"seat": seat.for_browser(), "write": seat.writes, "plotly": assets.plotly_version(), **asked}
    told = components.show("options", "options", data, "open", "go")
    if told.open:
        st.switch_page(file_of("instrument"), query_params={"symbol": told.open})
    if told.go == "baskets":
        st.switch_page(file_of("baskets"))
else:
    fallback.chain(seat, asked["underlying"] or "NSE:NIFTY 50", asked["expiry"])
