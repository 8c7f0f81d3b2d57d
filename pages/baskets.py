"""Baskets: orders that are placed together, what they need on the way and in the end, and their outcome."""

import streamlit as st

from desk import baskets
from ui import components, guard, words

seat = guard.require_account("trader", "admin")
if seat.live:
    components.show("baskets", "baskets", {"seat": seat.for_browser(), "write": seat.writes})
else:
    found = baskets.listed(seat.database, seat.who)
    if not found:
        st.caption("No basket yet. Where the stream cannot be reached, baskets are made through the API.")
    for basket in found:
        st.markdown(f"##### {basket['name']}")
        st.dataframe(
            [{**leg, "price": words.rupees(leg["price"])} for leg in basket["legs"]], hide_index=True
        )  # fmt: skip
