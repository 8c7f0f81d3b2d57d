"""Waiting for the doorbell of open work, for the loop that fills it."""

import threading
from collections.abc import Callable

from db.doorbell import ORDERS, listen
from db.engine import Database


def hear_orders(database: Database, on_ring: Callable[[], object], stop: threading.Event) -> None:
    """Call ``on_ring`` whenever open work may have changed, at least every quarter of a second, until ``stop``.

    Blocks, so that it wants a thread of its own; a broken connection is made anew.
    """
    listen(database.url, [ORDERS], lambda _channel: on_ring(), stop)
