"""Waiting for the doorbell of open work, for the loop that fills it."""

import threading
from collections.abc import Callable

from db.doorbell import ORDERS, listen
from db.engine import Database


def hear_orders(database: Database, on_ring: Callable[[], object], stop: threading.Event) -> None:
    """Call ``on_ring`` whenever somebody says that open work may have changed, until ``stop``.

    A ring may be lost: who listens looks by itself too, as the loops do. Blocks, so that it wants a thread of its own;
    a broken connection is made anew.
    """
    listen(database.url, [ORDERS], lambda channel: on_ring() if channel else None, stop)
