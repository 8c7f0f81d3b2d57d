"""Interest on a debt: booked once a trading date, in the ledger, in the report, and on no contract note."""

from collections.abc import Iterator

import pytest

from db.engine import Database
from desk import closing, contract_notes, daybook, pnl, screens, wallet
from desk.access import AccountRef
from tests.desk.test_closing import one, roll
from tests.floor import SBIN, Floor


@pytest.fixture
def floor(database: Database) -> Iterator[Floor]:
    floor = Floor(database)
    floor.price(SBIN, 80_000)
    yield floor
    floor.sound()


def book(account: int) -> AccountRef:
    return AccountRef(account, "asha/main", 1, "sim", "main", archived=False)


def entries(floor: Floor, account: int) -> list[tuple[int, int]]:
    with floor.database.connection() as connection:
        return connection.execute(
            "select interest, total from charge_entries where account_id = %s and kind = 'INTEREST' order by id",
            [account],
        ).fetchall()


def in_debt(floor: Floor) -> int:
    """An account that has lost more than it had: 100 sold short at 800.00 and bought back at 1,100.00."""
    account = floor.account(cash=2_000_000)
    floor.sell(account, 100, SBIN, 80_000, "MIS")
    floor.price(SBIN, 110_000)
    floor.buy(account, 100, SBIN, 110_000, "MIS")
    assert floor.balances(account)["CASH"] < -1_000_000
    return account


def test_a_debt_pays_interest_once_a_day_until_it_is_paid(floor: Floor) -> None:
    account = in_debt(floor)
    step = roll(floor)
    owed = -floor.balances(account)["CASH"]
    ((paid, total),) = entries(floor, account)
    assert paid == total == pytest.approx((owed - paid) * 0.0005, abs=1)
    closing.roll(floor.database, "sim", step)
    assert len(entries(floor, account)) == 1, "a roll that comes again books nothing"
    roll(floor)
    second = entries(floor, account)[1][0]
    assert second == pytest.approx(owed * 0.0005, abs=1), "interest on the interest too"
    assert wallet.deposit(floor.database, "asha", account, 10_000_000).status == 201
    roll(floor)
    assert len(entries(floor, account)) == 2


def test_the_ledger_the_report_and_the_note_agree_on_it(floor: Floor) -> None:
    account = in_debt(floor)
    step = roll(floor)
    ((paid, _),) = entries(floor, account)
    (line,) = [each for each in screens.ledger(floor.database, book(account))["items"] if each["code"] == "INTEREST"]
    assert (line["from"], line["to"], line["amount"]) == ("CASH", "CHARGES", paid / 100)
    assert line["reference"].endswith("owed, 0.05% a day, 1 day")
    note = contract_notes.report(floor.database, book(account), step.trading_date)
    assert (note["final"], note["difference"], note["charges"]["interest"]) == (True, 0, 0)
    report = pnl.report(floor.database, book(account))
    assert report["reconciliation"]["balanced"], report["reconciliation"]
    assert report["charges"]["interest"] == paid / 100
    assert [each["charges"] for each in report["products"] if each["name"] == "Interest"] == [paid / 100]
    kept = one(floor, "select charges from daily_equity where account_id = %s", account)
    with floor.database.connection() as connection:
        connection.execute("delete from daily_positions")
        connection.execute("delete from daily_equity")
    assert daybook.rebuild(floor.database, account, step.trading_date).equity == 1
    assert one(floor, "select charges from daily_equity where account_id = %s", account) == kept


def test_who_is_short_of_margin_and_owes_nothing_pays_none(floor: Floor) -> None:
    account = floor.account(cash=1_700_000)
    future = floor.future()
    floor.price(future.key, 2_500_000)
    floor.price("NSE:NIFTY 50", 2_500_000)
    assert wallet.deposit(floor.database, "asha", account, 20_000_000).status == 201
    floor.buy(account, future.lot, future.key, 2_500_000, "NRML")
    assert wallet.withdraw(floor.database, "asha", account, floor.balances(account)["CASH"]).status == 201
    floor.price(future.key, 2_490_000)
    roll(floor)
    balances = floor.balances(account)
    assert balances["CASH"] < 0 < balances["CASH"] + balances["MARGIN"], "the mark took what was free"
    assert entries(floor, account) == []
