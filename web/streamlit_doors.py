"""Doors of Streamlit's own that stand on the terminal's port: shut, or opened by the page that needs them.

Streamlit takes files into memory from whoever has a page open, and the page that asks for a name is one: without this a
stranger could fill the machine. It also tells everybody how many sessions there are and what they hold.
"""

import threading
import time

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

import settings
from core.reasons import Refusal
from web.origins import check_origin, normal_origin

_FILES, _METRICS = "/_stcore/upload_file/", "/_stcore/metrics"
_WRITES = frozenset({"PUT", "POST", "DELETE"})
LIFE = 3600.0
"""Seconds for which a page that takes files may be left open; drawing it anew begins them again."""
MOST = 200


class Files:
    """The sessions of Streamlit whose page takes files at present, in this process, where they live."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._until: dict[str, float] = {}

    def let(self, session: str) -> None:
        """Take files of this session from now on, and for a while."""
        now = time.monotonic()
        with self._lock:
            self._until.pop(session, None)
            self._until[session] = now + LIFE
            while len(self._until) > MOST:
                del self._until[next(iter(self._until))]

    def may(self, session: str) -> bool:
        """Whether a file of this session is taken."""
        with self._lock:
            return self._until.get(session, 0.0) > time.monotonic()


def _readable(scope: Scope) -> bool:
    """Whether Streamlit can read where a page that opens a socket comes from: it falls over what is no address."""
    return all(normal_origin(value.decode("latin-1")) for name, value in scope["headers"] if name == b"origin")


FILES = Files()
"""Those of this process."""


class StreamlitDoors:
    """Stands before Streamlit's routes; everything else passes by."""

    def __init__(self, app: ASGIApp, files: Files = FILES) -> None:
        self.app, self.files = app, files

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse it in words."""
        if scope["type"] == "websocket" and not _readable(scope):
            await send({"type": "websocket.close", "code": 1008})
            return
        refused = self._refusal(scope) if scope["type"] == "http" else None
        await (refused or self.app)(scope, receive, send)

    def _refusal(self, scope: Scope) -> PlainTextResponse | None:
        path: str = scope["path"]
        if path.endswith(_METRICS):
            return PlainTextResponse("Ask /api/v1/metrics, with a token.", 404)
        _, found, rest = path.partition(_FILES)
        if not found or scope["method"] not in _WRITES:
            return None
        if not self.files.may(rest.partition("/")[0]):
            return PlainTextResponse("No page of this session takes a file. Load the page again.", 403)
        try:
            check_origin(scope, settings.load().kagaz_origins, required=False)
        except Refusal as refusal:
            return PlainTextResponse(refusal.sentence, 403)
        return None
