"""Margins and charges before an order is placed, alone and together."""

import pytest
from kiteconnect import exceptions

from desk import access
from tests.gateway.conftest import is_error

ORDER = {
    "exchange": "NSE", "tradingsymbol": "INFY", "transaction_type": "BUY", "variety": "regular", "product": "MIS",
    "order_type": "LIMIT", "quantity": 10, "price": 1500, "trigger_price": 0,
}  # fmt: skip
NOTE = {
    "order_id": "1", "exchange": "NSE", "tradingsymbol": "INFY", "transaction_type": "BUY", "variety": "regular",
    "product": "CNC", "order_type": "LIMIT", "quantity": 50, "average_price": 1500,
}  # fmt: skip
MARGIN = {
    "type", "tradingsymbol", "exchange", "span", "exposure", "option_premium", "additional", "bo", "cash", "var",
    "pnl", "leverage", "charges", "total",
}  # fmt: skip
CHARGES = {
    "transaction_tax", "transaction_tax_type", "exchange_turnover_charge", "sebi_turnover_charge", "brokerage",
    "stamp_duty", "gst", "total",
}  # fmt: skip


def adds_up(charges: dict) -> None:
    assert set(charges) == CHARGES
    parts = ("transaction_tax", "exchange_turnover_charge", "sebi_turnover_charge", "brokerage", "stamp_duty")
    assert charges["total"] == pytest.approx(sum(charges[part] for part in parts) + charges["gst"]["total"], abs=0.005)


@pytest.fixture
def chain(floor):
    """A NIFTY future and option with prices, and the snapshot that margins are worked out on."""
    nifty = floor.instrument("NSE:NIFTY 50")
    contracts = floor.master.chain(nifty.id)
    future = next(one for one in contracts if one.strike is None)
    option = next(one for one in contracts if one.strike is not None and str(one.kind) == "CE")
    for key, price in ((nifty.key, 2_600_000), (future.key, 2_605_000), (option.key, 10_000)):
        floor.price(key, price)
    from desk import market

    market.take_snapshot(floor.database, "sim", floor.trading_date, "TEST", [nifty.id], [2_600_000], [1_400], 650)
    return future, option


def test_the_margin_of_orders_by_themselves(alice):
    intraday, delivery = alice.order_margins([ORDER, ORDER | {"product": "CNC"}])
    assert set(intraday) == MARGIN
    assert delivery["total"] == 15_000
    assert delivery["leverage"] == 1
    assert 0 < intraday["total"] < delivery["total"]
    assert intraday["leverage"] == pytest.approx(15_000 / intraday["total"], abs=0.01)
    adds_up(intraday["charges"])
    # Each is by itself: what the first would tie up is not missing to the second.
    assert alice.order_margins([ORDER]) == [intraday]
    assert alice.orders() == []


def test_the_margin_of_more_than_there_is(alice):
    (much,) = alice.order_margins([ORDER | {"product": "CNC", "quantity": 90_000}])
    assert much["total"] == 90_000 * 1500


def test_the_margin_of_contracts(alice, chain):
    future, option = chain
    order = ORDER | {"exchange": "NFO", "product": "NRML"}
    (sold, bought) = alice.order_margins(
        [
            order | {"tradingsymbol": future.symbol, "quantity": future.lot, "price": 26_050},
            order | {"tradingsymbol": option.symbol, "quantity": option.lot, "price": 100},
        ]
    )
    assert sold["span"] > 0
    assert sold["exposure"] > 0
    assert sold["total"] == pytest.approx(sold["span"] + sold["exposure"] + sold["additional"], abs=0.005)
    assert bought["option_premium"] == pytest.approx(100 * option.lot, rel=0.01)


