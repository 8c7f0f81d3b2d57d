"""One reader of a live market's stream, as a process of its own: how old its frames are when their last byte is here.

``python -m bench.live_reader PORT``, with the request's head on the first lines of its input, ended by an empty one.
Then each line is answered: ``mark`` begins to count, ``report`` tells the frames and their lags in ms as JSON.
"""

import json
import socket
import sys
import threading
import time
from datetime import datetime

import numpy as np

END = b"\n\n"


class Reader:
    """Reads events until the server closes."""

    def __init__(self, port: int, request: str) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port))
        self._socket.sendall(request.encode())
        self.lags: list[float] = []
        self.bytes = 0

    def run(self) -> None:
        """One event after another."""
        rest = b""
        while data := self._socket.recv(1 << 18):
            self.bytes += len(data)
            now = time.time() * 1000
            *events, rest = (rest + data).split(END)
            for event in events:
                if b"event: quotes" in event:
                    self.lags.append(now - shown_at(event))


def shown_at(event: bytes) -> float:
    """The time of the frame in an event, in ms since the epoch."""
    begin = event.index(b'"exchange_time":"') + 17
    return datetime.fromisoformat(event[begin : event.index(b'"', begin)].decode()).timestamp() * 1000


def main() -> None:
    """Until the input ends."""
    head = "".join(iter(sys.stdin.readline, "\n")).replace("\n", "\r\n") + "\r\n"
    reader = Reader(int(sys.argv[1]), head)
    threading.Thread(target=reader.run, daemon=True).start()
    for line in sys.stdin:
        lags = reader.lags
        told = {"frames": float(len(lags))}
        if line.strip() == "mark":
            reader.lags = []
        elif lags:
            p50, p99 = np.percentile(lags, (50, 99))
            told |= {"p50": float(p50), "p99": float(p99)}
        sys.stdout.write(json.dumps(told) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
