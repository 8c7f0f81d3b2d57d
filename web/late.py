"""An application that is imported beside other work: its place in the routes answers as soon as it is there.

Importing all of it takes a second, for which the port, the database and the sidecar need not wait.
"""

import asyncio
import threading
from collections.abc import Callable

from starlette.types import ASGIApp, Receive, Scope, Send


class Late:
    """An ASGI application that is made for the first request; later ones come straight to what was made."""

    def __init__(self, make: Callable[[], ASGIApp]) -> None:
        self._make = make
        self._making = threading.Lock()
        self._made: ASGIApp | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; the first ones wait for the import, and nothing else of this process does."""
        made = self._made
        if made is None:
            made = await asyncio.to_thread(self._once)
        await made(scope, receive, send)

    def _once(self) -> ASGIApp:
        with self._making:
            made = self._made = self._made or self._make()
        return made