def test_a_basket_costs_less_than_its_orders(alice, chain):
    future, option = chain
    order = ORDER | {"exchange": "NFO", "product": "NRML"}
    legs = [
        order | {"tradingsymbol": future.symbol, "quantity": future.lot, "price": 26_050},
        order | {"tradingsymbol": option.symbol, "quantity": option.lot, "price": 100, "transaction_type": "SELL"},
    ]
    found = alice.basket_order_margins(legs)
    assert set(found) == {"initial", "final", "orders", "charges"}
    assert set(found["final"]) == MARGIN
    assert found["initial"]["total"] == pytest.approx(sum(row["total"] for row in found["orders"]), abs=0.005)
    assert found["final"]["total"] < found["initial"]["total"]
    assert found["final"]["span"] > 0
    adds_up(found["charges"])
    compact = alice.basket_order_margins(legs, mode="compact")
    assert (compact["orders"], compact["final"]) == ([], found["final"])


def test_a_basket_beside_nothing(alice, floor):
    floor.buy(access.by_key(floor.database, "alice/main").id, 10, "NSE:INFY", 150_000, "MIS")
    sale = [ORDER | {"transaction_type": "SELL"}]
    beside = alice.basket_order_margins(sale)["final"]["total"]
    alone = alice.basket_order_margins(sale, consider_positions=False)["final"]["total"]
    assert beside < 0 < alone


def test_the_charges_of_orders(alice):
    bought, sold = alice.get_virtual_contract_note([NOTE, NOTE | {"transaction_type": "SELL", "product": "MIS"}])
    assert {name: bought[name] for name in ("quantity", "price", "product", "order_type", "variety")} == {
        "quantity": 50, "price": 1500, "product": "CNC", "order_type": "LIMIT", "variety": "regular",
    }  # fmt: skip
    # The worked example of a delivery of 50 at 1500: 75 of tax, 11.25 of stamp duty and the exchange's fees.
    assert (bought["charges"]["transaction_tax"], bought["charges"]["stamp_duty"]) == (75, 11.25)
    # 75,000 at 306.99 and 0.01 rupees a crore: brokers answer this question without rounding.
    assert bought["charges"]["exchange_turnover_charge"] == pytest.approx(2.3025, abs=1e-9)
    assert bought["charges"]["sebi_turnover_charge"] == pytest.approx(0.075, abs=1e-9)
    assert bought["charges"]["gst"]["total"] == pytest.approx((2.302425 + 0.075) * 0.18, abs=1e-9)
    assert bought["charges"]["total"] == pytest.approx(89.06, abs=0.02)
    assert sold["charges"]["brokerage"] == 20
    for each in (bought, sold):
        adds_up(each["charges"])


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "JSON"),
        (b"{}", "brackets"),
        (b"[]", "at least one"),
        (b"[1]", "in braces"),
        (b"[[]]", "in braces"),
        (b"[{}]", "missing"),
        (b"null", "brackets"),
        (b'[{"quantity": NaN}]', "valid JSON"),
        (b"[" * 100_0 + b"]" * 100_0, ""),
        (b'[{"exchange": {"a": 1}}]', "plain value"),
        (b'[{"exchange": "\\ud800"}]', "broken characters"),
        (b'[{"\\ud800": []}]', "plain value"),
        (b"[" + b",".join([b"{}"] * 101) + b"]", "at most 100"),
        (b"\xff", "valid JSON"),
    ],
)
def test_what_cannot_be_read_is_refused(by_hand, content, says):
    for path in ("/margins/orders", "/margins/basket", "/charges/orders"):
        answer = by_hand.post(path, content=content, headers={"content-type": "application/json"})
        assert says in is_error(answer, 400, "InputException")


@pytest.mark.parametrize(
    "change", [{"price": 1500.03}, {"tradingsymbol": "NOSUCH"}, {"quantity": 1.5}, {"price": None}]
)
def test_an_order_that_could_not_be_placed_has_no_margin(alice, change):
    with pytest.raises(exceptions.InputException):
        alice.order_margins([ORDER | change])
    with pytest.raises(exceptions.InputException):
        alice.order_margins([ORDER, ORDER | change])
