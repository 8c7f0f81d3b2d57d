"""Frame to program: sockets of the ticker in one process, one frame a second, all of 500 instruments changed.

From the ring that says "a frame is on the tape" (it is read, decoded, packed and sent) to the last byte that a program
in another process has read; the processor time of the gateway a frame, its memory a socket, and how long all take to
come back when all have lost their line at once (each proves its key anew, joins, subscribes and gets its first
prices). The baseline broadcasts the same bytes by ``websockets``, counted from the moment it is given them; its readers
come back by the handshake alone.
"""

import base64
import json
import struct
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
import psutil

from bench.house import house
from bench.processor import used
from bench.result import Result, compared
from bench.stream import Frames, free_port, listening, process
from core.frames import Frame
from db import apps
from db.engine import Database
from desk import access, identity, market, masters
from desk.identity.sessions import digest
from gateway.ticker.market import Market
from gateway.ticker.packets import Mode
from gateway.tokens import token_of

FRAMES = 8
SOCKETS = 3
"""That one key may open."""
AT_ONCE = 1_000
"""So many come back at the same time; of more a quarter of it at a time, as many as a busy machine lets in within the
time that they wait."""
RUNS = {100: 5, 1_000: 5, 5_000: 1}
"""How often each number of readers is measured."""


@dataclass(frozen=True, slots=True)
class Run:
    """Milliseconds to each reader and frame, milliseconds of processor time a frame, kilobytes a reader, and the
    seconds in which each came back."""

    delays: list[float]
    cpu: float
    memory: float
    back: list[float]


class Packed(Frames):
    """Frames of a market, and the bytes in which the ticker tells them."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        master = masters.get(database)
        self.tokens = [token_of(master.by_id[each]) for each in self.ids]
        self._place = Market("sim")
        self._place.know(master.by_id)
        self._all = self._place.group(dict.fromkeys(self.ids, Mode.QUOTE))

    def packed(self, frame: Frame) -> bytes:
        """What every program is sent of it."""
        ((_, body),) = self._place.put([frame])
        return body


def keys(database: Database, count: int) -> list[tuple[str, str]]:
    """(api_key, access_token) of so many programs of one user."""
    user = identity.find(database, "viewer")
    account = access.by_key(database, "viewer/main")
    made = []
    with database.connection() as connection:
        for number in range(count):
            key = f"bench{number:019d}"
            app = apps.insert(
                connection, digest(key), key[:4], bytes(32), user_id=user.id, account_id=account.id, name="bench",
                redirect_url=None, scopes=["read"],
            )  # fmt: skip
            found = apps.by_key(connection, digest(key))
            if found is None or found.id != app:
                raise RuntimeError("the program was not made")
            apps.insert_token(connection, digest(f"token{number:027d}"), found, None)
            made.append((key, f"token{number:027d}"))
    return made


def head(path: str) -> str:
    """A handshake."""
    key = base64.b64encode(b"a key of sixteen").decode()
    return (
        f"GET {path} HTTP/1.1\r\nHost: bench\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n"
    )


@contextmanager
def readers(port: int, requests: list[str], say: str) -> Iterator["subprocess.Popen[bytes]"]:
    """The load client, once all its readers have had their first frame."""
    with process("bench.ticker_load", port, FRAMES) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        at_once = AT_ONCE if len(requests) <= AT_ONCE else AT_ONCE // 4
        child.stdin.write(json.dumps({"requests": requests, "say": say, "at_once": at_once}).encode() + b"\n")
        child.stdin.flush()
        if child.stdout.readline().strip() != b"ready":
            raise RuntimeError("not every reader was let in")
        yield child
        child.kill()


def measured(server: "subprocess.Popen[bytes]", load: "subprocess.Popen[bytes]", before: int, send: Any) -> Run:
    """Sends frames, one a second, waits for each to arrive everywhere, then for all to come back."""
    assert load.stdin is not None
    assert load.stdout is not None
    watched, delays = psutil.Process(server.pid), []
    spent, began = used(watched), time.monotonic()
    for number in range(1, FRAMES + 1):
        sent = send()
        delays += [(at - sent) * 1_000 for at in json.loads(load.stdout.readline())]
        time.sleep(max(0.0, began + number - time.monotonic()))
    cpu = (used(watched) - spent) * 1_000 / FRAMES
    count = len(delays) // FRAMES
    memory = (watched.memory_info().rss - before) / 1_024 / count
    load.stdin.write(b"again\n")
    load.stdin.flush()
    return Run(delays, cpu, memory, json.loads(load.stdout.readline()))


def resident(server: "subprocess.Popen[bytes]") -> int:
    """Bytes of a server that nobody reads yet."""
    return int(psutil.Process(server.pid).memory_info().rss)


def ours(database: Database, frames: Packed, given: list[tuple[str, str]], count: int) -> Run:
    """The gateway's ticker."""
    port, bell = free_port(), market.doorbell(database)
    paths = [f"/?api_key={key}&access_token={token}" for key, token in given for _ in range(SOCKETS)]
    say = json.dumps({"a": "subscribe", "v": frames.tokens})

    def send() -> float:
        market.store_frame(database, frames.stored())
        sent = time.monotonic()
        market.announce(bell)
        return sent

    try:
        with process("bench.stream_servers", "ticker", database.url, port) as server:
            listening(port)
            with readers(port, [head(paths[0])], say):
                pass  # the market is loaded for the first who comes
            before = resident(server)
            with readers(port, [head(path) for path in paths[:count]], say) as load:
                return measured(server, load, before, send)
    finally:
        bell.close()


