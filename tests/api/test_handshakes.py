"""A handshake that cannot be read is hung up on, on the port that Streamlit serves too."""

import logging
import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest
import uvicorn
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.sync.client import connect

from web import handshakes

PATIENCE = 30.0


async def echo(_scope: Any, receive: Any, send: Any) -> None:
    """Says back what it hears."""
    await receive()
    await send({"type": "websocket.accept"})
    while (message := await receive())["type"] == "websocket.receive":
        await send({"type": "websocket.send", "text": message["text"]})


@pytest.fixture
def port(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """A server with the class that uvicorn chooses by itself, as Streamlit has it choose."""
    monkeypatch.setattr(WebSocketsSansIOProtocol, "data_received", vars(WebSocketsSansIOProtocol)["data_received"])
    assert handshakes.install()
    mended = vars(WebSocketsSansIOProtocol)["data_received"]
    assert handshakes.install()
    assert vars(WebSocketsSansIOProtocol)["data_received"] is mended  # once is enough
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = uvicorn.Server(uvicorn.Config(echo, lifespan="off", log_config=None))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        yield listener.getsockname()[1]
        server.should_exit = True
        thread.join(PATIENCE)


@pytest.mark.parametrize("first", [f"GET /?x={'k' * 9_000} HTTP/1.1", "GET / HTTP/1.1\r\nX: " + "k" * 9_000])
def test_what_is_too_long_is_hung_up_on_and_others_are_served(port: int, first: str) -> None:
    with socket.create_connection(("127.0.0.1", port), PATIENCE) as line:
        line.sendall(
            f"{first}\r\nHost: kagaz\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Key: YSBrZXkgb2Ygc2l4dGVlbg==\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
        )
        assert line.recv(1) == b""
    with connect(f"ws://127.0.0.1:{port}/") as other:
        other.send("still here")
        assert other.recv(PATIENCE) == "still here"


def test_the_address_of_a_socket_is_not_logged(port: int, caplog: pytest.LogCaptureFixture) -> None:
    """Programs of the gateway's dialect carry their keys in its query."""
    with caplog.at_level(logging.INFO, "uvicorn.error"), connect(f"ws://127.0.0.1:{port}/?access_token=s3cret") as line:
        line.send("hello")
        assert line.recv(PATIENCE) == "hello"
        logging.getLogger("uvicorn.error").info("is heard")
    assert "is heard" in caplog.text
    assert "s3cret" not in caplog.text


def test_a_server_that_reads_another_way_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handshakes, "_NAME", "reads_nothing")
    assert not handshakes.install()
