"""One stream as its reader gets it: numbered events, the newest of what may be skipped, all of what may not.

Everything here runs on the event loop. Nothing is ever awaited while events are put in, so that a slow
reader holds up nobody: orders and trades queue up to a limit, the rest waits in one place each, where the
newest replaces the older.
"""

import secrets
import time
from collections import deque
from dataclasses import dataclass, field
from typing import Any, Protocol

import orjson

from api.board import Group
from api.wishes import Wish
from desk.access import AccountRef
from desk.principal import Principal

MOST_QUEUED = 768 << 10
"""Bytes of orders and trades that may wait for a slow reader."""
MOST_KEPT = 384 << 10
"""Bytes of sent events that are kept for one who comes back; with what waits less than 2 MB a client."""
MOST_EVENTS = 256
QUOTES, SNAPSHOT = b"quotes", b"snapshot"


class Writer(Protocol):
    """Whoever writes the stream out at present."""

    def wake(self) -> None:
        """Write what is due, soon."""

    def stop(self) -> None:
        """Write nothing more."""


@dataclass(eq=False, slots=True)
class Subscriber:
    """A stream. ``version`` is how far its reader knows the account; ``seen`` how far its group's frames; ``told``
    are the names of the newest alerts, which are looked up by time and would come again, with when they last came."""

    principal: Principal
    account: AccountRef
    wish: Wish
    id: str = field(default_factory=lambda: secrets.token_hex(16))
    epoch: str = field(default_factory=lambda: secrets.token_hex(8))
    version: int = 0
    group: Group | None = None
    seen: int = -1
    sent: int = 0
    ending: bytes | None = None
    writer: "Writer | None" = None
    gapped: bool = False
    mending: bool = False
    written_at: float = field(default_factory=time.monotonic)
    sending_since: float | None = None
    told: dict[str, float] = field(default_factory=dict)
    _queue: deque[tuple[bytes, bytes]] = field(default_factory=deque)
    _queued: int = 0
    _slots: dict[Any, tuple[bytes, bytes]] = field(default_factory=dict)
    _kept: deque[tuple[int, bytes, bytes]] = field(default_factory=deque)
    _kept_bytes: int = 0
    _replay: list[tuple[int, bytes, bytes]] = field(default_factory=list)
    _comment: bool = False
    _said: bool = False
    _lost: int = 0
    _epoch: bytes = b""

    def __post_init__(self) -> None:
        self._epoch = self.epoch.encode()

    def wants(self, topic: str) -> bool:
        """Whether the reader asked for the topic."""
        return topic in self.wish.topics

    def must(self, event: bytes, body: bytes) -> None:
        """An event that is never skipped. Beyond the limit the queue gives way to one ``gap``."""
        if self.gapped:
            return
        if self._queued + len(body) > MOST_QUEUED:
            self.gap()
            return
        self.first(event, body)

    def first(self, event: bytes, body: bytes) -> None:
        """An event that other events build on: it goes out whatever else waits."""
        self._queue.append((event, body))
        self._queued += len(body)
        self.wake()

    def gap(self) -> None:
        """Forget what waits: the reader must ask again, and gets a snapshot."""
        self._queue.clear()
        self._queued = 0
        self._slots.clear()
        self.gapped = True
        self.first(b"gap", b"{}")

    def snapshot(self, body: bytes, version: int, number: int) -> None:
        """The state to go on from. What waited and is older than it has become void."""
        self.gapped = False
        self.version = version
        self.seen = number
        self.first(SNAPSHOT, body)

    def may(self, event: bytes, body: bytes, place: Any = None) -> None:
        """An event of which only the newest matters, in its place (by default: one an event)."""
        self._slots[(event, place)] = (event, body)
        self.wake()

    def end(self, reason: str) -> None:
        """Say goodbye and stop."""
        if self.ending is None:
            self.ending = orjson.dumps({"reason": reason})
            self.wake()

    def give_up(self) -> None:
        """Stop writing to a reader that takes nothing: its connection is closed."""
        self.end("slow")
        if self.writer is not None:
            self.writer.stop()

    def comment(self) -> None:
        """A line that keeps proxies from hanging up while there is nothing to say."""
        self._comment = True
        self.wake()

    def wake(self) -> None:
        """There is something to write."""
        if self.writer is not None:
            self.writer.wake()

    def replay(self, after: int) -> bool:
        """Have what was sent after that number sent again. False when something of it is no longer kept."""
        if not self._lost <= after <= self.sent:
            return False
        self._replay = [kept for kept in self._kept if kept[0] > after]
        self.seen = -2  # prices are not kept: their latest state does for all that were missed
        return True

    def _prices(self, group: Group) -> bytes:
        """The frame after the one sent last, or the whole state for who missed one."""
        body = group.body if group.number == self.seen + 1 else group.whole()
        self.seen = group.number
        return body

    def take(self) -> list[tuple[int, bytes, bytes]]:
        """All that can be written now, as (number, event, body)."""
        out, self._replay = self._replay, []
        fresh = list(self._queue)
        self._queue.clear()
        self._queued = 0
        if not self.gapped:
            fresh.extend(self._slots.values())
            self._slots.clear()
        if self.ending is not None and not self._said:
            self._said = True
            fresh.append((b"bye", self.ending))
        for event, body in fresh:
            self.sent += 1
            out.append((self.sent, event, body))
            self._keep(self.sent, event, body)
        group = self.group
        if group is not None and group.number != self.seen and not self.gapped and self.ending is None:
            self.sent += 1
            out.append((self.sent, QUOTES, self._prices(group)))
        return out

    def _keep(self, number: int, event: bytes, body: bytes) -> None:
        if event == SNAPSHOT:
            # The largest event of all, and each reader's own. Who has lost it gets another one; none waits here.
            self._kept.clear()
            self._kept_bytes, self._lost = 0, number
            return
        self._kept.append((number, event, body))
        self._kept_bytes += len(body)
        while self._kept_bytes > MOST_KEPT or len(self._kept) > MOST_EVENTS:
            self._lost, _, gone = self._kept.popleft()
            self._kept_bytes -= len(gone)

    def frames(self) -> bytes:
        """All that can be written now, as server-sent events; empty when there is nothing."""
        group = self.group
        if (
            group is not None and not self._queue and not self._slots and not self._replay and not self.gapped
            and self.ending is None and group.number != self.seen
        ):  # fmt: skip
            # The usual case, and the one that a thousand readers cost by.
            self.sent += 1
            return b"id: %b-%d\nevent: quotes\ndata: %b\n\n" % (self._epoch, self.sent, self._prices(group))
        parts: list[bytes] = []
        for number, event, body in self.take():
            parts += (b"id: %b-%d\nevent: %b\ndata: " % (self._epoch, number, event), body, b"\n\n")
        if self._comment:
            self._comment = False
            if not parts:
                parts.append(b": still here\n\n")
        return b"".join(parts)

    def messages(self) -> list[bytes]:
        """The same as JSON messages of a WebSocket."""
        self._comment = False
        return [
            b'{"event":"%b","id":"%b-%d","data":%b}' % (event, self._epoch, number, body)
            for number, event, body in self.take()
        ]