def theirs(frames: Packed, count: int) -> Run:
    """The same bytes by ``websockets``."""
    port = free_port()
    with process("bench.stream_servers", "theirs", port, "binary") as server:
        listening(port)

        def send() -> float:
            assert server.stdin is not None
            body = frames.packed(frames.next())
            sent = time.monotonic()
            server.stdin.write(struct.pack("<I", len(body)) + body)
            server.stdin.flush()
            return sent

        before = resident(server)
        with readers(port, [head("/")] * count, "") as load:
            return measured(server, load, before, send)


def run() -> Iterator[Result]:
    """p50, p99, processor time, memory and the way back, for each number of readers."""
    with house() as database:
        market.keep_tape(database, datetime.now(UTC), hours=6, megabytes=2048)
        with database.connection() as connection:
            connection.execute("update markets set running = true, phase = 'OPEN'")
        identity.add_user(database, "viewer", "trader")
        given = keys(database, -(-max(RUNS) // SOCKETS))
        frames = Packed(database)
        market.store_frame(database, frames.stored())
        for count, times in RUNS.items():
            pairs = [(ours(database, frames, given, count), theirs(frames, count)) for _ in range(times)]
            yield from told(count, [mine for mine, _ in pairs], [other for _, other in pairs])


def told(count: int, mine: list[Run], other: list[Run]) -> Iterator[Result]:
    """The medians of the runs of one number of readers."""
    name = f"ticker_{count}_readers"
    for share, word in ((0.5, "p50"), (0.99, "p99")):
        values, baselines = ([float(np.quantile(each.delays, share)) for each in runs] for runs in (mine, other))
        yield compared(f"{name}_{word}", "ms", values, baselines)
    yield compared(f"{name}_cpu", "ms/frame", [each.cpu for each in mine], [each.cpu for each in other])
    yield compared(f"{name}_memory", "kB/reader", [each.memory for each in mine], [each.memory for each in other])
    for share, word in ((0.5, "p50"), (1.0, "last")):
        values, baselines = ([float(np.quantile(each.back, share)) for each in runs] for runs in (mine, other))
        yield compared(f"{name}_back_{word}", "s", values, baselines)
