"""A bot's ticker by the broker's own client, in a process of its own: its reactor starts once in a lifetime.

    python -m tests.gateway.bot HOST API_KEY ACCESS_TOKEN MODE TOKEN...

MODE is of all the instruments, or ``each``: then they have ltp, quote and full in turn, and the bot comes back when its
line breaks. Prints one JSON line for each thing that it is told, until it is ended.
"""

import json
import sys
import threading
from typing import Any

from kiteconnect import KiteTicker

_lock = threading.Lock()
MODES = ("ltp", "quote", "full")


def say(kind: str, told: Any) -> None:
    """One line."""
    with _lock:
        sys.stdout.write(json.dumps([kind, told], default=str) + "\n")
        sys.stdout.flush()


def main(host: str, api_key: str, access_token: str, mode: str, *tokens: str) -> None:
    """Subscribe, set the mode, and print."""
    numbers, each = [int(token) for token in tokens], mode == "each"
    ticker = KiteTicker(api_key, access_token, root=f"ws://{host}", reconnect=each, reconnect_max_delay=5)

    def connected(socket: Any, _response: Any) -> None:
        say("connected", None)
        socket.subscribe(numbers)
        for wanted, some in zip(MODES, ([number] for number in numbers), strict=True) if each else [(mode, numbers)]:
            socket.set_mode(wanted, some)

    def closed(_socket: Any, code: Any, reason: Any) -> None:
        say("closed", [code, str(reason)])
        if not each:
            ticker.stop()

    ticker.on_connect = connected
    ticker.on_ticks = lambda _socket, ticks: [say("tick", tick) for tick in ticks]
    ticker.on_order_update = lambda _socket, order: say("order", order)
    ticker.on_close = closed
    ticker.on_error = lambda _socket, code, reason: say("error", [code, str(reason)])
    ticker.connect()


if __name__ == "__main__":
    main(*sys.argv[1:])
