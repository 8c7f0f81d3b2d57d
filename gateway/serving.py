"""From HTTP to a handler and back: read, prove, count, run in a thread, answer in the envelope."""

import logging
import time
import uuid
from collections.abc import Iterable
from typing import Any

from starlette.datastructures import Headers
from starlette.types import Receive, Scope, Send

import log
from core.reasons import Reason, Refusal
from desk import availability
from gateway import reply, who
from gateway.call import Call, Endpoint
from gateway.rates import Rates
from gateway.reply import Reply
from web.bodies import BodyError, is_plain, read_body
from web.security import is_https
from web.starting import Starting, must_be_ready
from web.threads import WORKERS, Threads

FORM, JSON = "application/x-www-form-urlencoded", "application/json"
_WRITES = frozenset({"POST", "PUT", "DELETE"})
_OURS = "Something went wrong on our side. Look at the order book before you send an order again. Reference: {}."
_logger = log.get(__name__)


class Server:
    """What all endpoints of one process share."""

    def __init__(self, state: Starting, *, workers: int = WORKERS) -> None:
        self.state = state
        self.rates = Rates()
        self.threads = Threads("gateway", workers)


class Resource:
    """All methods of one path, as an ASGI application."""

    def __init__(self, server: Server, path: str, endpoints: Iterable[Endpoint]) -> None:
        self.server = server
        self.path = path
        self.endpoints = {each.method: each for each in endpoints}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; whatever happens the answer is a Reply."""
        method = "GET" if scope["method"] == "HEAD" else scope["method"]
        request_id = uuid.uuid4().hex
        started = time.perf_counter()
        with log.bind(request_id=request_id):
            try:
                found = await self._reply(method, scope, receive)
            except Exception as error:  # noqa: BLE001 - the last place: every error becomes an answer
                found = told(error, request_id, self.path)
            seconds = time.perf_counter() - started
            extra = {"method": method, "path": self.path, "status": found.status, "ms": round(seconds * 1e3)}
            loud = method in _WRITES or found.status >= 400
            _logger.log(logging.INFO if loud else logging.DEBUG, "Request", extra=extra)
        await respond(found, request_id, scope, send)

    async def _reply(self, method: str, scope: Scope, receive: Receive) -> Reply:
        endpoint = self.endpoints.get(method)
        if endpoint is None:
            found = reply.nowhere(405, f"Use {' or '.join(sorted(self.endpoints))} here.")
            found.headers["allow"] = ", ".join(sorted(self.endpoints))
            return found
        if not endpoint.starting:
            must_be_ready(self.server.state)
        body = await read_body(scope, receive) if method in _WRITES else b""
        return await self.server.threads.run(lambda: self._handle(endpoint, scope, body))

    def _handle(self, endpoint: Endpoint, scope: Scope, body: bytes) -> Reply:
        """In a thread: prove who asks, count the call, then let the handler parse and ask the desk."""
        database = self.server.state.database
        principal: Any = None
        if not endpoint.public:
            principal = who.program_of(database, scope)
            log.bind(user=principal.name)
            self.server.rates.spend(principal.token_id, endpoint.kind)
        headers = Headers(scope=scope)
        if body:
            check_media(headers, JSON if endpoint.json else FORM)
        client = scope.get("client")
        return endpoint.handler(
            Call(
                database=database,
                principal=principal,
                path=scope.get("path_params", {}),
                query_string=scope["query_string"],
                raw_body=body,
                headers=headers,
                address=client[0] if client else None,
                secure=is_https(scope),
                scope=scope,
            )
        )


def told(error: BaseException, reference: str, path: str) -> Reply:
    """Any exception as an answer: a reference, never its insides."""
    if isinstance(error, Refusal):
        return reply.refused(error)
    if isinstance(error, BodyError):
        return reply.nowhere(error.status, error.sentence)
    known = availability.refusal_for(error)
    if known is not None and known.reason is Reason.BAD_INPUT:
        return reply.refused(known)
    if known is not None:
        sentence = "The database does not answer. Look at the order book before you send an order again."
        return reply.refused(Refusal(Reason.TRY_AGAIN, sentence))
    _logger.error("Request failed", extra={"path": path}, exc_info=error)
    return reply.nowhere(500, _OURS.format(reference))


def check_media(headers: Headers, wanted: str) -> None:
    """A body is a form in UTF-8, or JSON where that is asked for; plain, never compressed. Raises BAD_INPUT."""
    if not is_plain(headers, wanted):
        raise Refusal(Reason.BAD_INPUT, f"Send the body as {wanted} in UTF-8.", "Content-Type")


async def respond(found: Reply, request_id: str, scope: Scope, send: Send) -> None:
    """Write the answer's head and body."""
    headers = {
        "x-request-id": request_id,
        "content-type": found.media,
        "content-length": str(len(found.body)),
        "cache-control": "no-store",
        **found.headers,
    }
    raw = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": found.status, "headers": raw})
    await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else found.body})
