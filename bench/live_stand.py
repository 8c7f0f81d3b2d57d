"""A vendor at full load, as a process of its own: TrueData's wire, so many symbols, so many words a second.

``python -m bench.live_stand`` prints its port, takes one connection after another, and talks to each from when its
last wish was answered: of one instrument with depth, until a line ``full`` comes by its input, then of all. Every trade
carries the ms at which it was sent in its open interest.

What it says is made beforehand, so that it takes next to nothing of the processors that it loads: what changes from
word to word has places of its own in ready bytes, which are filled in for hundreds of symbols at once.
"""

import os
import socket
import sys
import threading
import time
from datetime import datetime, timedelta, timezone

import orjson
from websockets.frames import Frame
from websockets.http11 import Request
from websockets.server import ServerProtocol

IST = timezone(timedelta(hours=5, minutes=30))
LAST, DEEP = 5_000, 1_500
LAST_A_SECOND, DEEP_A_SECOND = 5, 2
# Words are spread evenly over a second, so many times in it; prices go round so many values.
SLICES, PRICES = 100, 7
QUIET = SLICES // 4  # slices between two words of the one instrument
SYMBOLS = [f"S{number:05d}" for number in range(LAST + DEEP)]
IDS = [f"{100_000_000 + number}" for number in range(LAST + DEEP)]
# The second, the ms and the sequence of a word, in as many letters as they have.
AT, MS, SEQ = b"@" * 19, b"~" * 13, b"^" * 7
FIRST_SEQ = 10**6


def frame(text: bytes) -> bytes:
    """A text as an unmasked frame of a server."""
    size = len(text)
    if size < 126:
        return bytes([0x81, size]) + text
    return (b"\x81\x7e" + size.to_bytes(2) if size < 1 << 16 else b"\x81\x7f" + size.to_bytes(8)) + text


def stamp(now: float) -> str:
    """The vendor's time, to the second."""
    return datetime.fromtimestamp(now, IST).strftime("%Y-%m-%dT%H:%M:%S")


def trade(one: int, price: int) -> bytes:
    """A trade of a symbol at one of its prices."""
    whole, paise = 1000 + price, 5 * (one % 10)
    last, ask = f"{whole}.{paise:02d}", f"{whole}.{paise + 5:02d}"
    text = (
        f'{{"trade":["{IDS[one]}","{AT.decode()}","{last}","10","{last}","{SEQ.decode()}0","1000.00","1100.00",'
        f'"900.00","1000.00","{MS.decode()}","0","0.00","","{SEQ.decode()}","{last}","100","{ask}","9"]}}'
    )
    return frame(text.encode())


def book(one: int, price: int) -> bytes:
    """Five levels of a symbol about one of its prices."""
    bids = ",".join(f'"{1000 + price - level}.00","{100 + level}","3"' for level in range(5))
    asks = ",".join(f'"{1001 + price + level}.00","{100 + level}","3"' for level in range(5))
    text = f'{{"bidaskL2":["{IDS[one]}","{AT.decode()}","{SEQ.decode()}",{bids},{asks},"1000","1000"]}}'
    return frame(text.encode())


class Talk:
    """What is said, slice by slice: of all symbols in turn, and all over again at the next price and sequence."""

    def __init__(self) -> None:
        last, deep = LAST * LAST_A_SECOND // SLICES, DEEP * DEEP_A_SECOND // SLICES
        self._last = [
            [b"".join(trade(one, price) for one in range(begin, begin + last)) for begin in range(0, LAST, last)]
            for price in range(PRICES)
        ]
        self._deep = [
            [
                b"".join(trade(one, price) + book(one, price) for one in range(begin, begin + deep))
                for begin in range(LAST, LAST + DEEP, deep)
            ]
            for price in range(PRICES)
        ]
        self._quiet = [trade(LAST, price) + book(LAST, price) for price in range(PRICES)]
        self._said = self._whispers = 0

    def slice(self, now: float) -> bytes:
        """One slice's words: a part of the symbols in last-price mode and a part of those with depth."""
        number, self._said = self._said, self._said + 1
        begun = FIRST_SEQ + self._whispers + 1
        return b"".join(self._of(pile, number, begun, now) for pile in (self._last, self._deep))

    def _of(self, pile: list[list[bytes]], number: int, begun: int, now: float) -> bytes:
        turn, part = divmod(number, len(pile[0]))
        return filled(pile[turn % PRICES][part], begun + turn, now)

    def whisper(self, now: float) -> bytes:
        """A word of the one instrument."""
        self._whispers += 1
        return filled(self._quiet[self._whispers % PRICES], FIRST_SEQ + self._whispers, now)


def filled(text: bytes, seq: int, now: float) -> bytes:
    """Ready bytes with the time and the sequence of this word."""
    at, ms = stamp(now).encode(), b"%d" % (now * 1000)
    return text.replace(AT, at).replace(MS, ms).replace(SEQ, b"%d" % (seq + 1))


def serve(taken: socket.socket, full: threading.Event, talk: Talk) -> None:
    """One client: its login, its wishes, then words until it goes."""
    protocol = ServerProtocol(max_size=1 << 22)
    wanted = 0
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
            said = b""
            if full.is_set():
                said = talk.slice(time.time())
            elif beat % QUIET == 0:
                said = talk.whisper(time.time())
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


def speak_when_told(full: threading.Event) -> None:
    """Sets it at the first line of input, and ends the process with the input."""
    for _ in sys.stdin:
        full.set()
    os._exit(0)


def main() -> None:
    """Serves clients one after another until its input ends."""
    full, talk = threading.Event(), Talk()
    threading.Thread(target=speak_when_told, args=(full,), daemon=True).start()
    with socket.create_server(("127.0.0.1", 0)) as server:
        sys.stdout.write(f"{server.getsockname()[1]}\n")
        sys.stdout.flush()
        while True:
            taken, _ = server.accept()
            taken.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with taken:
                try:
                    serve(taken, full, talk)
                except OSError:
                    continue


if __name__ == "__main__":
    main()
