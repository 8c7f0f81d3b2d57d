"""Orders by the broker's own client: every variety, its life in the book, and what is refused."""

from datetime import datetime

import pytest
from kiteconnect import KiteConnect, exceptions

import settings
from desk import access
from tests.floor import Floor
from tests.gateway.conftest import is_error

BUY = {
    "variety": "regular", "exchange": "NSE", "tradingsymbol": "INFY", "transaction_type": "BUY", "quantity": 10,
    "product": "CNC", "order_type": "LIMIT", "price": 1500.0,
}  # fmt: skip
FIELDS = {
    "placed_by", "order_id", "exchange_order_id", "parent_order_id", "status", "status_message",
    "status_message_raw", "order_timestamp", "exchange_update_timestamp", "exchange_timestamp", "variety", "modified",
    "exchange", "tradingsymbol", "instrument_token", "order_type", "transaction_type", "validity", "validity_ttl",
    "product", "quantity", "disclosed_quantity", "price", "trigger_price", "average_price", "filled_quantity",
    "pending_quantity", "cancelled_quantity", "market_protection", "meta", "tag", "guid",
}  # fmt: skip


def account_of(floor: Floor, name: str = "alice") -> int:
    return access.by_key(floor.database, f"{name}/main").id


def only(kite: KiteConnect) -> dict:
    (order,) = kite.orders()
    return order


def test_an_order_from_placing_to_its_trades(alice, floor):
    order_id = alice.place_order(**BUY, tag="morning")
    assert order_id.isdigit()
    order = only(alice)
    assert set(order) == FIELDS
    assert (order["status"], order["pending_quantity"], order["tag"], order["variety"]) == (
        "OPEN", 10, "morning", "regular",
    )  # fmt: skip
    assert isinstance(order["order_timestamp"], datetime)
    assert order["instrument_token"] == floor.instrument("NSE:INFY").id << 8 | 1
    assert alice.modify_order("regular", order_id, quantity=12, price=1499.5) == order_id
    assert (only(alice)["quantity"], only(alice)["price"], only(alice)["modified"]) == (12, 1499.5, True)
    floor.fill(account_of(floor), int(order_id), 5, 149_900)
    partly = only(alice)
    assert (partly["status"], partly["filled_quantity"], partly["average_price"]) == ("OPEN", 5, 1499)
    floor.fill(account_of(floor), int(order_id), 7, 149_950)
    done = only(alice)
    assert (done["status"], done["filled_quantity"], done["pending_quantity"]) == ("COMPLETE", 12, 0)
    assert done["average_price"] == pytest.approx((5 * 1499 + 7 * 1499.5) / 12, abs=1e-4)
    first, second = alice.trades()
    assert (first["quantity"], first["average_price"], second["quantity"]) == (5, 1499, 7)
    assert isinstance(first["fill_timestamp"], datetime)
    assert len(first["order_timestamp"]) == 8
    assert alice.order_trades(order_id) == [first, second]
    floor.sound()


def test_the_history_has_a_row_for_each_state(alice, floor):
    order_id = alice.place_order(**BUY)
    alice.modify_order("regular", order_id, price=1499)
    alice.cancel_order("regular", order_id)
    rows = alice.order_history(order_id)
    assert [row["status"] for row in rows] == [
        "PUT ORDER REQ RECEIVED", "VALIDATION PENDING", "OPEN PENDING", "OPEN",
        "MODIFY VALIDATION PENDING", "MODIFY PENDING", "MODIFIED", "OPEN", "CANCEL PENDING", "CANCELLED",
    ]  # fmt: skip
    assert all(set(row) == FIELDS for row in rows)
    assert (rows[0]["price"], rows[0]["exchange_order_id"], rows[3]["pending_quantity"]) == (1500, None, 10)
    last = rows[-1]
    assert (last["price"], last["cancelled_quantity"], last["pending_quantity"]) == (1499, 10, 0)
    assert last["status_message"] is None


def test_a_stop_waits_for_its_trigger(alice):
    stop = BUY | {"order_type": "SL", "product": "MIS", "price": 1512, "trigger_price": 1510}
    order_id = alice.place_order(**stop)
    assert (only(alice)["status"], only(alice)["trigger_price"]) == ("TRIGGER PENDING", 1510)
    alice.modify_order("regular", order_id, order_type="MARKET")
    assert (only(alice)["order_type"], only(alice)["trigger_price"]) == ("MARKET", 0)


def test_a_market_order_passes_over_a_price_it_does_not_have(alice):
    alice.place_order(**BUY | {"order_type": "MARKET", "price": 1500, "trigger_price": 0})
    assert (only(alice)["price"], only(alice)["market_protection"]) == (0, -1)


