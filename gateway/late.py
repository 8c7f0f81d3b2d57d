"""The gateway's place among the routes of the web process, known before the gateway is imported."""

from typing import TYPE_CHECKING

from starlette.routing import BaseRoute, WebSocketRoute
from starlette.types import ASGIApp

from web.below import Below
from web.late import Late

if TYPE_CHECKING:
    from web.starting import Starting

PREFIX = "/oms"
# What a start imports beside its own work, so that no request has to.
MODULE = "gateway.app"


def routes(state: "Starting") -> list[BaseRoute]:
    """Routes for ``st.App(routes=…)``. While ``state`` is not ready they answer 503."""

    def make() -> ASGIApp:
        from gateway.app import below

        return below(state)

    late = Late(make)
    # Under the prefix itself, without a stroke after it, stands the ticker.
    return [WebSocketRoute(PREFIX, late), Below(PREFIX, app=late)]
