"""What pages do at a component's request."""

import streamlit as st

from desk import trading
from ui.seat import Seat


def exit_all(seat: Seat) -> None:
    """Closes every intraday and carried position of the book at the market, and says what came of it."""
    if seat.account is None or not seat.writes:
        return
    answers = trading.exit_all(seat.database, seat.who.name, seat.account.id)
    refused = [answer for answer in answers if not answer.ok]
    for answer in refused:
        st.error(answer.body["detail"])
    sent = len(answers) - len(refused)
    st.toast(f"{sent} closing order{'' if sent == 1 else 's'} sent." if answers else "There was nothing to exit.")
