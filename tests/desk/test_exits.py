"""Targets and stops attached to an entry: what they close, when they end, and that they never do more than close."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from unittest.mock import patch

import pytest

from core.exits import Exits
from core.gtt_watch import Hit
from core.orders import ModifyOrder, OrderType, PlaceOrder, Product, Side
from core.reasons import Reason
from db.engine import Database
from desk import closing, filling, gtt, gtt_firing, trading
from desk.answers import Answer
from desk.gtt_firing import Fate
from tests.floor import INFY, NIFTY, AnyTerm, Floor

LAST = 150_000
STOP, TARGET = 1, 2


@pytest.fixture
def floor(database: Database) -> Iterator[Floor]:
    floor = Floor(database)
    floor.price(INFY, LAST)
    yield floor
    floor.sound()


def enter(
    floor: Floor, account: int, exits: Exits, side: str = "BUY", quantity: int = 10, price: int = LAST,
    product: str = "MIS", key: str | None = None,
) -> Answer:  # fmt: skip
    kind = OrderType.LIMIT if price else OrderType.MARKET
    wish = PlaceOrder(floor.instrument(INFY).id, Side(side), kind, Product(product), quantity, price=price)
    return trading.place(floor.database, "asha", account, wish, key, exits=exits)


def fire(floor: Floor, account: int, entry: Answer, leg: int, price: int) -> Fate:
    now = int(datetime.now(UTC).timestamp() * 1000)
    number = int(entry.body["attached"]["gtt_id"])
    floor.price(INFY, price)
    hit = Hit(number, account, floor.instrument(INFY).id, leg, price, 1, now)
    return gtt_firing.fire(floor.database, AnyTerm(), hit)


def row(floor: Floor, account: int, entry: Answer) -> dict[str, Any]:
    return gtt.one(floor.database, account, "asha/main", int(entry.body["attached"]["gtt_id"]))


def exits_of(floor: Floor, account: int) -> list[tuple[int, str, str, int, int, int]]:
    with floor.database.connection() as connection:
        return connection.execute(
            "select id, side, status, quantity, filled, price from orders where account_id = %s and origin = 'EXIT'"
            " order by id",
            [account],
        ).fetchall()


BRACKET = Exits(target_price=155_000, stop_trigger=147_000)


@pytest.mark.parametrize(
    ("exits", "side", "product", "reason", "field"),
    [
        pytest.param(Exits(149_000), "BUY", "MIS", Reason.EXIT_SIDE, "target_price", id="a target that loses"),
        pytest.param(Exits(0, 151_000), "BUY", "MIS", Reason.EXIT_SIDE, "stop_trigger", id="a stop that gains"),
        pytest.param(Exits(151_000), "SELL", "MIS", Reason.EXIT_SIDE, "target_price", id="a short's target above"),
        pytest.param(Exits(0, 149_000), "SELL", "MIS", Reason.EXIT_SIDE, "stop_trigger", id="a short's stop below"),
        pytest.param(Exits(155_003), "BUY", "MIS", Reason.OFF_TICK, "target_price", id="off the tick"),
        pytest.param(
            Exits(0, 147_000, 147_500), "BUY", "MIS", Reason.LIMIT_BEHIND_TRIGGER, "stop_price", id="stop's price above"
        ),
        pytest.param(Exits(0, 0, 147_000), "BUY", "MIS", Reason.TRIGGER_REQUIRED, "stop_trigger", id="no trigger"),
        pytest.param(
            Exits(155_000, cover=True), "BUY", "MIS", Reason.STOP_REQUIRED, "stop_trigger", id="a cover without stop"
        ),
        pytest.param(
            Exits(0, 147_000, cover=True), "BUY", "CNC", Reason.STOP_REQUIRED, "stop_trigger", id="a cover in CNC"
        ),
        pytest.param(Exits(0, 155_000), "SELL", "CNC", Reason.EXIT_NOT_ALLOWED, "side", id="a sale of shares held"),
    ],
)
def test_exits_that_cannot_be_are_refused_with_the_entry(
    floor: Floor, exits: Exits, side: str, product: str, reason: Reason, field: str
) -> None:
    account = floor.account(cash=100_000_000)
    refused = enter(floor, account, exits, side, product=product)
    assert (refused.status >= 400, refused.body["reason_code"], refused.body["field"]) == (True, int(reason), field)


def test_a_contracts_stop_is_one_that_the_exchange_would_take_when_it_is_reached(floor: Floor) -> None:
    account = floor.account(cash=10**10)
    future = floor.future()
    floor.price(NIFTY, 2_400_000)
    floor.price(future.key, 2_410_000)
    wish = PlaceOrder(future.id, Side.BUY, OrderType.LIMIT, Product.NRML, future.lot, price=2_410_000)

    def placed(stop_price: int) -> Answer:
        return trading.place(floor.database, "asha", account, wish, exits=Exits(0, 2_380_000, stop_price))

    far = placed(2_332_390)  # 2 % below the trigger of 23,800.00 is 23,324.00
    assert (far.status, far.body["reason_code"], far.body["field"]) == (422, Reason.OUTSIDE_REFERENCE, "stop_price")
    assert "at least ₹23,324.00" in far.body["detail"]
    near = placed(2_332_400)
    assert near.status == 201, near.body
    number = int(near.body["attached"]["gtt_id"])
    moved = gtt.amend(floor.database, "asha", account, number, Exits(stop_trigger=2_390_000, stop_price=2_332_400))
    assert moved.body["reason_code"] == Reason.OUTSIDE_REFERENCE, "nor is it moved there"


def test_nothing_waits_before_the_entry_fills_and_then_for_what_filled(floor: Floor) -> None:
    account = floor.account(cash=100_000_000)
    entry = enter(floor, account, BRACKET)
    assert gtt_firing.load_armed(floor.database, AnyTerm(), "sim") == []
    assert fire(floor, account, entry, TARGET, 155_000) is Fate.IDLE
    floor.price(INFY, LAST)
    floor.fill(account, entry, 4, LAST)
    waiting, gone = gtt_firing.take_changes(floor.database, AnyTerm(), "sim", [])
    assert [(one.gtt_id, len(one.triggers)) for one in waiting] == [(int(entry.body["attached"]["gtt_id"]), 2)]
    assert gone == []
    assert fire(floor, account, entry, STOP, 147_000) is Fate.OVER
    ((number, side, status, quantity, _filled, _price),) = exits_of(floor, account)
    assert (side, status, quantity) == ("SELL", "OPEN", 4)
    with floor.database.connection() as connection:
        left = connection.execute("select status, reason_code from orders where id = %s", [floor.number(entry)])
        assert left.fetchone() == ("CANCELLED", int(Reason.OTHER_EXIT))
    floor.fill(account, number, 4, 147_000)
    assert floor.position(account, INFY, "MIS")[0] == 0
    assert row(floor, account, entry)["status"] == "TRIGGERED"


def test_while_the_target_rests_the_stop_guards_the_rest(floor: Floor) -> None:
    account = floor.account(cash=100_000_000)
    entry = enter(floor, account, BRACKET)
    floor.fill(account, entry, 10, LAST)
    assert fire(floor, account, entry, TARGET, 155_000) is Fate.OVER
    (first,) = exits_of(floor, account)
    assert (first[1:4], first[5]) == (("SELL", "OPEN", 10), 155_000)
    floor.fill(account, first[0], 3, 155_000)
    assert row(floor, account, entry)["status"] == "ACTIVE"
    assert fire(floor, account, entry, STOP, 147_000) is Fate.OVER
    target, stop = exits_of(floor, account)
    assert (target[2], target[4]) == ("CANCELLED", 3)
    assert (stop[2], stop[3]) == ("OPEN", 7)
    floor.fill(account, stop[0], 7, 147_000)
    assert floor.position(account, INFY, "MIS")[0] == 0


def test_when_one_exit_is_done_the_other_ends(floor: Floor) -> None:
    account = floor.account(cash=100_000_000)
    entry = enter(floor, account, BRACKET, product="CNC")
    floor.fill(account, entry, 10, LAST)
    fire(floor, account, entry, TARGET, 155_000)
    (first,) = exits_of(floor, account)
    floor.fill(account, first[0], 10, 155_000)
    assert gtt_firing.tend(floor.database, "sim") == 1
    told = row(floor, account, entry)
    assert (told["status"], [each["state"] for each in told["legs"]]) == ("TRIGGERED", ["DISABLED", "FIRED"])
    assert gtt_firing.tend(floor.database, "sim") == 0


def test_an_entry_that_ends_unfilled_takes_its_exits_along(floor: Floor) -> None:
    account = floor.account(cash=100_000_000)
    entry = enter(floor, account, BRACKET)
    assert gtt_firing.tend(floor.database, "sim") == 0
    floor.cancel(account, entry)
    assert gtt_firing.tend(floor.database, "sim") == 1
    told = row(floor, account, entry)
    assert (told["status"], told["reason_code"]) == ("CANCELLED", Reason.ENTRY_ENDED)


def test_an_entry_cancelled_half_filled_keeps_them_for_its_half(floor: Floor) -> None:
    account = floor.account(cash=100_000_000)
    entry = enter(floor, account, BRACKET)
    floor.fill(account, entry, 5, LAST)
    floor.cancel(account, entry)
    assert gtt_firing.tend(floor.database, "sim") == 0
    fire(floor, account, entry, STOP, 147_000)
    assert [each[3] for each in exits_of(floor, account)] == [5]


def test_a_manual_exit_shrinks_and_then_ends_them(floor: Floor) -> None:
    account = floor.account(cash=100_000_000)
    entry = enter(floor, account, BRACKET)
    floor.fill(account, entry, 10, LAST)
    floor.sell(account, 6, INFY, LAST, "MIS")
    fire(floor, account, entry, TARGET, 155_000)
    assert [each[3] for each in exits_of(floor, account)] == [4]
    floor.sell(account, 3, INFY, LAST, "MIS")
    assert gtt_firing.tend(floor.database, "sim") == 1
    assert [each[3] for each in exits_of(floor, account)] == [1]
    floor.sell(account, 1, INFY, LAST, "MIS")
    gtt_firing.tend(floor.database, "sim")
    assert [each[2] for each in exits_of(floor, account)] == ["CANCELLED"]
    assert row(floor, account, entry)["status"] == "TRIGGERED"
    assert floor.position(account, INFY, "MIS")[0] == 0


def test_a_fill_of_an_exit_never_goes_beyond_the_position(floor: Floor) -> None:
    account = floor.account(cash=100_000_000)
    entry = enter(floor, account, BRACKET)
    floor.fill(account, entry, 10, LAST)
    fire(floor, account, entry, TARGET, 155_000)
    (first,) = exits_of(floor, account)
    floor.sell(account, 8, INFY, LAST, "MIS")
    assert floor.fill(account, first[0], 10, 155_000).dropped
    assert floor.position(account, INFY, "MIS")[0] == 2
    changed = filling.take_changes(floor.database, AnyTerm(), "sim")
    assert [(one.order_id, one.pending) for one in changed.resting if one.order_id == first[0]] == [(first[0], 2)]
    assert floor.fill(account, first[0], 2, 155_000).done
    assert floor.position(account, INFY, "MIS")[0] == 0


def test_an_exit_whose_position_has_gone_ends_at_its_fill(floor: Floor) -> None:
    account = floor.account(cash=100_000_000)
    entry = enter(floor, account, BRACKET)
    floor.fill(account, entry, 10, LAST)
    fire(floor, account, entry, TARGET, 155_000)
    (first,) = exits_of(floor, account)
    floor.sell(account, 10, INFY, LAST, "MIS")
    assert floor.fill(account, first[0], 10, 155_000).dropped
    assert [each[2] for each in exits_of(floor, account)] == ["CANCELLED"]
    assert floor.position(account, INFY, "MIS")[0] == 0


def test_a_position_closed_by_hand_ends_what_never_fired(floor: Floor) -> None:
    account = floor.account(cash=100_000_000)
    entry = enter(floor, account, BRACKET)
    floor.fill(account, entry, 10, LAST)
    floor.sell(account, 10, INFY, LAST, "MIS")
    assert fire(floor, account, entry, STOP, 147_000) is Fate.IDLE
    assert gtt_firing.tend(floor.database, "sim") == 1
    told = row(floor, account, entry)
    assert (told["status"], told["reason_code"]) == ("CANCELLED", Reason.NOTHING_TO_EXIT)


def test_a_shorts_exits_buy(floor: Floor) -> None:
    account = floor.account(cash=100_000_000)
    entry = enter(floor, account, Exits(145_000, 153_000), "SELL")
    assert [each["role"] for each in entry.body["attached"]["legs"]] == ["target", "stop"]
    floor.fill(account, entry, 10, LAST)
    fire(floor, account, entry, 2, 153_500)
    ((number, side, _status, quantity, *_),) = exits_of(floor, account)
    assert (side, quantity) == ("BUY", 10)
    floor.fill(account, number, 10, 153_500)
    assert floor.position(account, INFY, "MIS")[0] == 0


def test_a_cover_keeps_its_stop_and_lets_it_be_moved(floor: Floor) -> None:
    account = floor.account(cash=100_000_000)
    entry = enter(floor, account, Exits(0, 147_000, cover=True))
    number = int(entry.body["attached"]["gtt_id"])
    refused = gtt.delete(floor.database, "asha", account, number)
    assert (refused.status, refused.body["reason_code"]) == (422, Reason.STOP_REQUIRED)
    moved = gtt.amend(floor.database, "asha", account, number, Exits(stop_trigger=148_000))
    assert (moved.status, moved.body["legs"][0]["trigger_price"]) == (200, 1480)
    floor.cancel(account, entry)
    assert gtt.delete(floor.database, "asha", account, number).status == 200


def test_target_and_stop_are_moved_and_added_later(floor: Floor) -> None:
    account = floor.account(cash=100_000_000)
    entry = enter(floor, account, Exits(155_000))
    number = int(entry.body["attached"]["gtt_id"])
    floor.fill(account, entry, 10, LAST)
    added = gtt.amend(floor.database, "asha", account, number, Exits(stop_trigger=147_000, stop_price=146_500))
    assert [(each["role"], each["trigger_price"], each["price"]) for each in added.body["legs"]] == [
        ("stop", 1470, 1465),
        ("target", 1550, 1550),
    ]
    floor.price(INFY, 146_000)
    refused = gtt.amend(floor.database, "asha", account, number, Exits(stop_trigger=146_500))
    assert (refused.status, refused.body["reason_code"]) == (422, Reason.EXIT_SIDE)
    same = gtt.amend(floor.database, "asha", account, number, Exits(155_000))
    assert same.body["reason_code"] == Reason.NOTHING_TO_CHANGE
    fire(floor, account, entry, 2, 155_000)
    assert gtt.amend(floor.database, "asha", account, number, Exits(156_000)).status == 409


def test_a_repeated_entry_attaches_once(floor: Floor) -> None:
    account = floor.account(cash=100_000_000)
    first = enter(floor, account, BRACKET, key="once")
    again = enter(floor, account, BRACKET, key="once")
    assert (again.replayed, again.body["attached"]["gtt_id"]) == (True, first.body["attached"]["gtt_id"])
    assert enter(floor, account, Exits(156_000), key="once").status == 409


@pytest.mark.parametrize("where", ["before", "after"])
def test_a_crash_while_an_entry_is_placed_leaves_both_or_none(floor: Floor, where: str) -> None:
    account = floor.account(cash=100_000_000)
    write = trading.gtts.write

    def dying(*given: Any) -> None:
        if where == "after":
            write(*given)
        raise KeyboardInterrupt

    with patch.object(trading.gtts, "write", dying), pytest.raises(KeyboardInterrupt):
        enter(floor, account, BRACKET, key="k")
    with floor.database.connection() as connection:
        assert connection.execute("select count(*) from orders").fetchone() == (0,)
    assert enter(floor, account, BRACKET, key="k").status == 201
    with floor.database.connection() as connection:
        assert connection.execute("select count(*) from gtts").fetchone() == (1,)


def test_a_rejected_entry_attaches_nothing(floor: Floor) -> None:
    account = floor.account(cash=100_000)
    assert enter(floor, account, BRACKET).status == 422
    with floor.database.connection() as connection:
        assert connection.execute("select count(*) from gtts").fetchone() == (0,)


def test_the_square_off_ends_exits_and_closes_the_position(floor: Floor) -> None:
    account = floor.account(cash=100_000_000)
    entry = enter(floor, account, BRACKET)
    floor.fill(account, entry, 10, LAST)
    fire(floor, account, entry, TARGET, 155_000)
    end = floor.master.intraday_until(floor.instrument(INFY).id, "always", floor.trading_date)
    with floor.database.connection() as connection:
        connection.execute("update markets set exchange_time = %s where id = 'sim'", [end])
    closing.square_off(floor.database, "sim", end)
    assert [each[2] for each in exits_of(floor, account)] == ["CANCELLED"]
    assert gtt_firing.tend(floor.database, "sim") == 1
    assert row(floor, account, entry)["status"] == "TRIGGERED"
    with floor.database.connection() as connection:
        closer = connection.execute("select quantity from orders where origin = 'SQUARE_OFF'").fetchall()
    assert closer == [(10,)]


def test_an_entry_made_larger_is_guarded_in_full(floor: Floor) -> None:
    account = floor.account(cash=100_000_000)
    entry = enter(floor, account, BRACKET)
    trading.modify(floor.database, "asha", account, floor.number(entry), ModifyOrder(quantity=20))
    floor.fill(account, entry, 20, LAST)
    fire(floor, account, entry, STOP, 146_000)
    assert [each[3] for each in exits_of(floor, account)] == [20]
