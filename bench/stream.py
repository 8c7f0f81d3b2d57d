"""Frame to viewer: readers of the stream, one frame a second, all of 500 rows changed.

From the ring that says "a frame is on the tape" (it is read, decoded, encoded and sent) to the last byte that a reader
in another process has read; the processor time of the web process a frame, its memory a reader, and how long all take
to come back when all have lost their line at once and nothing of their streams is kept: each proves who it is anew,
joins, and gets its snapshot. Every reader is a user of its own, with an account whose orders, positions and money it
follows. The baseline broadcasts the same bytes by ``websockets``, counted from the moment it is given them; its readers
come back by the handshake alone. ``BENCH_READERS=1000`` measures that number alone.
"""

import base64
import json
import os
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
import psutil

from api.board import Board
from bench.house import house
from bench.processor import used
from bench.result import Result, compared
from core.frames import Frame, row_type
from db.engine import Database
from desk import identity, market, masters

ROWS = 500
FRAMES = 8
READERS = {100: 3, 1_000: 3, 5_000: 1}
"""How often each number of readers is measured; all of it in two or three minutes."""
AT_ONCE = 1_000
"""So many come back at the same time; of more a quarter of it at a time, as many as a busy machine lets in within the
time that they wait."""
TOPICS = "quotes,orders,trades,positions,wallet"


@dataclass(frozen=True, slots=True)
class Run:
    """One run: milliseconds to each reader and frame, CPU milliseconds a frame, kilobytes a reader, the seconds in
    which each came back, and CPU milliseconds a reader for that."""

    delays: list[float]
    cpu: float
    memory: float
    back: list[float]
    back_cpu: float

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


@dataclass(frozen=True, slots=True)
class Crowd:
    """Who reads: the head of each one's request, ``events`` or ``messages``, how many of them come before the first
    frame, and what it says once it is let in."""

    requests: list[str]
    kind: str
    before: int
    say: str = ""


@contextmanager
def readers(port: int, crowd: Crowd) -> Iterator["subprocess.Popen[bytes]"]:
    """The load client, once all its readers have come in."""
    with process("bench.stream_load", port) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        at_once = AT_ONCE if len(crowd.requests) <= AT_ONCE else AT_ONCE // 4
        child.stdin.write(json.dumps(asdict(crowd) | {"at_once": at_once, "frames": FRAMES}).encode() + b"\n")
        child.stdin.flush()
        if not child.stdout.readline().strip():
            raise RuntimeError("not every reader was let in")
        yield child
        child.kill()


def measured(server: "subprocess.Popen[bytes]", port: int, crowd: Crowd, send: Callable[[], float]) -> Run:
    """Lets a crowd in, sends it frames, one a second, waits for each to arrive everywhere, and has all come back."""
    with readers(port, replace(crowd, requests=crowd.requests[:1])):
        pass  # the market is loaded for the first who comes
    watched = psutil.Process(server.pid)
    empty = watched.memory_info().rss
    with readers(port, crowd) as load:
        assert load.stdin is not None
        assert load.stdout is not None
        before, began = used(watched), time.monotonic()
        delays: list[float] = []
        for n in range(1, FRAMES + 1):
            sent = send()
            delays += [(at - sent) * 1_000 for at in json.loads(load.stdout.readline())]
            time.sleep(max(0.0, began + n - time.monotonic()))
        cpu = (used(watched) - before) * 1_000 / FRAMES
        memory = (watched.memory_info().rss - empty) / 1_024 / len(crowd.requests)
        before = used(watched)
        load.stdin.write(b"again\n")
        load.stdin.flush()
        back = json.loads(load.stdout.readline())
        return Run(delays, cpu, memory, back, (used(watched) - before) * 1_000 / len(back))


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


