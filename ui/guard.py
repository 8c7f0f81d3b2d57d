"""Each page asks here who may see it, whatever way led to it."""

from typing import NoReturn

import streamlit as st

from ui import house, session
from ui.seat import Seat, take

EVERYONE = ("trader", "analyst", "admin")


def require(*roles: str) -> Seat:
    """The seat of who is signed in, if their role is one of these; otherwise the page ends here."""
    database = house.database()
    if database is None:
        house.starting()
        st.stop()
    who = session.principal(database)
    if who is None or who.must_change_password:
        _end("You are signed out", "Reload the page to sign in. No order was sent.")
    if who.role not in (roles or EVERYONE):
        _end("This page is not for you", "Ask an administrator if you need it.")
    return take(database, who)


def require_account(*roles: str) -> Seat:
    """As ``require``, for pages that show a book: someone without one is told so."""
    seat = require(*roles)
    if seat.account is None:
        _end("No book to show yet", "Nobody has shared an account with you. Ask its owner, or an administrator.")
    return seat


def still(seat: Seat) -> Seat:
    """The same seat as it stands now, for a fragment, which runs without its page: whoever was signed out, lost
    their role or the book sees the whole page drawn anew instead."""
    who = session.principal(seat.database)
    if who is None or who.role != seat.who.role or who.user_id != seat.who.user_id:
        st.rerun()
    fresh = take(seat.database, who)
    if fresh.account != seat.account:
        st.rerun()
    return fresh


def _end(title: str, what_now: str) -> NoReturn:
    st.markdown(f"#### {title}")
    st.caption(what_now)
    st.stop()
    raise SystemExit  # st.stop does not return; this tells the type checker
