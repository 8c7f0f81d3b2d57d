"""A bot's ticker by the broker's own client, in a process of its own: its reactor starts once in a lifetime.

    python -m tests.gateway.bot HOST API_KEY ACCESS_TOKEN MODE TOKEN...

Prints one JSON line for each thing that it is told, until it is ended.
"""

import json
import sys
import threading
from typing import Any

from kiteconnect import KiteTicker

_lock = threading.Lock()


def say(kind: str, told: Any) -> None:
    """One line."""
    with _lock:
        sys.stdout.write(json.dumps([kind, told], default=str) + "\n")
        sys.stdout.flush()


def main(host: str, api_key: str, access_token: str, mode: str, *tokens: str) -> None:
    """Subscribe, set the mode, and print."""
    numbers = [int(each) for each in tokens]
    ticker = KiteTicker(api_key, access_token, root=f"ws://{host}", reconnect=False)

    def connected(socket: Any, _response: Any) -> None:
        say("connected", None)
        socket.subscribe(numbers)
        socket.set_mode(mode, numbers)

    ticker.on_connect = connected
    ticker.on_ticks = lambda _socket, ticks: [say("tick", tick) for tick in ticks]
    ticker.on_order_update = lambda _socket, order: say("order", order)
    ticker.on_close = lambda _socket, code, reason: (say("closed", [code, str(reason)]), ticker.stop())
    ticker.on_error = lambda _socket, code, reason: say("error", [code, str(reason)])
    ticker.connect()


if __name__ == "__main__":
    main(*sys.argv[1:])
