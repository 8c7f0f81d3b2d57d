"""An order that a bot places in the evening for the next opening, by the broker's own client."""

import pytest
from kiteconnect import exceptions

from tests.desk.test_amo import EVENING, Hours
from tests.gateway.test_orders import BUY, only

AMO = BUY | {"variety": "amo"}


@pytest.fixture
def hours(desk) -> Hours:
    found = Hours(desk)
    found.at(EVENING)
    found.price("NSE:INFY", 150_000)
    return found


def test_an_order_of_the_evening_from_placing_to_the_opening(alice, hours):
    number = alice.place_order(**AMO)
    told = only(alice)
    assert (told["order_id"], told["status"], told["variety"]) == (number, "AMO REQ RECEIVED", "amo")
    assert (told["exchange_order_id"], told["exchange_timestamp"]) == (None, None)  # no exchange knows of it yet
    assert alice.modify_order("amo", number, price=1490, quantity=5) == number
    assert (only(alice)["price"], only(alice)["quantity"], only(alice)["status"]) == (1490, 5, "AMO REQ RECEIVED")
    gone = alice.place_order(**AMO)
    assert alice.cancel_order("amo", gone) == gone
    assert [row["status"] for row in alice.order_history(gone)][-1] == "CANCELLED"
    hours.release("2026-11-26 09:15")
    told = next(row for row in alice.orders() if row["order_id"] == number)
    assert (told["status"], told["variety"]) == ("OPEN", "amo")
    assert told["exchange_order_id"].isdigit()
    assert [row["status"] for row in alice.order_history(number)] == [
        "AMO REQ RECEIVED", "MODIFY AMO REQ RECEIVED", "AMO REQ RECEIVED",
        "PUT ORDER REQ RECEIVED", "VALIDATION PENDING", "OPEN PENDING", "OPEN",
    ]  # fmt: skip


def test_another_order_of_the_evening_is_told_that_the_market_is_closed(alice, hours):
    with pytest.raises(exceptions.OrderException, match="does not trade now") as closed:
        alice.place_order(**BUY)
    assert closed.value.code == 400
