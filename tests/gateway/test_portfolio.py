"""Positions and holdings: what a client works out comes out, to the paisa."""

from datetime import date, timedelta

import pytest
from kiteconnect import exceptions

from core.instruments import Instrument, Kind
from desk import access, account_watch
from desk.today import Listing, PositionRow
from gateway.position_rows import position_rows
from tests.floor import Floor
from tests.gateway.test_orders import account_of

NET = {
    "tradingsymbol", "exchange", "instrument_token", "product", "quantity", "overnight_quantity", "multiplier",
    "average_price", "close_price", "last_price", "value", "pnl", "m2m", "unrealised", "realised", "buy_quantity",
    "buy_price", "buy_value", "buy_m2m", "sell_quantity", "sell_price", "sell_value", "sell_m2m", "day_buy_quantity",
    "day_buy_price", "day_buy_value", "day_sell_quantity", "day_sell_price", "day_sell_value",
}  # fmt: skip
HOLDING = {
    "tradingsymbol", "exchange", "instrument_token", "isin", "product", "price", "quantity", "used_quantity",
    "t1_quantity", "realised_quantity", "authorised_quantity", "authorised_date", "authorisation", "opening_quantity",
    "short_quantity", "collateral_quantity", "collateral_type", "discrepancy", "average_price", "last_price",
    "close_price", "pnl", "day_change", "day_change_percentage", "mtf",
}  # fmt: skip


def adds_up(row: dict) -> None:
    worked_out = row["sell_value"] - row["buy_value"] + row["quantity"] * row["last_price"] * row["multiplier"]
    assert row["pnl"] == pytest.approx(worked_out, abs=0.005), row
    assert row["quantity"] == row["buy_quantity"] - row["sell_quantity"]
    assert row["quantity"] == row["overnight_quantity"] + row["day_buy_quantity"] - row["day_sell_quantity"]


def test_an_intraday_position_that_is_partly_closed(alice, floor: Floor):
    account = account_of(floor)
    floor.buy(account, 10, "NSE:INFY", 150_000, "MIS")
    floor.sell(account, 4, "NSE:INFY", 151_000, "MIS")
    floor.price("NSE:INFY", 152_000)
    told = alice.positions()
    (net,), (day,) = told["net"], told["day"]
    assert set(net) == set(day) == NET
    assert (net["quantity"], net["average_price"], net["pnl"], net["realised"]) == (6, 1500, 160, 40)
    assert (net["day_buy_quantity"], net["day_sell_value"], net["overnight_quantity"]) == (10, 6040, 0)
    assert net["m2m"] == net["pnl"]
    adds_up(net)
    adds_up(day)
    floor.sell(account, 6, "NSE:INFY", 152_000, "MIS")
    (closed,) = alice.positions()["net"]
    assert (closed["quantity"], closed["pnl"], closed["average_price"]) == (0, 160, 0)


def test_a_delivery_of_today_is_a_position_and_tomorrow_a_holding(alice, floor: Floor):
    account = account_of(floor)
    floor.buy(account, 10, "NSE:INFY", 150_000)
    floor.price("NSE:INFY", 151_500)
    (net,) = alice.positions()["net"]
    assert (net["product"], net["quantity"], net["pnl"]) == ("CNC", 10, 150)
    assert alice.holdings() == []
    with floor.database.connection() as connection:
        connection.execute("update lots set bought_on = bought_on - 1, settles_on = settles_on - 1")
        connection.execute("update positions set day_buy_quantity = 0, day_buy_value = 0")
    (held,) = alice.holdings()
    assert set(held) == HOLDING
    assert (held["average_price"], held["last_price"], held["pnl"]) == (1500, 1515, 150)
    assert held["quantity"] + held["t1_quantity"] == held["opening_quantity"] == 10
    assert alice.get_auction_instruments() == []


def test_a_position_changes_its_product(alice, floor: Floor):
    account = account_of(floor)
    floor.buy(account, 10, "NSE:INFY", 150_000, "MIS")
    wanted = {
        "exchange": "NSE", "tradingsymbol": "INFY", "transaction_type": "BUY", "position_type": "day", "quantity": 4,
        "old_product": "MIS", "new_product": "CNC",
    }  # fmt: skip
    assert alice.convert_position(**wanted) is True
    rows = {row["product"]: row for row in alice.positions()["net"]}
    assert (rows["MIS"]["quantity"], rows["CNC"]["quantity"]) == (6, 4)
    assert rows["MIS"]["average_price"] == rows["CNC"]["average_price"] == 1500
    for row in rows.values():
        adds_up(row)
    assert alice.convert_position(**wanted | {"quantity": 6}) is True
    for row in alice.positions()["net"]:
        adds_up(row)
    for wrong in ({"transaction_type": "SELL"}, {"quantity": 99}, {"old_product": "CNC", "new_product": "NRML"},
                  {"position_type": "week"}, {"new_product": "MIS", "old_product": "MIS"}):  # fmt: skip
        with pytest.raises(exceptions.InputException):
            alice.convert_position(**wanted | wrong)
    floor.sound()


