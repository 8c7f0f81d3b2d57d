"""Orders that wait for a price, by the broker's own client."""

import json
from typing import Any

import pytest
from kiteconnect import exceptions

from tests.gateway.conftest import is_error

BUY = {"transaction_type": "BUY", "quantity": 10, "order_type": "LIMIT", "product": "CNC", "price": 1450}
SELL = BUY | {"transaction_type": "SELL", "price": 1600}


def single(kite, price=1450.0, **change):
    order = BUY | {"price": price} | change
    return kite.place_gtt("single", "INFY", "NSE", [price], 1500, [order])["trigger_id"]


def test_a_single_one(alice, floor):
    number = single(alice)
    assert isinstance(number, int)
    (row,) = alice.get_gtts()
    assert row == alice.get_gtt(number)
    assert {"id", "user_id", "parent_trigger", "type", "created_at", "updated_at", "expires_at", "status",
            "condition", "orders", "meta"} == set(row)  # fmt: skip
    assert (row["id"], row["type"], row["status"]) == (number, "single", "active")
    assert row["condition"] == {
        "exchange": "NSE", "last_price": 1500, "tradingsymbol": "INFY", "trigger_values": [1450],
        "instrument_token": floor.instrument("NSE:INFY").id << 8 | 1,
    }  # fmt: skip
    assert row["orders"] == [
        {"exchange": "NSE", "tradingsymbol": "INFY", "product": "CNC", "order_type": "LIMIT",
         "transaction_type": "BUY", "quantity": 10, "price": 1450, "result": None}
    ]  # fmt: skip
    assert alice.modify_gtt(number, "single", "INFY", "NSE", [1440], 1500, [BUY | {"price": 1441}]) == {
        "trigger_id": number
    }
    assert alice.get_gtt(number)["condition"]["trigger_values"] == [1440]
    assert alice.delete_gtt(number) == {"trigger_id": number}
    assert alice.get_gtt(number)["status"] == "deleted"
    with pytest.raises(exceptions.KiteException):
        alice.delete_gtt(number)


def test_two_legs(alice):
    number = alice.place_gtt("two-leg", "INFY", "NSE", [1400, 1600], 1500, [SELL | {"price": 1400}, SELL])["trigger_id"]
    row = alice.get_gtt(number)
    assert (row["type"], row["condition"]["trigger_values"]) == ("two-leg", [1400, 1600])
    assert [order["price"] for order in row["orders"]] == [1400, 1600]


def test_another_users_does_not_exist(alice, bob):
    number = single(alice)
    for ask in (
        lambda: bob.get_gtt(number),
        lambda: bob.delete_gtt(number),
        lambda: bob.modify_gtt(number, "single", "INFY", "NSE", [1440], 1500, [BUY]),
        lambda: alice.get_gtt(10**9),
        lambda: alice.get_gtt("x"),
    ):
        with pytest.raises(exceptions.GeneralException) as unknown:
            ask()
        assert unknown.value.code == 404
    assert bob.get_gtts() == []


def test_what_is_attached_to_a_cover_order_is_shown_with_it(alice):
    alice.place_order("co", "NSE", "INFY", "BUY", 10, "MIS", "LIMIT", price=1500, trigger_price=1480)
    assert alice.get_gtts() == []


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"type": "three-leg"}, "single, two-leg"),
        ({"type": "two-leg"}, "2 trigger values"),
        ({"condition": "{"}, "valid JSON"),
        ({"condition": "[]"}, "in braces"),
        ({"condition": {"trigger_values": []}}, "trigger_values"),
        ({"condition": {"trigger_values": ["NaN"]}}, "plain digits"),
        ({"condition": {"trigger_values": [True]}}, "number of rupees"),
        ({"condition": {"trigger_values": [0]}}, "above zero"),
        ({"condition": {"trigger_values": [1450.03]}}, "multiple of"),
        ({"condition": {"trigger_values": [1499.9]}}, "away from the last price"),
        ({"condition": {"tradingsymbol": "NOSUCH"}}, "There is no NOSUCH"),
        ({"orders": "{}"}, "brackets"),
        ({"orders": [BUY, BUY]}, "1 order"),
        ({"orders": [BUY | {"product": "MIS"}]}, "MIS"),
        ({"orders": [BUY | {"order_type": "SL"}]}, "LIMIT or a MARKET"),
        ({"orders": [BUY | {"quantity": 0}]}, "at least 1"),
        ({"orders": [BUY | {"tradingsymbol": "TCS", "exchange": "NSE"}]}, "condition names"),
    ],
)
def test_what_is_refused_says_why(by_hand, change, says):
    condition = {"exchange": "NSE", "tradingsymbol": "INFY", "trigger_values": [1450], "last_price": 1500}
    sent: dict[str, Any] = {"type": "single", "condition": condition, "orders": [BUY]}
    for name, value in change.items():
        sent[name] = sent[name] | value if isinstance(value, dict) else value
    data = {name: value if isinstance(value, str) else json.dumps(value) for name, value in sent.items()}
    answer = by_hand.post("/gtt/triggers", data=data)
    assert says in is_error(answer, 400, "InputException")
    assert by_hand.get("/gtt/triggers").json()["data"] == []
