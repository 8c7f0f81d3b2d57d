"""Orders over HTTP, 16 connections at once: against a bare route that runs the same transaction.

Ours is the native API under Streamlit's own server settings, with a token, parsing, access and the answer's
headers; the bare one is a Starlette route that calls the desk with a fixed order. One process each.
"""

import asyncio
import json
import os
import random
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import BaseRoute, Route

from api import late
from bench.house import fund, house, quote
from bench.result import RUNS, Result, rounded
from core.orders import OrderType, PlaceOrder, Product, Side
from db.engine import Database
from desk import identity, masters, trading

CONNECTIONS, SECONDS, ACCOUNTS = 16, 2, 200
ORDER = {"exchange": "NSE", "symbol": "INFY", "side": "BUY", "order_type": "LIMIT", "product": "CNC", "quantity": 1,
         "price": 1490}  # fmt: skip


def free_port() -> int:
    """A port of the loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def serve(kind: str, url: str, port: str) -> None:
    """Runs in a process of its own: one of the two servers."""
    database = Database(url, pool_size=CONNECTIONS)
    app = Starlette(routes=_native(database) if kind == "native" else _bare(database))
    uvicorn.run(app, host="127.0.0.1", port=int(port), log_level="error", access_log=False)


def _native(database: Database) -> list[BaseRoute]:
    class Started:
        def __init__(self) -> None:
            self.database = database
            self.waiting_for: list[str] = []
            self.ready = True

    return [late.mount(Started())]


def _bare(database: Database) -> list[BaseRoute]:
    one = masters.get(database).by_key["NSE:INFY"].id
    wish = PlaceOrder(one, Side.BUY, OrderType.LIMIT, Product.CNC, 1, price=149_000)
    pool = ThreadPoolExecutor(CONNECTIONS)

    async def place(request: Request) -> JSONResponse:
        body = json.loads(await request.body())
        key, loop = request.headers["idempotency-key"], asyncio.get_running_loop()
        answer = await loop.run_in_executor(pool, trading.place, database, "bench", int(body["account"]), wish, key)
        return JSONResponse(answer.body, answer.status)

    return [Route("/api/v1/orders", place, methods=["POST"])]


def load(port: int, bodies: list[bytes], token: str) -> float:
    """Orders a second of all connections, each sending the next when the last was answered."""
    done: list[int] = []
    failed: list[str] = []
    end = time.perf_counter() + SECONDS

    def work(number: int) -> None:
        connection, count = HTTPConnection("127.0.0.1", port), 0
        chance = random.Random(number + time.time_ns())
        while time.perf_counter() < end and not failed:
            headers = {"content-type": "application/json", "authorization": f"Bearer {token}",
                       "idempotency-key": f"{chance.getrandbits(96):x}"}  # fmt: skip
            connection.request("POST", "/api/v1/orders", chance.choice(bodies), headers)
            answer = connection.getresponse()
            text = answer.read()
            if answer.status != 201:
                failed.append(f"{answer.status}: {text[:200]!r}")
            count += 1
        connection.close()
        done.append(count)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failed:
        raise RuntimeError(failed[0])
    return sum(done) / SECONDS


def run() -> Iterator[Result]:
    """Orders a second over both servers, interleaved."""
    with house() as database:
        accounts = fund(database, ACCOUNTS)
        quote(database, "NSE:INFY", 150_000)
        token, _ = identity.create_token(database, "bench", "bench")
        names = [json.dumps(ORDER | {"account": f"bench/a{n}"}).encode() for n in range(1, ACCOUNTS + 1)]
        numbers = [json.dumps(ORDER | {"account": account}).encode() for account in accounts]
        environment = os.environ | {"KAGAZ_ORDER_RATE": "0", "KAGAZ_LOG_LEVEL": "error", "DATABASE_URL": database.url}
        ports, servers = [], []
        for kind in ("native", "bare"):
            ports.append(free_port())
            code = f"from bench.place_http import serve; serve({kind!r}, {database.url!r}, '{ports[-1]}')"
            servers.append(subprocess.Popen([sys.executable, "-c", code], env=environment))
        try:
            for port in ports:
                _await(port)
            ours, theirs = [], []
            load(ports[0], names, token), load(ports[1], numbers, token)
            for _ in range(RUNS):
                ours.append(load(ports[0], names, token))
                theirs.append(load(ports[1], numbers, token))
        finally:
            for each in servers:
                each.terminate()
                each.wait()
    rate, base = statistics.median(ours), statistics.median(theirs)
    yield Result("place_http_16", rounded(rate), "orders/s", rounded(base), rounded(rate / base))


def _await(port: int) -> None:
    until = time.monotonic() + 60
    while True:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        if time.monotonic() > until:
            raise RuntimeError("the server did not come up")
        time.sleep(0.05)