def test_funds_are_cash_less_debits_whatever_is_tied_up(alice, floor: Floor):
    """As brokers publish it: what may be used is the cash less all that is tied up, to the paisa."""
    account = access.by_key(floor.database, "alice/main").id
    floor.buy(account, 10, "NSE:INFY", 150_000, "MIS")
    floor.place(account, "BUY", 5, "NSE:INFY", 149_000, "CNC")
    floor.price("NSE:INFY", 148_000)
    account_watch.look(floor.database, "sim")
    funds = alice.margins("equity")
    assert funds["utilised"]["debits"] > 0
    left = funds["available"]["cash"] - funds["utilised"]["debits"]
    assert left == pytest.approx(funds["net"], abs=0.001)
    assert funds["net"] == funds["available"]["live_balance"]


INFY = Instrument(7, "NSE", "INFY", "Infosys", Kind.EQ, 1, 5, 100_000)


def held(**values: int | str) -> PositionRow:
    plain = {
        "account_id": 1, "listing": Listing("NSE", "INFY"), "product": "NRML", "quantity": 0, "cost": 0, "mark": 0,
        "realised": 0, "open_buy": 0, "open_sell": 0, "last_price": 110, "version": 1, "instrument_id": 7,
        "trading_date": date(2026, 11, 23) + timedelta(0),
    }  # fmt: skip
    return PositionRow(**(plain | values))


@pytest.mark.parametrize(
    ("position", "expected"),
    [
        # Carried in and untouched: bought at 100, closed yesterday at 105, now at 110.
        ({"quantity": 10, "cost": 1000}, {"overnight_quantity": 10, "buy_value": 10, "pnl": 1, "m2m": 0.5}),
        # Carried in, half of it sold today at 120.
        (
            {"quantity": 5, "cost": 500, "realised": 100, "day_sell_quantity": 5, "day_sell_value": 600},
            {"overnight_quantity": 10, "buy_value": 10, "sell_value": 6, "pnl": 1.5, "average_price": 1},
        ),
        # Carried in short at 100 and bought back today at 90.
        (
            {"realised": 100, "day_buy_quantity": 10, "day_buy_value": 900},
            {"overnight_quantity": -10, "sell_value": 10, "buy_value": 9, "pnl": 1, "m2m": 1.5},
        ),
        # Sold short today.
        (
            {"quantity": -10, "cost": -1200, "day_sell_quantity": 10, "day_sell_value": 1200},
            {"overnight_quantity": 0, "average_price": 1.2, "pnl": 1, "value": 12},
        ),
        # Shares bought long ago and sold today.
        (
            {"product": "CNC", "realised": 100, "day_sell_quantity": 10, "day_sell_value": 1100},
            {"quantity": -10, "sell_value": 11, "overnight_quantity": 0},
        ),
        # Turned into delivery today and sold again at 120.
        (
            {"product": "CNC", "converted": 10, "realised": 200, "day_sell_quantity": 10, "day_sell_value": 1200},
            {"quantity": 0, "buy_quantity": 10, "buy_value": 10, "pnl": 2},
        ),
    ],
)
def test_what_was_carried_in_is_told_from_todays_trades(position, expected):
    (net,), _ = position_rows([held(**position)], {7: 105}, {7: INFY})
    assert {name: net[name] for name in expected} == expected
    adds_up(net)


def test_a_published_position_comes_out_as_it_was_published():
    """Three units carried in at an average of 23,057.00 and one bought today at 23,388.00 were all sold for
    93,360.00; yesterday's close was 23,232.00. A broker's published answer: value and pnl 801, m2m 276."""
    carried, today, sold = 3 * 23_057_00, 23_388_00, 93_360_00
    closed = held(
        realised=sold - carried - today, day_buy_quantity=1, day_buy_value=today, day_sell_quantity=4,
        day_sell_value=sold, last_price=23_315_00,
    )  # fmt: skip
    (net,), (day,) = position_rows([closed], {7: 23_232_00}, {7: INFY})
    assert (net["buy_value"], net["sell_value"]) == (92_559, 93_360)
    assert (net["value"], net["pnl"], net["buy_m2m"], net["sell_m2m"], net["m2m"]) == (801, 801, 93_084, 93_360, 276)
    assert (net["quantity"], net["overnight_quantity"], net["average_price"]) == (0, 3, 0)
    assert (day["quantity"], day["overnight_quantity"]) == (-3, 0)
