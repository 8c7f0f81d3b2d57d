"""The native API as routes for the web process: everything under /api/v1, described by one table."""

import uuid

from starlette.routing import BaseRoute, Route, Router
from starlette.types import ASGIApp, Receive, Scope, Send

from api import (
    baskets,
    books,
    conversions,
    gtt,
    markets,
    notes,
    orders,
    problems,
    risk,
    session,
    system,
    tokens,
    watchlists,
)
from api.call import Endpoint
from api.serving import Resource, Server, respond
from api.stream import Streams
from core.reasons import Reason
from web.security import SecurityHeaders
from web.starting import Starting


def endpoints(server: Server) -> tuple[Endpoint, ...]:
    """Every method of every path, the stream's excepted."""
    described = (
        *orders.ENDPOINTS,
        *gtt.ENDPOINTS,
        *baskets.ENDPOINTS,
        *books.ENDPOINTS,
        *notes.ENDPOINTS,
        *conversions.ENDPOINTS,
        *markets.ENDPOINTS,
        *risk.ENDPOINTS,
        *watchlists.ENDPOINTS,
        *session.ENDPOINTS,
        *tokens.ENDPOINTS,
    )
    return (*described, *system.endpoints(server, described))


def application(state: Starting) -> ASGIApp:
    """Everything under the prefix. While ``state`` is not ready it answers 503, but for /health."""
    server = Server(state)
    by_path: dict[str, list[Endpoint]] = {}
    for each in endpoints(server):
        by_path.setdefault(each.path, []).append(each)
    inner: list[BaseRoute] = [
        Route(path, Resource(server, path, found), include_in_schema=False) for path, found in by_path.items()
    ]
    inner += Streams(server).routes()
    router = Router(inner, redirect_slashes=False, default=nowhere)
    return SecurityHeaders(router)


async def nowhere(scope: Scope, _receive: Receive, send: Send) -> None:
    """A path that is none of ours."""
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 4404})
        return
    reply = problems.of_status(404, "There is nothing at this address.", Reason.NOT_FOUND)
    await respond(reply, uuid.uuid4().hex, scope, send)
