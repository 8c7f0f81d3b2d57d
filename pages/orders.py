"""The order book of the trading date: open, executed and all orders, live, with every reason in full."""

import streamlit as st

from ui import components, fallback, guard

seat = guard.require_account()
if seat.live:
    shown = {"seat": seat.for_browser(), "write": seat.writes, "brief": False, "open": st.query_params.get("order")}
    components.show("orders", "orders", shown)
else:
    fallback.orders(seat)
