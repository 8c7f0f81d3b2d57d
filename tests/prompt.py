"""Servers of uvicorn that end at once: its loop looks ten times a second, and waits a tenth more when it is told.

Hundreds of tests end one. What it does, and in which order, stays as it is.
"""

import asyncio
from typing import Any

import uvicorn
import uvicorn.server

STEP = 0.005
"""Seconds between two looks, instead of uvicorn's tenth."""


class _Hasty:
    """The module asyncio as uvicorn's server uses it, with shorter sleeps."""

    def __getattr__(self, name: str) -> Any:
        return getattr(asyncio, name)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(min(seconds, STEP))


def server(config: uvicorn.Config) -> uvicorn.Server:
    """A server of this process that ends at once."""
    uvicorn.server.asyncio = _Hasty()  # type: ignore[assignment]
    return uvicorn.Server(config)
