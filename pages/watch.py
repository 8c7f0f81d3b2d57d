"""The desk: what is picked in the market watch, its chart and depth, and what the user has open."""

import streamlit as st

from ui import actions, components, fallback, frame, guard
from ui.menu import file_of

seat = guard.require()
shared = {"seat": seat.for_browser(), "write": seat.writes, "keeps": seat.who.may_write}
linked = st.query_params.get("symbol")  # else what was picked last in this tab

if not seat.live:
    fallback.watch(seat)
    fallback.quote(seat, linked or "NSE:NIFTY 50")
    st.stop()

with st.container(key="phone-watch"):
    frame.watch(seat, "watch-phone")

head = components.show("quote", "desk-quote", {**shared, "symbol": linked, "follow": True}, "open", "alert")
left, right = st.columns([0.7, 0.3], gap="medium")
with left:
    components.show("chart", "desk-chart", {**shared, "symbol": linked, "follow": True, "height": 380})
with right:
    components.show("depth", "desk-depth", {**shared, "symbol": linked, "follow": True})
if seat.account is not None:
    told = components.show("positions", "desk-positions", {**shared, "brief": True}, "exitall")
    components.show("orders", "desk-orders", {**shared, "brief": True})
    if told.exitall:
        actions.exit_all(seat)
if head.open:
    st.switch_page(file_of("instrument"), query_params={"symbol": head.open})
if head.alert:
    st.switch_page(file_of("alerts"), query_params={"symbol": head.alert})
