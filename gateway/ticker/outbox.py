"""One program's socket as it is written: the newest prices in one place, order updates in a queue with an end.

Everything here runs on the event loop. Nothing is awaited while something is put in, so that a slow reader holds up
nobody: of prices only the newest frame waits, and whoever missed one gets all of its instruments in the next.
"""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from gateway.ticker.groups import Group
from gateway.ticker.wishes import NOTHING, Wish
from gateway.wire import Write
from web.eager import begin

MOST_WAITING = 256 << 10
"""Bytes of order updates that may wait for a slow reader; one that falls further behind is let go."""
STALLED_SECONDS = 30.0
BEAT_SECONDS = 1.5
"""Without anything else: looked at each second, so that who gets a frame a second gets no beat beside it."""
BEAT = b"\x00"
Send = Callable[[Any], Awaitable[None]]


class Outbox:
    """What is still to be written to one socket. ``gone`` is done when nothing more can be.

    ``asked`` is what it follows; ``wanted`` is what it has said since, until that is settled, and ``fresh`` what of it
    is to be shown at once. ``write`` writes a frame that is whole, where the connection's server can.
    """

    def __init__(self, send: Send, program: int, account_id: int, user_id: int, write: Write | None = None) -> None:
        self.program, self.account_id, self.user_id = program, account_id, user_id
        self.asked: Wish = NOTHING
        self.wanted: Wish | None = None
        self.fresh: frozenset[int] = frozenset()
        self.settled_at = 0.0
        self.group: Group | None = None
        self.version = 0
        self.secret = ""
        self.gone: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._send = send
        self._frame = write
        self._seen = 0
        self._texts: deque[str] = deque()
        self._waiting = 0
        self._shown: bytes | None = None
        self._busy_since: float | None = None
        self._written_at = time.monotonic()
        self._task: asyncio.Task[None] | None = None

    def join(self, group: Group, shown: bytes) -> None:
        """Follow a group from its next frame on; ``shown`` are the prices to begin with."""
        self.group, self.asked, self._seen = group, group.wish, group.number
        if shown:
            self._shown = shown
        self.flush()

    def text(self, body: str) -> None:
        """An order update, or a word to the program: never skipped."""
        self._waiting += len(body)
        if self._waiting > MOST_WAITING:
            self.let_go(1008)
            return
        self._texts.append(body)
        self.flush()

    def tick(self, now: float) -> None:
        """Each second: a beat where nothing else was written, and the end of who reads nothing."""
        if self._busy_since is not None:
            if now - self._busy_since > STALLED_SECONDS:
                self.let_go(1008)
        elif now - self._written_at >= BEAT_SECONDS:
            self._begin([{"type": "websocket.send", "bytes": BEAT}])

    def let_go(self, code: int = 1001) -> None:
        """Write nothing more."""
        if self._task is not None:
            self._task.cancel()
        if not self.gone.done():
            self.gone.set_result(code)

    def flush(self) -> None:
        """Write what is due, unless the reader still has to take what was written before."""
        if self._busy_since is None and not self.gone.done() and not self._framed():
            due = self._due()
            if due:
                self._begin(due)

    def _framed(self) -> bool:
        """The usual case, and the one that a thousand sockets cost by: nothing is due but the next frame, whose bytes
        are one for all. False where there is more to it."""
        group = self.group
        if self._frame is None or group is None or self._shown is not None or self._texts:
            return False
        if group.number != self._seen + 1:
            return False
        try:
            if not self._frame(group.framed):
                return False
        except Exception:  # noqa: BLE001 - the connection is what failed, and it is let go
            self.let_go()
            return True
        self._seen, self._written_at = group.number, time.monotonic()
        return True

    def _due(self) -> list[dict[str, Any]]:
        due: list[dict[str, Any]] = [{"type": "websocket.send", "text": text} for text in self._texts]
        self._texts.clear()
        self._waiting = 0
        if self._shown is not None:
            due.append({"type": "websocket.send", "bytes": self._shown})
            self._shown = None
        group = self.group
        if group is not None and group.number != self._seen:
            body = group.body if group.number == self._seen + 1 else group.whole()
            self._seen = group.number
            if body:
                due.append({"type": "websocket.send", "bytes": body})
        return due

    def _begin(self, due: list[dict[str, Any]]) -> None:
        self._written_at = time.monotonic()
        try:
            rest = begin(self._write(due))
        except Exception:  # noqa: BLE001 - the connection is what failed, and it is let go
            self.let_go()
            return
        if rest is not None:
            self._busy_since = self._written_at
            self._task = asyncio.ensure_future(self._wait(rest))
            self._task.add_done_callback(lambda _: rest.close())  # it may be cancelled before it begins

    async def _write(self, due: list[dict[str, Any]]) -> None:
        for message in due:
            await self._send(message)

    async def _wait(self, rest: Coroutine[Any, Any, None]) -> None:
        try:
            await rest
        except Exception:  # noqa: BLE001 - the connection is what failed, and it is let go
            self.let_go()
        self._busy_since = None
        self.flush()
