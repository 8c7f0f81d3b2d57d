"""The least that a browser can wait for: a page whose fetch commits one row, which a stream then paints.

``python -m bench.bare_page URL PORT`` serves it: one insert a click, committed durably, then told to the page
over server-sent events by the same process. It ends when its stdin does.
"""

import asyncio
import socket
import sys
import threading
from collections.abc import AsyncIterator

import psycopg
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, StreamingResponse
from starlette.routing import Route

PAGE = """<!doctype html><title>bare</title><button>Send</button><table><tbody></tbody></table><script>
const body = document.querySelector("tbody");
document.querySelector("button").onclick = () => fetch("/rows", {method: "POST"});
new EventSource("/stream").onmessage = (event) => {
  const row = document.createElement("tr");
  row.className = "order";
  row.innerHTML = `<td>${event.data}</td><td><span class="done">COMPLETE</span></td>`;
  body.prepend(row);
};
</script>"""


class Bare:
    """One connection, one page, one stream."""

    def __init__(self, connection: "psycopg.AsyncConnection[tuple[int]]") -> None:
        self._connection = connection
        self._told: asyncio.Queue[int] = asyncio.Queue()

    async def page(self, _request: Request) -> HTMLResponse:
        """The page itself."""
        return HTMLResponse(PAGE)

    async def add(self, _request: Request) -> JSONResponse:
        """Commit one row, then tell the stream."""
        cursor = await self._connection.execute(
            "insert into bare_rows (side, quantity, status) values ('BUY', 1, 'COMPLETE') returning id"
        )
        row = await cursor.fetchone()
        number = row[0] if row else 0
        self._told.put_nowait(number)
        return JSONResponse({"id": number}, status_code=201)

    async def stream(self, _request: Request) -> StreamingResponse:
        """What was committed, one event a row."""

        async def rows() -> AsyncIterator[str]:
            yield ": open\n\n"
            while True:
                yield f"data: {await self._told.get()}\n\n"

        return StreamingResponse(rows(), media_type="text/event-stream")


async def serve(url: str, port: int) -> None:
    """Until stdin ends."""
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        await connection.execute(
            "create table if not exists bare_rows (id bigint generated always as identity primary key,"
            " side text, quantity integer, status text)"
        )
        bare = Bare(connection)
        routes = [Route("/", bare.page), Route("/rows", bare.add, methods=["POST"]), Route("/stream", bare.stream)]
        config = uvicorn.Config(Starlette(routes=routes), log_level="critical", access_log=False, lifespan="off")
        server = uvicorn.Server(config)

        def end() -> None:
            sys.stdin.buffer.read()
            server.should_exit = server.force_exit = True

        threading.Thread(target=end, daemon=True).start()
        with socket.create_server(("127.0.0.1", port)) as listener:
            listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            await server.serve(sockets=[listener])


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1], int(sys.argv[2])))