def test_minutes_protection_and_disclosure(alice):
    alice.place_order(**BUY | {"validity": "TTL", "validity_ttl": 5})
    alice.place_order(**BUY | {"price": 1490, "disclosed_quantity": 5})
    alice.place_order(**BUY | {"order_type": "MARKET", "quantity": 3, "market_protection": 2.5})
    minutes, shown, market = alice.orders()
    assert (minutes["validity"], minutes["validity_ttl"]) == ("TTL", 5)
    assert shown["disclosed_quantity"] == 5
    assert market["market_protection"] == 2.5


@pytest.mark.parametrize(
    "given", [{"iceberg_legs": 5}, {"iceberg_quantity": 20}, {"iceberg_legs": 5, "iceberg_quantity": 20}]
)
def test_an_iceberg(alice, given):
    alice.place_order(**BUY | {"variety": "iceberg", "quantity": 100}, **given)
    order = only(alice)
    assert order["variety"] == "iceberg"
    assert order["meta"]["iceberg"] == {
        "leg": 1, "legs": 5, "leg_quantity": 20, "total_quantity": 100, "remaining_quantity": 100,
    }  # fmt: skip


def test_slices(alice, floor):
    freeze = floor.instrument("NSE:INFY").freeze_quantity
    told = alice.place_autoslice_order(
        **BUY | {"quantity": freeze + 10, "price": 1, "product": "MIS"} | {"price": 1300}
    )
    assert [set(child) for child in told["children"]] in ([{"order_id"}, {"order_id"}], [{"error"}, {"order_id"}])
    for child in told["children"]:
        if "error" in child:
            assert set(child["error"]) == {"code", "error_type", "message", "data"}
            assert child["error"]["error_type"] == "MarginException"


def test_a_cover_order_carries_its_stop(alice, floor):
    cover = BUY | {"variety": "co", "product": "MIS", "trigger_price": 1480}
    order_id = alice.place_order(**cover)
    assert only(alice)["variety"] == "co"
    alice.modify_order("co", order_id, trigger_price=1485)
    with pytest.raises(exceptions.KiteException):
        alice.modify_order("co", order_id, trigger_price=1600)  # behind the entry
    alice.modify_order("co", order_id, price=1499)
    assert only(alice)["price"] == 1499
    floor.fill(account_of(floor), int(order_id), 10, 149_900)
    assert alice.exit_order("co", order_id) == order_id
    closing = alice.orders()[-1]
    assert (closing["transaction_type"], closing["quantity"], closing["order_type"]) == ("SELL", 10, "MARKET")


def test_a_cover_order_that_rests_is_cancelled(alice):
    order_id = alice.place_order(**BUY | {"variety": "co", "product": "MIS", "trigger_price": 1480})
    alice.exit_order("co", order_id)
    assert only(alice)["status"] == "CANCELLED"


def test_a_market_that_never_closes_takes_no_order_for_the_opening(alice):
    with pytest.raises(exceptions.OrderException, match="never closes"):
        alice.place_order(**BUY | {"variety": "amo"})


def test_an_auction_is_refused_in_words(alice):
    with pytest.raises(exceptions.InputException, match="Auctions of short deliveries"):
        alice.place_order(**BUY | {"variety": "auction"})
    with pytest.raises(exceptions.InputException, match="regular, amo, co, iceberg"):
        alice.place_order(**BUY | {"variety": "bo"})


