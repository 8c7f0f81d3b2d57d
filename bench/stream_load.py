"""The readers of ``bench.stream`` and ``bench.ticker``: one process, many sockets, as little work a byte as can be.

``python -m bench.stream_load PORT``, with a JSON object as the first line of stdin: ``requests``, the head of each
reader's request, ``kind``, whether they read server-sent ``events`` or ``messages`` of a WebSocket, ``before``, the
number of events or messages until a reader has come in (of a WebSocket 0: the handshake alone), ``say``, what it says
after its handshake, or "", ``at_once``, how many connect at the same time, and ``frames``. Prints the seconds until
each had come in as a JSON list, then for each frame that all have read a list of the instants (``time.monotonic``) at
which each of them had its last byte. After ``frames`` of them, and a second line on stdin, all hang up and come again:
the seconds until each is in again, as another list.
"""

import contextlib
import json
import os
import select
import socket
import struct
import sys
import time
from abc import ABC, abstractmethod
from typing import Any

PING, PONG, BINARY, TEXT = 9, 10, 2, 1
BEAT = 4
"""Bytes of the largest message that is no frame of prices."""
END = b"}\n\n"


class Reader(ABC):
    """One socket, and what it has read so far."""

    def __init__(self, port: int, request: bytes, say: bytes, came_in: int) -> None:
        self.socket = socket.socket()
        self.socket.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            self.socket.connect(("127.0.0.1", port))
        self.request: bytes | None = request
        self.say, self.came_in, self.had = say, came_in, 0

    def write(self) -> None:
        """The request, once there is a connection."""
        if self.request is not None:
            self.socket.sendall(self.request)
            self.request = None

    @abstractmethod
    def read(self, data: bytes) -> int:
        """How many of what counts end in these bytes."""


class Events(Reader):
    """Server-sent events, whatever way they are cut."""

    tail, began = b"", False

    def read(self, data: bytes) -> int:
        """Events that end."""
        if not self.began:
            self.began = True
            if b" 200 " not in data.split(b"\r\n")[0]:
                raise RuntimeError(data.decode("latin-1"))
        joined = self.tail + data
        self.tail = joined[-(len(END) - 1) :]
        return joined.count(END)


class Messages(Reader):
    """Messages of a WebSocket: how far its handshake and the message that comes are."""

    left, head, counts, asked, kind = -1, b"", False, b"", 0

    def read(self, data: bytes) -> int:
        """Messages that end; the handshake counts where nothing else is waited for."""
        found = 0
        if self.left < 0:
            joined = self.head + data
            head, end, data = joined.partition(b"\r\n\r\n")
            if not end:
                self.head = joined
                return 0
            if b" 101 " not in head.split(b"\r\n")[0]:
                raise RuntimeError(head.decode("latin-1"))
            self.head, self.left = b"", 0
            if self.say:
                self.socket.sendall(self.say)
            found = int(not self.came_in)
        while data:
            if self.left:
                taken = min(self.left, len(data))
                self.left -= taken
                if self.kind == PING:
                    self._echo(data[:taken])
                data = data[taken:]
            else:
                self.head += data[:1]
                data = data[1:]
                self._begin()
                if self.left or self.head:
                    continue
            found += not self.left and self.counts
        return found

    def _begin(self) -> None:
        """A message's length, once its head is whole."""
        head = self.head
        if len(head) < 2:
            return
        size, known = head[1] & 127, 2
        if size >= 126:
            form, known = (">H", 4) if size == 126 else (">Q", 10)
            if len(head) < known:
                return
            size = int(struct.unpack(form, head[2:known])[0])
        self.kind = head[0] & 15
        self.left, self.head, self.counts = size, b"", self.kind in (BINARY, TEXT) and size > BEAT

    def _echo(self, part: bytes) -> None:
        """Answer a ping by its own words: without an answer the server would hang up."""
        self.asked += part
        if not self.left:
            self.socket.sendall(bytes([0x80 | PONG, 0x80 | len(self.asked)]) + b"\x00" * 4 + self.asked)
            self.asked = b""


class Crowd:
    """All readers, and who has had which frame."""

    def __init__(self, port: int, told: dict[str, Any]) -> None:
        self.port, self.say = port, subscribing(told["say"])
        self.requests = [each.encode() for each in told["requests"]]
        self.kind = {"events": Events, "messages": Messages}[told["kind"]]
        self.at_once, self.came_in = told["at_once"], told["before"]
        self.first = max(1, self.came_in)
        self.poll = select.epoll()
        self.readers: dict[int, Reader] = {}

    def come(self) -> list[float]:
        """Everybody connects, so many of them at the same time: the seconds until each had come in."""
        began, times = time.monotonic(), list[float]()
        while len(times) < len(self.requests):
            for request in self.requests[len(self.readers) : len(times) + self.at_once]:
                one = self.kind(self.port, request, self.say, self.came_in)
                self.readers[one.socket.fileno()] = one
                self.poll.register(one.socket, select.EPOLLIN | select.EPOLLOUT)
            times += [now - began for count, now in self._turn() if count == self.first]
        return times

    def frame(self, number: int) -> list[float]:
        """The instants at which each had a frame, counted from 1 after it came in."""
        times: list[float] = []
        while len(times) < len(self.requests):
            times += [now for count, now in self._turn() if count == number + self.first]
        return times

    def go(self) -> None:
        """Everybody hangs up."""
        for one in self.readers.values():
            self.poll.unregister(one.socket)
            one.socket.close()
        self.readers.clear()

    def _turn(self) -> list[tuple[int, float]]:
        """What one look at the sockets brought: (how manieth of what counts for its reader, when)."""
        found: list[tuple[int, float]] = []
        for number, events in self.poll.poll():
            one = self.readers[number]
            if events & select.EPOLLOUT:
                one.write()
                self.poll.modify(number, select.EPOLLIN)
            if not events & ~select.EPOLLOUT:
                continue
            data = one.socket.recv(1 << 18)
            if not data:
                raise RuntimeError("a reader was let go")
            now = time.monotonic()
            for _ in range(one.read(data)):
                one.had += 1
                found.append((one.had, now))
        return found


def main() -> None:
    """See above."""
    told: dict[str, Any] = json.loads(sys.stdin.readline())
    crowd = Crowd(int(sys.argv[1]), told)
    print(json.dumps(crowd.come()), flush=True)
    for number in range(1, told["frames"] + 1):
        print(json.dumps(crowd.frame(number)), flush=True)
    sys.stdin.readline()
    crowd.go()
    print(json.dumps(crowd.come()), flush=True)


def subscribing(text: str) -> bytes:
    """A client's text message: masked, as clients must."""
    if not text:
        return b""
    body, mask = text.encode(), os.urandom(4)
    masked = bytes(each ^ mask[at % 4] for at, each in enumerate(body))
    return bytes([0x80 | TEXT, 0x80 | 126]) + struct.pack(">H", len(body)) + mask + masked


if __name__ == "__main__":
    main()
