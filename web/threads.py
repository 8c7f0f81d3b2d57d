"""A bounded pool of threads for handlers that block on Postgres.

A request that finds no free thread within ``PATIENCE`` seconds is told to come again; one that has started is never
told so.
"""

import asyncio
import contextvars
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from core.reasons import Reason, Refusal

T = TypeVar("T")
WORKERS = 16
PATIENCE = 1.0


class Threads:
    """The threads of one server."""

    def __init__(self, name: str, workers: int = WORKERS) -> None:
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix=name)

    async def run(self, act: Callable[[], T]) -> T:
        """Run in a thread, with this task's log ids; TRY_AGAIN when none gets free in time."""
        context = contextvars.copy_context()
        queued = self._pool.submit(context.run, act)
        future = asyncio.wrap_future(queued)
        done, _ = await asyncio.wait({future}, timeout=PATIENCE)
        if not done and queued.cancel():
            raise Refusal(Reason.TRY_AGAIN, "Too much is asked at this moment. Try again in a second.")
        return await future
