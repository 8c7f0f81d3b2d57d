"""What may be changed of an order in which state, and what a refused change leaves: the order as it was, and a line in
its history. One row a change, as a trader would try it; SBIN trades at ₹800 between ₹640 and ₹960."""

from collections.abc import Callable
from typing import Any

import pytest

from core.matching import Trigger
from core.orders import OrderType, Validity
from core.reasons import Reason
from core.rulebook import in_force
from desk import screens
from desk.access import by_key
from desk.answers import Answer
from tests.floor import SBIN, Floor

Begin = Callable[[Floor, int], Answer]
CASH = 10_000_000  # ₹1,00,000: 124 shares at ₹800 for delivery


@pytest.fixture
def floor(floor: Floor) -> Floor:
    floor.price(SBIN, 80_000)
    return floor


def limit(floor: Floor, account: int) -> Answer:
    return floor.place(account, "BUY", 10, SBIN, 79_000)


def partly_filled(floor: Floor, account: int) -> Answer:
    order = limit(floor, account)
    assert floor.fill(account, order, 4, 79_000).done
    return order


def filled(floor: Floor, account: int) -> Answer:
    order = limit(floor, account)
    assert floor.fill(account, order, 10, 79_000).done
    return order


def cancelled(floor: Floor, account: int) -> Answer:
    order = limit(floor, account)
    assert floor.cancel(account, order).status == 200
    return order


def stop(floor: Floor, account: int) -> Answer:
    return floor.place(account, "BUY", 10, SBIN, 82_000, "CNC", "SL", 81_000)


def triggered(floor: Floor, account: int) -> Answer:
    order = stop(floor, account)
    now = 1_800_000_000_000
    assert floor.send(Trigger(floor.number(order), account, floor.instrument(SBIN).id, 1, now, 81_000)).done
    return order


def at_market(floor: Floor, account: int) -> Answer:
    return floor.place(account, "BUY", 10, SBIN)


def sale(floor: Floor, account: int) -> Answer:
    floor.buy(account, 10, SBIN, 80_000)
    return floor.place(account, "SELL", 5, SBIN, 81_000)


# From what, what changes, and what the order is then.
DONE: list[tuple[str, Begin, dict[str, Any], dict[str, Any]]] = [
    ("a price", limit, {"price": 78_500}, {"price": 785, "quantity": 10, "status": "OPEN"}),
    ("more", limit, {"quantity": 12}, {"quantity": 12, "pending_quantity": 12}),
    ("less, down to one more than has filled", partly_filled, {"quantity": 5}, {"quantity": 5, "pending_quantity": 1}),
    ("to the market", limit, {"order_type": OrderType.MARKET}, {"order_type": "MARKET", "price": None}),
    ("from the market to a limit", at_market, {"order_type": OrderType.LIMIT, "price": 79_000}, {"price": 790}),
    ("to at once or not at all", limit, {"validity": Validity.IOC}, {"validity": "IOC"}),
    ("for some minutes", limit, {"validity": Validity.TTL, "validity_ttl": 5}, {"validity": "TTL"}),
    ("a stop's trigger", stop, {"trigger_price": 81_500}, {"trigger_price": 815, "status": "TRIGGER_PENDING"}),
    ("a stop to a limit", stop, {"order_type": OrderType.LIMIT}, {"status": "OPEN", "trigger_price": None}),
    ("a limit to a stop", limit, {"order_type": OrderType.SL, "price": 82_000, "trigger_price": 81_000},
     {"status": "TRIGGER_PENDING"}),
    ("a stop that has triggered, its price", triggered, {"price": 82_500}, {"price": 825, "status": "OPEN"}),
    ("a sale, up to all that is held", sale, {"quantity": 10}, {"quantity": 10}),
]  # fmt: skip
# From what, what changes, which rule says no, a part of the sentence, and whether its history keeps the refusal.
KEPT, FORGOTTEN = True, False
REFUSED: list[tuple[str, Begin, dict[str, Any], Reason, str, bool]] = [
    ("nothing", limit, {"price": 79_000}, Reason.NOTHING_TO_CHANGE, "Nothing is different", FORGOTTEN),
    ("what has filled", filled, {"price": 78_500}, Reason.ORDER_FINAL, "filled already", FORGOTTEN),
    ("what was cancelled", cancelled, {"price": 78_500}, Reason.ORDER_FINAL, "cancelled already", FORGOTTEN),
    ("to what has filled", partly_filled, {"quantity": 4}, Reason.BELOW_FILLED, "4 are filled already", KEPT),
    ("to less than has filled", partly_filled, {"quantity": 3}, Reason.BELOW_FILLED, "or cancel the rest", KEPT),
    ("a price off the tick", limit, {"price": 78_507}, Reason.OFF_TICK, "multiple of ₹0.05", KEPT),
    ("a price beyond the circuit", limit, {"price": 96_005}, Reason.OUTSIDE_BAND, "upper circuit limit", KEPT),
    ("to nothing", limit, {"quantity": 0}, Reason.BELOW_FILLED, "0 are filled already", KEPT),
    ("more than there is money for", limit, {"quantity": 200}, Reason.NOT_ENOUGH_FUNDS, "Needs ₹", KEPT),
    ("more than is held", sale, {"quantity": 11}, Reason.NOT_ENOUGH_SHARES, "You can sell 10 SBIN", KEPT),
    ("the trigger behind the market", stop, {"trigger_price": 79_900}, Reason.TRIGGER_SIDE, "above the last", KEPT),
    ("the limit behind the trigger", stop, {"price": 80_500}, Reason.LIMIT_BEHIND_TRIGGER, "at or above", KEPT),
    ("a trigger that was reached", triggered, {"trigger_price": 81_500}, Reason.TRIGGER_NOT_ALLOWED, "has triggered",
     KEPT),
    ("a limit's trigger", limit, {"trigger_price": 81_000}, Reason.TRIGGER_NOT_ALLOWED, "takes no trigger", KEPT),
    ("a stop to at once or not at all", stop, {"validity": Validity.IOC}, Reason.VALIDITY_NOT_ALLOWED, "cannot be IOC",
     KEPT),
    ("minutes of an order for the day", limit, {"validity_ttl": 5}, Reason.TTL_MINUTES_NOT_ALLOWED, "takes no minutes",
     KEPT),
]  # fmt: skip


