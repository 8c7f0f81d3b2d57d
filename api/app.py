"""The native API for the web process: everything under /api/v1, one table served by a FastAPI application.

FastAPI has the routes and the document, the table has the rules: each path's endpoint is its ``Resource``, which
reads strictly and answers alike for all. docs/decisions/0015-fastapi-with-our-own-parsing.md says what that costs.
"""

import uuid
from collections.abc import Callable
from typing import Any

from fastapi import FastAPI
from fastapi.routing import APIRoute
from starlette.routing import Route, WebSocketRoute, get_route_path
from starlette.types import ASGIApp, Receive, Scope, Send

from api import (
    admin,
    admin_users,
    alerts,
    baskets,
    books,
    conversions,
    feeds,
    gtt,
    markets,
    me,
    notes,
    orders,
    price_alerts,
    problems,
    programs,
    risk,
    session,
    system,
    tokens,
    watch_views,
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
    return (
        *orders.ENDPOINTS,
        *gtt.ENDPOINTS,
        *baskets.ENDPOINTS,
        *books.ENDPOINTS,
        *notes.ENDPOINTS,
        *conversions.ENDPOINTS,
        *markets.ENDPOINTS,
        *risk.ENDPOINTS,
        *feeds.ENDPOINTS,
        *watchlists.ENDPOINTS,
        *watch_views.ENDPOINTS,
        *session.ENDPOINTS,
        *tokens.ENDPOINTS,
        *programs.ENDPOINTS,
        *me.ENDPOINTS,
        *alerts.ENDPOINTS,
        *price_alerts.ENDPOINTS,
        *admin.ENDPOINTS,
        *admin_users.ENDPOINTS,
        *system.endpoints(server),
    )


class Path(APIRoute):
    """All methods of one path. What is asked goes to the path's resource, which also says which methods there are."""

    resource: Resource

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer by the resource; FastAPI would read the request in its own way first."""
        await self.resource(scope, receive, send)


class Api(FastAPI):
    """The application. Every error becomes an answer in ``Resource`` and streams are written as plain ASGI, so that
    nothing stands between them and the server."""

    def __init__(self, describe: Callable[[], dict[str, Any]]) -> None:
        super().__init__(openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False)
        self.router.default = nowhere
        self.router.route_class = Path
        self._describe = describe

    def build_middleware_stack(self) -> ASGIApp:
        """The routes themselves. A path without a part that varies is looked up: trying a hundred patterns in turn is a
        tenth of what it costs to let a reader of a stream in."""
        straight: dict[tuple[str, str], ASGIApp] = {}
        for route in self.router.routes:
            if isinstance(route, Route | WebSocketRoute) and not route.param_convertors:
                kind = "http" if isinstance(route, Route) else "websocket"
                straight[kind, route.path] = route.resource if isinstance(route, Path) else route.app

        async def routed(scope: Scope, receive: Receive, send: Send) -> None:
            found = straight.get((scope["type"], get_route_path(scope)), self.router)
            await found(scope, receive, send)

        return routed

    def openapi(self) -> dict[str, Any]:
        """The document, made when somebody first asks for it: its models are not needed to answer orders."""
        found = self.openapi_schema = self.openapi_schema or self._describe()
        return found

    def add(self, resource: Resource) -> None:
        """Route a path to its resource."""

        async def endpoint() -> None:
            """What is asked of this path never comes here: see ``Path.handle``."""

        methods = sorted(resource.endpoints)
        self.add_api_route(resource.path, endpoint, methods=methods, include_in_schema=False)
        route = self.router.routes[-1]
        assert isinstance(route, Path)
        route.resource = resource


def application(state: Starting) -> ASGIApp:
    """Everything under the prefix. While ``state`` is not ready it answers 503, but for /health."""
    server = Server(state)
    streams = Streams(server)
    table = (*endpoints(server), streams.endpoint())

    def describe() -> dict[str, Any]:
        from api.description import describe

        return describe(table)

    api = Api(describe)
    server.document = api.openapi
    by_path: dict[str, list[Endpoint]] = {}
    for each in table:
        by_path.setdefault(each.path, []).append(each)
    for path, found in by_path.items():
        api.add(Resource(server, path, found))
    api.router.routes.extend(streams.routes())
    return SecurityHeaders(api)


async def nowhere(scope: Scope, _receive: Receive, send: Send) -> None:
    """A path that is none of ours."""
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 4404})
        return
    reply = problems.of_status(404, "There is nothing at this address.", Reason.NOT_FOUND)
    await respond(reply, uuid.uuid4().hex, scope, send)
