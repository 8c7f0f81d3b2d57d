"""Idempotency keys of forms: made when the form is first shown, kept until the desk has stored an answer."""

import secrets

import streamlit as st

from core.reasons import Reason
from desk.answers import Answer


def key_of(form: str) -> str:
    """The key under which this form's next sending goes; a rerun or a double click sends the same."""
    name = f"kagaz key of {form}"
    if name not in st.session_state:
        st.session_state[name] = secrets.token_urlsafe(18)
    kept: str = st.session_state[name]
    return kept


def renew(form: str) -> None:
    """A new intention begins: the next sending is another one."""
    st.session_state.pop(f"kagaz key of {form}", None)


def settle(form: str, answer: Answer) -> None:
    """Renews the key if an answer was stored under it: a success, a REJECTED order, or that of another wish."""
    if answer.ok or answer.body.get("order_id") or answer.body.get("reason_code") == Reason.KEY_CONFLICT:
        renew(form)
