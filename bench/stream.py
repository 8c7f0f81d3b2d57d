"""Frame to viewer: readers of one stream, one frame a second, all of 500 rows changed.

From the ring that says "a frame is on the tape" (it is read, decoded, encoded and sent) to the last byte that
a reader in another process has read; and the CPU of the web process a frame. The baseline broadcasts the same
bytes by ``websockets``, counted from the moment it is given them.
"""

import base64
import json
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
import psutil

from api.board import Board
from bench.house import house
from bench.processor import used
from bench.result import RUNS, Result, compared
from core.frames import Frame, row_type
from db.engine import Database
from desk import identity, market, masters

ROWS = 500
FRAMES = 8
READERS = (100, 1_000)


@dataclass(frozen=True, slots=True)
class Run:
    """One run: milliseconds to each reader and frame, and CPU milliseconds a frame."""

    delays: list[float]
    cpu: float

    def at(self, share: float) -> float:
        """The delay below which this share of the deliveries stayed."""
        return float(np.quantile(self.delays, share))


class Frames:
    """Frames of one market, each with every row changed, and the bytes in which a stream tells them."""

    def __init__(self, database: Database) -> None:
        self.database = database
        master = masters.get(database)
        self.ids = sorted(each.id for each in master.listed())[:ROWS]
        self.keys = [master.by_id[each].key for each in self.ids]
        self.number = market.state(database, "sim").frame
        self._chance = np.random.default_rng(1)
        self._board = Board("sim")
        self._board.know(master.by_id)
        self._group = self._board.group(self.ids)

    def stored(self) -> Frame:
        """The market's next frame."""
        self.number += 1
        return self.next(self.number)

    def next(self, number: int = 1) -> Frame:
        """A frame of that number; the prices of all instruments differ from those before."""
        at = int(datetime.now(UTC).timestamp() * 1000)
        rows = np.zeros(ROWS, row_type())
        rows["instrument"], rows["exchange_time"] = self.ids, at
        rows["prev_close"] = 150_000
        rows["last_price"] = 150_000 + self._chance.integers(-1_000, 1_000, ROWS) * 5
        rows["volume"], rows["oi"] = self._chance.integers(10**5, 10**7, ROWS), 0
        for side, sign in (("bid", -5), ("ask", 5)):
            rows[f"{side}_price"] = rows["last_price"][:, None] + sign * np.arange(1, 6)
            rows[f"{side}_quantity"], rows[f"{side}_orders"] = 100, 3
        return Frame("sim", number, at, rows)

    def body(self, frame: Frame) -> bytes:
        """What a ``quotes`` event says of it."""
        body = self._board.encode(self._group, self._board.put([frame]))
        if body is None:
            raise RuntimeError("the frame changed nothing")
        return body


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def process(*arguments: Any) -> Iterator["subprocess.Popen[bytes]"]:
    """A child of ours; its stdin is closed at the end, which ends it."""
    child = subprocess.Popen(
        [sys.executable, "-m", *map(str, arguments)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    try:
        yield child
    finally:
        if child.stdin is not None:
            child.stdin.close()
        try:
            child.wait(10)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def listening(port: int) -> None:
    """Waits until the port answers."""
    until = time.monotonic() + 30
    while time.monotonic() < until:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise RuntimeError("the server did not start")


@contextmanager
def readers(port: int, count: int, kind: str, request: str) -> Iterator["subprocess.Popen[bytes]"]:
    """The load client, once all its readers are connected."""
    with process("bench.stream_load", port, count, kind) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        child.stdin.write(request.encode())
        child.stdin.close()
        if child.stdout.readline().strip() != b"ready":
            raise RuntimeError("not every reader was let in")
        yield child
        child.kill()


def measured(server: "subprocess.Popen[bytes]", load: "subprocess.Popen[bytes]", send: Callable[[], float]) -> Run:
    """Sends frames, one a second, and waits for each to arrive everywhere."""
    assert load.stdout is not None
    watched = psutil.Process(server.pid)
    before, began = used(watched), time.monotonic()
    delays: list[float] = []
    for n in range(1, FRAMES + 1):
        sent = send()
        delays += [(at - sent) * 1_000 for at in json.loads(load.stdout.readline())]
        time.sleep(max(0.0, began + n - time.monotonic()))
    return Run(delays, (used(watched) - before) * 1_000 / FRAMES)


def open_market(database: Database) -> None:
    """A market that trades, with room on its tape, and a user who looks at it."""
    market.keep_tape(database, datetime.now(UTC), hours=6, megabytes=2048)
    with database.connection() as connection:
        connection.execute("update markets set running = true, phase = 'OPEN'")
    identity.add_user(database, "viewer", "trader")


@contextmanager
def ringing(database: Database, frames: Frames) -> Iterator[Callable[[], float]]:
    """Stores the next frame and rings; the instant of the ring."""
    bell = market.doorbell(database)

    def send() -> float:
        market.store_frame(database, frames.stored())
        sent = time.monotonic()
        market.announce(bell)
        return sent

    try:
        yield send
    finally:
        bell.close()


def piping(server: "subprocess.Popen[bytes]", body: Callable[[], bytes]) -> Callable[[], float]:
    """Gives the bare server the next bytes; the instant at which it was given them."""

    def send() -> float:
        assert server.stdin is not None
        given = body()
        sent = time.monotonic()
        server.stdin.write(struct.pack("<I", len(given)) + given)
        server.stdin.flush()
        return sent

    return send


def handshake(path: str) -> str:
    """The head of a request for a WebSocket."""
    key = base64.b64encode(b"a key of sixteen").decode()
    return (
        f"GET {path} HTTP/1.1\r\nHost: bench\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n"
    )


def ours(database: Database, frames: Frames, token: str, count: int) -> Run:
    """The API's stream."""
    port = free_port()
    request = (
        f"GET /api/v1/stream?topics=quotes&symbols={','.join(frames.keys).replace('&', '%26').replace(' ', '%20')}"
        f" HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {token}\r\n\r\n"
    )
    with ringing(database, frames) as send, process("bench.stream_servers", "ours", database.url, port) as server:
        listening(port)
        with readers(port, count, "events", request) as load:
            return measured(server, load, send)


def theirs(frames: Frames, count: int) -> Run:
    """The same bytes by ``websockets``."""
    port = free_port()
    with process("bench.stream_servers", "theirs", port) as server:
        listening(port)
        with readers(port, count, "messages", handshake("/")) as load:
            return measured(server, load, piping(server, lambda: frames.body(frames.next())))


def run() -> Iterator[Result]:
    """p50, p99 and CPU, for 100 and for 1,000 readers."""
    with house() as database:
        open_market(database)
        token = identity.create_token(database, "bench", "viewer", None)[0]
        frames = Frames(database)
        for count in READERS:
            pairs = [(ours(database, frames, token, count), theirs(frames, count)) for _ in range(RUNS)]
            mine, other = [one for one, _ in pairs], [one for _, one in pairs]
            for name, share in (("p50", 0.5), ("p99", 0.99)):
                values, baselines = [each.at(share) for each in mine], [each.at(share) for each in other]
                yield compared(f"stream_{count}_readers_{name}", "ms", values, baselines)
            yield compared(
                f"stream_{count}_readers_cpu", "ms/frame", [each.cpu for each in mine], [each.cpu for each in other]
            )
