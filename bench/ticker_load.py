"""The readers of ``bench.ticker``: one process, many sockets, as little work a byte as can be.

``python -m bench.ticker_load PORT FRAMES``, with a JSON object as the first line of stdin: ``requests``, the head of
each reader's handshake, ``say``, what it says once it is let in, or "", and ``at_once``, how many connect at the same
time. Prints ``ready`` once every reader has had its first frame of prices (or the handshake, where it says nothing),
then for each frame that all have read a JSON list of the instants (``time.monotonic``) at which each of them had its
last byte. After FRAMES of them, and a second line on stdin, all hang up and come again: the seconds until each is as
far as ``ready`` again, as another list.
"""

import contextlib
import json
import os
import select
import socket
import struct
import sys
import time
from typing import Any

PING, PONG, BINARY, TEXT = 9, 10, 2, 1
BEAT = 4
"""Bytes of the largest message that is no frame of prices."""


class Reader:
    """One socket: how far its handshake and the message that comes are."""

    def __init__(self, port: int, request: bytes, say: bytes) -> None:
        self.socket = socket.socket()
        self.socket.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            self.socket.connect(("127.0.0.1", port))
        self.request: bytes | None = request
        self.say, self.left, self.head = say, -1, b""
        self.counts, self.asked = False, b""
        self.frames = self.kind = 0

    def write(self) -> None:
        """The handshake, once there is a connection."""
        if self.request is not None:
            self.socket.sendall(self.request)
            self.request = None

    def read(self, data: bytes) -> int:
        """How many frames of prices, or handshakes that say nothing, end in these bytes."""
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
            else:
                found = 1
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

    def __init__(self, port: int, requests: list[bytes], say: bytes, at_once: int) -> None:
        self.port, self.requests, self.say, self.at_once = port, requests, say, at_once
        self.poll = select.epoll()
        self.readers: dict[int, Reader] = {}

    def come(self) -> list[float]:
        """Everybody connects, so many of them at the same time: the seconds until each had its first frame."""
        began, times = time.monotonic(), list[float]()
        while len(times) < len(self.requests):
            for request in self.requests[len(self.readers) : len(times) + self.at_once]:
                one = Reader(self.port, request, self.say)
                self.readers[one.socket.fileno()] = one
                self.poll.register(one.socket, select.EPOLLIN | select.EPOLLOUT)
            times += [now - began for count, now in self._turn() if count == 1]
        return times

    def frame(self, number: int) -> list[float]:
        """The instants at which each had a frame, counted from 1 after its first."""
        times: list[float] = []
        while len(times) < len(self.requests):
            times += [now for count, now in self._turn() if count == number + 1]
        return times

    def go(self) -> None:
        """Everybody hangs up."""
        for one in self.readers.values():
            self.poll.unregister(one.socket)
            one.socket.close()
        self.readers.clear()

    def _turn(self) -> list[tuple[int, float]]:
        """What one look at the sockets brought: (how manieth frame of its reader, when)."""
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
                one.frames += 1
                found.append((one.frames, now))
        return found


def main() -> None:
    """See above."""
    port, frames = int(sys.argv[1]), int(sys.argv[2])
    told: dict[str, Any] = json.loads(sys.stdin.readline())
    crowd = Crowd(port, [each.encode() for each in told["requests"]], subscribing(told["say"]), told["at_once"])
    crowd.come()
    print("ready", flush=True)
    for number in range(1, frames + 1):
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
