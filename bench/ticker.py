"""Frame to program: sockets of the ticker in one process, one frame a second, all of 500 instruments changed.

From the ring that says "a frame is on the tape" (it is read, decoded, packed and sent) to the last byte that a program
in another process has read; the processor time of the gateway a frame, its memory a socket, and how long all take to
come back when all have lost their line at once (each proves its key anew, joins, subscribes and gets its first
prices). The baseline broadcasts the same bytes by ``websockets``, counted from the moment it is given them; its readers
come back by the handshake alone.
"""

import json
from collections.abc import Iterator

from bench.house import house
from bench.result import Result
from bench.stream import (
    READERS,
    Crowd,
    Frames,
    Run,
    chosen,
    free_port,
    handshake,
    listening,
    measured,
    open_market,
    process,
    ringing,
    theirs,
    told,
)
from core.frames import Frame
from db import apps
from db.engine import Database
from desk import access, identity, market, masters
from desk.identity.sessions import digest
from gateway.ticker.market import Market
from gateway.ticker.packets import Mode
from gateway.ticker.wishes import Wish
from gateway.tokens import token_of

SOCKETS = 3
"""That one key may open."""


class Packed(Frames):
    """Frames of a market, and the bytes in which the ticker tells them."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        master = masters.get(database)
        self.tokens = [token_of(master.by_id[each]) for each in self.ids]
        self._place = Market("sim")
        self._place.know(master.by_id)
        self._place.group(Wish(dict.fromkeys(self.ids, Mode.QUOTE)))

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


def ours(database: Database, frames: Packed, given: list[tuple[str, str]], count: int) -> Run:
    """The gateway's ticker."""
    port = free_port()
    paths = [f"/?api_key={key}&access_token={token}" for key, token in given for _ in range(SOCKETS)]
    say = json.dumps({"a": "subscribe", "v": frames.tokens})
    crowd = Crowd([handshake(path) for path in paths[:count]], "messages", 1, say)
    with ringing(database, frames) as send, process("bench.stream_servers", "ticker", database.url, port) as server:
        listening(port)
        return measured(server, port, crowd, send)


def run() -> Iterator[Result]:
    """p50, p99, processor time, memory and the way back, for each number of readers."""
    with house() as database:
        open_market(database)
        counts = chosen(READERS)
        given = keys(database, -(-max(counts) // SOCKETS))
        frames = Packed(database)
        market.store_frame(database, frames.stored())
        for count, times in counts.items():
            mine, other = list[Run](), list[Run]()
            for _ in range(times):
                mine.append(ours(database, frames, given, count))
                other.append(theirs(lambda: frames.packed(frames.next()), count, "binary"))
            yield from told(f"ticker_{count}_readers", mine, other)
