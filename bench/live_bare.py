"""The least that can be done with a vendor's stream: subscribe, read, decode the JSON, forget it.

``python -m bench.live_bare PORT SECONDS`` prints messages a second and processor seconds a second.
"""

import sys
import time

import orjson
import psutil

from bench.live_stand import SYMBOLS
from bench.processor import used
from feeds.live.websocket import Address, Channel


def main() -> None:
    """Reads for so many seconds after the last wish was answered."""
    port, seconds = int(sys.argv[1]), float(sys.argv[2])
    channel = Channel(Address("127.0.0.1", port, tls=None), 10)
    while not channel.receive(1):
        continue
    for begin in range(0, len(SYMBOLS), 500):
        wish = {"method": "addsymbol", "symbols": SYMBOLS[begin : begin + 500]}
        channel.send(orjson.dumps(wish).decode())
        while not channel.receive(1):
            continue
    me = psutil.Process()
    began, spent, messages = time.monotonic(), used(me), 0
    while time.monotonic() - began < seconds:
        for data in channel.receive(0.2):
            orjson.loads(data)
            messages += 1
    passed = time.monotonic() - began
    channel.close()
    sys.stdout.write(f"{messages / passed} {(used(me) - spent) / passed}\n")


if __name__ == "__main__":
    main()
