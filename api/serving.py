"""From HTTP to a handler and back: read, prove, run in a bounded pool of threads, answer.

Handlers block on Postgres, so that they run in threads of ``web.threads``.
"""

import logging
import time
import uuid
from collections.abc import Callable, Iterable
from typing import Any

from starlette.datastructures import Headers
from starlette.types import Receive, Scope, Send

import log
import settings
from api import auth, problems
from api.call import Call, Endpoint
from api.fields import Fields
from api.metrics import Meter
from api.parsing import bad, read_object
from api.rates import Rates
from api.reply import Reply
from web.bodies import is_plain, read_body
from web.origins import check_origin, own_origin
from web.security import is_https
from web.starting import Starting, must_be_ready
from web.threads import WORKERS, Threads

_WRITES = frozenset({"POST", "PATCH", "PUT", "DELETE"})
_logger = log.get(__name__)


class Server:
    """What all endpoints of one process share. ``document`` describes them, once there is an application of them."""

    def __init__(self, state: Starting, *, workers: int = WORKERS) -> None:
        self.state = state
        self.meter = Meter()
        self.rates = Rates()
        self.open_streams: Callable[[], int] = int
        self.document: Callable[[], dict[str, Any]] = dict
        self._threads = Threads("api", workers)

    async def run(self, act: Callable[[], Reply]) -> Reply:
        """Run in a thread, with this task's log ids; TRY_AGAIN when none gets free in time."""
        return await self._threads.run(act)


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
        with log.bind(request_id=request_id), self.server.meter.serving():
            try:
                reply = await self._reply(method, scope, receive)
            except Exception as error:  # the last place: every error becomes an answer
                reply, ours = problems.of_error(error)
                if ours:
                    _logger.exception("Request failed", extra={"path": self.path})
                reply = self._for_people(method, scope, reply)
            seconds = time.perf_counter() - started
            self.server.meter.count(method, self.path, reply.status, seconds)
            extra = {"method": method, "path": self.path, "status": reply.status, "ms": round(seconds * 1e3)}
            loud = method in _WRITES or reply.status >= 400
            _logger.log(logging.INFO if loud else logging.DEBUG, "Request", extra=extra)
        await respond(reply, request_id, scope, send)

    def _for_people(self, method: str, scope: Scope, problem: Reply) -> Reply:
        """What a browser that somebody sits at gets in place of a problem, where people walk through."""
        instead = self.endpoints[method].instead if method in self.endpoints else None
        wants_a_page = "text/html" in Headers(scope=scope).get("accept", "")
        return instead(problem) if instead is not None and wants_a_page else problem

    async def _reply(self, method: str, scope: Scope, receive: Receive) -> Reply:
        endpoint = self.endpoints.get(method)
        if endpoint is None:
            reply = problems.of_status(405, f"Use {' or '.join(sorted(self.endpoints))} here.")
            reply.headers["allow"] = ", ".join(sorted(self.endpoints))
            return reply
        if not endpoint.starting:
            must_be_ready(self.server.state)
        body = await read_body(scope, receive) if method in _WRITES else b""
        if endpoint.inline:
            return self._handle(endpoint, scope, body)
        return await self.server.run(lambda: self._handle(endpoint, scope, body))

    def _handle(self, endpoint: Endpoint, scope: Scope, body: bytes) -> Reply:
        """In a thread: prove who asks and from where, then let the handler parse and ask the desk."""
        database = self.server.state.database
        credential = auth.credential_of(scope)
        principal: Any = None
        writes = endpoint.method in _WRITES
        allowed = settings.load().kagaz_origins if writes else ()
        if endpoint.public:
            if writes:
                check_origin(scope, allowed, required=False)
        else:
            principal = auth.principal_of(database, credential, leaving=endpoint.path == "/auth/session")
            log.bind(user=principal.name)
            if not endpoint.free:
                self.server.rates.spend(principal, writes)
            if writes and credential.by_cookie:
                check_origin(scope, allowed, required=True)
        if body:
            check_media(Headers(scope=scope))
            if not endpoint.body:
                Fields(read_object(body)).close()  # an empty object says nothing; anything else is no part of this
        key = auth.idempotency_key(scope, required=credential.by_cookie) if endpoint.keyed else None
        client = scope.get("client")
        return endpoint.handler(
            Call(
                database=database,
                principal=principal,
                path=scope.get("path_params", {}),
                query_string=scope["query_string"],
                raw_body=body,
                key=key,
                headers=Headers(scope=scope),
                address=client[0] if client else None,
                secure=is_https(scope),
                origin=own_origin(scope),
            )
        )


def check_media(headers: Headers) -> None:
    """A body is JSON in UTF-8, plain: neither a form nor compressed."""
    if not is_plain(headers, "application/json"):
        raise bad("Send JSON as 'Content-Type: application/json'.", "Content-Type", status=415)


async def respond(reply: Reply, request_id: str, scope: Scope, send: Send) -> None:
    """Write the answer's head and body."""
    body, media = reply.encode(request_id)
    headers = {"x-request-id": request_id, **reply.headers}
    if reply.status == 303:
        headers |= {"content-length": "0"}
    elif reply.status not in (204, 304):
        headers |= {"content-type": media, "content-length": str(len(body))}
    raw = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
    raw += [(b"set-cookie", each.encode("latin-1")) for each in reply.cookies]
    await send({"type": "http.response.start", "status": reply.status, "headers": raw})
    silent = scope["method"] == "HEAD" or reply.status in (204, 304)
    await send({"type": "http.response.body", "body": b"" if silent else body})
