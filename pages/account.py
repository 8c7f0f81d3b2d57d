"""Account: who one is, the ways in, what is signed in elsewhere, and the tokens of one's programs."""

from datetime import UTC, datetime, timedelta
from functools import partial

import streamlit as st

from core.reasons import Reason, Refusal
from desk import identity, sharing
from desk.identity import SessionRow, TokenRow
from ui import google, guard, words
from ui.outcome import act, hear, say
from ui.seat import Seat

MADE = "kagaz token made"
LIVES = {"30 days": 30, "90 days": 90, "A year": 365, "No end": None}
REACH = "All my books"


def line(title: str, about: str, button: str | None, key: str) -> bool:
    """One row: what it is, a smaller line about it, and the button at its end; whether that was pressed."""
    with st.container(horizontal=True, vertical_alignment="center", wrap=False):
        st.markdown(f"{title}  \n:small[:gray[{about}]]", width="stretch")
        return button is not None and st.button(button, key=key)


def who_i_am(seat: Seat) -> None:
    """Name, role, address, books."""
    user = identity.find(seat.database, seat.who.name)
    st.markdown(f"#### {words.plain(user.display_name)} :blue-badge[{user.role.capitalize()}]")
    books = ", ".join(each.key for each in seat.accounts if each.user_id == seat.who.user_id and not each.archived)
    email = words.plain(user.email) if user.email else "no e-mail address"
    facts = [f"Signs in as **{words.plain(user.name)}**", email, f"Books: {words.plain(books) or 'none'}"]
    st.caption(" · ".join(facts))


def password(seat: Seat) -> None:
    """Asks for the old one; ends every other session."""
    known = identity.has_password(seat.database, seat.who)
    with st.container(border=True, key="account-password"):
        st.markdown("##### Password" if known else "##### Set a password")
        with st.form("password", border=False, clear_on_submit=True):
            old = ""
            if known:
                old = st.text_input("Present password", type="password", autocomplete="current-password", max_chars=200)
            new = st.text_input("New password", type="password", autocomplete="new-password", max_chars=200)
            again = st.text_input("New password again", type="password", autocomplete="new-password", max_chars=200)
            st.caption(f"{identity.RULE} Setting it ends every other session.")
            sent = st.form_submit_button("Set password", type="primary")
        if not sent:
            return
        if new != again:
            st.error("The two new passwords differ. Type the same one twice.")
            return
        try:
            identity.change_password(seat.database, seat.who, old, new)
        except Refusal as refusal:
            st.error(refusal.sentence)
            return
    say("Your password is set; every other session has ended.")


def sign_ins(seat: Seat) -> None:
    """Linked accounts, each to be taken away unless it is the last way in; and one to be linked."""
    with st.container(border=True, key="account-sign-ins"):
        st.markdown("##### Linked sign-ins")
        links = identity.linked(seat.database, seat.who)
        for link in links:
            used = words.moment(link.proved_at) if link.proved_at else "never"
            title, about = words.plain(link.email or link.subject), f"{words.host(link.issuer)} · last used {used}"
            if line(f"**{title}**", about, "Unlink", f"unlink {link.issuer} {link.subject}"):
                act(partial(identity.unlink, seat.database, seat.who, link.issuer, link.subject), "Unlinked.")
        if not google.configured():
            if not links:
                st.caption("Sign-in with Google is not set up on this server.")
            return
        shown = google.proof()
        if shown is None or identity.whose(seat.database, shown) is not None:
            if not links:
                st.caption("Link a Google account to sign in with it as well. Your password stays.")
            google.button("Link a Google account", "link-google")
            return
        confirm_link(seat, shown)


def confirm_link(seat: Seat, shown: identity.Proof) -> None:
    """The last step: which account to whom, and the password once more."""
    known = identity.has_password(seat.database, seat.who)
    st.info(
        f"You come from Google as **{words.plain(shown.email or shown.subject)}**. Shall it sign in as {seat.who.name}?"
    )
    with st.form("link", border=False):
        secret = ""
        if known:
            secret = st.text_input(
                "Your password here", type="password", autocomplete="current-password", max_chars=200
            )
        sent = st.form_submit_button("Link it", type="primary")
    google.button("Take another Google account", "other-google")
    if sent:
        database, who = seat.database, seat.who
        act(
            lambda: identity.link(database, who, shown, identity.confirm_anew(database, who, secret)),
            "Linked: from now on that Google account signs in as you.",
        )


