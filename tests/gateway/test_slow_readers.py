"""A program that takes nothing: of prices one frame waits for it, whoever else reads is served, and it is let go."""

import socket
import time

import psutil
import pytest
from websockets.sync.client import connect

from db.engine import Database
from gateway.app import Application
from gateway.ticker import feed as feeds
from gateway.ticker import outbox
from gateway.tokens import token_of
from tests.floor import Floor
from tests.gateway.conftest import keys_of, serving
from tests.gateway.test_ticker import address_of, lengths, say
from tests.patience import PATIENCE
from tests.started import Started

FRAME = 1 << 20
FRAMES = 60


def test_a_program_that_takes_nothing_costs_little_and_is_let_go(
    desk: Database, floor: Floor, monkeypatch: pytest.MonkeyPatch
) -> None:
    app, keys = Application(Started(desk)), keys_of(desk, "alice")
    wanted = [token_of(floor.instrument("NSE:INFY"))]
    with serving(app) as host, connect(address_of(host, keys), max_size=2 * FRAME) as quick, socket.socket() as raw:
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        raw.connect(tuple((part if at == 0 else int(part)) for at, part in enumerate(host.split(":"))))
        with connect(address_of(host, keys), sock=raw, max_size=2 * FRAME, max_queue=1) as slow:
            for each in (quick, slow):
                say(each, "subscribe", wanted)
            assert lengths(quick.recv(timeout=PATIENCE)) == [44]
            feed = app.ticker.feed
            assert feed
            (group,) = feed.markets["sim"].groups.values()
            deadline = time.monotonic() + PATIENCE
            while len(group.readers) < 2:
                assert time.monotonic() < deadline
                time.sleep(0.01)
            before = psutil.Process().memory_info().rss
            for number in range(FRAMES):
                feed._call(feeds._tell, [(group, number.to_bytes(4, "big") + b"x" * FRAME)])
                while (message := quick.recv(timeout=PATIENCE)) == outbox.BEAT:
                    pass
                assert int.from_bytes(message[:4], "big") == number
            assert psutil.Process().memory_info().rss - before < FRAMES * FRAME / 2
            monkeypatch.setattr(outbox, "STALLED_SECONDS", 0.5)
            deadline = time.monotonic() + PATIENCE
            while len(feed.sockets) > 1:
                assert time.monotonic() < deadline
                time.sleep(0.05)
            raw.close()
        while quick.recv(timeout=PATIENCE) != outbox.BEAT:
            pass
