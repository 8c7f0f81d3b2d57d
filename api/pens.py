"""Pens write streams out, all that are due in one turn of the event loop, without a task for each."""

import asyncio
import time
from collections.abc import Callable, Coroutine
from typing import Any

import log
from api.subscriber import Subscriber
from web.eager import begin

Write = Callable[[], Coroutine[Any, Any, None] | None]
"""Takes all that is due and returns the writing of it, or None when nothing is."""
_logger = log.get(__name__)


class Pen:
    """Writes one stream out. Wakes of one turn of the event loop are one write."""

    __slots__ = ("_busy", "_due", "_task", "_write", "finished", "stream")

    def __init__(self, due: "Due", stream: Subscriber, write: Write) -> None:
        self.stream = stream
        self.finished: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._write = write
        self._due = due
        self._busy = False
        self._task: asyncio.Task[None] | None = None

    def wake(self) -> None:
        """Write what is due, soon."""
        self._due.add(self)

    def flush(self) -> None:
        """Write what is due; while a write waits for its reader, what comes is written after it."""
        if self._busy or self.finished.done():
            return
        try:
            writing = self._write()
            rest = None if writing is None else begin(writing)
        except Exception as error:  # noqa: BLE001 - the connection is what failed, and it is closed
            _logger.debug("A stream could not be written", extra={"error": str(error)})
            self.stop()
            return
        if writing is not None:
            self.stream.written_at = time.monotonic()
        if rest is not None:
            self._busy, self.stream.sending_since = True, self.stream.written_at
            self._task = asyncio.ensure_future(self._wait(rest))
        elif self.stream.ending is not None:
            self._finish(True)

    async def _wait(self, rest: Coroutine[Any, Any, None]) -> None:
        try:
            await rest
        except Exception as error:  # noqa: BLE001 - the connection is what failed, and it is closed
            _logger.debug("A stream could not be written", extra={"error": str(error)})
            self.stop()
        self._busy = False
        self.stream.sending_since = None
        self.flush()

    def stop(self) -> None:
        """Write nothing more."""
        if self._task is not None:
            self._task.cancel()
        self._finish(False)

    def _finish(self, said_goodbye: bool) -> None:
        if not self.finished.done():
            self.finished.set_result(said_goodbye)


class Due:
    """Pens with something to write, of this turn of the event loop. A long list is written in parts, so that
    what else the loop has to do is not kept waiting."""

    PART = 100

    def __init__(self) -> None:
        self._pens: dict[Pen, None] = {}

    def add(self, *pens: Pen) -> None:
        """Flush the pens soon."""
        if not self._pens and pens:
            asyncio.get_running_loop().call_soon(self._flush)
        self._pens.update(dict.fromkeys(pens))

    def _flush(self) -> None:
        pens = list(self._pens)
        self._pens = dict.fromkeys(pens[self.PART :])
        if self._pens:
            asyncio.get_running_loop().call_soon(self._flush)
        for pen in pens[: self.PART]:
            pen.flush()
