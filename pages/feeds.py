"""Feeds: the vendors whose live prices one brings, connected and watched, and one's own live market."""

from typing import Any

import streamlit as st

from core.reasons import Refusal
from core.vendors import TERMS, Vendor
from desk import feed_status, live, vendors
from ui import feeds, guard, words
from ui.outcome import act, hear, say
from ui.seat import Seat, choose

TURN = "kagaz feeds typed"
CALLBACK = "/api/v1/feeds/upstox/callback"
LOGIN = "/api/v1/feeds/upstox/login"
OUTCOMES = {
    "connecting": (st.info, "You are back from Upstox. The token of the day is being fetched; this takes a moment."),
    "declined": (st.warning, "The login was declined. Nothing was connected."),
    "lost": (
        st.error,
        "That login was not begun in this session, is used up, or took longer than ten minutes. Connect again.",
    ),
    "signed-out": (st.error, "You were no longer signed in here when that login came back. Connect again."),
}
ALONE = (
    "A vendor's prices are for the holder of its account: nobody else here sees them, not even an administrator. "
    "Your live market has books of its own; the other market and its books go on as they are."
)
NOBODY = "None"


def vendor(seat: Seat, row: dict[str, Any]) -> None:
    """One vendor: how it is, the way in, and what is typed in."""
    whose = Vendor(row["vendor"])
    with st.container(border=True, key=f"vendor-{whose}"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"##### {row['title']} {feeds.badge(row['state'])}", width="stretch")
            if row["daily"] and row["state"] != "NONE":
                connect(seat, row)
        st.caption(about(row))
        with st.container():  # what stands below keeps its place, and what is typed there stays
            if row["refused"]:
                st.error(words.plain(row["refused"]))
        title = "Set up" if row["state"] == "NONE" else "Change what is typed in"
        with st.expander(title, icon=":material/key:", expanded=row["state"] == "NONE" and whose is Vendor.UPSTOX):
            typed(seat, whose)
            if row["state"] != "NONE" and st.button("Forget it", icon=":material/delete:", key=f"forget {whose}"):
                gone = f"{row['title']} is forgotten, its token with it."
                act(lambda: vendors.forget(seat.database, seat.who, whose), gone)


def connect(seat: Seat, row: dict[str, Any]) -> None:
    """The button to the vendor's own login; it comes back to us by the browser."""
    if seat.bound:
        st.caption("This host lets no login come back. Use a Kagaz of your own.")
        return
    fresh = row["state"] == "READY"
    st.link_button("Connect again" if row["token_expires_at"] or row["refused"] else "Connect", LOGIN,
        icon=":material/login:", type="secondary" if fresh else "primary")  # fmt: skip


def about(row: dict[str, Any]) -> str:
    """Where it stands, in a line."""
    if row["state"] == "NONE":
        return "Nothing is typed in yet."
    parts = [f"Key {row['hint']}" if row["daily"] else f"User {row['hint']}"]
    if row["state"] == "CONNECTING":
        parts.append("the token of the day is being fetched")
    elif row["daily"]:
        ends = row["token_expires_at"]
        parts.append(f"token until {words.moment(ends)} IST" if ends else "no token of the day")
    return words.plain(" · ".join(parts))


def typed(seat: Seat, whose: Vendor) -> None:
    """What the owner types in; never shown again."""
    terms = TERMS[whose]
    turn = st.session_state.setdefault(TURN, 0)
    with st.form(f"typed {whose}", border=False):
        values = {
            name: st.text_input(
                label,
                type="password" if name in terms.secret else "default",
                value=callback() if name == "redirect_url" else "",
                autocomplete="off",
                # Other fields once it is kept: those that held a secret are forgotten with what was in them.
                key=f"{whose} {name} {turn}",
                max_chars=vendors.LONGEST,
            )
            for name, label in terms.fields.items()
        }
        if whose is Vendor.UPSTOX:
            st.caption("Make an app on Upstox's developer page and give it this very redirect URL.")
        st.caption("Kept sealed, used to connect alone, and never shown again.")
        sent = st.form_submit_button("Keep", type="primary")
    if not sent:
        return
    try:
        vendors.put(seat.database, seat.who, whose, values)
    except Refusal as refusal:
        st.error(refusal.sentence)
        return
    st.session_state[TURN] = turn + 1
    say(f"{terms.title} is set up." + (" Connect it now." if terms.daily else ""))


