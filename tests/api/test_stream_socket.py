"""The same stream over a WebSocket."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from db.engine import Database
from desk import identity, masters
from tests import factories as make
from tests.api.streaming import Live, live
from tests.patience import PATIENCE
from tests.people import signed_in, token
from tests.started import Started


@pytest.fixture
def server(desk: Database) -> Iterator[Live]:
    with live(Started(desk)) as running:
        yield running


def open_socket(server: Live, query: str, **headers: str) -> ClientConnection:
    return connect(
        server.url.replace("http", "ws", 1) + f"/ws?{query}", additional_headers=headers, open_timeout=PATIENCE
    )


def heard(socket: ClientConnection, wanted: str) -> Any:
    while True:
        message = json.loads(socket.recv(timeout=PATIENCE))
        if message["event"] == wanted:
            return message


def test_messages_say_what_the_events_say_and_can_be_answered(server: Live, desk: Database) -> None:
    make.quote(desk, masters.get(desk).by_key["NSE:TCS"].id, 300_000)
    with open_socket(server, "topics=quotes", authorization=f"Bearer {token(desk, 'alice')}") as socket:
        hello = heard(socket, "hello")
        assert hello["id"] == hello["data"]["epoch"] + "-1"
        assert heard(socket, "snapshot")["data"]["rows"] == []
        socket.send("gossip")
        assert heard(socket, "problem")["data"]["status"] == 400
        socket.send(json.dumps({"symbols": ["NSE:TCS"]}))
        assert heard(socket, "quotes")["data"]["rows"][0][:2] == ["NSE:TCS", 3000]


def test_a_page_of_another_site_cannot_listen_with_our_cookie(server: Live, desk: Database) -> None:
    cookie = f"{identity.COOKIE}={signed_in(desk, 'alice')[0]}"
    own = server.url.split("/api")[0]
    with open_socket(server, "topics=feed", cookie=cookie, origin=own) as socket:
        assert heard(socket, "hello")["data"]["account"] == "alice/main"
    for origin in ({"origin": "https://evil.example"}, {}):
        with pytest.raises(InvalidStatus):
            open_socket(server, "topics=feed", cookie=cookie, **origin)


def test_nobody_listens_without_a_credential(server: Live) -> None:
    with pytest.raises(InvalidStatus):
        open_socket(server, "topics=feed")


def test_whoever_floods_a_socket_is_hung_up_on_and_the_others_are_served(server: Live, desk: Database) -> None:
    bearer = f"Bearer {token(desk, 'alice')}"
    with (
        open_socket(server, "topics=feed", authorization=bearer) as calm,
        open_socket(server, "topics=quotes", authorization=bearer) as wild,
    ):
        with pytest.raises(ConnectionClosed):
            for number in range(5_000):
                wild.send(json.dumps({"symbols": ["NSE:TCS"]}) if number % 2 else b"\x00\xff" * 50)
            while True:
                wild.recv(timeout=PATIENCE)
        assert wild.close_code == 4429
        assert heard(calm, "feed")


GARBAGE = ("", "null", "[]", "{", '{"symbols":1}', '{"topics":["gossip"]}', '{"symbols":["' + "x" * 70_000 + '"]}',
           '{"a":{"a":{"a":{"a":{"a":1}}}}}', '{"symbols":[],"symbols":[]}', b"\x00", b"")  # fmt: skip


def test_garbage_on_a_socket_is_answered_and_the_stream_goes_on(server: Live, desk: Database) -> None:
    with open_socket(server, "topics=feed", authorization=f"Bearer {token(desk, 'alice')}") as socket:
        for each in GARBAGE:
            socket.send(each)
            assert heard(socket, "problem")["data"]["status"] in (400, 413), each
        assert heard(socket, "feed")
