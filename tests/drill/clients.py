"""Traders over HTTP who write down what they asked and what they were told, and never ask twice by mistake.

What was not answered is unknown; it is asked again with the same Idempotency-Key until an answer comes.
"""

import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx

from tests.drill.kagaz import PATIENCE, Kagaz

SYMBOLS = ("INFY", "TCS", "RELIANCE", "HDFCBANK", "ITC", "SBIN")
PAUSE = 0.1


@dataclass
class Asked:
    """One request of a trader. ``history`` holds invoke, unknown, ok and fail, in order."""

    trader: str
    kind: str
    key: str
    order_id: int | None = None
    history: list[str] = field(default_factory=lambda: ["invoke"])
    status: int = 0
    replayed: bool = False
    detail: str = ""

    @property
    def settled(self) -> bool:
        """Whether an answer came."""
        return self.history[-1] in ("ok", "fail")


class Trader:
    """One user with one account and one token. ``asked`` is all that it ever sent."""

    def __init__(self, kagaz: Kagaz, name: str, token: str, account_id: int, seed: int) -> None:
        self.name, self.account_id = name, account_id
        self.asked: list[Asked] = []
        self.resting: list[int] = []
        self.strange: list[str] = []
        self._random = random.Random(f"{seed}/{name}")
        self._numbers = 0
        self._bands: dict[str, tuple[float, float]] = {}
        limits = httpx.Limits(max_keepalive_connections=1)
        headers = {"Authorization": f"Bearer {token}"}
        self._http = httpx.Client(base_url=kagaz.url, headers=headers, timeout=5.0, limits=limits)

    def close(self) -> None:
        """Hang up."""
        self._http.close()

    def trade(self, ending: threading.Event) -> None:
        """Place, change and cancel orders until told to end; the last request is settled first."""
        while not ending.is_set():
            chance = self._random.random()
            if self.resting and chance < 0.15:
                self.send("cancel", self.resting.pop(self._random.randrange(len(self.resting))))
            elif self.resting and chance < 0.3:
                self._modify(self._random.choice(self.resting))
            else:
                self.place(self._random.choice(SYMBOLS), marketable=chance < 0.75)
            ending.wait(self._random.uniform(0, PAUSE))

    def place(self, symbol: str, *, marketable: bool, side: str | None = None, product: str | None = None) -> Asked:
        """Place an order for a few shares: at a price that fills at once, or deep enough to rest."""
        lower, upper = self._band(symbol)
        side = side or self._random.choice(("BUY", "SELL"))
        product = product or ("MIS" if side == "SELL" else self._random.choice(("CNC", "MIS")))
        buys_high = (side == "BUY") == marketable
        deep = self._random.randrange(1, 6)
        price = int(upper) - deep if buys_high else int(lower) + deep
        body = {"exchange": "NSE", "symbol": symbol, "side": side, "order_type": "LIMIT", "product": product,
                "quantity": self._random.randrange(1, 5), "price": price}  # fmt: skip
        asked = self.send("place", None, body)
        if asked.status != 201:
            self._bands.clear()
        elif not marketable and asked.order_id is not None:
            self.resting.append(asked.order_id)
        return asked

    def filled(self, order_id: int) -> bool:
        """Whether the order is complete, as far as anybody answers."""
        try:
            answer = self._http.get(f"/orders/{order_id}")
            return answer.status_code == 200 and answer.json()["status"] == "COMPLETE"
        except httpx.HTTPError:
            return False

    def send(self, kind: str, order_id: int | None, body: dict[str, Any] | None = None) -> Asked:
        """Send one request until it is answered."""
        self._numbers += 1
        asked = Asked(self.name, kind, f"{self.name}-{self._numbers}", order_id)
        self.asked.append(asked)
        method = {"place": "POST", "modify": "PATCH", "cancel": "DELETE"}[kind]
        path = "/orders" if kind == "place" else f"/orders/{order_id}"
        deadline = time.monotonic() + PATIENCE
        while not asked.settled and time.monotonic() < deadline:
            try:
                more = {"json": body} if body is not None else {}
                answer = self._http.request(method, path, headers={"Idempotency-Key": asked.key}, **more)
            except httpx.HTTPError as error:
                asked.history.append("unknown")
                asked.detail = type(error).__name__
            else:
                self._heard(asked, answer)
            if not asked.settled:
                time.sleep(0.1)
        return asked

    def _heard(self, asked: Asked, answer: httpx.Response) -> None:
        asked.status, asked.detail = answer.status_code, answer.text[:300]
        if answer.status_code >= 500 or answer.status_code == 429:
            asked.history.append("unknown")
            if answer.status_code != 503:
                self.strange.append(f"{asked.kind} {asked.key} was answered {answer.status_code}: {asked.detail}")
            return
        asked.history.append("ok" if answer.is_success else "fail")
        asked.replayed = answer.headers.get("idempotency-replayed") == "true"
        named = answer.json().get("order_id")
        if asked.kind == "place" and named is not None:
            asked.order_id = int(named)

    def _modify(self, order_id: int) -> None:
        asked = self.send("modify", order_id, {"quantity": self._random.randrange(5, 100)})
        if asked.status == 409:
            self.resting.remove(order_id)

    def _band(self, symbol: str) -> tuple[float, float]:
        """The prices that the symbol may trade at today, asked for until somebody answers."""
        deadline = time.monotonic() + PATIENCE
        while symbol not in self._bands:
            try:
                answer = self._http.get("/quotes", params={"symbols": ",".join(f"NSE:{one}" for one in SYMBOLS)})
                if answer.status_code == 200:
                    for key, one in answer.json()["items"].items():
                        self._bands[key.removeprefix("NSE:")] = (one["lower_band"], one["upper_band"])
                    continue
            except httpx.HTTPError:
                pass
            if time.monotonic() > deadline:
                raise TimeoutError(f"nobody tells the price of {symbol}")
            time.sleep(0.1)
        return self._bands[symbol]


@contextmanager
def trading(traders: list[Trader]) -> Iterator[None]:
    """All of them trade inside the block, each in a thread. Raises what stopped one of them."""
    ending = threading.Event()
    failures: list[BaseException] = []

    def work(trader: Trader) -> None:
        try:
            trader.trade(ending)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(trader,), name=trader.name) for trader in traders]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        ending.set()
        for thread in threads:
            thread.join()
    if failures:
        raise failures[0]
