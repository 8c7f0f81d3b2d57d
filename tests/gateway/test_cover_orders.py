"""A cover order's stop as an order of its own: its number, its parent, and its life until it is reached or left."""

from datetime import UTC, datetime

import pytest
from kiteconnect import KiteConnect, exceptions

from core.exits import Exits
from core.gtt_watch import Hit
from desk import gtt, gtt_firing
from tests.floor import AnyTerm, Floor
from tests.gateway.test_orders import BUY, FIELDS, account_of

COVER = BUY | {"variety": "co", "product": "MIS", "trigger_price": 1480}


def reach(floor: Floor, stop: dict, price: int) -> None:
    """The market falls to the stop's trigger."""
    account = account_of(floor)
    floor.price("NSE:INFY", price)
    (found,) = gtt.listed(floor.database, account, "alice/main")["items"]
    now = int(datetime.now(UTC).timestamp() * 1000)
    hit = Hit(int(found["gtt_id"]), account, floor.instrument("NSE:INFY").id, 1, price, 1, now)
    gtt_firing.fire(floor.database, AnyTerm(), hit)


def entered(kite: KiteConnect, floor: Floor, filled: int = 10) -> tuple[str, dict]:
    """The entry's number, and its stop as the book has it."""
    entry = kite.place_order(**COVER, tag="cover")
    assert len(kite.orders()) == 1  # nothing was bought, hence nothing is guarded
    floor.fill(account_of(floor), int(entry), filled, 149_900)
    _, stop = kite.orders()
    return entry, stop


def test_the_stop_is_a_child_of_its_entry_and_waits_for_its_trigger(alice, floor):
    entry, stop = entered(alice, floor)
    assert set(stop) == FIELDS
    told = {name: stop[name] for name in ("parent_order_id", "variety", "status", "order_type", "transaction_type",
        "quantity", "pending_quantity", "trigger_price", "product", "tag")}  # fmt: skip
    assert told == {
        "parent_order_id": entry, "variety": "co", "status": "TRIGGER PENDING", "order_type": "SL-M",
        "transaction_type": "SELL", "quantity": 10, "pending_quantity": 10, "trigger_price": 1480, "product": "MIS",
        "tag": "cover",
    }  # fmt: skip
    assert stop["order_id"].isdigit()
    assert alice.order_history(stop["order_id"]) == [stop]
    assert alice.order_trades(stop["order_id"]) == []
    assert alice.modify_order("co", stop["order_id"], parent_order_id=entry, trigger_price=1485) == stop["order_id"]
    assert alice.orders()[1]["trigger_price"] == 1485
    with pytest.raises(exceptions.InputException):
        alice.modify_order("co", stop["order_id"], trigger_price=1600)
    assert alice.get_gtts() == []


def test_a_cover_of_another_day_is_still_told_as_one(alice, floor):
    entry, _ = entered(alice, floor)
    with floor.database.connection() as connection:
        connection.execute("update orders set trading_date = trading_date - 1 where id = %s", [int(entry)])
    assert {row["variety"] for row in alice.order_history(entry)} == {"co"}


def test_it_guards_what_was_bought_so_far(alice, floor):
    entry, stop = entered(alice, floor, 4)
    assert stop["quantity"] == 4
    floor.fill(account_of(floor), int(entry), 3, 149_900)
    assert alice.orders()[1]["quantity"] == 7


def test_a_stop_that_is_reached_keeps_its_number_to_its_end(alice, floor):
    entry, stop = entered(alice, floor)
    reach(floor, stop, 148_000)
    _, sold = alice.orders()
    assert (sold["order_id"], sold["parent_order_id"], sold["variety"]) == (stop["order_id"], entry, "co")
    floor.fill(account_of(floor), own_order(floor), 10, 147_950)
    _, done = alice.orders()
    assert (done["order_id"], done["status"], done["average_price"]) == (stop["order_id"], "COMPLETE", 1479.5)
    assert [row["order_id"] for row in alice.trades()] == [entry, stop["order_id"]]
    assert [row["order_id"] for row in alice.order_trades(stop["order_id"])] == [stop["order_id"]]
    assert alice.order_history(stop["order_id"])[-1]["status"] == "COMPLETE"
    with pytest.raises(exceptions.OrderException):
        alice.modify_order("co", stop["order_id"], trigger_price=1470)
    with pytest.raises(exceptions.OrderException, match="nothing left"):
        alice.exit_order("co", stop["order_id"], parent_order_id=entry)
    floor.sound()


@pytest.fixture
def jumped(alice, floor) -> dict:
    """A stop with a price that the market jumped past: its order rests at 1475 with the market at 1470."""
    _, stop = entered(alice, floor)
    account = account_of(floor)
    (found,) = gtt.listed(floor.database, account, "alice/main")["items"]
    priced = Exits(stop_trigger=148_000, stop_price=147_500)
    assert gtt.amend(floor.database, "alice", account, int(found["gtt_id"]), priced).ok
    reach(floor, stop, 147_000)
    _, resting = alice.orders()
    told = (resting["order_id"], resting["status"], resting["order_type"], resting["price"])
    assert told == (stop["order_id"], "OPEN", "LIMIT", 1475)
    return resting