@pytest.mark.parametrize(("begin", "change", "told"), [row[1:] for row in DONE], ids=[row[0] for row in DONE])
def test_changed(floor: Floor, begin: Begin, change: dict[str, Any], told: dict[str, Any]) -> None:
    account = floor.account(cash=CASH)
    order = begin(floor, account)
    answer = floor.modify(account, order, **change)
    assert answer.status == 200, answer.body
    assert {name: answer.body[name] for name in told} == told
    assert answer.body["modifications"] == 1
    floor.sound()


def life(floor: Floor, order: Answer) -> dict[str, Any]:
    return screens.order(floor.database, by_key(floor.database, "asha/main"), floor.number(order))


@pytest.mark.parametrize(
    ("begin", "change", "reason", "sentence", "kept"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED]
)
def test_refused(floor: Floor, begin: Begin, change: dict[str, Any], reason: Reason, sentence: str, kept: bool) -> None:
    account = floor.account(cash=CASH)
    order = begin(floor, account)
    before = life(floor, order)
    answer = floor.modify(account, order, **change)
    assert answer.body.get("reason_code") == int(reason), answer.body
    assert sentence in answer.body["detail"]
    after = life(floor, order)
    changing = {"history", "version", "updated_at", "trades", "steps"}
    assert {name: each for name, each in after.items() if name not in changing} == {
        name: each for name, each in before.items() if name not in changing
    }
    added = after["history"][len(before["history"]) :]
    assert [(step["event"], step["reason"]) for step in added] == (
        [("MODIFY_REFUSED", answer.body["detail"])] if kept else []
    )
    floor.sound()


def test_after_twenty_five_changes_an_order_is_placed_anew(floor: Floor) -> None:
    account = floor.account(cash=CASH)
    order = limit(floor, account)
    most = in_force(floor.trading_date).most_modifications
    assert most == 25
    for number in range(most):
        assert floor.modify(account, order, price=79_000 - 5 * (number + 1)).body["modifications"] == number + 1
    refused = floor.modify(account, order, price=70_000)
    assert (refused.status, refused.body["reason_code"]) == (422, Reason.TOO_MANY_MODIFICATIONS)
    assert refused.body["detail"] == "An order can be modified 25 times. Cancel it and place anew."
    assert floor.cancel(account, order).status == 200, "a cancel is always taken"
    floor.sound()
