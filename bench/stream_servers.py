"""The servers that ``bench.stream`` and ``bench.ticker`` compare, each a process of its own.

``ours URL PORT`` serves the API's stream from a database, ``ticker URL PORT`` the gateway; ``theirs PORT [binary]``
broadcasts by ``websockets`` what comes in on stdin (length, then bytes), without compression. All end when stdin does.
"""

import asyncio
import struct
import sys
import threading
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from starlette.applications import Starlette
from websockets.asyncio.server import ServerConnection, broadcast, serve

from api import late
from db.engine import Database
from desk import installation


@dataclass
class Started:
    """A start that is done."""

    database: Any
    waiting_for: list[str] = field(default_factory=list)
    ready: bool = True


def ours(url: str, port: int) -> None:
    """The API's own routes on uvicorn, as the web process has them."""
    app = Starlette(routes=[late.mount(Started(Database(url)))])
    serve_until_eof(uvicorn.Config(app, port=port, log_level="warning", lifespan="off", access_log=False, backlog=4096))


def ticker(url: str, port: int) -> None:
    """The gateway as its own process serves it."""
    from gateway.app import Application
    from gateway.process import config

    serve_until_eof(config(Application(Started(Database(url))), port=port, lifespan="off", backlog=8192))


def serve_until_eof(config: uvicorn.Config) -> None:
    """Serve until stdin ends. Garbage is looked for as seldom as in the processes that are measured."""
    installation.collect_seldom()
    server = uvicorn.Server(config)

    def end() -> None:
        sys.stdin.buffer.read()
        server.should_exit = server.force_exit = True

    threading.Thread(target=end, daemon=True).start()
    server.run()


async def theirs(port: int, binary: bool) -> None:
    """A bare websockets server."""
    connections: set[ServerConnection] = set()
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()

    async def hold(connection: ServerConnection) -> None:
        connections.add(connection)
        try:
            await connection.wait_closed()
        finally:
            connections.discard(connection)

    def read() -> None:
        while head := sys.stdin.buffer.read(4):
            body = sys.stdin.buffer.read(struct.unpack("<I", head)[0])
            loop.call_soon_threadsafe(broadcast, connections, body if binary else body.decode())
        loop.call_soon_threadsafe(ended.set)

    async with serve(hold, "127.0.0.1", port, compression=None, ping_interval=None, backlog=8192):
        threading.Thread(target=read, daemon=True).start()
        await ended.wait()


if __name__ == "__main__":
    if sys.argv[1] == "theirs":
        asyncio.run(theirs(int(sys.argv[2]), "binary" in sys.argv[3:]))
    else:
        {"ours": ours, "ticker": ticker}[sys.argv[1]](sys.argv[2], int(sys.argv[3]))