def test_the_order_of_a_stop_that_the_price_jumped_past_is_changed_by_the_stops_number(alice, jumped, floor):
    assert alice.modify_order("co", jumped["order_id"], price=1470) == jumped["order_id"]
    _, moved = alice.orders()
    assert (moved["order_id"], moved["status"], moved["price"]) == (jumped["order_id"], "OPEN", 1470)
    with pytest.raises(exceptions.InputException):
        alice.modify_order("co", jumped["order_id"], price=1470.013)
    floor.sound()


def test_the_order_of_a_stop_that_the_price_jumped_past_is_cancelled_by_the_stops_number(alice, jumped, floor):
    assert alice.cancel_order("co", jumped["order_id"]) == jumped["order_id"]
    _, ended = alice.orders()
    told = (ended["order_id"], ended["status"], ended["cancelled_quantity"])
    assert told == (jumped["order_id"], "CANCELLED", 10)
    floor.sound()


def test_to_exit_the_stop_is_to_leave_the_position(alice, floor):
    entry, stop = entered(alice, floor)
    assert alice.exit_order("co", stop["order_id"], parent_order_id=entry) == stop["order_id"]
    closing = alice.orders()[-1]
    assert (closing["transaction_type"], closing["order_type"], closing["quantity"]) == ("SELL", "MARKET", 10)


def own_order(floor: Floor) -> int:
    """The newest order's own number."""
    with floor.database.connection() as connection:
        row = connection.execute("select max(id) from orders").fetchone()
    assert row
    return int(row[0])


def test_to_exit_the_stop_of_a_partly_filled_cover_is_to_open_no_more(alice, floor):
    entry = alice.place_order(**COVER | {"quantity": 100})
    account = account_of(floor)
    floor.fill(account, int(entry), 40, 149_900)
    _, stop = alice.orders()
    assert alice.exit_order("co", stop["order_id"], parent_order_id=entry) == stop["order_id"]
    left, sold = alice.orders()
    assert (left["status"], left["filled_quantity"], left["cancelled_quantity"]) == ("CANCELLED", 40, 60)
    told = (sold["order_id"], sold["transaction_type"], sold["order_type"], sold["quantity"])
    assert told == (stop["order_id"], "SELL", "MARKET", 40)
    floor.fill(account, own_order(floor), 40, 149_900)
    assert floor.position(account, "NSE:INFY", "MIS")[0] == 0
    floor.sound()


def test_an_exit_that_is_refused_leaves_the_entry_and_its_stop_as_they_were(alice, floor):
    entry = alice.place_order(**COVER)
    floor.fill(account_of(floor), int(entry), 4, 149_900)
    before = alice.orders()
    floor.price("NSE:INFY", 150_000, age_seconds=3600)
    with pytest.raises(exceptions.KiteException):
        alice.exit_order("co", before[1]["order_id"], parent_order_id=entry)
    assert alice.orders() == before
    assert [each["status"] for each in before] == ["OPEN", "TRIGGER PENDING"]
    floor.sound()


def test_to_exit_one_of_two_covers_is_to_leave_its_part_once(alice, floor):
    account = account_of(floor)
    entries = [alice.place_order(**COVER | {"quantity": 50}) for _ in range(2)]
    for entry in entries:
        floor.fill(account, int(entry), 50, 149_900)
    stops = {each["parent_order_id"]: each["order_id"] for each in alice.orders() if each["parent_order_id"]}
    first, second = (stops[entry] for entry in entries)
    for number, left in ((first, 50), (second, 0)):
        assert alice.exit_order("co", number) == number
        with pytest.raises(exceptions.OrderException, match="nothing left"):
            alice.exit_order("co", number)
        floor.fill(account, own_order(floor), 50, 149_900)
        assert floor.position(account, "NSE:INFY", "MIS")[0] == left
        with pytest.raises(exceptions.OrderException, match="nothing left"):
            alice.exit_order("co", number)
    assert [each["quantity"] for each in alice.orders() if each["transaction_type"] == "SELL"] == [50, 50]
    floor.sound()


def test_a_cover_whose_stops_order_was_cancelled_is_left_by_as_much_as_it_has(alice, jumped, floor):
    account, entry = account_of(floor), jumped["parent_order_id"]
    floor.fill(account, own_order(floor), 3, 147_500)
    other = alice.place_order(**COVER | {"quantity": 50, "price": 1470, "trigger_price": 1400})
    floor.fill(account, int(other), 50, 147_000)
    for number in (jumped["order_id"], entry):
        assert alice.exit_order("co", number) == number
    closing = alice.orders()[-1]
    assert (closing["transaction_type"], closing["order_type"], closing["quantity"]) == ("SELL", "MARKET", 7)
    floor.fill(account, own_order(floor), 7, 147_000)
    assert floor.position(account, "NSE:INFY", "MIS")[0] == 50
    floor.sound()


def test_another_users_stop_does_not_exist(alice, bob, floor):
    _, stop = entered(alice, floor)
    number = stop["order_id"]
    beyond = str(int(number) + 1)
    for ask in (
        lambda: bob.order_history(number),
        lambda: bob.order_trades(number),
        lambda: bob.modify_order("co", number, trigger_price=1485),
        lambda: bob.exit_order("co", number),
        lambda: alice.order_history(beyond),
        lambda: alice.exit_order("co", beyond),
    ):
        with pytest.raises(exceptions.OrderException) as unknown:
            ask()
        assert unknown.value.code == 404
