"""Small worlds for matching: rows, frames, orders and seeded streams of commands."""

from typing import Any

import numpy as np

from core.book import Resting
from core.disclosure import ends, leg_size
from core.frames import DEPTH, Frame, row_type
from core.matching import Moment
from core.orders import OrderType, Product, Validity

OPEN = Moment(exchange_time=1_000_000, open=True)


def frame(number: int, *rows: dict[str, Any], levels: int = DEPTH) -> Frame:
    """A frame of rows given as ``{instrument, last, bids, asks, volume, low, high}``; by default 7 at 100."""
    array = np.zeros(len(rows), dtype=row_type(levels))
    for target, row in zip(array, rows, strict=True):
        target["instrument"] = row.get("instrument", 7)
        target["last_price"] = row.get("last", 100)
        target["volume"] = row.get("volume", 0)
        target["low"], target["high"] = row.get("low", 1), row.get("high", 10_000)
        target["exchange_time"] = 1_000_000 + number
        for side in ("bid", "ask"):
            for place, (price, quantity) in enumerate(row.get(f"{side}s", ())):
                target[f"{side}_price"][place], target[f"{side}_quantity"][place] = price, quantity
    return Frame("sim", number, 1_000_000 + number, array)


def order(number: int, side: int, limit: int, quantity: int, **more: Any) -> Resting:
    """An order of account 1 in instrument 7, its priority its number unless said otherwise."""
    given: dict[str, Any] = {
        "account_id": 1,
        "instrument_id": 7,
        "trigger": 0,
        "order_type": OrderType.LIMIT,
        "validity": Validity.DAY,
        "priority": number,
        "active_from": 0,
        "product": Product.MIS,
    } | more
    return Resting(order_id=number, side=side, limit=limit, pending=quantity, **given)


class Stream:
    """A seeded stream of commands over few instruments and prices, so that everything meets everything."""

    def __init__(self, seed: int, instruments: int = 3) -> None:
        self.random = np.random.default_rng(seed)
        self.instruments = [int(one) for one in self.random.choice(5_000, instruments, replace=False)]
        self.last = dict.fromkeys(self.instruments, 100)
        self.volume = dict.fromkeys(self.instruments, 0)
        self.day = dict.fromkeys(self.instruments, (100, 100))
        self.number = 0
        self.orders = 0
        self.now = 1_000_000

    def draw(self, low: int, high: int) -> int:
        """A whole number from ``low`` to ``high``, both included."""
        return int(self.random.integers(low, high + 1))

    def moment(self) -> Moment:
        """Mostly open and fresh; now and then closed or stale."""
        self.now += self.draw(0, 3)
        odd = self.draw(0, 30)
        return Moment(self.now, open=odd != 0, age_ms=9_000 if odd == 1 else 10)

    def side(self, around: int, step: int) -> list[tuple[int, int]]:
        """Up to five levels, going away from the middle, sometimes with a gap or none at all."""
        price, levels = around, []
        for _ in range(self.draw(0, DEPTH) if self.draw(0, 3) == 0 else DEPTH):
            price += step * self.draw(1, 2)
            levels.append((price, self.draw(1, 12)))
        return levels

    def next_frame(self) -> Frame:
        """Some of the instruments, moved a little; crossed once in a while."""
        self.number += self.draw(1, 2)
        rows = []
        for one in self.instruments:
            if self.draw(0, 3) == 0:
                continue
            before = self.last[one]
            after = min(110, max(90, before + self.draw(-2, 2)))
            extreme = min(112, max(88, after + self.draw(-3, 3))) if self.draw(0, 5) == 0 else after
            low, high = self.day[one]
            self.day[one] = (min(low, after, extreme), max(high, after, extreme))
            self.last[one] = after
            self.volume[one] += self.draw(0, 15) if self.draw(0, 2) else 0
            row: dict[str, Any] = {"instrument": one, "last": after, "volume": self.volume[one]}
            row["low"], row["high"] = self.day[one]
            crossed = 3 if self.draw(0, 20) == 0 else 0
            row["bids"] = self.side(after + crossed + self.draw(0, 1), -1)
            row["asks"] = self.side(after - crossed + self.draw(0, 1), +1)
            rows.append(row)
        return frame(self.number, *rows)

    def next_order(self) -> Resting:
        """A limit, stop or IOC order near the market, or far from it."""
        self.orders += 1
        one = self.instruments[self.draw(0, len(self.instruments) - 1)]
        side = 1 if self.draw(0, 1) else -1
        limit = self.last[one] + self.draw(-9, 9)
        more: dict[str, Any] = {"instrument_id": one, "priority": self.orders - self.draw(0, 2)}
        if self.draw(0, 3) == 0:
            more |= {"trigger": max(1, limit - side * self.draw(0, 3)), "order_type": OrderType.SL}
        elif self.draw(0, 6) == 0:
            more |= {"validity": Validity.IOC}
        if self.draw(0, 8) == 0:
            more |= {"active_from": self.now + self.draw(1, 9)}
        quantity = self.draw(1, 20)
        if self.draw(0, 3) == 0 and more.get("validity") is not Validity.IOC:
            more |= self.parts(quantity)
        if self.draw(0, 8) == 0 and more.get("validity") is not Validity.IOC:
            more |= {"validity": Validity.TTL, "expires_at": self.now + self.draw(0, 40)}
        return order(self.orders, side, limit, quantity, **more)

    def parts(self, quantity: int) -> dict[str, Any]:
        """A disclosed quantity, or the legs of an iceberg."""
        legs = self.draw(2, 5)
        if self.draw(0, 1) and quantity >= legs:
            return {"ends": ends(quantity, leg_size(quantity, 1, legs), legs)}
        return {"ends": ends(quantity, self.draw(1, max(1, quantity - 1)), 0)}

    def changed(self, old: Resting) -> Resting:
        """A modification: a smaller quantity keeps the place, a larger one or a price renews it."""
        given: dict[str, Any] = {
            name: getattr(old, name)
            for name in (
                "account_id", "instrument_id", "trigger", "order_type", "validity", "product", "ends", "expires_at"
            )
        }  # fmt: skip
        given |= {"active_from": old.active_from, "priority": old.priority + (self.draw(0, 1) if old.moved else 0)}
        if given["validity"] is not Validity.IOC and self.draw(0, 3) == 0:
            given |= {"validity": Validity.TTL, "expires_at": self.now + self.draw(1, 40)}
        if self.draw(0, 3) == 0:
            given |= self.parts(old.pending)
        limit, pending = old.limit, old.pending
        if self.draw(0, 1):
            pending = max(1, pending - self.draw(1, 3))
        else:
            self.orders += 1
            limit, given["priority"] = limit + self.draw(-3, 3), self.orders
            given["active_from"] = old.active_from + 1 if old.moved else 0
        return order(old.order_id, old.side, limit, pending, **given)
