"""Converting a position against a real database: money and lots follow, and every account of it agrees."""

from collections.abc import Iterator
from datetime import date, datetime

import pytest

from core.calendar import IST
from core.conversion import ConvertPosition
from core.orders import Product
from db.engine import Database
from desk import closing, converting, pnl, screens
from desk.access import AccountRef
from desk.answers import Answer
from tests.floor import INFY, Floor

CNC, MIS = Product.CNC, Product.MIS


@pytest.fixture
def floor(database: Database) -> Iterator[Floor]:
    floor = Floor(database)
    floor.price(INFY, 150_000)
    # Noon, so that the square-off of the day has not begun whenever this runs.
    noon = datetime.combine(floor.trading_date, datetime.min.time(), IST).replace(hour=12)
    with database.connection() as connection:
        connection.execute("update markets set exchange_time = %s where id = 'sim'", [noon])
    yield floor
    floor.sound()


def ask(floor: Floor, account: int, source: Product, target: Product, quantity: int, key: str | None = None) -> Answer:
    wish = ConvertPosition(floor.instrument(INFY).id, source, target, quantity)
    return converting.convert_position(floor.database, "asha", account, wish, key)


def ref(account: int) -> AccountRef:
    return AccountRef(account, "asha/main", 1, "sim", "main", archived=False)


def roll(floor: Floor) -> date:
    ended = floor.trading_date
    now = datetime.combine(ended, datetime.min.time(), IST).replace(hour=15, minute=31)
    step = closing.due(floor.database, "sim", now)
    assert step
    closing.roll(floor.database, "sim", step, now)
    floor.trading_date = step.next_date
    floor.price(INFY, 151_000)
    return ended


def test_an_intraday_purchase_is_delivered(floor: Floor) -> None:
    account = floor.account(cash=100_000_000)
    floor.buy(account, 100, INFY, 150_000, "MIS")
    before = floor.balances(account)
    wish = ConvertPosition(floor.instrument(INFY).id, MIS, CNC, 40)
    told = converting.estimate(floor.database, account, wish)
    assert floor.balances(account) == before, "an estimate changes nothing"
    done = ask(floor, account, MIS, CNC, 40)
    assert done.status == 201, done.body
    assert (done.body["from"], done.body["to"], done.body["quantity"], done.body["average_price"]) == (
        "MIS", "CNC", 40, 1500,
    )  # fmt: skip
    assert {name: done.body[name] for name in ("required", "released", "invested", "margin")} == {
        name: told[name] for name in ("required", "released", "invested", "margin")
    }
    after = floor.balances(account)
    assert after["INVESTED"] - before["INVESTED"] == 40 * 150_000
    assert after["MARGIN"] - before["MARGIN"] == -40 * 150_000 // 5
    assert before["CASH"] - after["CASH"] == round(done.body["required"] * 100)
    assert (floor.position(account, INFY, "MIS")[0], floor.position(account, INFY)[0]) == (60, 40)
    rows = {row["product"]: row for row in screens.positions(floor.database, ref(account))["items"]}
    assert (rows["MIS"]["quantity"], rows["CNC"]["quantity"], rows["CNC"]["average_price"]) == (60, 40, 1500)


def test_the_same_key_converts_once(floor: Floor) -> None:
    account = floor.account(cash=100_000_000)
    floor.buy(account, 10, INFY, 150_000, "MIS")
    first = ask(floor, account, MIS, CNC, 5, "k1")
    again = ask(floor, account, MIS, CNC, 5, "k1")
    assert (again.replayed, again.body) == (True, first.body)
    assert floor.position(account, INFY)[0] == 5
    assert ask(floor, account, MIS, CNC, 4, "k1").status == 409


def test_a_refusal_changes_nothing_and_says_what_to_do(floor: Floor) -> None:
    account = floor.account(cash=4_000_000)
    floor.buy(account, 100, INFY, 150_000, "MIS")
    before = floor.balances(account)
    told = ask(floor, account, MIS, CNC, 100, "k2")
    assert (told.status, told.body["reason_code"]) == (422, 746)
    assert "convert fewer" in told.body["detail"]
    assert floor.balances(account) == before
    wish = ConvertPosition(floor.instrument(INFY).id, MIS, CNC, 100)
    shown = converting.estimate(floor.database, account, wish)
    assert [each["reason_code"] for each in shown["refusals"]] == [746]
    assert shown["required"] > shown["available"]


def test_there_and_back(floor: Floor) -> None:
    account = floor.account(cash=100_000_000)
    for price in (150_010, 149_990, 150_020):
        floor.buy(account, 7, INFY, price, "MIS")
    before = floor.balances(account)
    assert ask(floor, account, MIS, CNC, 10).ok
    assert ask(floor, account, CNC, MIS, 10).ok
    assert floor.balances(account) == before
    assert floor.position(account, INFY, "MIS")[0] == 21


def test_converted_shares_become_a_holding_and_the_day_is_rebuilt_with_them(floor: Floor) -> None:
    account = floor.account(cash=100_000_000)
    floor.buy(account, 30, INFY, 150_000, "MIS")
    floor.sell(account, 10, INFY, 150_500, "MIS")
    assert ask(floor, account, MIS, CNC, 20).ok
    ended = roll(floor)
    (held,) = screens.holdings(floor.database, ref(account))["items"]
    assert (held["quantity"], held["t1_quantity"], held["average_price"]) == (0, 20, 1500)
    with floor.database.connection() as connection:
        connection.execute("delete from daily_positions where account_id = %s", [account])
        connection.execute("delete from daily_equity where account_id = %s", [account])
    assert not pnl.rebuild(floor.database, account, ended).differing
    floor.sell(account, 20, INFY, 151_000)
    report = pnl.report(floor.database, ref(account))
    assert report["reconciliation"]["balanced"], report["reconciliation"]
    trips = [(trip["product"], trip["side"], trip["quantity"], trip["gross"]) for trip in report["round_trips"]]
    assert sorted(trips) == [("CNC", "LONG", 20, 200), ("MIS", "LONG", 10, 50)]


def test_a_sale_waits_for_no_shares_that_went_intraday(floor: Floor) -> None:
    account = floor.account(cash=100_000_000)
    floor.buy(account, 10, INFY, 150_000)
    floor.place(account, "SELL", 4, INFY, 152_000)
    told = ask(floor, account, CNC, MIS, 7)
    assert told.body["reason_code"] == 741
    assert ask(floor, account, CNC, MIS, 6).ok
    assert floor.place(account, "SELL", 1, INFY, 152_000).body["reason_code"] == 403
