"""The loop of GTTs: from a made GTT over a frame to an order that rests, with the real desk and database."""

import threading
import time
from collections.abc import Callable, Iterator

import numpy as np
import pytest

from core.frames import Frame, row_type
from core.gtt import GttWish, LegWish
from core.orders import OrderType, Product, Side
from db.engine import Database
from desk import gtt
from desk.leadership import Leadership
from jobs.bus import Bus, Fan
from jobs.gtts import GttLoop
from tests.floor import INFY, Floor
from tests.patience import PATIENCE


class Reign(Leadership):
    """A leadership that asks nobody."""

    def leads(self) -> bool:
        return True

    def guard(self, connection: object) -> None:
        """Every term is the right one."""

    def claim(self, connection: object) -> None:  # type: ignore[override]
        """Nobody contends."""


@pytest.fixture
def floor(database: Database) -> Iterator[Floor]:
    floor = Floor(database)
    floor.price(INFY, 150_000)
    yield floor
    floor.sound()


@pytest.fixture
def bus(floor: Floor) -> Iterator[Bus]:
    bus = Bus()
    loop = GttLoop(floor.database, "sim", bus, Reign(floor.database, "sim"))
    thread = threading.Thread(target=loop.run, daemon=True)
    thread.start()
    yield bus
    loop.stop()
    thread.join(PATIENCE)
    assert not thread.is_alive()


def show(floor: Floor, bus: Bus, number: int, last: int, low: int, high: int) -> None:
    rows = np.zeros(1, dtype=row_type())
    rows["instrument"], rows["last_price"] = floor.instrument(INFY).id, last
    rows["low"], rows["high"] = low, high
    floor.price(INFY, last)
    Fan(bus).publish(Frame("sim", number, int(time.time() * 1000), rows))


def until(there: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not there():
        assert time.monotonic() < end, "it never happened"
        threading.Event().wait(0.02)


def make(floor: Floor, account: int, trigger: int) -> int:
    wish = GttWish(floor.instrument(INFY).id, (LegWish(Side.BUY, OrderType.LIMIT, Product.CNC, 10, trigger, trigger),))
    return int(gtt.create(floor.database, "asha", account, wish).body["gtt_id"])


def placed(floor: Floor) -> int:
    with floor.database.connection() as connection:
        row = connection.execute("select count(*) from orders where origin = 'GTT'").fetchone()
    assert row
    return int(row[0])


def test_a_frame_fires_what_it_reaches_and_nothing_else(floor: Floor, bus: Bus) -> None:
    account = floor.account(cash=100_000_000)
    make(floor, account, 145_000)
    make(floor, account, 155_000)
    show(floor, bus, 1, 150_000, 149_000, 151_000)
    show(floor, bus, 2, 144_000, 144_000, 151_000)
    number = 2

    def fired() -> bool:
        nonlocal number
        number += 1  # the loop may have met the GTT only after the frame
        show(floor, bus, number, 144_000, 144_000, 151_000)
        return placed(floor) == 1

    until(fired)
    show(floor, bus, number + 1, 150_000, 144_000, 156_000)
    until(lambda: placed(floor) == 2)


def test_a_deleted_gtt_fires_no_more(floor: Floor, bus: Bus) -> None:
    account = floor.account(cash=100_000_000)
    gone, stays = make(floor, account, 145_000), make(floor, account, 140_000)
    gtt.delete(floor.database, "asha", account, gone)
    show(floor, bus, 1, 142_000, 142_000, 151_000)
    number = 1

    def fired() -> bool:
        nonlocal number
        number += 1
        show(floor, bus, number, 139_000, 139_000, 151_000)
        return placed(floor) == 1

    until(fired)
    assert gtt.one(floor.database, account, "asha/main", stays)["status"] == "TRIGGERED"
    assert gtt.one(floor.database, account, "asha/main", gone)["status"] == "DELETED"


def test_a_ring_is_looked_into_later_and_holds_up_no_frame(
    floor: Floor, bus: Bus, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = floor.account(cash=100_000_000)
    make(floor, account, 145_000)
    until(lambda: changes(floor) == 0)  # it is watched
    monkeypatch.setattr("jobs.gtts.STAND_BACK", 3600.0)
    make(floor, account, 100_000)  # rings
    number = 1

    def fired() -> bool:
        nonlocal number
        number += 1
        show(floor, bus, number, 144_000, 144_000, 151_000)
        return placed(floor) == 1

    until(fired)


def changes(floor: Floor) -> int:
    with floor.database.connection() as connection:
        row = connection.execute("select count(*) from gtt_changes").fetchone()
    assert row
    return int(row[0])
