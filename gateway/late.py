"""The gateway's place among the routes of the web process, known before the gateway is imported."""

from typing import TYPE_CHECKING

from starlette.routing import Mount
from starlette.types import ASGIApp

from web.late import Late

if TYPE_CHECKING:
    from gateway.serving import Starting

PREFIX = "/oms"
# What a start imports beside its own work, so that no request has to.
MODULE = "gateway.app"


def mount(state: "Starting") -> Mount:
    """The route for ``st.App(routes=…)``. While ``state`` is not ready it answers 503."""

    def make() -> ASGIApp:
        from gateway.app import below

        return below(state)

    return Mount(PREFIX, app=Late(make))
