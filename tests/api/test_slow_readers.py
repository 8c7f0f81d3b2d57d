"""Readers that take nothing: of prices one frame waits for them, whoever else reads is served, and they are let go."""

import contextlib
import socket
import time
from collections.abc import Iterator

import psutil
import pytest

from api import hub as hubs
from api.hub import Told
from db.engine import Database
from tests import factories as make
from tests.api.streaming import Live, live
from tests.patience import PATIENCE
from tests.people import open_market, person, token
from tests.started import Started

FRAME = 1 << 20
FRAMES = 60


@pytest.fixture
def desk(database: Database) -> Database:
    open_market(database)
    person(database, "alice")
    return database


@contextlib.contextmanager
def stalled(server: Live, path: str, bearer: str, more: str = "") -> Iterator[socket.socket]:
    """A connection that has read the head of its answer and nothing since."""
    host, port = server.url.removeprefix("http://").split("/")[0].split(":")
    with socket.socket() as one:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        one.settimeout(PATIENCE)
        one.connect((host, int(port)))
        head = f"GET /api/v1/{path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {bearer}\r\n{more}\r\n"
        one.sendall(head.encode())
        assert one.recv(12) in (b"HTTP/1.1 200", b"HTTP/1.1 101")
        yield one


WEBSOCKET = (
    "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: YSBrZXkgb2Ygc2l4dGVlbg==\r\n"
    "Sec-WebSocket-Version: 13\r\n"
)


@pytest.mark.parametrize(("path", "more"), [("stream", ""), ("ws", WEBSOCKET)])
def test_who_takes_nothing_costs_little_and_is_let_go(
    desk: Database, monkeypatch: pytest.MonkeyPatch, path: str, more: str
) -> None:
    bearer = token(desk, "alice")
    make.quote(desk, make.ask(desk, "select id from instruments where exchange = 'NSE' and symbol = 'INFY'"), 150_000)
    query = "topics=quotes&symbols=NSE:INFY"
    with live(Started(desk)) as server, server.reading(bearer, query) as quick:
        quick.until("snapshot")
        assert server.streams
        hub = server.streams.hub
        assert hub
        with stalled(server, f"{path}?{query}", bearer, more):
            deadline = time.monotonic() + PATIENCE
            while len(hub.streams) < 2:
                assert time.monotonic() < deadline
                time.sleep(0.01)
            place = hub.place("sim")
            (group,) = place.groups.values()
            before = psutil.Process().memory_info().rss
            for number in range(FRAMES):
                body = b'{"frame":%d,"more":"%s"}' % (number, b"x" * FRAME)
                hub.call(hub.tell, place, Told([(group, body)]))
                assert quick.until("quotes")["frame"] == number
            assert psutil.Process().memory_info().rss - before < FRAMES * FRAME / 2
            monkeypatch.setattr(hubs, "STALLED_SECONDS", 0.5)
            deadline = time.monotonic() + PATIENCE
            while any(each.sending_since is not None for each in hub.streams.values()):
                assert time.monotonic() < deadline
                time.sleep(0.05)
            assert [each.ending for each in hub.streams.values()].count(None) == 1, "the other one goes on"