def sessions(seat: Seat) -> None:
    """Every browser that is signed in, this one first."""
    rows = identity.sessions(seat.database, seat.who)
    rows.sort(key=lambda each: str(each.public_id) != seat.who.session_public_id)
    with st.container(border=True, key="account-sessions"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown("##### Sessions")
            st.space("stretch")
            if len(rows) > 1 and st.button("End all others", icon=":material/logout:"):
                act(lambda: identity.revoke_others(seat.database, seat.who), "Every other session has ended.")
        for row in rows:
            session(seat, row)
        st.caption(
            "A session lasts eight hours. One that is ended loses its open pages and streams within two seconds."
        )


def session(seat: Seat, row: SessionRow) -> None:
    """Where, since when, last seen."""
    here = str(row.public_id) == seat.who.session_public_id
    seen = "now" if here else words.moment(row.last_seen_at)
    title = f"**{words.browser(row.agent)}**{' :green-badge[this one]' if here else ''}"
    about = f"{row.address or 'this machine'} · since {words.moment(row.created_at)} · seen {seen}"
    if line(title, about, None if here else "End", f"end {row.public_id}"):
        act(lambda: identity.revoke_session(seat.database, seat.who, str(row.public_id)), "That session has ended.")


def tokens(seat: Seat) -> None:
    """Tokens of the API: what each may do, when it was used last; a new one is shown once."""
    with st.container(border=True, key="account-tokens"):
        st.markdown("##### API tokens")
        made = st.session_state.pop(MADE, None)
        if made:
            st.success("Copy the new token now: it is shown this once and kept nowhere.")
            st.code(made, language=None, wrap_lines=True)
        rows = identity.tokens(seat.database, seat.who)
        if not rows:
            st.caption("None yet. A program sends one as `Authorization: Bearer …` and needs no password.")
        for row in rows:
            token(seat, row)
        with st.expander("Make a token", icon=":material/add:"):
            new_token(seat)


def token(seat: Seat, row: TokenRow) -> None:
    """One token: never itself."""
    used = f"used {words.moment(row.last_used_at)}" if row.last_used_at else "never used"
    ends = f"ends {words.moment(row.expires_at)}" if row.expires_at else "no end"
    may = "reads and trades" if "trade" in row.scopes else "reads"
    about = " · ".join([may, words.plain(row.account or "all books"), used, ends])
    if line(f"**{words.plain(row.name or 'unnamed')}**", about, "Revoke", f"revoke {row.id}"):
        act(lambda: identity.revoke_token(seat.database, seat.who, row.id), "That token opens nothing any more.")


def new_token(seat: Seat) -> None:
    """What it may do, where, and how long."""
    own = [each.key for each in seat.accounts if each.user_id == seat.who.user_id and not each.archived]
    writes = seat.who.role != "analyst"
    with st.form("token", border=False, clear_on_submit=True):
        name = st.text_input("Name", max_chars=40, placeholder="my bot")
        may = st.segmented_control(
            "May", ["Read", "Read and trade"] if writes else ["Read"], default="Read", required=True
        )
        reach = st.selectbox("In", [REACH, *own])
        lives = st.selectbox("For", list(LIVES), index=1)
        sent = st.form_submit_button("Make token", type="primary")
    if not sent:
        return
    if not name.strip():
        st.error("Name the token after the program that will use it.")
        return
    days = LIVES[lives]
    try:
        made, _ = identity.create_token(
            seat.database,
            seat.who.name,
            seat.who.name,
            None if reach == REACH else reach,
            name=name.strip(),
            scopes=("read", "trade") if may == "Read and trade" else ("read",),
            expires_at=None if days is None else datetime.now(UTC) + timedelta(days=days),
        )
    except Refusal as refusal:
        st.error(refusal.sentence)
        return
    st.session_state[MADE] = made
    st.rerun()


def shares(seat: Seat) -> None:
    """Who else reads one's books, an analyst say, and the form that lets one more in. A vendor's prices are shown to
    nobody else, so that a book with them is not among these."""
    own = [each for each in seat.accounts if each.user_id == seat.who.user_id and not (each.archived or each.live)]
    if not own or not seat.who.may_write:
        return
    with st.container(border=True, key="account-shares"):
        st.markdown("##### Who reads my books")
        st.caption("They see orders, positions, money and alerts of a book, and change nothing.")
        keys = [each.key for each in own]
        readers = [(key, name) for key, name in sharing.readers(seat.database, seat.who) if key in keys]
        for key, name in readers:
            if line(f"**{words.plain(name)}**", f"reads {words.plain(key)}", "Take back", f"{key} {name}"):
                act(partial(sharing.unshare, seat.database, seat.who, key, name), f"{name} reads {key} no longer.")
        if not readers:
            st.caption("Nobody but you, and administrators.")
        with st.expander("Share a book", icon=":material/add:"), st.form("share", border=False, clear_on_submit=True):
            key = st.selectbox("Book", keys)
            name = st.text_input("Name of who may read it", max_chars=64).strip().lower()
            if st.form_submit_button("Share", type="primary"):
                act(partial(share, seat, key, name), f"{name} may read {key} now.")


def share(seat: Seat, key: str, name: str) -> None:
    """Let somebody read a book; who gives entry does so in a session, which a page always is."""
    if not name:
        raise Refusal(Reason.BAD_INPUT, "Type the name with which they sign in.", "user")
    sharing.share(seat.database, seat.who, key, name)


def page() -> None:
    """The page, for everybody who is signed in."""
    seat = guard.require()
    hear()
    who_i_am(seat)
    left, right = st.columns([1, 1], gap="medium")
    with left:
        sessions(seat)
        tokens(seat)
    with right:
        shares(seat)
        sign_ins(seat)
        password(seat)


page()
