"""A small client of Kagaz's native API, with nothing but the standard library.

    python docs/examples/client.py http://localhost:8501 kagaz_…

places a limit order far from the market, changes it, reads it back, cancels it, and listens meanwhile to what the
stream says of it. The token comes from the page Account or from `python -m desk token NAME`.
"""

import argparse
import contextlib
import json
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid
from collections.abc import Iterator
from typing import Any


class Refused(Exception):
    """A problem document: ``problem`` has its fields, ``str()`` the sentence that says what to do."""

    def __init__(self, problem: dict[str, Any]) -> None:
        super().__init__(problem["detail"])
        self.problem = problem


class Kagaz:
    """The API at an address, with a token. Rupees are numbers, ids are strings, times are Indian."""

    def __init__(self, address: str, token: str, patience: float = 30.0) -> None:
        self.base = address.rstrip("/") + "/api/v1"
        self.token = token
        self.patience = patience

    def ask(
        self, method: str, path: str, body: dict[str, Any] | None = None, key: str | None = None, **query: Any
    ) -> Any:
        """One request and its answer. Whoever is told to wait waits, and sends the same key again: an order that was
        taken without our hearing of it is not placed twice."""
        named = {name: value for name, value in query.items() if value is not None}
        url = self.base + path + ("?" + urllib.parse.urlencode(named) if named else "")
        headers = {"Authorization": f"Bearer {self.token}", "Accept": "application/json"}
        if key is not None:
            headers["Idempotency-Key"] = key
        data = None
        if body is not None:
            headers["Content-Type"], data = "application/json", json.dumps(body).encode()
        until = time.monotonic() + self.patience
        while True:
            request = urllib.request.Request(url, data, headers, method=method)
            try:
                with urllib.request.urlopen(request, timeout=10) as answer:
                    text = answer.read()
                    return json.loads(text) if text else None
            except urllib.error.HTTPError as error:
                with error:
                    problem, wait = json.loads(error.read()), float(error.headers.get("Retry-After", 0))
                if error.code not in (429, 503) or time.monotonic() + wait > until:
                    raise Refused(problem) from None
            except (urllib.error.URLError, TimeoutError):
                wait = 1.0
                if time.monotonic() > until or (method == "POST" and key is None):
                    raise
            time.sleep(wait)

    def pages(self, path: str, **query: Any) -> Iterator[dict[str, Any]]:
        """Every item of a list, page after page."""
        cursor = None
        while True:
            page = self.ask("GET", path, cursor=cursor, **query)
            yield from page["items"]
            cursor = page["next"]
            if cursor is None:
                return

    def place(self, exchange: str, symbol: str, side: str, quantity: int, **more: Any) -> dict[str, Any]:
        """Place an order, once, however often the network makes us ask."""
        wish = {"exchange": exchange, "symbol": symbol, "side": side, "quantity": quantity, **more}
        found: dict[str, Any] = self.ask("POST", "/orders", wish, key=uuid.uuid4().hex)
        return found

    def change(self, order_id: str, **terms: Any) -> dict[str, Any]:
        """Change what is named of a working order."""
        found: dict[str, Any] = self.ask("PATCH", f"/orders/{order_id}", terms, key=uuid.uuid4().hex)
        return found

    def cancel(self, order_id: str) -> dict[str, Any]:
        """Cancel a working order."""
        found: dict[str, Any] = self.ask("DELETE", f"/orders/{order_id}", key=uuid.uuid4().hex)
        return found

    def events(self, topics: str, symbols: str = "") -> Iterator[tuple[str, Any]]:
        """(event, data) for as long as somebody listens. A line that breaks is taken up again where it was: the server
        sends what was missed, or ``gap`` and a new ``snapshot``."""
        query = urllib.parse.urlencode({"topics": topics, "symbols": symbols})
        last = ""
        while True:
            headers = {"Authorization": f"Bearer {self.token}"} | ({"Last-Event-ID": last} if last else {})
            request = urllib.request.Request(f"{self.base}/stream?{query}", headers=headers)
            lost = (urllib.error.URLError, TimeoutError, ConnectionError)
            with contextlib.suppress(*lost), urllib.request.urlopen(request, timeout=30) as lines:
                event: dict[str, str] = {}
                for raw in lines:
                    name, _, value = raw.decode().rstrip("\n").partition(": ")
                    if name in ("id", "event", "data"):
                        event[name] = value
                    elif "data" in event:
                        last = event["id"]
                        yield event["event"], json.loads(event["data"])
                        event = {}
            time.sleep(1)


def show(kagaz: Kagaz, exchange: str, symbol: str) -> list[str]:
    """Places, changes and cancels an order; what the stream said of it."""
    heard: list[str] = []
    listening, done = threading.Event(), threading.Event()

    def listen() -> None:
        for event, data in kagaz.events("orders,wallet"):
            if event == "snapshot":
                listening.set()
            if event == "order":
                heard.append(data["status"])
                print(f"  stream: order {data['order_id']} is {data['status']}")
                if data["status"] == "CANCELLED":
                    done.set()
                    return

    threading.Thread(target=listen, daemon=True).start()
    listening.wait(10)
    wallet = kagaz.ask("GET", "/wallet")
    print(f"{wallet['account']}: ₹{wallet['available']} available")
    key = f"{exchange}:{symbol}"
    quote = kagaz.ask("GET", "/quotes", symbols=key)["items"][key]
    price = int(quote["last_price"] * 0.95)
    order = kagaz.place(exchange, symbol, "BUY", 1, order_type="LIMIT", product="CNC", price=price, tag="example")
    print(f"{order['order_id']}: BUY 1 {symbol} at ₹{price}: {order['status']}")
    kagaz.change(order["order_id"], quantity=2)
    row = kagaz.ask("GET", f"/orders/{order['order_id']}")
    print(f"{row['order_id']}: {row['quantity']} now, after {[each['event'] for each in row['history']]}")
    kagaz.cancel(order["order_id"])
    try:
        kagaz.cancel(order["order_id"])
    except Refused as refused:
        print(f"once more: {refused.problem['status']} {refused}")
    done.wait(10)
    print(f"{sum(1 for _ in kagaz.pages('/orders', limit=2))} orders today")
    return heard


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("address")
    parser.add_argument("token")
    parser.add_argument("--instrument", default="NSE:INFY")
    given = parser.parse_args()
    exchange, _, symbol = given.instrument.partition(":")
    show(Kagaz(given.address, given.token), exchange, symbol)


if __name__ == "__main__":
    main()