def callback() -> str:
    """Where a login comes back to, of the address of this page."""
    return words.front_door(st.context.url, "feeds") + CALLBACK


def own_market(seat: Seat, drawn: feeds.Told) -> None:
    """One's live market: which feeds, on or off, and the way to its book."""
    ready = [Vendor(row["vendor"]) for row in drawn.vendors if row["state"] != "NONE"]
    found = drawn.market
    if not ready:
        st.caption("Set up a vendor, and your live market can be switched on here.")
        return
    with st.container(border=True, key="own-market"):
        st.markdown("##### Your live market")
        titles = {each: TERMS[each].title for each in ready}
        at = ready.index(Vendor(found.feed)) if found and found.feed in ready else 0
        with st.form("own market", border=False):
            first = st.selectbox("Prices from", ready, index=at, format_func=lambda each: titles[each])
            others = [NOBODY, *(each for each in ready)]
            second = st.selectbox(
                "And when that is silent, from",
                others,
                index=others.index(Vendor(found.backup)) if found and found.backup in ready else 0,
                format_func=lambda each: titles.get(each, each),
                help="The second feed takes over after ten seconds of silence, and gives way when the first has been "
                "good for a minute.",
            )
            label = "Save and start" if found is None or not found.running else "Save"
            sent = st.form_submit_button(label, type="primary", icon=":material/play_circle:")
        if sent:
            backup = None if second == NOBODY else Vendor(second)
            act(
                lambda: live.choose(seat.database, seat.who, first, backup),
                "Your live market is switched on.",
            )
        books(seat)


def books(seat: Seat) -> None:
    """The way to the books of one's live market."""
    own = [each for each in seat.accounts if each.market == live.name_of(seat.who.name) and not each.archived]
    for book in own:
        if seat.account is not None and seat.account.id == book.id:
            st.caption(f"You are in {book.key}. Its virtual money is paid in on the page Funds.")
        elif st.button(f"Trade in {book.key}", icon=":material/swap_horiz:", key=f"book {book.id}"):
            choose(book.key)
            st.rerun()


@st.fragment(run_every=2.0)
def state(seat: Seat, drawn: feeds.Told) -> None:
    """How the own feed is, looked at every two seconds; the whole page anew where what stands above is so no longer: a
    token has come, was refused or has ended, or another tab or an administrator has changed something."""
    seat = guard.still(seat)
    if feeds.told(seat) != drawn:
        st.rerun()
    for row in feed_status.listed(seat.database, seat.who):
        if row["owner"] == seat.who.name:
            feeds.market(seat, row)


def notice(waits: bool) -> None:
    """What came of a login. Always there, so that nothing below moves while somebody types or presses."""
    outcome = OUTCOMES.get(st.query_params.get("login", ""))
    with st.container():
        if waits:
            OUTCOMES["connecting"][0](OUTCOMES["connecting"][1])
        elif outcome is OUTCOMES["connecting"]:
            st.query_params.clear()  # it is over, and what came of it stands below
        elif outcome is not None:
            outcome[0](outcome[1])


def page() -> None:
    """The page, for whoever trades."""
    seat = guard.require("trader", "admin")
    hear()
    drawn = feeds.told(seat)
    notice(drawn.waits)
    st.caption(ALONE)
    left, right = st.columns([1, 1], gap="medium")
    with left:
        for row in drawn.vendors:
            vendor(seat, row)
    with right:
        own_market(seat, drawn)
    state(seat, drawn)


page()
