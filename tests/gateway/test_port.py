"""The gateway's port, and its place in the web process."""

import socket
import threading
from collections.abc import Iterator

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from gateway import late, port
from gateway.app import Application
from tests.gateway.conftest import is_error, serving
from tests.patience import PATIENCE
from tests.started import Started
from web import neighbour


@pytest.fixture
def stranger() -> Iterator[int]:
    """A port on which something listens that answers nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


def test_a_free_port_is_taken_at_once():
    with port.bound("127.0.0.1", 0) as listener:
        assert listener.getsockname()[1] > 0
        assert listener.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_a_strangers_port_is_left_alone_in_words(stranger, monkeypatch):
    monkeypatch.setattr(port, "_PATIENCE", 0.1)
    with pytest.raises(port.Taken, match="Set GATEWAY_PORT"):
        port.bound("127.0.0.1", stranger)


def test_an_address_that_is_none_is_told_in_words():
    with pytest.raises(port.Taken):
        port.bound("203.0.113.7", 8600)


def test_a_second_gateway_stands_by_until_the_first_has_gone(monkeypatch):
    monkeypatch.setattr(port, "AGAIN", 0.05)
    got: list[socket.socket] = []
    with serving(Application(Started(None, ["schema"]))) as host:
        number = int(host.rpartition(":")[2])
        waiting = threading.Thread(target=lambda: got.append(port.bound("127.0.0.1", number)))
        waiting.start()
        waiting.join(0.5)
        assert waiting.is_alive()
    waiting.join(PATIENCE)
    assert got
    got[0].close()


def test_the_web_process_has_it_under_oms_alone():
    client = TestClient(Starlette(routes=late.routes(Started(None, ["schema"]))))
    is_error(client.get("/oms/user/profile"), 503, "NetworkException")
    assert client.get("/oms/").json()["data"]["name"] == neighbour.NAME
    is_error(client.get("/oms/nowhere"), 404, "GeneralException")
    assert client.get("/user/profile").status_code == 404
    for path in ("/oms", "/oms/", "/oms/ws"):
        with pytest.raises(WebSocketDisconnect), client.websocket_connect(path):
            pass
