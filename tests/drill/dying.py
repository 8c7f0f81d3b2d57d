"""A process that ends at a chosen point of a use case, as by kill -9: after it no line of Python runs.

python -m tests.drill.dying POINT URL place ACCOUNT KEY
python -m tests.drill.dying POINT URL cancel ACCOUNT KEY ORDER
python -m tests.drill.dying POINT URL fill
"""

import os
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

from core.orders import OrderType, PlaceOrder, Product, Side
from db.engine import Database
from desk import filling, masters, trading, working
from desk.leadership import Leadership
from jobs.bus import Bus
from jobs.execution import ExecutionLoop
from tests.matching.worlds import frame
from tests.patience import PATIENCE

# The exit status by which a death at the point is told from any other.
DIED = 86
POINTS = ("after the lock", "before the write", "before COMMIT", "after COMMIT")
INFY, PRICE, QUANTITY = "NSE:INFY", 150_000, 10


def set_to_die(point: str) -> None:
    """Let this process end at the point, whichever use case comes there first."""
    load, commit = working.load, trading.commit

    def dying_load(*given: Any, **named: Any) -> Any:
        load(*given, **named)
        os._exit(DIED)

    def dying_commit(connection: Any, works: Any, request: Any = None, *, final: bool = False, **named: Any) -> None:
        if point == "before the write":
            os._exit(DIED)
        commit(connection, works, request, final=point == "after COMMIT", **named)
        os._exit(DIED)

    if point == "after the lock":
        working.load = filling.load = dying_load
    else:
        trading.commit = filling.commit = dying_commit


def wish(database: Database) -> PlaceOrder:
    """The one order of these tests."""
    one = masters.get(database).by_key[INFY]
    return PlaceOrder(one.id, Side.BUY, OrderType.LIMIT, Product.CNC, QUANTITY, price=PRICE)


def fill_until(database: Database, true: Callable[[], object], patience: float = PATIENCE) -> int:
    """Run an execution loop, showing it a market that fills the order, until it is so; the term it led under."""
    bus, leadership = Bus(), Leadership(database, "sim")
    loop = ExecutionLoop(database, "sim", bus, leadership)
    thread = threading.Thread(target=loop.run)
    thread.start()
    instrument, term, number = masters.get(database).by_key[INFY].id, 0, 0
    deadline = time.monotonic() + patience
    try:
        while not true():
            assert time.monotonic() < deadline, "the order is not filled"
            term = leadership.term or term
            number += 1
            shown = frame(number, {"instrument": instrument, "last": PRICE, "asks": [(PRICE, 1000)], "high": 10**6})
            now = int(time.time() * 1000)
            shown.rows["exchange_time"] = now
            bus.publish(type(shown)(shown.market, number, now, shown.rows))
            time.sleep(0.02)
    finally:
        loop.stop()
        thread.join()
    return term


def main(point: str, url: str, act: str, *rest: str) -> None:
    """Do it, and die of it."""
    with Database(url, pool_size=4) as database:
        set_to_die(point)
        if act == "fill":
            fill_until(database, lambda: False)
            return
        account, key, *order = rest
        if act == "place":
            trading.place(database, "asha", int(account), wish(database), key)
        else:
            trading.cancel(database, "asha", int(account), int(order[0]), key)


if __name__ == "__main__":
    main(*sys.argv[1:])
