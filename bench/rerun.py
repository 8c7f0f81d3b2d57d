"""Screen rerun: what one run of a page takes from the request to the end of the script, over the wire.

Each page by itself for a user with 200 orders and 50 positions; then 300 such users at once, each with a
stream open and one rerun every ten seconds, on all pages that a trader has. ``cpu`` is processor time of the web
process, which no other work on the machine makes longer than by its caches. Where ``crowd_kept_up`` is below 1, more
was asked than the server did: then the crowd's times grow with the length of the bench and say only that.
"""

import asyncio
import statistics
from collections.abc import Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from urllib.parse import quote

import numpy as np

from bench.busy_books import traders
from bench.processor import used
from bench.product import Product, product
from bench.result import Result, rounded
from bench.scripts import PATIENCE, Run, Tab
from desk import screens
from desk.identity import COOKIE
from ui.menu import MENU

RERUNS = 40
CROWD = 300
ALONE = 4.0  # seconds in which the streams are all there is
BEAT = 10.0  # seconds between two reruns of one session
MEASURED = 30.0  # seconds of the crowd that count
AT_ONCE = 10  # sessions of the crowd that come at a time
TOPICS = "quotes,orders,trades,positions,wallet,alerts,feed"
SYMBOLS = ("NSE:NIFTY 50", "NSE:NIFTY BANK", "BSE:SENSEX", "NSE:INFY", "NSE:TCS", "NSE:RELIANCE", "NSE:SBIN", "NSE:ITC")
FIRST = MENU[0][0]
"""The page that opens without a name in its address."""


def address(name: str) -> str:
    """A page as the browser's address names it."""
    return "" if name == FIRST else name


def sound(run: Run, page: str) -> Run:
    """The run; raises RuntimeError if the page showed an error, because then it measures nothing."""
    if run.trouble:
        raise RuntimeError(f"{page}: {run.trouble[0]}")
    return run


async def page(running: Product, cookie: str, name: str) -> tuple[list[float], float]:
    """Milliseconds of the reruns of one page, the tab alone on the server, and processor time of one."""
    async with Tab(running.port, cookie) as tab:
        sound(await tab.open(address(name)), name)
        before = used(running.web)
        took = [sound(await tab.rerun(), name).seconds * 1_000 for _ in range(RERUNS)]
        return took, (used(running.web) - before) / RERUNS * 1_000


async def reader(port: int, cookie: str, heard: asyncio.Event) -> None:
    """A stream as a browser holds it; what comes is read and dropped, and the first of it is told. Raises
    RuntimeError if it ends."""
    symbols = quote(",".join(SYMBOLS))
    incoming, outgoing = await asyncio.open_connection("127.0.0.1", port)
    outgoing.write(
        f"GET /api/v1/stream?topics={TOPICS}&symbols={symbols} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
        f"Cookie: {COOKIE}={cookie}\r\nAccept: text/event-stream\r\n\r\n".encode()
    )
    try:
        head = await incoming.readuntil(b"\r\n\r\n")
        if b" 200 " not in head.split(b"\r\n", 1)[0]:
            raise RuntimeError(f"the stream was refused: {head[:60]!r}")
        while await incoming.read(1 << 16):
            heard.set()
        raise RuntimeError("a stream ended")
    finally:
        outgoing.close()


async def session(tab: Tab, name: str, start: float, end: float, out: list[float]) -> None:
    """Reruns on the beat from ``start`` to ``end`` (loop seconds); a late one is not skipped."""
    loop, at = asyncio.get_running_loop(), start
    while at < end:
        await asyncio.sleep(max(0.0, at - loop.time()))
        waited = max(0.0, loop.time() - at)
        run = sound(await tab.rerun(), name)
        out.append((waited + run.seconds) * 1_000)
        at += BEAT


@dataclass(slots=True)
class Crowd:
    """Milliseconds of every rerun from the instant it was due; cores that the streams alone took, processor
    milliseconds of a rerun beside them, and which part of what was due by the end had been done by then."""

    took: list[float]
    streams: float
    cpu: float
    kept_up: float


async def crowd(running: Product, cookies: list[str], names: list[str]) -> Crowd:
    """Everybody comes in, opens a stream, and reruns on the beat."""
    loop = asyncio.get_running_loop()
    pages = [names[n % len(names)] for n in range(len(cookies))]
    async with AsyncExitStack() as open_tabs:
        tabs = [await open_tabs.enter_async_context(Tab(running.port, cookie)) for cookie in cookies]
        for begin in range(0, len(tabs), AT_ONCE):
            some = range(begin, min(begin + AT_ONCE, len(tabs)))
            runs = await asyncio.gather(*(tabs[n].open(address(pages[n])) for n in some))
            for n, run in zip(some, runs, strict=True):
                sound(run, pages[n])
        first = [asyncio.Event() for _ in cookies]
        streams = [
            asyncio.create_task(reader(running.port, cookie, heard))
            for cookie, heard in zip(cookies, first, strict=True)
        ]
        # The snapshots that 300 streams begin with are no part of the steady state.
        await asyncio.wait_for(asyncio.gather(*(heard.wait() for heard in first)), PATIENCE)
        await asyncio.sleep(2)
        before = used(running.web)
        await asyncio.sleep(ALONE)
        alone = (used(running.web) - before) / ALONE
        out: list[float] = []
        before, start = used(running.web), loop.time()
        work = [
            asyncio.create_task(session(tab, pages[n], start + n * BEAT / len(tabs), start + MEASURED, out))
            for n, tab in enumerate(tabs)
        ]
        try:
            await asyncio.sleep(MEASURED)
            due, done = len(tabs) * MEASURED / BEAT, len(out)
            await asyncio.gather(*work)
            cpu = (used(running.web) - before - alone * (loop.time() - start)) / len(out) * 1_000
            for stream in streams:
                if stream.done():
                    stream.result()
        finally:
            for task in (*work, *streams):
                task.cancel()
            await asyncio.gather(*work, *streams, return_exceptions=True)
    return Crowd(out, alone, cpu, min(1.0, done / due))


def run() -> Iterator[Result]:
    """p50 and processor time a page, then p50, p95 and processor time of the crowd."""
    with product() as running:
        names = [f"trader{n}" for n in range(CROWD)]
        traders(running.database, names)
        traders(running.database, ["root"], "admin")
        if not screens.feed(running.database, "sim")["frame"]:
            raise RuntimeError("no market runs")
        cookies = [running.cookie(name) for name in names]
        admin = running.cookie("root")
        for name, _, _, roles in MENU:
            took, cpu = asyncio.run(page(running, cookies[0] if "trader" in roles else admin, name))
            yield Result(f"rerun_{name}_p50", rounded(statistics.median(took)), "ms")
            yield Result(f"rerun_{name}_cpu", rounded(cpu), "ms")
        found = asyncio.run(crowd(running, cookies, [name for name, _, _, roles in MENU if "trader" in roles]))
        yield Result("rerun_crowd_p50", rounded(statistics.median(found.took)), "ms")
        yield Result("rerun_crowd_p95", rounded(float(np.quantile(found.took, 0.95))), "ms")
        yield Result("rerun_crowd_cpu", rounded(found.cpu), "ms")
        yield Result("rerun_crowd_streams", rounded(found.streams), "cores")
        yield Result("rerun_crowd_kept_up", rounded(found.kept_up), "of 1")
