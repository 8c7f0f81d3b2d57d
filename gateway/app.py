"""The gateway as an application of its own: every route at the root and again under /oms, described by one table."""

import contextlib
import uuid
from collections.abc import AsyncIterator

from starlette.routing import BaseRoute, Route, Router, WebSocketRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from gateway import dumps, elsewhere, estimates, gtt, login, orders, portfolio, quotes, reply, session, user
from gateway.call import Call, Endpoint
from gateway.late import PREFIX
from gateway.reply import Reply
from gateway.serving import Resource, Server, respond
from gateway.ticker.endpoint import Ticker
from web.below import Below
from web.ending import ENDING
from web.neighbour import NAME
from web.security import SecurityHeaders
from web.starting import Starting


def endpoints() -> tuple[Endpoint, ...]:
    """Every method of every path."""
    return (
        *login.ENDPOINTS,
        *session.ENDPOINTS,
        *user.ENDPOINTS,
        *orders.ENDPOINTS,
        *portfolio.ENDPOINTS,
        *dumps.ENDPOINTS,
        *quotes.ENDPOINTS,
        *estimates.ENDPOINTS,
        *gtt.ENDPOINTS,
        *elsewhere.ENDPOINTS,
    )


def greeting(server: Server) -> Endpoint:
    """Says what this is, to a person and to another gateway that would like the port."""

    def greet(_: Call) -> Reply:
        return reply.success({"name": NAME, "ready": server.state.ready})

    return Endpoint("GET", "/", greet, public=True, starting=True)


class Application:
    """All routes on a server that owns its root. While ``state`` is not ready they answer 503."""

    def __init__(self, state: Starting) -> None:
        server = Server(state)
        self.ticker = Ticker(server)
        inner, sockets = _routes(server), _sockets(self.ticker)
        again = Below(PREFIX, app=Router([*inner, *sockets], redirect_slashes=False, default=nowhere))
        routes = [*inner, *sockets, again]
        self._app = SecurityHeaders(Router(routes, redirect_slashes=False, default=nowhere, lifespan=_watched))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or serve one socket."""
        await self._app(scope, receive, send)

    def close(self) -> None:
        """Let every socket go. From any thread."""
        self.ticker.close()


@contextlib.asynccontextmanager
async def _watched(_: Router) -> AsyncIterator[None]:
    """The server has set its handlers by now, and serves nobody yet."""
    ENDING.watch()
    yield


def below(state: Starting) -> ASGIApp:
    """The same to be mounted under /oms alone, for a process whose root is another's."""
    server = Server(state)
    found = [*_routes(server), *_sockets(Ticker(server))]
    return SecurityHeaders(Router(found, redirect_slashes=False, default=nowhere))


def _sockets(ticker: Ticker) -> list[BaseRoute]:
    """The ticker stands where an address without a path leads."""
    return [WebSocketRoute(path, ticker) for path in ("/", "/ws", PREFIX)]


def _routes(server: Server) -> list[BaseRoute]:
    by_path: dict[str, list[Endpoint]] = {}
    for each in (greeting(server), *endpoints()):
        by_path.setdefault(each.path, []).append(each)
    return [Route(path, Resource(server, path, found), include_in_schema=False) for path, found in by_path.items()]


async def nowhere(scope: Scope, _receive: Receive, send: Send) -> None:
    """A path that is none of ours."""
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 4404})
        return
    await respond(reply.nowhere(404, "There is nothing at this address."), uuid.uuid4().hex, scope, send)
