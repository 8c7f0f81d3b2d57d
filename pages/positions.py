"""Positions and holdings with profit and loss that moves with the market."""

import streamlit as st

from ui import actions, components, fallback, guard

seat = guard.require_account()
if seat.live:
    data = {"seat": seat.for_browser(), "write": seat.writes, "brief": False, "find": st.query_params.get("find")}
    if components.show("positions", "positions", data, "exitall").exitall:
        actions.exit_all(seat)
else:
    fallback.positions(seat)
