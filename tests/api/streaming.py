"""A real server on the loopback, and a reader of its event streams."""

import contextlib
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.routing import Mount, Route, Router

from api.app import nowhere
from api.late import PREFIX
from api.serving import Resource, Server
from api.stream import Streams
from tests import prompt
from tests.patience import PATIENCE
from tests.ports import listening
from web.security import SecurityHeaders
from web.starting import Starting


@dataclass
class Live:
    """A running server: where it is, and its streams."""

    url: str
    streams: Streams | None

    @contextlib.contextmanager
    def reading(self, token: str, query: str = "", last_id: str | None = None) -> Iterator["Reader"]:
        """An open event stream."""
        headers = {"authorization": f"Bearer {token}"} | ({"last-event-id": last_id} if last_id else {})
        with (
            httpx.Client(timeout=PATIENCE) as client,
            client.stream("GET", f"{self.url}/stream?{query}", headers=headers) as response,
        ):
            yield Reader(response)

    def post(self, token: str, stream_id: str, **body: Any) -> int:
        """Change a stream; the status of the answer."""
        headers = {"authorization": f"Bearer {token}"}
        return httpx.post(f"{self.url}/stream/{stream_id}", json=body, headers=headers, timeout=PATIENCE).status_code


class Reader:
    """Events of one response, in order."""

    def __init__(self, response: httpx.Response) -> None:
        self.response = response
        self.ids: list[str] = []
        self._lines = response.iter_lines()

    def next(self) -> tuple[str, Any]:
        """The next event as (name, data)."""
        event: dict[str, str] = {}
        for line in self._lines:
            if line and not line.startswith(":"):
                name, _, value = line.partition(": ")
                event[name] = value
            elif not line and "event" in event:
                self.ids.append(event["id"])
                return event["event"], json.loads(event["data"])
            elif not line:
                event = {}
        return "", None

    def until(self, wanted: str) -> Any:
        """The data of the next event of that name; others are passed over."""
        while True:
            event, data = self.next()
            if event == wanted:
                return data
            assert event, f"the stream ended before {wanted}"


@contextlib.contextmanager
def live(state: Starting) -> Iterator[Live]:
    """A server with the streams alone, until the block ends."""
    server = Server(state)
    streams = Streams(server)
    change = streams.endpoint()
    routes = [*streams.routes(), Route(change.path, Resource(server, change.path, [change]))]
    router = Router(routes, redirect_slashes=False, default=nowhere)
    app = Starlette(routes=[Mount(PREFIX, app=SecurityHeaders(router))])
    with listening() as listener:
        port = listener.getsockname()[1]
        config = uvicorn.Config(app, log_level="warning", lifespan="off", timeout_graceful_shutdown=1)
        running = prompt.server(config)
        thread = threading.Thread(target=running.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield Live(f"http://127.0.0.1:{port}{PREFIX}", streams)
        finally:
            streams.close()
            running.should_exit = True
            thread.join()
