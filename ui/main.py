"""The entry script: who is there, what they may open, and the frame round it.

It stands outside ``pages/`` on purpose: with the pages beside the entry script, a server that has just
started runs a page file by its address without running this one.
"""

from typing import Any

import streamlit as st

from ui import frame, google, house, risk_banner, session, signin
from ui.menu import MENU, file_of
from ui.seat import take

LEAVING = "kagaz leaving"


def _gate(page: Any) -> None:
    """One page under every address, so that a deep link leads through it and then on."""
    frame.style()
    others = [st.Page(page, url_path=name, title="Kagaz") for name, *_ in MENU]
    st.navigation([st.Page(page, title="Kagaz", url_path="sign-in", default=True), *others], position="hidden").run()


def _pages(role: str) -> dict[str, Any]:
    return {
        name: st.Page(file_of(name), title=title, icon=icon, url_path=name)
        for name, title, icon, roles in MENU
        if role in roles
    }


def main() -> None:
    """One run: the gate for who is not known, the frame and the page for who is."""
    st.set_page_config(page_title="Kagaz", page_icon="🧾", layout="wide", initial_sidebar_state=392)
    database = house.database()
    who = session.principal(database) if database is not None else None
    if database is None or who is None:
        st.session_state.pop(LEAVING, None)  # whoever signs in next in this tab has not asked to leave
        _gate(signin.page)
        return
    st.session_state[signin.SEEN] = who.name
    if who.must_change_password:
        _gate(signin.change_page)
        return
    pages = _pages(who.role)
    # The root has no page of its own: each page keeps its address, whoever is signed in.
    home = st.Page(frame.style, title="Kagaz", url_path="home", default=True, visibility="hidden")
    chosen = st.navigation([home, *pages.values()], position="top")
    if chosen is home:
        first = "account" if google.waits_for_a_link(database, who) else MENU[0][0]
        st.switch_page(pages[first], query_params=st.query_params.to_dict())
    seat = take(database, who)
    if frame.above(seat, pages, chosen) == "leave":
        st.session_state[LEAVING] = True
    if LEAVING in st.session_state:
        signin.leave(database, who)
        return
    if seat.bound:
        st.caption("This host lets no cookie through: reloading the page signs you out.")
    risk_banner.show(seat, chosen is pages.get("risk"))
    chosen.run()


main()
