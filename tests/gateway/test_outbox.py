"""What waits for a slow reader: one frame of prices, and order updates up to a limit."""

import asyncio
from typing import Any

import numpy as np
import pytest

from core.frames import row_type
from core.instruments import Instrument, Kind
from gateway.ticker import outbox
from gateway.ticker.groups import Group
from gateway.ticker.outbox import Outbox
from gateway.ticker.packets import Mode, Packets
from gateway.ticker.wishes import Wish

INFY = Instrument(7, "NSE", "INFY", "Infosys", Kind.EQ, 1, 5, 100_000)


class Reader:
    """A connection that takes what is sent, or nothing until it may."""

    def __init__(self) -> None:
        self.got: list[Any] = []
        self.may = asyncio.Event()
        self.may.set()

    async def send(self, message: Any) -> None:
        await self.may.wait() if not self.may.is_set() else None
        self.got.append(message.get("bytes", message.get("text")))


async def rest() -> None:
    """Until all that is under way in this loop has come to where it waits."""
    for _ in range(100):
        await asyncio.sleep(0)


def priced(packets: Packets, price: int) -> None:
    row = np.zeros(1, row_type())
    row["instrument"], row["last_price"] = 7, price
    packets.write(row, np.array([7]), (np.zeros(1, np.int64),) * 3)


def made(reader: Reader) -> tuple[Outbox, Group, Packets]:
    packets = Packets()
    packets.know({7: INFY})
    priced(packets, 100)
    group = Group(packets, Wish({7: Mode.LTP}))
    box = Outbox(reader.send, 1, 1, 1)
    box.join(group, b"first")
    return box, group, packets


def price_of(message: bytes) -> int:
    return int.from_bytes(message[8:12], "big")


def move(box: Outbox, group: Group, packets: Packets, price: int) -> None:
    priced(packets, price)
    group.move(group.cut(np.ones(8, np.bool_)))
    box.flush()


def test_of_prices_only_the_newest_waits():
    async def story() -> list[Any]:
        reader = Reader()
        box, group, packets = made(reader)
        move(box, group, packets, 101)
        reader.may.clear()
        for price in range(102, 202):
            move(box, group, packets, price)
        await rest()
        reader.may.set()
        await rest()
        return reader.got

    first, second, third, last = asyncio.run(story())
    assert (first, price_of(second), price_of(third), price_of(last)) == (b"first", 101, 102, 201)


def test_order_updates_are_kept_in_order_up_to_a_limit(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(outbox, "MOST_WAITING", 40)

    async def story() -> tuple[list[Any], bool, int]:
        reader = Reader()
        box, _, _ = made(reader)
        reader.may.clear()
        for number in range(4):
            box.text(f"update {number}")
        reader.may.set()
        await rest()
        kept = list(reader.got)
        reader.may.clear()
        for number in range(20):
            box.text(f"update {number}")
        return kept, box.gone.done(), box.gone.result()

    got, gone, code = asyncio.run(story())
    assert got == [b"first", *(f"update {number}" for number in range(4))]
    assert (gone, code) == (True, 1008)


def test_who_reads_nothing_for_long_is_let_go():
    async def story() -> bool:
        reader = Reader()
        box, group, packets = made(reader)
        reader.may.clear()
        move(box, group, packets, 5)
        box.tick(box._written_at + outbox.STALLED_SECONDS - 1)
        assert not box.gone.done()
        box.tick(box._written_at + outbox.STALLED_SECONDS + 1)
        return box.gone.done()

    assert asyncio.run(story())


def test_a_reader_that_fails_is_let_go():
    async def story() -> bool:
        async def broken(_: Any) -> None:
            raise OSError

        box = Outbox(broken, 1, 1, 1)
        box.text("hello")
        return box.gone.done()

    assert asyncio.run(story())
