"""Sign-in with Google, which Streamlit itself speaks: what it proved here, if it is configured at all."""

from datetime import UTC, datetime
from typing import Any

import streamlit as st

import settings
from desk import identity
from desk.identity import Principal, Proof, User

PROVIDER = "google"
FAILED = "sign_in"  # the query parameter that our server adds where Google's answer was refused


def configured() -> bool:
    """Whether the deployment has an ``[auth.google]`` section in its secrets."""
    try:
        return PROVIDER in st.secrets.get("auth", {})
    except FileNotFoundError:
        return False


def proof() -> Proof | None:
    """Who has just signed in with Google in this browser; None where nobody has within minutes.

    Streamlit's cookie lives for weeks. It proves a sign-in once and is no session: revoking ours must not be
    undone by it.
    """
    if not configured() or not st.user.get("is_logged_in") or st.user.get("provider") != PROVIDER:
        return None
    found = identity.proof_of(st.user.to_dict())
    return found if found is not None and identity.fresh(found, datetime.now(UTC)) else None


def sign_in(database: Any, shown: Proof, address: str | None) -> User | None:
    """The user whom the proof lets in; None when it was used. Raises Refusal."""
    return identity.sign_in_by_proof(database, shown, settings.load().kagaz_signup, address)


def button(label: str, key: str) -> None:
    """Leads to Google and back to our front door."""
    st.button(label, on_click=st.login, args=(PROVIDER,), width="stretch", key=key, icon=":material/account_circle:")


def waits_for_a_link(database: Any, who: Principal) -> bool:
    """Whether who is signed in comes back from Google with an account that is nobody's yet: to be linked."""
    shown = proof()
    return shown is not None and who.session_public_id is not None and identity.whose(database, shown) is None
