"""The way from a page to what the web process has prepared, and what a page says until it has."""

from pathlib import Path
from typing import Any

import streamlit as st

from desk import installation
from desk.whereabouts import Whereabouts, whereabouts

WORDS = {
    "settings": "reading its settings",
    "database": "starting its database",
    "schema": "bringing its database up to date",
    "instruments": "listing shares, futures and options",
    "market": "opening the market",
    "users": "making its first users",
    "pages": "loading its pages",
}


def database() -> Any:
    """The database that the desk is asked with, or None while the installation is still being prepared."""
    state = installation.state()
    return state.require() if state.ready else None


def where() -> Whereabouts:
    """Where the books of this installation are."""
    state = installation.state()
    url = None if state.settings is None else state.settings.database_url
    return whereabouts(state.home, url, Path(__file__).parents[1])


@st.fragment(run_every=1.0)
def starting() -> None:
    """The page until everything is ready; it looks each second and moves on by itself."""
    state = installation.state()
    if state.ready:
        st.rerun()
    st.markdown("#### Kagaz is starting")
    if state.trouble:
        st.error(state.trouble)
        return
    steps = ", ".join(WORDS.get(step, step) for step in state.waiting_for)
    st.caption(f"It is {steps or 'about to open'}. The first start takes some seconds longer than the next ones.")
    st.progress(0.5, text=None)
