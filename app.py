"""Wiring only: the web process is Streamlit's pages, the native API, the stream and the gateway on one port."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import streamlit as st

from api import wire
from api.app import middleware, routes
from desk import installation
from gateway.app import routes as gateway_routes
from ui import assets, theme_once


@contextlib.asynccontextmanager
async def lifespan(_app: st.App) -> AsyncIterator[None]:
    """Starts the work in a thread and yields at once: the port answers while the database still starts."""
    wire.send_at_once()
    theme_once.install()
    installation.start(preload=["ui.signin"])
    try:
        yield
    finally:
        await asyncio.to_thread(installation.stop)


app = st.App(
    "ui/main.py",
    routes=[*routes(installation.state()), *gateway_routes(installation.state()), assets.mount()],
    middleware=middleware(),
    lifespan=lifespan,
)
