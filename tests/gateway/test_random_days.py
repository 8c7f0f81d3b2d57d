"""Random days of a bot, from a seed: calls good and bad by the broker's own client and by hand, fills between them,
connections of the database that break before and after a commit, prices that grow old. After each step the books are
sound, and what the client was told is what is there: an order that was accepted is there once, one that was lost before
its commit is not, and one whose answer was lost is found by its tag.
"""

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import httpx
import psycopg
import pytest
from kiteconnect import KiteConnect, exceptions

import desk.converting
import desk.gtt
import desk.trading
from db import trading
from tests.floor import Floor
from tests.gateway.conftest import client_of, keys_of
from tests.gateway.test_orders import account_of

STEPS = 50
SHARES = {"INFY": 150_000, "TCS": 300_000, "SBIN": 96_000}
WRITERS = (desk.trading, desk.gtt, desk.converting)
BROKEN = ("NaN", "-1", "1e9", "१०", "0x10", "9" * 40, "\x00", "'; drop table orders;--", "true", " ", "1.005", "[]")


class Lines:
    """Breaks the database's line at the next commit, where it is told to."""

    def __init__(self) -> None:
        self.next: str | None = None
        self.broke: str | None = None

    def commit(self, *arguments: Any, **named: Any) -> Any:
        """Stands where ``db.trading.commit`` stood."""
        where, self.next = self.next, None
        if where is not None:
            self.broke = where
        if where == "before":
            raise psycopg.OperationalError("the line broke before the commit")
        answer = trading.commit(*arguments, **named)
        if where == "after":
            raise psycopg.OperationalError("the line broke after the commit")
        return answer


@contextmanager
def breaking() -> Iterator[Lines]:
    lines = Lines()
    with (
        patch.object(WRITERS[0], "commit", lines.commit),
        patch.object(WRITERS[1], "commit", lines.commit),
        patch.object(WRITERS[2], "commit", lines.commit),
    ):
        yield lines