@pytest.mark.parametrize(
    ("change", "error", "says"),
    [
        ({"tradingsymbol": "NOSUCH"}, exceptions.InputException, "There is no NOSUCH on NSE"),
        ({"tradingsymbol": "infy"}, exceptions.InputException, "in capitals"),
        ({"exchange": "MCX"}, exceptions.InputException, "NSE, BSE, NFO, BFO"),
        ({"transaction_type": "buy"}, exceptions.InputException, "BUY, SELL"),
        ({"product": "MTF"}, exceptions.InputException, "CNC, MIS, NRML"),
        ({"order_type": "LMT"}, exceptions.InputException, "MARKET, LIMIT"),
        ({"validity": "GTC"}, exceptions.InputException, "DAY, IOC, TTL"),
        ({"quantity": 0}, exceptions.InputException, "at least 1"),
        ({"quantity": -1}, exceptions.InputException, "whole number"),
        ({"quantity": 1.5}, exceptions.InputException, "whole number"),
        ({"quantity": "१०"}, exceptions.InputException, "whole number"),
        ({"quantity": "1_0"}, exceptions.InputException, "whole number"),
        ({"quantity": 10**11}, exceptions.InputException, "whole number"),
        ({"quantity": True}, exceptions.InputException, "whole number"),
        ({"price": 1500.005}, exceptions.InputException, "two decimals"),
        ({"price": "NaN"}, exceptions.InputException, "plain digits"),
        ({"price": "1e3"}, exceptions.InputException, "plain digits"),
        ({"price": -1}, exceptions.InputException, "plain digits"),
        ({"price": 10**9}, exceptions.InputException, "larger than anything"),
        ({"price": 1500.03}, exceptions.InputException, "multiple of"),
        ({"price": 1}, exceptions.InputException, "limit"),
        ({"price": None}, exceptions.InputException, "price"),
        ({"tag": "a" * 21}, exceptions.InputException, "1 to 20"),
        ({"tag": "=cmd()"}, exceptions.InputException, "1 to 20"),
        ({"product": "NRML"}, exceptions.InputException, "NRML"),
        ({"validity": "TTL"}, exceptions.InputException, "minutes"),
        ({"transaction_type": "SELL"}, exceptions.GeneralException, "You can sell 0 INFY"),
        ({"quantity": 90_000}, exceptions.GeneralException, "₹"),
        ({"variety": "iceberg"}, exceptions.InputException, "iceberg_legs"),
        ({"variety": "iceberg", "iceberg_legs": 1}, exceptions.InputException, "at least 2"),
        ({"variety": "co"}, exceptions.InputException, "trigger_price"),
        ({"variety": "co", "trigger_price": 1480}, exceptions.InputException, "MIS"),
        ({"order_type": "MARKET", "market_protection": 101}, exceptions.InputException, "per cent"),
        ({"order_type": "MARKET", "market_protection": 0}, exceptions.InputException, "protection"),
    ],
)  # fmt: skip
def test_what_is_refused_says_why(alice, floor, change, error, says):
    with pytest.raises(error) as refused:
        alice.place_order(**BUY | change)
    assert says in str(refused.value)
    assert refused.value.code == 400
    assert all(order["status"] == "REJECTED" for order in alice.orders())
    floor.sound()


def test_money_and_shares_have_words_of_their_own(by_hand):
    sent = {name: str(value) for name, value in BUY.items() if name != "variety"}
    is_error(by_hand.post("/orders/regular", data=sent | {"quantity": "90000"}), 400, "MarginException")
    is_error(by_hand.post("/orders/regular", data=sent | {"transaction_type": "SELL"}), 400, "HoldingException")
    rows = by_hand.get("/orders").json()["data"]
    assert [row["status"] for row in rows] == ["REJECTED", "REJECTED"]
    assert all(row["status_message"] for row in rows)


def test_orders_come_no_faster_than_the_exchange_allows(alice, monkeypatch):
    monkeypatch.setenv("KAGAZ_ORDER_RATE", "10")
    settings.load.cache_clear()
    with pytest.raises(exceptions.NetworkException) as often:
        for number in range(25):
            alice.place_order(**BUY | {"quantity": number + 1, "price": 1400})
    assert often.value.code == 429


def test_another_users_order_does_not_exist(alice, bob):
    order_id = alice.place_order(**BUY)
    asked = (
        lambda: bob.modify_order("regular", order_id, price=1),
        lambda: bob.cancel_order("regular", order_id),
        lambda: bob.cancel_order("co", order_id),
        lambda: bob.modify_order("co", order_id, trigger_price=1),
        lambda: bob.order_history(order_id),
        lambda: bob.order_trades(order_id),
        lambda: alice.order_history("999999"),
        lambda: alice.order_history("no number"),
        lambda: alice.cancel_order("regular", "0"),
        lambda: alice.cancel_order("regular", "9" * 30),
    )
    for ask in asked:
        with pytest.raises(exceptions.OrderException) as unknown:
            ask()
        assert unknown.value.code == 404
    assert (bob.orders(), bob.trades()) == ([], [])
    assert only(alice)["status"] == "OPEN"


def test_what_has_ended_cannot_be_changed(alice):
    order_id = alice.place_order(**BUY)
    alice.cancel_order("regular", order_id)
    for ask in (
        lambda: alice.cancel_order("regular", order_id),
        lambda: alice.modify_order("regular", order_id, price=1499),
        lambda: alice.modify_order("co", order_id, trigger_price=1499),
    ):
        with pytest.raises(exceptions.OrderException):
            ask()


def test_fields_of_other_calls_and_fields_sent_twice_are_passed_over(by_hand):
    body = (
        b"variety=regular&exchange=NSE&tradingsymbol=INFY&transaction_type=BUY&quantity=10&quantity=99&product=CNC"
        b"&order_type=LIMIT&price=1500.0&algo_id=7&unknown=1&validity="
    )
    answer = by_hand.post(
        "/orders/regular", content=body, headers={"content-type": "application/x-www-form-urlencoded; charset=UTF-8"}
    )
    assert answer.json()["status"] == "success", answer.text
    assert by_hand.get("/orders").json()["data"][0]["quantity"] == 10
