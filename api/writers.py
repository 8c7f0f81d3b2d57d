"""Writing a stream out: server-sent events over plain ASGI, or the messages of a WebSocket.

Plain ASGI, because a response object with its task group costs more a delivery than all of the rest.
"""

import asyncio
import time
import uuid
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any

import orjson
from starlette.datastructures import Headers
from starlette.types import Receive, Scope, Send

import log
from api import problems
from api.fields import query_fields
from api.pens import Pen, Write
from api.serving import respond
from api.subscriber import Subscriber
from core.program_rules import Bucket, Rate

if TYPE_CHECKING:
    from api.stream import Streams

_HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
]
MESSAGES = Rate(20, 100)
"""How often a socket may be asked to show something else: each time instruments are looked up."""
FLOODED = 4429
_FIRST = b"retry: 1000\n\n"
_logger = log.get(__name__)


async def serve(
    streams: "Streams",
    stream: Subscriber,
    write: Write,
    gone: Callable[[], Coroutine[Any, Any, None]],
) -> bool:
    """Write until the stream says goodbye (True), or its reader hangs up, stalls, or comes anew.

    ``gone`` returns when the reader hangs up. A reader that comes anew takes
    the stream over from a connection not yet known to be dead.
    """
    hub = streams.listening()[0]
    if stream.writer is not None:
        stream.writer.stop()
    pen = stream.writer = Pen(hub.due, stream, write)
    if stream.group is not None:
        stream.group.pens.add(pen)
    pen.wake()
    hung_up = asyncio.ensure_future(gone())
    try:
        await asyncio.wait((pen.finished, hung_up), return_when=asyncio.FIRST_COMPLETED)
        return pen.finished.done() and pen.finished.result()
    finally:
        hung_up.cancel()
        pen.stop()
        if stream.group is not None:
            stream.group.pens.discard(pen)
        if stream.writer is pen:
            stream.writer, stream.sending_since = None, None
            hub.park(stream)


def forget_query(scope: Scope) -> None:
    """A scope lives as long as its stream, and a watchlist is most of what a reader would keep by it."""
    scope["query_string"] = b""


class Events:
    """Server-sent events: one write for all that is due."""

    def __init__(self, streams: "Streams") -> None:
        self.streams = streams

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Open the stream and write until either side has had enough."""
        if scope["method"] != "GET":
            reply = problems.of_status(405, "Use GET here.")
            reply.headers["allow"] = "GET"
            await respond(reply, uuid.uuid4().hex, scope, send)
            return
        try:
            last_id = Headers(scope=scope).get("last-event-id")
            stream = await self.streams.open(scope, query_fields(scope["query_string"]), last_id)
        except Exception as error:  # the last place: every error becomes an answer
            reply, ours = problems.of_error(error)
            if ours:
                _logger.exception("A stream could not be opened")
            await respond(reply, uuid.uuid4().hex, scope, send)
            return
        await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
        forget_query(scope)
        opening = _FIRST

        def write() -> Any:
            nonlocal opening
            chunk = stream.frames()
            if not chunk:
                return None
            chunk, opening = opening + chunk, b""
            return send({"type": "http.response.body", "body": chunk, "more_body": True})

        async def gone() -> None:
            while (await receive())["type"] != "http.disconnect":
                pass

        if await serve(self.streams, stream, write, gone):
            await send({"type": "http.response.body", "body": b"", "more_body": False})


class Socket:
    """The same events as messages {"event", "id", "data"}; a message of the client changes what they show."""

    def __init__(self, streams: "Streams") -> None:
        self.streams = streams

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Open the stream and write until either side has had enough."""
        await receive()
        try:
            stream = await self.streams.open(scope, query_fields(scope["query_string"]), None)
        except Exception as error:  # the last place: every error becomes an answer
            reply, ours = problems.of_error(error)
            if ours:
                _logger.exception("A stream could not be opened")
            await send({"type": "websocket.close", "code": 4000 + reply.status})
            return
        await send({"type": "websocket.accept"})
        forget_query(scope)

        async def say(messages: list[bytes]) -> None:
            for message in messages:
                await send({"type": "websocket.send", "text": message.decode()})

        def write() -> Any:
            messages = stream.messages()
            return say(messages) if messages else None

        pace, flooded = Bucket(), False

        async def gone() -> None:
            nonlocal flooded
            while not flooded and (message := await receive())["type"] != "websocket.disconnect":
                flooded = pace.spend(MESSAGES, time.monotonic()) > 0
                if not flooded:
                    await self._heard(stream, message, send)

        said_goodbye = await serve(self.streams, stream, write, gone)
        if said_goodbye or flooded:
            await send({"type": "websocket.close", "code": FLOODED if flooded else 1001})

    async def _heard(self, stream: Subscriber, message: Any, send: Send) -> None:
        try:
            await self.streams.rewish(stream, *self.streams.wishes.said(message.get("text") or ""))
        except Exception as error:  # the stream goes on as it was, whatever it is
            reply, ours = problems.of_error(error)
            if ours:
                _logger.exception("A stream could not be changed")
            told = orjson.dumps({"event": "problem", "data": reply.body}).decode()
            await send({"type": "websocket.send", "text": told})
