"""What came of a press: why it was refused, or the page as it is then, with a word that survives the rerun."""

from collections.abc import Callable
from typing import Any, NoReturn

import streamlit as st

from core.reasons import Refusal

_SAID = "kagaz said"


def act(do: Callable[[], Any], done: str | None = None) -> None:
    """Do it and draw the page as it is then, with ``done`` said on it; or say why not."""
    try:
        do()
    except Refusal as refusal:
        st.error(refusal.sentence)
        return
    if done is not None:
        say(done)
    st.rerun()


def say(sentence: str) -> NoReturn:
    """Draw the page anew with this word on it."""
    st.session_state[_SAID] = sentence
    st.rerun()


def hear() -> None:
    """Show the word that the run before left."""
    said = st.session_state.pop(_SAID, None)
    if said:
        st.toast(said)
