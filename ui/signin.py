"""The way in: prove a password (or a Google account), then trade a one-time code for the session's cookie."""

from typing import Any

import streamlit as st
from streamlit_authenticator.controllers import AuthenticationController

from core.reasons import Refusal
from desk import identity
from desk.identity import User
from ui import components, google, house, programs, session

_CODE = "kagaz sign-in code"
_WHO = "kagaz sign-in user"
SEEN = "kagaz seen"  # who was signed in on this page before


def prove(credentials: dict[str, Any], name: str, password: str) -> bool:
    """streamlit-authenticator's judgement of a password. It is given no cookie to set and keeps nothing."""
    controller = AuthenticationController(credentials, auto_hash=False)
    return bool(controller.authentication_model.check_credentials(name, password))


def page() -> None:
    """The sign-in page; also what an anonymous visitor of any other address sees, so that they land there."""
    database = house.database()
    if database is None:
        house.starting()
        return
    with st.container(key="gate"):
        st.markdown("## Kagaz")
        st.caption("The paper exchange for Indian markets. Virtual money: no order leaves this server.")
        if SEEN in st.session_state and _CODE not in st.session_state:
            st.warning("Your session has ended. No order was sent since; a ticket that was open is kept.")
        if "set_password" in st.query_params:
            _by_link(database, st.query_params["set_password"])
            return
        if _CODE in st.session_state:
            _bridge(database)
            return
        _password_form(database)
        _google(database)
        if warning := house.where().warning:
            st.caption(warning)


def _password_form(database: Any) -> None:
    with st.form("sign-in", border=False):
        name = st.text_input("Name", autocomplete="username", max_chars=64)
        password = st.text_input("Password", type="password", autocomplete="current-password", max_chars=200)
        sent = st.form_submit_button("Sign in", type="primary", width="stretch")
    if not sent:
        return
    if not name.strip() or not password:
        st.error("Type your name and your password.")
        return
    try:
        user = identity.check_password(database, name, password, prove, address=session.address())
    except Refusal as refusal:
        st.error(refusal.sentence)
        return
    _proved(database, user)


def _proved(database: Any, user: User) -> None:
    st.session_state[_CODE] = identity.session_code(database, user.id)
    st.session_state[_WHO] = user.id
    st.query_params.pop(google.FAILED, None)
    st.rerun()


def _bridge(database: Any) -> None:
    """The browser carries the code to our route, which answers with the cookie, and loads the page anew."""
    told = components.show("bridge", "bridge-in", {"code": st.session_state[_CODE]}, "failed")
    st.caption("Signing in …")
    if not (told.failed or told.link):
        return
    # The route refused or cannot be reached: keep the session in this tab, where only a reload ends it.
    user_id = st.session_state.pop(_WHO)
    del st.session_state[_CODE]
    if told.failed and told.failed["status"] not in (0, 404, 405):
        st.error(told.failed["detail"])
        return
    session.bind_to_tab(database, user_id)
    st.rerun()


def _google(database: Any) -> None:
    """Offered when the deployment has an ``[auth.google]`` section in its secrets."""
    if not google.configured():
        return
    user, shown = None, google.proof()
    if shown is not None:
        try:
            user = google.sign_in(database, shown, session.address())
        except Refusal as refusal:
            st.error(refusal.sentence)
    if user is not None:
        _proved(database, user)
    if google.FAILED in st.query_params:
        st.error("The sign-in with Google did not succeed: it was given up, or its answer was not valid. Try again.")
    google.button("Sign in with Google", "google")


def _by_link(database: Any, code: str) -> None:
    owner = identity.link_owner(database, code)
    if owner is None:
        st.error("This link was used or is too old. Ask an administrator for a new one.")
        st.link_button("Sign in", "/")
        return
    st.markdown(f"Choose a password for **{owner.name}**.")
    first, again, sent = _new_password("link")
    if not sent:
        return
    if first != again:
        st.error("The two passwords differ. Type the same one twice.")
        return
    try:
        identity.set_password_by_link(database, code, first)
    except Refusal as refusal:
        st.error(refusal.sentence)
        return
    st.query_params.clear()
    _proved(database, owner)


def change_page() -> None:
    """The only page of someone whose password was given to them: they choose their own first."""
    database = house.database()
    who = session.principal(database) if database is not None else None
    if database is None or who is None:
        page()
        return
    with st.container(key="gate"):
        st.markdown("### Choose your own password")
        st.caption(f"You are signed in as {who.name} with a password that somebody gave you. Change it to go on.")
        old = st.text_input("Password you were given", type="password", autocomplete="current-password")
        first, again, sent = _new_password("change")
        if not sent:
            return
        if first != again:
            st.error("The two new passwords differ. Type the same one twice.")
            return
        try:
            identity.change_password(database, who, old, first)
        except Refusal as refusal:
            st.error(refusal.sentence)
            return
        st.rerun()


def _new_password(key: str) -> tuple[str, str, bool]:
    with st.form(f"{key}-form", border=False):
        first = st.text_input(
            "New password",
            type="password",
            autocomplete="new-password",
            key=f"{key}-first",
            max_chars=200,
        )
        again = st.text_input("New password again", type="password", autocomplete="new-password", key=f"{key}-again")
        st.caption(identity.RULE)
        sent = st.form_submit_button("Set password", type="primary", width="stretch")
    return first, again, sent


def leave(database: Any, who: identity.Principal) -> None:
    """Signs out: our route revokes the session and drops the cookie, then the page loads anew.

    Where the route cannot be reached the session is revoked from here; what stays in the browser opens nothing.
    """
    programs.forget()
    if not session.bound_to_tab():
        told = components.show("bridge", "bridge-out", {"leave": True}, "failed")
        st.caption("Signing out …")
        if not (told.failed or told.link):
            return
    session.revoke(database, who)
    st.rerun()
