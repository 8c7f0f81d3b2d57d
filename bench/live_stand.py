"""A vendor at full load, as a process of its own: TrueData's wire, so many symbols, so many words a second.

``python -m bench.live_stand`` prints its port, takes one connection after another, and talks to each from when its
last wish was answered. Every trade carries the ms at which it was sent in its open interest.
"""

import socket
import sys
import time
from datetime import datetime, timedelta, timezone

import orjson
from websockets.frames import Frame
from websockets.http11 import Request
from websockets.server import ServerProtocol

IST = timezone(timedelta(hours=5, minutes=30))
LAST, DEEP = 5_000, 1_500
LAST_A_SECOND, DEEP_A_SECOND = 5, 2
# Words are spread evenly over a second, so many times in it.
SLICES = 100
SYMBOLS = [f"S{number:05d}" for number in range(LAST + DEEP)]
IDS = [f"{100_000_000 + number}" for number in range(LAST + DEEP)]


def frame(text: bytes) -> bytes:
    """A text as an unmasked frame of a server."""
    size = len(text)
    if size < 126:
        return bytes([0x81, size]) + text
    return (b"\x81\x7e" + size.to_bytes(2) if size < 1 << 16 else b"\x81\x7f" + size.to_bytes(8)) + text


def stamp(now: float) -> str:
    """The vendor's time, to the second."""
    return datetime.fromtimestamp(now, IST).strftime("%Y-%m-%dT%H:%M:%S")


class Talk:
    """What is said, slice by slice; a symbol's sequence and volume rise with each word."""

    def __init__(self) -> None:
        self._round = [0] * (LAST + DEEP)
        self._last_at = self._deep_at = 0.0

    def slice(self, now: float) -> bytes:
        """One slice's words: a part of the symbols in last-price mode and a part of those with depth."""
        self._last_at += LAST * LAST_A_SECOND / SLICES
        self._deep_at += DEEP * DEEP_A_SECOND / SLICES
        ms, at = int(now * 1000), stamp(now)
        out = []
        while self._last_at >= 1:
            self._last_at -= 1
            out.append(self._trade(self._turn % LAST, at, ms))
            self._turn += 1
        while self._deep_at >= 1:
            self._deep_at -= 1
            one = LAST + self._deep_turn % DEEP
            out += [self._trade(one, at, ms), self._book(one, at)]
            self._deep_turn += 1
        return b"".join(out)

    _turn = _deep_turn = 0

    def _trade(self, one: int, at: str, ms: int) -> bytes:
        self._round[one] += 1
        number = self._round[one]
        whole, paise = 1000 + number % 7, 5 * (one % 10)
        price, ask = f"{whole}.{paise:02d}", f"{whole}.{paise + 5:02d}"
        text = (
            f'{{"trade":["{IDS[one]}","{at}","{price}","10","{price}","{number * 10}","1000.00","1100.00","900.00",'
            f'"1000.00","{ms}","0","0.00","","{number}","{price}","100","{ask}","9"]}}'
        )
        return frame(text.encode())

    def _book(self, one: int, at: str) -> bytes:
        number = self._round[one]
        bids = ",".join(f'"{1000 + number % 7 - level}.00","{100 + level}","3"' for level in range(5))
        asks = ",".join(f'"{1001 + number % 7 + level}.00","{100 + level}","3"' for level in range(5))
        return frame(f'{{"bidaskL2":["{IDS[one]}","{at}","{number}",{bids},{asks},"1000","1000"]}}'.encode())


def serve(taken: socket.socket) -> None:
    """One client: its login, its wishes, then words until it goes."""
    protocol = ServerProtocol(max_size=1 << 22)
    wanted = 0
    talk = Talk()
    due = time.monotonic()
    beat = 0
    taken.setblocking(True)
    while True:
        talking = wanted == len(SYMBOLS)
        taken.settimeout(max(0.0005, due - time.monotonic()) if talking else None)
        try:
            data = taken.recv(1 << 16)
            if not data:
                return
            protocol.receive_data(data)
        except TimeoutError:
            pass
        out = b""
        for event in protocol.events_received():
            if isinstance(event, Request):
                protocol.send_response(protocol.accept(event))
                out += frame(orjson.dumps({
                    "success": True, "message": "TrueData Real Time Data Service", "segments": ["EQ"],
                    "maxsymbols": len(SYMBOLS), "subscription": "tick+1min", "validity": "2099-12-31",
                }))  # fmt: skip
            elif isinstance(event, Frame) and event.data[:1] == b"{":
                wanted += _answer(taken, bytes(event.data))
        taken.settimeout(10)
        taken.sendall(b"".join(protocol.data_to_send()) + out)
        while talking and time.monotonic() >= due:
            due += 1 / SLICES
            beat += 1
            said = talk.slice(time.time())
            if beat % (SLICES * 5) == 0:
                at = datetime.now(IST).replace(tzinfo=None).isoformat(timespec="milliseconds")
                said += frame(orjson.dumps({"success": True, "message": "HeartBeat", "timestamp": at}))
            taken.sendall(said)
        if not talking:
            due = time.monotonic()


def _answer(taken: socket.socket, data: bytes) -> int:
    wish = orjson.loads(data)
    if wish["method"] != "addsymbol":
        return 0
    at = stamp(time.time())
    day, top = ["1000.00"] * 4, ["999.00", "1", "1001.00", "1"]
    rows = [
        [one, IDS[int(one[1:])], at, "1000.00", "1", "1000.00", "0", *day, "0", "0", "0", *top]
        for one in wish["symbols"]
    ]
    text = orjson.dumps({"success": True, "message": "symbols added", "symbolsadded": len(rows), "symbollist": rows})
    taken.settimeout(10)
    taken.sendall(frame(text))
    return len(rows)


def main() -> None:
    """Serves clients one after another until its input ends."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        sys.stdout.write(f"{server.getsockname()[1]}\n")
        sys.stdout.flush()
        while True:
            taken, _ = server.accept()
            taken.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with taken:
                try:
                    serve(taken)
                except OSError:
                    continue


if __name__ == "__main__":
    main()