class Day:
    """One bot, what it has sent, and what it was told."""

    def __init__(self, seed: int, kite: KiteConnect, hand: httpx.Client, floor: Floor, lines: Lines) -> None:
        self.chance = random.Random(seed)
        self.kite, self.hand, self.floor, self.lines = kite, hand, floor, lines
        self.account = account_of(floor)
        self.sent = 0
        self.told: dict[str, bool | None] = {}
        self.log: list[str] = []

    def step(self) -> None:
        """One act, perhaps with a line that breaks in it; then everything is looked at."""
        acts: list[Callable[[], Any]] = [
            self.place, self.place, self.place, self.modify, self.cancel, self.fill, self.fill, self.convert, self.gtt,
            self.garbage, self.grow_old,
        ]  # fmt: skip
        act = self.chance.choice(acts)
        if self.chance.random() < 0.2:
            self.lines.next = self.chance.choice(["before", "after"])
        self.lines.broke = None
        said, code = "done", 200
        try:
            act()
        except exceptions.KiteException as error:  # anything else would be a client that cannot read us
            said, code = f"{type(error).__name__} {error.code} {error}", int(error.code)
        self.lines.next = None
        self.log.append(f"{act.__name__}: {said}")
        assert code in (200, 400, 403, 404, 429, 502, 503), said
        assert (code == 503) is self.broke(), said
        assert not [word for word in ("Traceback", "psycopg", "select ", "line broke") if word in said]
        self.look()

    def broke(self) -> bool:
        """Whether the line broke in this step."""
        return self.lines.broke is not None

    def price(self, symbol: str) -> float:
        tick = self.floor.instrument(f"NSE:{symbol}").tick
        return round(SHARES[symbol] * self.chance.uniform(0.97, 1.03) / tick) * tick / 100

    def place(self) -> None:
        self.sent += 1
        tag, symbol = f"t{self.sent}", self.chance.choice(list(SHARES))
        wish: dict[str, Any] = {
            "variety": self.chance.choice(["regular", "regular", "regular", "iceberg", "co"]),
            "exchange": "NSE",
            "tradingsymbol": symbol,
            "transaction_type": self.chance.choice(["BUY", "BUY", "SELL"]),
            "quantity": self.chance.choice([1, 5, 10, 40, 100_000]),
            "product": self.chance.choice(["CNC", "MIS"]),
            "order_type": self.chance.choice(["MARKET", "LIMIT", "LIMIT", "SL", "SL-M"]),
            "price": self.price(symbol),
            "trigger_price": self.price(symbol),
            "tag": tag,
        }
        if wish["variety"] == "iceberg":
            wish["iceberg_legs"] = self.chance.randint(2, 10)
        if self.chance.random() < 0.1:
            wish[self.chance.choice(["quantity", "price", "product", "tradingsymbol"])] = self.chance.choice(BROKEN)
        self.told[tag] = None
        try:
            self.kite.place_order(**wish)
        except exceptions.KiteException:
            if self.lines.broke == "before":  # nothing was written
                self.told[tag] = False
            raise
        self.told[tag] = True

    def working(self) -> list[dict[str, Any]]:
        return [row for row in self.kite.orders() if row["status"] in ("OPEN", "TRIGGER PENDING")]

    def some(self) -> tuple[str, str]:
        """An order that may be changed, or one that is none."""
        found = self.working()
        row = self.chance.choice(found) if found else {"variety": "regular", "order_id": "12345678"}
        return row["variety"], row["order_id"]

    def modify(self) -> None:
        variety, number = self.some()
        change: dict[str, Any] = {"price": self.price("INFY"), "quantity": self.chance.choice([1, 7, 50])}
        if variety == "co":
            change = {"trigger_price": self.price("INFY")}
        self.kite.modify_order(variety, number, **change)

    def cancel(self) -> None:
        self.kite.cancel_order(*self.some())

    def fill(self) -> None:
        """The market takes part of an order that rests."""
        open_ones = [row for row in self.working() if row["status"] == "OPEN" and int(row["order_id"]) < 10**12]
        if open_ones:
            row = self.chance.choice(open_ones)
            units = self.chance.randint(1, row["pending_quantity"])
            at = round(row["price"] * 100) or SHARES[row["tradingsymbol"]]
            self.floor.fill(self.account, int(row["order_id"]), units, at)

    def convert(self) -> None:
        held = [row for row in self.kite.positions()["net"] if row["quantity"]]
        if held:
            row = self.chance.choice(held)
            side, other = "BUY" if row["quantity"] > 0 else "SELL", {"MIS": "CNC", "CNC": "MIS"}[row["product"]]
            units = self.chance.randint(1, abs(row["quantity"]))
            self.kite.convert_position("NSE", row["tradingsymbol"], side, "day", units, row["product"], other)

    def gtt(self) -> None:
        at = self.price("INFY")
        leg = {"transaction_type": "BUY", "quantity": 1, "order_type": "LIMIT", "product": "CNC", "price": at}
        number = self.kite.place_gtt("single", "INFY", "NSE", [at], 1500, [leg])["trigger_id"]
        if self.chance.random() < 0.5:
            self.kite.delete_gtt(number)

    def garbage(self) -> None:
        """A write that no client would send: a no in the envelope, and nothing changed."""
        name, value = self.chance.choice(["quantity", "price", "tradingsymbol", "validity"]), self.chance.choice(BROKEN)
        method, path = self.chance.choice(
            [("POST", "/orders/regular"), ("PUT", "/orders/regular/1"), ("PUT", "/portfolio/positions"),
             ("POST", "/gtt/triggers"), ("POST", "/margins/orders"), ("DELETE", "/orders/co/700000000000009")]
        )  # fmt: skip
        answer = self.hand.request(method, path, data={"exchange": "NSE", name: value})
        assert answer.status_code in (400, 403, 404), answer.text
        assert answer.json()["status"] == "error"

    def grow_old(self) -> None:
        symbol = self.chance.choice(list(SHARES))
        self.floor.price(f"NSE:{symbol}", SHARES[symbol], self.chance.choice([0, 0, 3_600]))

    def look(self) -> None:
        """The books are sound, and the client sees of them what it was told."""
        self.floor.sound()
        rows = self.kite.orders()
        for tag, there in self.told.items():
            found = [row for row in rows if row["tag"] == tag and row["parent_order_id"] is None]
            assert len(found) <= 1, (tag, found)
            if there is not None:
                assert bool(found) is there, (tag, there)
        assert len({row["order_id"] for row in rows}) == len(rows)
        numbers = {row["order_id"] for row in rows}
        for trade in self.kite.trades():
            assert trade["order_id"] in numbers
        for row in self.kite.positions()["net"]:
            assert row["quantity"] == row["buy_quantity"] - row["sell_quantity"]


@pytest.mark.parametrize("seed", range(4))
def test_a_random_day(host, desk, floor, by_hand, seed):
    for symbol, price in SHARES.items():
        floor.price(f"NSE:{symbol}", price)
    with breaking() as lines:
        day = Day(seed, client_of(host, keys_of(desk, "alice")), by_hand, floor, lines)
        try:
            for _ in range(STEPS):
                day.step()
        except BaseException:
            print("\n".join([f"seed {seed}", *day.log]))
            raise
    assert any("503" in line for line in day.log)
    assert any(line == "place: done" for line in day.log)


def test_that_the_random_days_see_an_order_sent_twice(host, desk, floor, by_hand):
    """A proof of the proof: an order that a retry doubled is seen."""
    floor.price("NSE:INFY", 150_000)
    kite = client_of(host, keys_of(desk, "alice"))
    wish = {"variety": "regular", "exchange": "NSE", "tradingsymbol": "INFY", "transaction_type": "BUY",
        "quantity": 1, "product": "CNC", "order_type": "LIMIT", "price": 1500, "tag": "t1"}  # fmt: skip
    day = Day(0, kite, by_hand, floor, Lines())
    for _ in range(2):
        kite.place_order(**wish)
    day.told["t1"] = True
    with pytest.raises(AssertionError):
        day.look()
