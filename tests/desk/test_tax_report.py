"""A financial year by the heads of a return: each closed lot under one, adding up with the report of profit."""

import csv
import io
from datetime import date

import pytest

from core.reasons import Reason, Refusal
from db.engine import Database
from desk import pnl, tax_report
from tests.desk.test_pnl import paise, ref, roll
from tests.floor import INFY, NIFTY, SBIN, Floor


@pytest.fixture
def floor(database: Database) -> Floor:
    floor = Floor(database)
    floor.price(INFY, 150_000)
    floor.price(SBIN, 80_000)
    return floor


def test_each_closed_lot_stands_under_one_head_and_all_of_them_are_the_profit_of_the_trips(floor: Floor) -> None:
    account = floor.account(cash=1_000_000_000)
    future = floor.future()
    floor.price(NIFTY, 2_500_000)
    floor.price(future.key, 2_510_000)
    first = floor.trading_date
    floor.buy(account, 10, SBIN, 80_000)
    floor.sell(account, 50, INFY, 151_000, "MIS")
    floor.buy(account, 50, INFY, 150_000, "MIS")
    floor.buy(account, future.lot, future.key, 2_510_000, "NRML")
    floor.sell(account, future.lot, future.key, 2_500_000, "NRML")
    roll(floor)
    floor.price(SBIN, 81_000)
    floor.sell(account, 6, SBIN, 81_000)
    floor.sound()

    year = pnl.year_start(first)
    told = tax_report.report(floor.database, ref(account), year)
    heads = {each["head"]: each for each in told["heads"]}
    assert list(heads) == ["INTRADAY", "SHORT_TERM", "FUTURES_OPTIONS"]
    assert (heads["INTRADAY"]["profit"], heads["INTRADAY"]["loss"]) == (500, 0)
    assert heads["SHORT_TERM"]["gross"] == 60
    lost = future.lot * 100
    assert (heads["FUTURES_OPTIONS"]["loss"], heads["FUTURES_OPTIONS"]["turnover"]) == (lost, lost)

    trips = pnl.report(floor.database, ref(account))["statistics"]
    assert sum(paise(each["net"]) for each in told["heads"]) == paise(trips["trips_net"])

    rows = {row["symbol"]: row for row in csv.DictReader(io.StringIO(tax_report.as_sheet(told)))}
    assert set(next(iter(rows.values()))) == set(tax_report.COLUMNS)
    short = rows["INFY"]
    assert (short["side"], short["buy_value"], short["sell_value"]) == ("SHORT", "75000", "75500")
    kept = rows["SBIN"]
    assert (kept["opened_on"], kept["closed_on"]) == (first.isoformat(), floor.trading_date.isoformat())
    assert int(kept["held_days"]) == (floor.trading_date - first).days


def test_another_year_has_nothing_and_another_account_is_refused(floor: Floor) -> None:
    account = floor.account()
    told = tax_report.report(floor.database, ref(account), date(2020, 4, 1))
    assert (told["heads"], told["lots"], told["charges"]["total"]) == ([], [], 0)
    with pytest.raises(Refusal) as caught:
        tax_report.report(floor.database, ref(account + 1), date(2026, 4, 1))
    assert caught.value.reason is Reason.UNKNOWN_ACCOUNT
