"""Frame to program: sockets of the ticker in one process, one frame a second, all of 500 instruments changed.

From the ring that says "a frame is on the tape" (it is read, decoded, packed and sent) to the last byte that a program
in another process has read; the processor time of the gateway a frame, its memory a socket, and how long all take to
come back when all have lost their line at once (each proves its key anew, joins, subscribes and gets its first
prices). The baseline broadcasts the same bytes by ``websockets``, counted from the moment it is given them; its readers
come back by the handshake alone.
"""

import json
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import psutil

from bench import stream
from bench.house import house
from bench.result import Result, compared
from bench.stream import FRAMES, Frames, free_port, handshake, listening, open_market, piping, process, ringing
from core.frames import Frame
from db import apps
from db.engine import Database
from desk import access, identity, market, masters
from desk.identity.sessions import digest
from gateway.ticker.market import Market
from gateway.ticker.packets import Mode
from gateway.tokens import token_of

SOCKETS = 3
"""That one key may open."""
AT_ONCE = 1_000
"""So many come back at the same time; of more a quarter of it at a time, as many as a busy machine lets in within the
time that they wait."""
RUNS = {100: 5, 1_000: 5, 5_000: 1}
"""How often each number of readers is measured."""


@dataclass(frozen=True, slots=True)
class Run(stream.Run):
    """Also kilobytes a reader, and the seconds in which each came back."""

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
        self._place.group(dict.fromkeys(self.ids, Mode.QUOTE))

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


def measured(
    server: "subprocess.Popen[bytes]", load: "subprocess.Popen[bytes]", before: int, send: Callable[[], float]
) -> Run:
    """What frames cost as they are sent, then how long all take to come back."""
    assert load.stdin is not None
    assert load.stdout is not None
    sent = stream.measured(server, load, send)
    memory = (resident(server) - before) / 1_024 / (len(sent.delays) // FRAMES)
    load.stdin.write(b"again\n")
    load.stdin.flush()
    return Run(sent.delays, sent.cpu, memory, json.loads(load.stdout.readline()))


def resident(server: "subprocess.Popen[bytes]") -> int:
    """Bytes of a server that nobody reads yet."""
    return int(psutil.Process(server.pid).memory_info().rss)


def ours(database: Database, frames: Packed, given: list[tuple[str, str]], count: int) -> Run:
    """The gateway's ticker."""
    port = free_port()
    paths = [f"/?api_key={key}&access_token={token}" for key, token in given for _ in range(SOCKETS)]
    say = json.dumps({"a": "subscribe", "v": frames.tokens})
    with ringing(database, frames) as send, process("bench.stream_servers", "ticker", database.url, port) as server:
        listening(port)
        with readers(port, [handshake(paths[0])], say):
            pass  # the market is loaded for the first who comes
        before = resident(server)
        with readers(port, [handshake(path) for path in paths[:count]], say) as load:
            return measured(server, load, before, send)


def theirs(frames: Packed, count: int) -> Run:
    """The same bytes by ``websockets``."""
    port = free_port()
    with process("bench.stream_servers", "theirs", port, "binary") as server:
        listening(port)
        before = resident(server)
        with readers(port, [handshake("/")] * count, "") as load:
            return measured(server, load, before, piping(server, lambda: frames.packed(frames.next())))


def run() -> Iterator[Result]:
    """p50, p99, processor time, memory and the way back, for each number of readers."""
    with house() as database:
        open_market(database)
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
        values, baselines = ([each.at(share) for each in runs] for runs in (mine, other))
        yield compared(f"{name}_{word}", "ms", values, baselines)
    yield compared(f"{name}_cpu", "ms/frame", [each.cpu for each in mine], [each.cpu for each in other])
    yield compared(f"{name}_memory", "kB/reader", [each.memory for each in mine], [each.memory for each in other])
    for share, word in ((0.5, "p50"), (1.0, "last")):
        values, baselines = ([float(np.quantile(each.back, share)) for each in runs] for runs in (mine, other))
        yield compared(f"{name}_back_{word}", "s", values, baselines)
