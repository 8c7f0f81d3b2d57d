"""The API's place among the routes of the web process, known before the API is imported."""

from typing import TYPE_CHECKING

from starlette.types import ASGIApp

from web.below import Below
from web.late import Late

if TYPE_CHECKING:
    from web.starting import Starting

PREFIX = "/api/v1"
# What a start imports beside its own work, so that no request has to.
MODULE = "api.app"


def mount(state: "Starting") -> Below:
    """The route for ``st.App(routes=…)``. While ``state`` is not ready it answers 503, but for /health."""

    def make() -> ASGIApp:
        from api.app import application

        return application(state)

    return Below(PREFIX, app=Late(make))