def viewers(database: Database, count: int) -> list[str]:
    """The tokens of so many users, each with an account."""
    with database.connection() as connection:
        connection.execute(
            "with made as (insert into users (name, role) select 'viewer' || n, 'trader' from generate_series(1, %s) n"
            " returning id, name), booked as (insert into accounts (user_id, market, name, trading_date, cash)"
            " select made.id, m.id, 'main', m.trading_date, 0 from made, markets m where m.id = 'sim')"
            " insert into api_tokens (token_sha256, user_id, name)"
            " select sha256(('a-token-of-the-bench-for-' || name)::bytea), id, 'bench' from made",
            [count],
        )
    return [f"a-token-of-the-bench-for-viewer{n}" for n in range(1, count + 1)]


def ours(database: Database, frames: Frames, tokens: list[str], kind: str) -> Run:
    """The API's stream, by server-sent events or by a WebSocket."""
    port = free_port()
    if kind == "events":
        symbols = ",".join(frames.keys).replace("&", "%26").replace(" ", "%20")
        head, before, say = f"GET /api/v1/stream?topics={TOPICS}&symbols={symbols} HTTP/1.1\r\nHost: bench\r\n", 2, ""
    else:  # so many names are longer than the first line of a handshake may be: they are said afterwards
        head, before = handshake(f"/api/v1/ws?topics={TOPICS}").removesuffix("\r\n"), 3
        say = json.dumps({"symbols": frames.keys})
    crowd = Crowd([f"{head}Authorization: Bearer {each}\r\n\r\n" for each in tokens], kind, before, say)
    with ringing(database, frames) as send, process("bench.stream_servers", "ours", database.url, port) as server:
        listening(port)
        return measured(server, port, crowd, send)


def theirs(body: Callable[[], bytes], count: int, *options: str) -> Run:
    """The same bytes by ``websockets``."""
    port = free_port()
    with process("bench.stream_servers", "theirs", port, *options) as server:
        listening(port)
        return measured(server, port, Crowd([handshake("/")] * count, "messages", 0), piping(server, body))


def chosen(counts: dict[int, int]) -> dict[int, int]:
    """Numbers of readers with how often each is measured; those of ``BENCH_READERS`` once each."""
    wanted = os.environ.get("BENCH_READERS")
    return counts if wanted is None else dict.fromkeys(map(int, wanted.split(",")), 1)


def run() -> Iterator[Result]:
    """For each number of readers, of server-sent events; for a thousand also by WebSockets."""
    with house() as database:
        open_market(database)
        counts = chosen(READERS)
        tokens = viewers(database, max(counts))
        frames = Frames(database)
        market.store_frame(database, frames.stored())
        for count, times in counts.items():
            kinds = ("events", "messages") if count == AT_ONCE else ("events",)
            found: dict[str, list[Run]] = {each: [] for each in (*kinds, "theirs")}
            for _ in range(times):
                for kind in kinds:
                    found[kind].append(ours(database, frames, tokens[:count], kind))
                found["theirs"].append(theirs(lambda: frames.body(frames.next()), count))
            for kind in kinds:
                name = "stream" if kind == "events" else "stream_socket"
                yield from told(f"{name}_{count}_readers", found[kind], found["theirs"])


def told(name: str, mine: list[Run], other: list[Run]) -> Iterator[Result]:
    """The medians of the runs of one number of readers."""
    for share, word in ((0.5, "p50"), (0.99, "p99")):
        values, baselines = ([each.at(share) for each in runs] for runs in (mine, other))
        yield compared(f"{name}_{word}", "ms", values, baselines)
    yield compared(f"{name}_cpu", "ms/frame", [each.cpu for each in mine], [each.cpu for each in other])
    yield compared(f"{name}_memory", "kB/reader", [each.memory for each in mine], [each.memory for each in other])
    for share, word in ((0.5, "p50"), (1.0, "last")):
        values, baselines = ([float(np.quantile(each.back, share)) for each in runs] for runs in (mine, other))
        yield compared(f"{name}_back_{word}", "s", values, baselines)
    yield compared(f"{name}_back_cpu", "ms/reader", [each.back_cpu for each in mine], [each.back_cpu for each in other])
