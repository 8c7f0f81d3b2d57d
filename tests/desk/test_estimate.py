"""What the desk says of an order before it is sent."""

import pytest

from core.exits import Exits
from core.orders import ModifyOrder, OrderType, PlaceOrder, Product, Side
from core.reasons import Reason
from db.engine import Database
from desk import estimate
from tests.floor import NIFTY, SBIN, Floor


def wish_of(floor: Floor, key: str, side: str, quantity: int, price: int, product: str) -> PlaceOrder:
    return PlaceOrder(
        floor.instrument(key).id, Side(side), OrderType.LIMIT, Product(product), quantity, price=price
    )  # fmt: skip


@pytest.fixture
def floor(database: Database) -> Floor:
    return Floor(database)


@pytest.fixture
def future(floor: Floor) -> str:
    """A NIFTY future, priced, with its index."""
    floor.price(NIFTY, 2_500_000)
    found = floor.future()
    floor.price(found.key, 2_500_000)
    return str(found.key)


def test_a_share_has_no_parts_and_enough_money_lacks_nothing(floor: Floor) -> None:
    account = floor.account(cash=10_000_000)
    floor.price(SBIN, 80_000)
    told = estimate.of_order(floor.database, account, wish_of(floor, SBIN, "BUY", 10, 80_000, "CNC"))
    assert (told["parts"], told["shortfall"], told["affordable"], told["cautions"]) == (None, None, None, [])
    assert told["required"] == 8_000 + told["charges"]["total"]


def test_what_is_missing_is_told_with_how_many_the_money_would_do_for(floor: Floor) -> None:
    account = floor.account(cash=10_000_000)
    floor.price(SBIN, 80_000)
    told = estimate.of_order(floor.database, account, wish_of(floor, SBIN, "BUY", 1_000, 80_000, "CNC"))
    assert told["shortfall"] == pytest.approx(told["required"] - told["available"])
    assert [each["reason_code"] for each in told["refusals"]] == [Reason.NOT_ENOUGH_FUNDS]
    assert told["margin"] == 1_000 * 800, "charges are no margin, whether or not the money is there"
    most = told["affordable"]
    assert most == 124
    assert floor.place(account, "BUY", most + 1, SBIN, 80_000).status == 422
    assert floor.place(account, "BUY", most, SBIN, 80_000).status == 201


def test_the_parts_of_a_contract_are_what_its_group_is_asked_for(floor: Floor, future: str) -> None:
    account = floor.account(cash=100_000_000)
    lot = floor.instrument(future).lot
    told = estimate.of_order(floor.database, account, wish_of(floor, future, "BUY", lot, 2_500_000, "NRML"))
    parts = told["parts"]
    assert told["refusals"] == []
    assert parts["total"] == pytest.approx(parts["span"] + parts["exposure"] + parts["additional"])
    assert told["required"] == pytest.approx(parts["total"])
    floor.place(account, "BUY", lot, future, 2_500_000, "NRML")
    assert floor.balances(account)["HOLD"] == round(told["required"] * 100)


def test_what_cannot_be_paid_for_has_its_parts_too(floor: Floor, future: str) -> None:
    account = floor.account(cash=1_000_000)
    lot = floor.instrument(future).lot
    told = estimate.of_order(floor.database, account, wish_of(floor, future, "SELL", lot, 2_500_000, "NRML"))
    assert told["parts"]["span"] > 0 < told["parts"]["exposure"]
    assert told["affordable"] == 0


def test_a_change_is_weighed_against_what_the_order_ties_up(floor: Floor) -> None:
    account = floor.account(cash=10_000_000)
    floor.price(SBIN, 80_000)
    number = floor.number(floor.place(account, "BUY", 100, SBIN, 80_000))
    told = estimate.of_change(floor.database, account, number, ModifyOrder(quantity=110))
    assert told["required"] == pytest.approx(8_000, abs=20)
    assert (told["shortfall"], told["refusals"]) == (None, [])
    short = estimate.of_change(floor.database, account, number, ModifyOrder(quantity=1_000))
    assert short["refusals"][0]["reason_code"] == Reason.NOT_ENOUGH_FUNDS
    assert short["shortfall"] == pytest.approx(short["required"] - short["available"])
    less = estimate.of_change(floor.database, account, number, ModifyOrder(quantity=50))
    assert less["required"] == 0


def test_exits_are_judged_with_the_order(floor: Floor) -> None:
    account = floor.account(cash=10_000_000)
    floor.price(SBIN, 80_000)
    wish = wish_of(floor, SBIN, "BUY", 10, 80_000, "CNC")
    told = estimate.of_order(floor.database, account, wish, Exits(target_price=79_000))
    assert [each["field"] for each in told["refusals"]] == ["target_price"]
    assert estimate.of_order(floor.database, account, wish, Exits(target_price=81_000))["refusals"] == []


def test_a_restricted_instrument_is_told_before_it_refuses(floor: Floor) -> None:
    account = floor.account(cash=10_000_000)
    floor.price(SBIN, 80_000)
    with floor.database.connection() as connection:
        connection.execute(
            "insert into restrictions (instrument_id, kind, note, effective_from, set_by)"
            " values (%s, 'TRADE_FOR_TRADE', 'BE', %s, 'root')",
            [floor.instrument(SBIN).id, floor.trading_date],
        )
    told = estimate.of_order(floor.database, account, wish_of(floor, SBIN, "BUY", 10, 80_000, "CNC"))
    assert [each["reason_code"] for each in told["cautions"]] == [Reason.TRADE_FOR_TRADE]
    assert told["refusals"] == []
