"""``python -m bench.live_load``: Upstox's stream at full load, for bench.live_line. Prints its port, and listens.

What an instrument says is made beforehand, in a few versions; only the time of sending is new in each message, since
two pieces of a protobuf message put together are one message. Of the first instrument with depth alone is spoken
until a line ``full`` comes by its input, then of all.
"""

import json
import sys
import threading
import time
from collections.abc import Iterator

from upstox_client.feeder.proto import MarketDataFeedV3_pb2 as pb
from websockets.exceptions import ConnectionClosed
from websockets.sync.server import ServerConnection, serve

from bench.live_stand import speak_when_told

A_MESSAGE, VERSIONS = 50, 4
RATES = {"ltpc": 5.0, "full": 2.0}  # words a second of each key
QUIET = 0.25  # seconds between two words of the one instrument


def bodies(keys: list[str], mode: str, version: int) -> Iterator[bytes]:
    """Messages without their time, so many keys in each."""
    traded = int(time.time() * 1000)
    for begin in range(0, len(keys), A_MESSAGE):
        message = pb.FeedResponse(type=pb.live_feed)
        for key in keys[begin : begin + A_MESSAGE]:
            feed, price = message.feeds[key], 1_000.0 + version
            ltpc = feed.ltpc if mode == "ltpc" else feed.fullFeed.marketFF.ltpc
            ltpc.ltp, ltpc.ltt, ltpc.ltq, ltpc.cp = price, traded, 1, 1_000.0
            if mode == "full":
                full = feed.fullFeed.marketFF
                full.marketOHLC.ohlc.add(interval="1d", open=1_000.0, high=1_010.0, low=990.0, close=price)
                full.vtt, full.oi, full.iv = 1_000_000, 5_000.0, 0.2
                full.optionGreeks.delta = 0.5
                for level in range(1, 6):
                    full.marketLevel.bidAskQuote.add(
                        bidQ=75 * level, bidP=price - level / 20, askQ=65 * level, askP=price + level / 20
                    )
        yield message.SerializeToString()


def stamped(body: bytes) -> bytes:
    """With the time of now."""
    return body + pb.FeedResponse(currentTs=int(time.time() * 1000)).SerializeToString()


class Load:
    """One connection: takes what is asked for and sends it at its rate."""

    def __init__(self, connection: ServerConnection, full: threading.Event) -> None:
        self._connection, self._full = connection, full
        self._lock = threading.Lock()
        self._whispers = False

    def serve(self) -> None:
        """Until the client goes."""
        info = pb.FeedResponse(type=pb.market_info)
        info.marketInfo.segmentStatus["NSE_EQ"] = pb.NORMAL_OPEN
        self._send(info.SerializeToString())
        for text in self._connection:
            asked = json.loads(text)["data"]
            keys, mode = asked["instrumentKeys"], asked["mode"]
            if mode == "full" and not self._whispers:
                self._whispers = True
                threading.Thread(target=self._whisper, args=(keys[0],), daemon=True).start()
            threading.Thread(target=self._stream, args=(keys, mode), daemon=True).start()

    def _whisper(self, key: str) -> None:
        versions = [next(bodies([key], "full", version)) for version in range(VERSIONS)]
        number = 0
        while not self._full.wait(QUIET) and self._send(stamped(versions[number % VERSIONS])):
            number += 1

    def _stream(self, keys: list[str], mode: str) -> None:
        versions = [list(bodies(keys, mode, version)) for version in range(VERSIONS)]
        self._full.wait()
        due = time.monotonic()
        for number in range(10**9):
            messages = versions[number % VERSIONS]
            for body in messages:
                # Spread over the whole interval, as instruments trade.
                due += 1 / RATES[mode] / len(messages)
                time.sleep(max(0.0, due - time.monotonic()))
                if not self._send(stamped(body)):
                    return

    def _send(self, data: bytes) -> bool:
        try:
            with self._lock:
                self._connection.send(data)
        except ConnectionClosed:
            return False
        return True


def main() -> None:
    """Listens until it is ended."""
    full = threading.Event()
    threading.Thread(target=speak_when_told, args=(full,), daemon=True).start()
    with serve(
        lambda connection: Load(connection, full).serve(), "127.0.0.1", 0, compression=None, ping_interval=None
    ) as server:
        sys.stdout.write(f"{server.socket.getsockname()[1]}\n")
        sys.stdout.flush()
        server.serve_forever()


if __name__ == "__main__":
    main()
