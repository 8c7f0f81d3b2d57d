"""Wiring only: the web process is Streamlit's pages, the native API, the stream and the gateway on one port."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import streamlit as st
from starlette.middleware import Middleware

import api.late
import gateway.late
from api import wire
from desk import installation
from ui import assets, own_origins, preload_words, theme_once
from web import handshakes, heads
from web.ending import ENDING
from web.security import SecurityHeaders
from web.streamlit_doors import StreamlitDoors


@contextlib.asynccontextmanager
async def lifespan(_app: st.App) -> AsyncIterator[None]:
    """Starts the work in threads and yields at once: the port answers while the rest still starts and loads."""
    ENDING.watch()
    wire.send_at_once()
    handshakes.install()
    heads.install()
    own_origins.install()
    theme_once.install()
    preload_words.install()
    installation.start(preload=[api.late.MODULE, "ui.signin"], later=[gateway.late.MODULE])
    try:
        yield
    finally:
        await asyncio.to_thread(installation.stop)


app = st.App(
    "ui/main.py",
    routes=[api.late.mount(installation.state()), *gateway.late.routes(installation.state()), assets.mount()],
    middleware=[Middleware(SecurityHeaders), Middleware(StreamlitDoors)],
    lifespan=lifespan,
)
