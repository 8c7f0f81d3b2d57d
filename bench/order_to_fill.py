"""From an order accepted to its fill committed: marketable against the last frame, 50 orders a second, no HTTP.

Orders come on a fixed beat whether or not earlier ones are done. The doorbell, the execution loop and
Postgres are the real ones; the loop shares this process, which can only make it slower.
"""

import statistics
import threading
import time
from collections.abc import Iterator, Sequence

import numpy as np

from bench.house import fund, house, quote
from bench.result import RUNS, Result, rounded
from core.book import Resting
from core.frames import Frame, row_type
from core.matching import Fill, Outcome
from core.orders import OrderType, PlaceOrder, Product, Side
from db.engine import Database
from desk import filling, trading
from desk.filling import Applied, Changed
from desk.leadership import Leadership
from jobs.bus import Bus
from jobs.execution import ExecutionLoop

ACCOUNTS, ORDERS, BEAT = 200, 150, 1 / 50
PRICE = 150_000


class Timed:
    """The real desk, noting when each fill was committed."""

    def __init__(self) -> None:
        self.committed: dict[int, float] = {}

    def load_open(self, database: Database, leadership: Leadership, market: str) -> list[Resting]:
        return filling.load_open(database, leadership, market)

    def take_changes(self, database: Database, leadership: Leadership, market: str) -> Changed:
        return filling.take_changes(database, leadership, market)

    def apply(self, database: Database, leadership: Leadership, outcomes: Sequence[Outcome]) -> Applied:
        applied = filling.apply(database, leadership, outcomes)
        now = time.perf_counter()
        self.committed |= {one.order_id: now for one in applied.done if isinstance(one, Fill)}
        return applied


def shown(instrument: int, number: int) -> Frame:
    """A frame that displays more than the bench will buy."""
    rows = np.zeros(1, dtype=row_type())
    rows["instrument"], rows["last_price"], rows["volume"] = instrument, PRICE, number
    rows["low"] = rows["high"] = PRICE
    rows["bid_price"][:, 0], rows["ask_price"][:, 0] = PRICE - 10, PRICE
    rows["bid_quantity"][:, 0] = rows["ask_quantity"][:, 0] = 10**9
    now = int(time.time() * 1000)
    rows["exchange_time"] = now
    return Frame("sim", number, now, rows)


def one_run(database: Database, accounts: list[int], wish: PlaceOrder, timed: Timed) -> list[float]:
    """Milliseconds from accepted to committed, one a placed order."""
    accepted: dict[int, float] = {}
    start = time.perf_counter() + BEAT
    for number in range(ORDERS):
        time.sleep(max(0.0, start + number * BEAT - time.perf_counter()))
        answer = trading.place(database, "bench", accounts[number * 7 % len(accounts)], wish)
        if answer.status != 201:
            raise RuntimeError(str(answer.body))
        accepted[int(answer.body["order_id"])] = time.perf_counter()
    until = time.perf_counter() + 10
    while not accepted.keys() <= timed.committed.keys():
        if time.perf_counter() > until:
            raise RuntimeError(f"{len(accepted.keys() - timed.committed.keys())} orders were not filled")
        time.sleep(0.01)
    return [max(0.0, timed.committed[one] - at) * 1_000 for one, at in accepted.items()]


def run() -> Iterator[Result]:
    """The median and the 99th percentile, each the median of five runs."""
    with house() as database:
        accounts = fund(database, ACCOUNTS)
        instrument = quote(database, "NSE:INFY", PRICE)
        bus, timed, ended = Bus(), Timed(), threading.Event()
        loop = ExecutionLoop(database, "sim", bus, Leadership(database, "sim"), timed)

        def print_frames() -> None:
            number = 1
            while not ended.wait(0.25):
                bus.publish(shown(instrument, number))
                number += 1

        threads = [threading.Thread(target=loop.run), threading.Thread(target=print_frames)]
        for thread in threads:
            thread.start()
        try:
            wish = PlaceOrder(instrument, Side.BUY, OrderType.LIMIT, Product.CNC, 1, price=PRICE)
            one_run(database, accounts, wish, timed)
            runs = [one_run(database, accounts, wish, timed) for _ in range(RUNS)]
        finally:
            ended.set()
            loop.stop()
            for thread in threads:
                thread.join()
    yield Result("order_to_fill_p50", rounded(statistics.median(map(statistics.median, runs))), "ms")
    slowest = [statistics.quantiles(one, n=100)[98] for one in runs]
    yield Result("order_to_fill_p99", rounded(statistics.median(slowest)), "ms")
