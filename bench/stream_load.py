"""The readers of ``bench.stream``: one process, many sockets, as little work a byte as can be.

``python -m bench.stream_load PORT READERS KIND``, with the request's head on stdin, ended by EOF. Prints
``ready`` once every reader has its first event, then for each frame that all readers have read to its last
byte a JSON list of the instants (``time.monotonic``) at which each of them had.
"""

import json
import select
import socket
import struct
import sys
import time

END = b"}\n\n"


class Events:
    """Counts finished server-sent events in what comes, whatever way it is cut."""

    def __init__(self) -> None:
        self._tail = b""

    def count(self, data: bytes) -> int:
        joined = self._tail + data
        self._tail = joined[-(len(END) - 1) :]
        return joined.count(END)


class Messages:
    """Counts finished messages of a WebSocket; the answer to the handshake counts as one."""

    def __init__(self) -> None:
        self._left = -1
        self._head = b""

    def count(self, data: bytes) -> int:
        found = 0
        if self._left < 0:
            self._head += data
            _, end, data = self._head.partition(b"\r\n\r\n")
            if not end:
                return 0
            self._head, self._left, found = b"", 0, 1
        while data:
            if self._left:
                taken = min(self._left, len(data))
                self._left -= taken
                data = data[taken:]
                found += self._left == 0
                continue
            self._head += data[:1]
            data = data[1:]
            length = self._length()
            if length is not None:
                self._left, self._head = length, b""
        return found

    def _length(self) -> int | None:
        head = self._head
        if len(head) < 2:
            return None
        size = head[1] & 127
        if size < 126:
            return size
        wanted, form = (4, ">H") if size == 126 else (10, ">Q")
        return int(struct.unpack(form, head[2:])[0]) if len(head) == wanted else None


def main() -> None:
    port, readers, kind = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    request = sys.stdin.buffer.read()
    poll = select.epoll()
    sockets: dict[int, tuple[socket.socket, Events | Messages]] = {}
    before = 2 if kind == "events" else 1  # hello and snapshot, or the handshake
    counts: dict[int, int] = {}
    for _ in range(readers):
        one = socket.create_connection(("127.0.0.1", port))
        one.sendall(request)
        one.setblocking(False)
        sockets[one.fileno()] = (one, Events() if kind == "events" else Messages())
        counts[one.fileno()] = 0
        poll.register(one, select.EPOLLIN)
    frames: dict[int, list[float]] = {}
    ready = 0
    while True:
        for number, _ in poll.poll():
            one, counter = sockets[number]
            try:
                data = one.recv(1 << 18)
            except BlockingIOError:
                continue
            if not data:
                return
            now = time.monotonic()
            for _ in range(counter.count(data)):
                counts[number] += 1
                if counts[number] == before:
                    ready += 1
                    if ready == readers:
                        print("ready", flush=True)
                elif counts[number] > before:
                    times = frames.setdefault(counts[number] - before, [])
                    times.append(now)
                    if len(times) == readers:
                        print(json.dumps(frames.pop(counts[number] - before)), flush=True)


if __name__ == "__main__":
    main()
