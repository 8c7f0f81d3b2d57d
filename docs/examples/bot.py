"""A bot of the kind that is written for a broker's API: a short straddle with wings on NIFTY, on paper.

    pip install kiteconnect
    python docs/examples/bot.py http://127.0.0.1:8600 API_KEY ACCESS_TOKEN [SECONDS]

It looks for the nearest expiry and the strike at the money, asks what the four legs need together, buys the wings and
sells the middle, hears of its fills by the ticker, watches what it makes for some seconds, gets out of everything and
says what it cost. The keys come from the page Programs or from `python -m desk kite-app NAME`.
"""

import argparse
import queue
import threading
import time
from typing import Any

from kiteconnect import KiteConnect, KiteTicker
from kiteconnect.exceptions import KiteException

INDEX = "NSE:NIFTY 50"
WIDTH = 4
"""Strikes between the middle and a wing."""
ENDED = ("COMPLETE", "REJECTED", "CANCELLED")


class Bot:
    """One program: its client, its socket, and what the socket has told of its orders."""

    def __init__(self, root: str, api_key: str, access_token: str) -> None:
        self.kite = KiteConnect(api_key, access_token=access_token, root=root)
        self.ticker = KiteTicker(api_key, access_token, root=root.replace("http", "ws", 1))
        self.orders: dict[str, dict[str, Any]] = {}
        self.prices: dict[int, float] = {}
        self.connected = threading.Event()
        self.heard: queue.Queue[str] = queue.Queue()

    def listen(self, tokens: list[int]) -> None:
        """Open the socket in a thread of its own, and wait until it is open."""

        def connected(socket: Any, _response: Any) -> None:
            socket.subscribe(tokens)
            socket.set_mode(socket.MODE_FULL, tokens)
            self.connected.set()

        def order(_socket: Any, told: dict[str, Any]) -> None:
            self.orders[told["order_id"]] = told
            self.heard.put(told["order_id"])

        def ticks(_socket: Any, told: list[dict[str, Any]]) -> None:
            self.prices.update((tick["instrument_token"], tick["last_price"]) for tick in told)

        self.ticker.on_connect, self.ticker.on_order_update, self.ticker.on_ticks = connected, order, ticks
        self.ticker.connect(threaded=True)
        if not self.connected.wait(30):
            raise SystemExit("The socket does not open.")

    def legs(self) -> list[dict[str, Any]]:
        """Wings first: with them bought, the middle needs far less."""
        spot = self.kite.ltp(INDEX)[INDEX]["last_price"]
        chain = [row for row in self.kite.instruments("NFO") if row["name"] == "NIFTY" and row["strike"]]
        expiry = min(row["expiry"] for row in chain)
        chain = [row for row in chain if row["expiry"] == expiry]
        strikes = sorted({row["strike"] for row in chain})
        at = min(range(len(strikes)), key=lambda number: abs(strikes[number] - spot))
        above, below = min(at + WIDTH, len(strikes) - 1), max(at - WIDTH, 0)
        wanted = [(above, "CE", "BUY"), (below, "PE", "BUY"), (at, "CE", "SELL"), (at, "PE", "SELL")]
        of = {(row["strike"], row["instrument_type"]): row for row in chain}
        return [of[strikes[number], kind] | {"side": side} for number, kind, side in wanted]

    def order_of(self, leg: dict[str, Any], side: str, units: int) -> dict[str, Any]:
        """At the market, with the protection that the house gives such an order."""
        return {
            "exchange": leg["exchange"], "tradingsymbol": leg["tradingsymbol"], "transaction_type": side,
            "variety": "regular", "product": "NRML", "order_type": "MARKET", "quantity": units, "price": 0,
            "market_protection": -1,
        }  # fmt: skip

    def trade(self, wish: dict[str, Any]) -> dict[str, Any]:
        """Place an order and wait until it has ended; what became of it."""
        number = self.kite.place_order(**wish, tag="flystraddle")
        until = time.monotonic() + 60
        while self.orders.get(number, {}).get("status") not in ENDED:
            try:
                self.heard.get(timeout=max(0.01, until - time.monotonic()))
            except queue.Empty:
                raise SystemExit(f"Order {number} has not ended: {self.orders.get(number)}") from None
        told = self.orders[number]
        print(
            f"{told['transaction_type']} {told['filled_quantity']} {told['tradingsymbol']}: {told['status']}"
            f" at {told['average_price']} {told['status_message'] or ''}".rstrip()
        )
        return told

    def profit(self) -> float:
        """Of what is open and what was closed today."""
        return sum(row["pnl"] for row in self.kite.positions()["net"])


def run(bot: Bot, seconds: float) -> None:
    """In and out once."""
    legs = bot.legs()
    print(f"{bot.kite.profile()['user_name']} has {bot.kite.margins('equity')['net']} to trade with")
    basket = bot.kite.basket_order_margins([bot.order_of(leg, leg["side"], leg["lot_size"]) for leg in legs])
    print(f"one by one {basket['initial']['total']}, together {basket['final']['total']}")
    if basket["final"]["total"] > bot.kite.margins("equity")["net"]:
        raise SystemExit("That is more than there is.")
    bot.listen([leg["instrument_token"] for leg in legs])
    done = [bot.trade(bot.order_of(leg, leg["side"], leg["lot_size"])) for leg in legs]
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        print(f"profit {bot.profit():.2f}, prices of {len(bot.prices)} of {len(legs)} legs")
        time.sleep(1)
    opposite = {"BUY": "SELL", "SELL": "BUY"}
    for leg, told in zip(
        reversed(legs), reversed(done), strict=True
    ):  # what is sold first: the wings stay till the end
        if told["filled_quantity"]:
            done.append(bot.trade(bot.order_of(leg, opposite[leg["side"]], told["filled_quantity"])))
    notes = bot.kite.get_virtual_contract_note([note_of(told) for told in done if told["filled_quantity"]])
    charges = sum(note["charges"]["total"] for note in notes)
    print(f"profit {bot.profit():.2f} before charges of {charges:.2f}")


def note_of(told: dict[str, Any]) -> dict[str, Any]:
    """What charges are asked for by."""
    names = ("order_id", "exchange", "tradingsymbol", "transaction_type", "variety", "product", "order_type")
    return {name: told[name] for name in names} | {
        "quantity": told["filled_quantity"],
        "average_price": told["average_price"],
    }


def main() -> None:
    """Arguments, and what a refusal says."""
    told = argparse.ArgumentParser(description="A short straddle with wings, on paper.")
    told.add_argument("root", help="such as http://127.0.0.1:8600")
    told.add_argument("api_key")
    told.add_argument("access_token")
    told.add_argument("seconds", nargs="?", type=float, default=5.0)
    chosen = told.parse_args()
    try:
        run(Bot(chosen.root, chosen.api_key, chosen.access_token), chosen.seconds)
    except KiteException as refusal:
        raise SystemExit(f"{type(refusal).__name__} {refusal.code}: {refusal}") from None


if __name__ == "__main__":
    main()
