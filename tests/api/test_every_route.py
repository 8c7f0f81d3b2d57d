"""The port's routes, each by name: what needs no proof is named here, and everything else refuses who has none."""

import ast
import threading
from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.routing import BaseRoute, Mount, Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from api.app import Path, application
from api.late import PREFIX
from tests.started import Started
from ui import assets

pytestmark = pytest.mark.changes_nothing
PLOTLY = "GET /assets/plotly/{version}/plotly.min.js"
PUBLIC = {
    PLOTLY,
    "GET /assets/kagaz/{version}/{name}",
    "GET /assets/kagaz/{version}/lightweight-charts.js",
    "GET /api/v1/health",
    "GET /api/v1/ready",
    "GET /api/v1/openapi.json",
    "POST /api/v1/auth/session",
}


def walked(found: Iterable[BaseRoute], before: str = "") -> Iterator[str]:
    """Every method of every path below these."""
    for each in found:
        if isinstance(each, Mount):
            yield from walked(each.routes, before + each.path)
        elif isinstance(each, WebSocketRoute):
            yield f"WS {before}{each.path}"
        elif isinstance(each, Route):
            methods = each.resource.endpoints if isinstance(each, Path) else {"GET"}
            yield from (f"{method} {before}{each.path}" for method in methods)
        else:
            raise TypeError(each)


API: Any = application(Started(None))  # the headers stand round the API's own router
ALL = sorted([*walked(API.app.routes, PREFIX), *walked([assets.mount()])])


def test_what_is_public_is_named():
    assert set(ALL) >= PUBLIC
    assert len(ALL) > 60


def test_the_process_adds_no_route_that_is_not_walked_here():
    """``app.py`` is read, because importing it starts a house."""
    from settings import PROJECT

    tree = ast.parse((PROJECT / "app.py").read_text("utf-8"))
    (call,) = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and ast.unparse(node.func) == "st.App"]
    given = {each.arg: each.value for each in call.keywords}
    routes = given["routes"]
    assert isinstance(routes, ast.List)
    # The gateway's routes have doors and tests of their own.
    mounted = [ast.unparse(each).lstrip("*").partition("(")[0].partition(".")[0] for each in routes.elts]
    assert mounted == ["api", "gateway", "assets"]
    assert ast.unparse(given["middleware"]) == "[Middleware(SecurityHeaders), Middleware(StreamlitDoors)]"


@pytest.mark.parametrize("each", [each for each in ALL if each not in PUBLIC])
def test_every_other_route_refuses_who_proves_nothing(client: TestClient, each: str):
    method, path = each.split(" ", 1)
    path = path.replace("{", "").replace("}", "")
    if method == "WS":
        with pytest.raises(WebSocketDisconnect), client.websocket_connect(path) as line:
            line.receive_json()
        return
    body: Any = {} if method in ("POST", "PUT", "PATCH") else None
    answer = client.request(method, path, headers={"origin": "http://desk.test"}, json=body)
    assert answer.status_code == 401, answer.text
    assert answer.json()["reason_code"] == 800


def test_a_stranger_does_not_start_the_reader_of_the_streams(client: TestClient):
    assert client.get("/api/v1/stream").status_code == 401
    with pytest.raises(WebSocketDisconnect), client.websocket_connect("/api/v1/ws") as line:
        line.receive_json()
    assert "web-reader" not in {each.name for each in threading.enumerate()}


# Plotly's file is the package's own, to the byte (tests/pages/test_assets.py), and so large that it holds such words.
@pytest.mark.parametrize("each", sorted(PUBLIC - {PLOTLY}))
def test_what_is_public_tells_nothing_of_anybody(client: TestClient, each: str):
    method, path = each.split(" ", 1)
    path = path.replace("{version}", assets.version()).replace("{name}", "base.js")
    served: Any = client.app
    app = Starlette(routes=[*served.routes, assets.mount()])
    answer = TestClient(app, base_url="http://desk.test").request(method, path)
    assert answer.status_code in (200, 400, 503)
    assert not [name for name in ("alice", "bob", "root") if name in answer.text]
