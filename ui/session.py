"""Who sits before this browser tab: read from the session's cookie at every run, never remembered here.

Where our routes cannot set a cookie, the session's secret lives in this tab's Streamlit session alone: a
reload signs out.
"""

from typing import Any

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from desk import identity
from desk.identity import Principal

_PLACE = "kagaz session"


def secret() -> str | None:
    """The cookie of this connection, or the secret that this tab alone keeps."""
    kept: str | None = st.session_state.get(_PLACE)
    return kept or st.context.cookies.get(identity.cookie_name(secure=secure()))


def secure() -> bool:
    """Whether the browser speaks https, as our routes see it: then the cookie has the name that https alone sets."""
    told = st.context.headers.get("X-Forwarded-Proto")
    if told is None:
        return bool(st.get_option("server.sslCertFile"))
    return told.split(",")[0].strip().lower() in ("https", "wss")


def address() -> str | None:
    """Where the browser is, as far as the server can tell."""
    return st.context.ip_address


def of_streamlit() -> str | None:
    """The name by which Streamlit knows this tab."""
    found = get_script_run_ctx()
    return None if found is None else found.session_id


def bound_to_tab() -> bool:
    """Whether the session has no cookie, so that our routes and the stream cannot know it."""
    return _PLACE in st.session_state


def principal(database: Any) -> Principal | None:
    """Who is signed in here, or None. Asked of the database; a revoked session is nobody at once."""
    held = secret()
    return identity.principal_from_cookie(database, held) if held else None


def bind_to_tab(database: Any, user_id: int) -> None:
    """Opens a session that lives as long as this page."""
    st.session_state[_PLACE] = identity.open_session(database, user_id).cookie


def revoke(database: Any, who: Principal) -> None:
    """Ends the session in the database first: what is left in the browser opens nothing any more."""
    if who.session_public_id is not None:
        identity.revoke_session(database, who, who.session_public_id)
    st.session_state.pop(_PLACE, None)
