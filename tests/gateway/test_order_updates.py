"""Every step of an order is told by the ticker, also those that come together or while nobody looked."""

import json
from datetime import UTC, datetime

from core.matching import Fill
from desk import access, events, today
from desk.today import Seen
from gateway.order_rows import update_rows
from tests.floor import Floor
from tests.gateway.conftest import client_of, keys_of
from tests.gateway.test_orders import BUY, account_of
from tests.gateway.test_ticker import hear, opened

__all__ = ["opened"]


def fills(floor: Floor, order_id: int, *parts: tuple[int, int]) -> list[Fill]:
    """Fills of so many at a price, of one frame each."""
    infy, now = floor.instrument("NSE:INFY").id, int(datetime.now(UTC).timestamp() * 1000)
    return [
        Fill(order_id, account_of(floor), infy, quantity, price, frame, now, price, ((price, quantity),))
        for frame, (quantity, price) in enumerate(parts, start=1)
    ]


def short(row: dict) -> tuple:
    return row["status"], row["price"], row["filled_quantity"], row["pending_quantity"], row["average_price"]


def test_steps_that_come_in_one_transaction_are_told_one_by_one(opened, host, desk, floor):
    socket = opened()
    number = int(client_of(host, keys_of(desk, "alice")).place_order(**BUY))
    floor.send(*fills(floor, number, (4, 149_900), (5, 149_800), (1, 149_700)))
    told = [json.loads(hear(socket, str))["data"] for _ in range(4)]
    assert [short(row) for row in told] == [
        ("OPEN", 1500, 0, 10, 0),
        ("OPEN", 1500, 4, 6, 1499),
        ("OPEN", 1500, 9, 1, round((4 * 1499 + 5 * 1498) / 9, 4)),
        ("COMPLETE", 1500, 10, 0, 1498.3),
    ]
    assert len({row["checksum"] for row in told}) == 1  # of the order's own time, as its row has it


def since(floor: Floor, seen: Seen) -> list[tuple[int, dict]]:
    (found,) = today.changed_orders(floor.database, [seen])
    ((order, one),) = found.orders
    return update_rows(order, one, "alice", found.steps[order.id])


def test_who_looks_late_is_told_each_step_since_then(alice, floor):
    account = access.by_key(floor.database, "alice/main")
    before = events.how_far(floor.database, [account])[account.id]
    number = alice.place_order(**BUY)
    alice.modify_order("regular", number, price=1499)
    floor.fill(account.id, int(number), 4, 149_000)
    alice.cancel_order("regular", number)
    rows = since(floor, before)
    assert [short(row) for _, row in rows] == [
        ("OPEN", 1500, 0, 10, 0), ("OPEN", 1499, 0, 10, 0), ("OPEN", 1499, 4, 6, 1490), ("CANCELLED", 1499, 4, 0, 1490),
    ]  # fmt: skip
    assert rows[-1][1]["cancelled_quantity"] == 6
    versions = [version for version, _ in rows]
    assert versions == sorted(set(versions))
    for at, version in enumerate(versions[:-1], start=1):
        assert since(floor, Seen(account.id, version, before.day)) == rows[at:]


def test_a_step_of_before_there_were_versions_is_told_by_the_order_as_it_stands(alice, floor):
    account = access.by_key(floor.database, "alice/main")
    before = events.how_far(floor.database, [account])[account.id]
    alice.place_order(**BUY)
    with floor.database.connection() as connection:
        connection.execute("alter table order_events disable trigger append_only")
        connection.execute("update order_events set version = null")
        connection.execute("alter table order_events enable trigger append_only")
    assert [short(row) for _, row in since(floor, before)] == [("OPEN", 1500, 0, 10, 0)]


def test_the_history_tells_what_each_fill_made_of_the_average(alice, floor):
    number = alice.place_order(**BUY)
    floor.send(*fills(floor, int(number), (4, 149_900), (6, 149_400)))
    told = [row["average_price"] for row in alice.order_history(number) if row["filled_quantity"]]
    assert told == [1499, 1496]
