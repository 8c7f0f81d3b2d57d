"""Everything that the broker's own ticker client can do, in one life of it, in a process of its own.

    python -m tests.gateway.ticker_tour HOST API_KEY ACCESS_TOKEN TOKEN TOKEN

Prints one JSON line for each thing that it is told and does. When its line has broken once and it has come back by
itself, it hangs up and ends; the last line names the methods of the client that were used.
"""

import sys
from typing import Any, ClassVar

from kiteconnect import KiteTicker

from tests.gateway.bot import say


class Watched(KiteTicker):
    """The client as it is, which remembers what of it is used."""

    used: ClassVar[set[str]] = set()

    def __getattribute__(self, name: str) -> Any:
        Watched.used.add(name)
        return super().__getattribute__(name)


class Tour:
    """What a program does at each thing that it is told."""

    def __init__(self, host: str, api_key: str, access_token: str, tokens: list[int]) -> None:
        self.kept, self.left = tokens
        self.lives = 0
        self.asked_again = False
        ticker = self.ticker = Watched(api_key, access_token, root=f"ws://{host}", reconnect_max_delay=5)
        ticker.on_connect, ticker.on_close, ticker.on_ticks = self.connected, self.closed, self.ticks
        ticker.on_open = lambda _: say("open", ticker.is_connected())
        ticker.on_error = lambda _, code, reason: say("error", [code, str(reason)])
        ticker.on_message = lambda _, body, binary: say("message", [len(body), binary])
        ticker.on_reconnect = lambda _, attempts: say("reconnect", attempts)
        ticker.on_noreconnect = lambda _: say("noreconnect", None)
        ticker.on_order_update = lambda _, order: say("order", order)

    def connected(self, socket: Any, _response: Any) -> None:
        """Two instruments, one of them in full; the other is given up again. Later lives leave it to the client."""
        self.lives += 1
        say("connected", self.lives)
        if self.lives == 1:
            socket.subscribe([self.kept, self.left])
            socket.set_mode(socket.MODE_FULL, [self.kept])
            socket.unsubscribe([self.left])

    def ticks(self, socket: Any, ticks: list[dict[str, Any]]) -> None:
        """Prices. After the first, the same is asked for again; after the first of the second life it is enough."""
        say("ticks", [[each["instrument_token"], each["mode"], each["last_price"]] for each in ticks])
        if not self.asked_again:
            self.asked_again = True
            socket.resubscribe()
        if self.lives == 2:
            socket.stop_retry()
            socket.close(1000, "enough")

    def closed(self, socket: Any, code: Any, reason: Any) -> None:
        """The line is over."""
        say("closed", [code, str(reason)])
        if self.lives == 2:
            socket.stop()


def main(host: str, api_key: str, access_token: str, *tokens: str) -> None:
    """Until it has hung up."""
    Tour(host, api_key, access_token, [int(each) for each in tokens]).ticker.connect()
    say("used", sorted(Watched.used))


if __name__ == "__main__":
    main(*sys.argv[1:])
