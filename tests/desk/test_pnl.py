"""The report over several rolled days: it adds up to the paisa, and deleted rows come back the very same."""

import csv
import io
import random
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from core.account import Broken
from core.calendar import IST
from core.reasons import Reason, Refusal
from db.engine import Database
from desk import closing, pnl, screens, wallet
from desk.access import AccountRef
from tests.floor import INFY, NIFTY, SBIN, Floor

ROWS = ("daily_equity", "daily_positions")


@pytest.fixture
def floor(database: Database) -> Iterator[Floor]:
    floor = Floor(database)
    yield floor
    floor.sound()


def ref(account: int) -> AccountRef:
    return AccountRef(account, "asha/main", 1, "sim", "main", archived=False)


def roll(floor: Floor) -> date:
    """Close the trading date; which one it was."""
    ended = floor.trading_date
    now = datetime.combine(ended, datetime.min.time(), IST).replace(hour=15, minute=31)
    step = closing.due(floor.database, "sim", now)
    assert step
    closing.roll(floor.database, "sim", step, now)
    floor.trading_date = step.next_date
    return ended


def run(floor: Floor, statement: str, *values: object) -> list[tuple[object, ...]]:
    with floor.database.connection() as connection:
        cursor = connection.execute(statement.encode(), values)
        return cursor.fetchall() if cursor.description else []


def kept(floor: Floor) -> dict[str, list[tuple[object, ...]]]:
    return {name: run(floor, f"select * from {name} order by 1, 2") for name in ROWS} | {
        "daily_positions": run(floor, "select * from daily_positions order by 1, 2, 3, 4")
    }


def paise(rupees: float) -> int:
    return round(rupees * 100)


class Month:
    """Four closed days of shares, intraday shares, a future and an option, and a fifth that goes on."""

    def __init__(self, floor: Floor) -> None:
        self.floor = floor
        self.days: list[date] = []
        self.account = floor.account(cash=1_000_000_000)
        chain = floor.master.chain(floor.instrument(NIFTY).id)
        ends_late = floor.trading_date + timedelta(days=20)
        self.future = floor.future(after=ends_late)
        self.call = next(i for i in chain if i.kind == "CE" and i.expiry and i.expiry > ends_late and i.strike)
        self._first()
        self._second()
        self._third()
        self._fourth()
        self.prices(83_000, 149_000, 2_530_000, 2_541_000, 7_000)
        floor.sell(self.account, 20, SBIN, 83_000)
        floor.sell(self.account, self.future.lot, self.future.key, 2_541_000, "NRML")

    def prices(self, sbin: int, infy: int, nifty: int, future: int, call: int) -> None:
        pairs = ((SBIN, sbin), (INFY, infy), (NIFTY, nifty), (self.future.key, future), (self.call.key, call))
        for key, last in pairs:
            self.floor.price(key, last)

    def _end(self) -> None:
        self.days.append(roll(self.floor))

    def _first(self) -> None:
        floor, account = self.floor, self.account
        self.prices(80_000, 150_000, 2_500_000, 2_510_000, 9_000)
        floor.buy(account, 100, SBIN, 80_000)
        floor.buy(account, 50, INFY, 150_000, "MIS")
        floor.sell(account, 50, INFY, 150_500, "MIS")
        floor.buy(account, 2 * self.future.lot, self.future.key, 2_510_000, "NRML")
        self.prices(80_700, 150_300, 2_505_000, 2_515_000, 9_200)
        self._end()

    def _second(self) -> None:
        floor, account = self.floor, self.account
        self.prices(79_000, 151_000, 2_495_000, 2_502_000, 8_800)
        assert wallet.deposit(floor.database, "asha", account, 50_000_000).status == 201
        floor.buy(account, 2 * self.call.lot, self.call.key, 8_800, "NRML")
        floor.sell(account, 30, SBIN, 79_000)
        floor.sell(account, 70, INFY, 151_000, "MIS")
        floor.buy(account, 70, INFY, 150_100, "MIS")
        self._end()

    def _third(self) -> None:
        floor, account = self.floor, self.account
        self.prices(81_000, 152_000, 2_520_000, 2_531_000, 9_500)
        assert wallet.withdraw(floor.database, "asha", account, 20_000_000).status == 201
        floor.sell(account, self.call.lot, self.call.key, 9_500, "NRML")
        floor.sell(account, self.future.lot, self.future.key, 2_531_000, "NRML")
        floor.place(account, "BUY", 10, SBIN, 75_000)
        self._end()

    def _fourth(self) -> None:
        self.prices(82_000, 150_000, 2_525_000, 2_535_000, 7_500)
        self._end()


@pytest.fixture
def month(floor: Floor) -> Month:
    return Month(floor)


def balanced(report: dict[str, Any]) -> None:
    told = report["reconciliation"]
    assert told["balanced"], told
    assert told["difference"] == 0
    assert [line for line in told["lines"] if line["difference"]] == []


def test_a_report_adds_up_to_the_paisa(month: Month) -> None:
    report = pnl.report(month.floor.database, ref(month.account))
    balanced(report)
    days = report["days"]
    assert [day["date"] for day in days] == [each.isoformat() for each in [*month.days, month.floor.trading_date]]
    assert [day["live"] for day in days] == [False, False, False, False, True]
    for day in days:
        moved = paise(day["deposits"]) - paise(day["withdrawals"]) + paise(day["net"])
        assert paise(day["equity"]) == paise(day["opening_equity"]) + moved
        assert paise(day["net"]) == paise(day["gross"]) - paise(day["charges"])
    told = screens.wallet(month.floor.database, ref(month.account))
    assert days[-1]["equity"] == told["equity"]
    assert [day["deposits"] for day in days] == [10_000_000, 500_000, 0, 0, 0]
    assert [day["withdrawals"] for day in days] == [0, 0, 200_000, 0, 0]


@pytest.mark.parametrize("part", ["symbols", "products"])
def test_symbols_and_products_add_up_to_the_days(month: Month, part: str) -> None:
    report = pnl.report(month.floor.database, ref(month.account))
    for name in ("gross", "charges", "net", "trades", "turnover", "realised", "unrealised_change"):
        assert sum(paise(row[name]) for row in report[part]) == sum(paise(day[name]) for day in report["days"]), name
    assert {row["name"] for row in report["products"]} == {"CNC", "MIS", "NRML", "Contract note"}
    nets = [row["net"] for row in report[part]]
    assert nets == sorted(nets, reverse=True)


def test_charges_by_kind_are_what_the_trades_were_charged(month: Month) -> None:
    report = pnl.report(month.floor.database, ref(month.account))
    charges = report["charges"]
    ((stored,),) = run(month.floor, "select sum(total)::bigint from charge_entries")
    heads = ("brokerage", "stt", "exchange", "ipft", "sebi", "stamp", "gst", "dp")
    assert sum(paise(charges[head]) for head in heads) == paise(charges["total"]) == stored
    assert charges["stt"] > 0
    assert charges["percent_of_turnover"] == pytest.approx(charges["total"] / charges["turnover"] * 100)


@pytest.mark.parametrize("first", [1, 2])
def test_a_range_begins_where_the_day_before_ended(month: Month, first: int) -> None:
    report = pnl.report(month.floor.database, ref(month.account), month.days[first], month.days[first + 1])
    balanced(report)
    assert [day["date"] for day in report["days"]] == [each.isoformat() for each in month.days[first : first + 2]]
    whole = pnl.report(month.floor.database, ref(month.account))["days"]
    assert report["days"][0]["opening_equity"] == whole[first - 1]["equity"]
    assert [day["return"] for day in report["days"]] == [day["return"] for day in whole[first : first + 2]]
    assert sum(paise(row["net"]) for row in report["symbols"]) == sum(paise(day["net"]) for day in report["days"])
    assert report["statistics"]["n"] == 2


def test_returns_do_not_see_deposits(month: Month) -> None:
    days = pnl.report(month.floor.database, ref(month.account))["days"]
    second = days[1]
    flow = second["deposits"] - second["withdrawals"]
    assert second["return"] == pytest.approx((second["equity"] - flow) / second["opening_equity"] - 1)
    assert days[0]["return"] == pytest.approx(days[0]["equity"] / days[0]["deposits"] - 1)
    growth = 1.0
    for day in days:
        growth *= 1 + day["return"]
        assert day["growth"] == pytest.approx(growth)


def test_round_trips_are_net_and_carry_their_sample(month: Month) -> None:
    report = pnl.report(month.floor.database, ref(month.account))
    told, listed = report["statistics"], report["round_trips"]
    assert told["trips"] == len(listed) == told["wins"] + told["losses"] + told["flat"] == 7
    assert paise(told["trips_net"]) == sum(paise(trip["net"]) for trip in listed)
    first = listed[-1]
    assert (first["symbol"], first["side"], first["gross"]) == ("INFY", "LONG", 250)
    (short,) = [trip for trip in listed if trip["side"] == "SHORT"]
    assert (short["symbol"], short["gross"]) == ("INFY", 70 * 9)
    groups = report["groups"]
    assert groups.pop("tag") == []  # nothing was marked
    for rows in groups.values():
        assert sum(row["trips"] for row in rows) == 7
    only = pnl.report(month.floor.database, ref(month.account), month.days[2], month.days[2])
    assert {trip["closed_on"] for trip in only["round_trips"]} == {month.days[2].isoformat()}


def test_ratios_wait_for_enough_days(month: Month) -> None:
    report = pnl.report(month.floor.database, ref(month.account))
    assert report["statistics"]["sharpe"] is None
    assert report["measures"]["sharpe"] == {"value": None, "n": 4, "needs": 20, "yearly": False}
    assert report["measures"]["cagr"]["needs"] == 30
    assert report["statistics"]["total_return"] == pytest.approx(report["days"][-1]["growth"] - 1)


def test_the_benchmark_grows_from_its_close_before_the_first_day(month: Month) -> None:
    nifty = month.floor.instrument(NIFTY).id
    closes = [2_000_000, 2_020_000, None, 1_900_000]
    for number, close in enumerate(closes):
        start = datetime.combine(month.days[0] + timedelta(days=number - 1), datetime.min.time(), IST)
        if close:
            run(
                month.floor,
                "insert into candles (market, instrument_id, interval, start, open, high, low, close, volume, oi)"
                " values ('sim', %s, '1d', %s, %s, %s, %s, %s, 0, 0)",
                nifty, start, close, close, close, close,
            )  # fmt: skip
    report = pnl.report(month.floor.database, ref(month.account))
    assert [day["benchmark"] for day in report["days"]] == pytest.approx([1.01, 1.01, 0.95, 0.95, 0.95])
    assert report["benchmark"]["return"] == pytest.approx(-0.05)


def test_deleted_rows_come_back_the_very_same(month: Month) -> None:
    floor = month.floor
    before = kept(floor)
    assert len(before["daily_equity"]) == 4
    assert len(before["daily_positions"]) > 10
    for name in ROWS:
        run(floor, f"delete from {name}")
    assert pnl.missing(floor.database, "sim") == [(month.account, day) for day in month.days]
    assert not pnl.report(floor.database, ref(month.account))["reconciliation"]["balanced"]
    for day in reversed(month.days):
        done = pnl.rebuild(floor.database, "sim", day)
        assert (done.equity, done.differing) == (1, ())
    assert kept(floor) == before
    assert pnl.missing(floor.database, "sim") == []
    balanced(pnl.report(floor.database, ref(month.account)))


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_whatever_was_traded_comes_back_the_same(floor: Floor, seed: int) -> None:
    """Odd quantities and prices at random, so that average costs, lots and marks are rounded everywhere."""
    dice = random.Random(seed)
    account = floor.account(cash=2_000_000_000)
    future = floor.future(after=floor.trading_date + timedelta(days=20))
    last = {SBIN: 80_000, INFY: 150_000, future.key: 2_510_000, NIFTY: 2_500_000}
    for _ in range(5):
        last = {key: price + dice.randrange(-200, 201) * 5 for key, price in last.items()}
        for key, price in last.items():
            floor.price(key, price)
        for _ in range(8):
            key, product = dice.choice([(SBIN, "CNC"), (INFY, "MIS"), (future.key, "NRML")])
            price = last[key] + dice.randrange(-20, 21) * (10 if product == "NRML" else 5)
            price -= price % 10
            unit = future.lot if product == "NRML" else 1
            held, _ = floor.position(account, key, product)
            if product == "CNC" and held and dice.random() < 0.5:
                floor.sell(account, dice.randint(1, held), key, price)
            elif product != "CNC" and dice.random() < 0.5:
                floor.sell(account, dice.randint(1, 9) * unit, key, price, product)
            else:
                floor.buy(account, dice.randint(1, 9) * unit, key, price, product)
        roll(floor)
    before = kept(floor)
    for name in ROWS:
        run(floor, f"delete from {name}")
    assert pnl.repair(floor.database, "sim").equity == 5
    assert kept(floor) == before
    balanced(pnl.report(floor.database, ref(account)))


def test_some_deleted_rows_come_back_and_others_stay(month: Month) -> None:
    floor, day = month.floor, month.days[2]
    before = kept(floor)
    run(floor, "delete from daily_positions where trading_date = %s and product = 'NRML'", day)
    run(floor, "delete from daily_equity where trading_date = %s", day)
    told = pnl.report(floor.database, ref(month.account))["reconciliation"]
    assert day.isoformat() in told["days"]
    assert pnl.repair(floor.database, "sim").as_dict() == {"equity": 1, "positions": 2, "differing": []}
    assert kept(floor) == before
    assert pnl.rebuild(floor.database, month.account, day) == pnl.Rebuilt()


def test_a_row_that_is_wrong_is_told_and_left(month: Month) -> None:
    floor, day = month.floor, month.days[1]
    run(floor, "update daily_equity set charges = charges + 1 where trading_date = %s", day)
    run(floor, "update daily_positions set realised = realised + 1 where trading_date = %s and product = 'MIS'", day)
    done = pnl.rebuild(floor.database, month.account, day)
    assert (done.equity, done.positions, len(done.differing)) == (0, 0, 2)
    told = pnl.report(floor.database, ref(month.account))["reconciliation"]
    assert (told["balanced"], told["days"]) == (False, [day.isoformat()])
    assert {line["name"]: line["difference"] for line in told["lines"] if line["difference"]} == {
        "charges": 0.01,
        "realised by symbol": 0.01,
    }


def test_books_that_contradict_each_other_are_not_written_down(month: Month) -> None:
    floor, day = month.floor, month.days[1]
    run(floor, "delete from daily_equity where trading_date = %s", day)
    run(floor, "update market_days set settlement = settlement + 5 where instrument_id = %s and trading_date = %s",
        month.future.id, day)  # fmt: skip
    with pytest.raises(Broken, match="the ledger"):
        pnl.rebuild(floor.database, month.account, day)
    assert len(pnl.repair(floor.database, "sim").differing) == 1
    assert pnl.missing(floor.database, "sim") == [(month.account, day)]


def test_only_closed_days_of_known_accounts_are_rebuilt(month: Month) -> None:
    floor = month.floor
    with pytest.raises(ValueError, match="has not closed"):
        pnl.rebuild(floor.database, month.account, floor.trading_date)
    with pytest.raises(ValueError, match="has not closed"):
        pnl.rebuild(floor.database, month.account, month.days[0] - timedelta(days=1))
    with pytest.raises(LookupError):
        pnl.rebuild(floor.database, 10**9, month.days[0])


def test_a_date_that_the_market_opened_and_never_had_needs_no_row(floor: Floor) -> None:
    account = floor.account()
    floor.price(SBIN, 80_000)
    first = roll(floor)
    floor.price(SBIN, 80_000)
    opened_in_vain = floor.trading_date
    later = opened_in_vain + timedelta(days=2)
    run(floor, "update accounts set trading_date = %s", later)
    assert pnl.missing(floor.database, "sim") == []
    with pytest.raises(ValueError, match="has not closed"):
        pnl.rebuild(floor.database, account, opened_in_vain)
    run(floor, "delete from daily_equity")
    assert pnl.missing(floor.database, "sim") == [(account, first)]
    assert pnl.rebuild(floor.database, account, first).equity == 1


def test_an_expired_contract_is_rebuilt_too(floor: Floor) -> None:
    account = floor.account(cash=1_000_000_000)
    chain = floor.master.chain(floor.instrument(NIFTY).id)
    call = next(i for i in chain if i.kind == "CE" and i.strike and i.expiry)
    put = next(i for i in chain if i.kind == "PE" and i.strike and i.expiry == call.expiry)
    assert call.strike
    assert call.expiry
    for key, last in ((NIFTY, call.strike + 10_000), (call.key, 8_000), (put.key, 3_000)):
        floor.price(key, last)
    floor.buy(account, call.lot, call.key, 8_000, "NRML")
    floor.buy(account, put.lot, put.key, 3_000, "NRML")
    while floor.trading_date <= call.expiry:
        floor.price(NIFTY, call.strike + 10_000)
        roll(floor)
    before = kept(floor)
    for name in ROWS:
        run(floor, f"delete from {name}")
    pnl.repair(floor.database, "sim")
    assert kept(floor) == before
    balanced(pnl.report(floor.database, ref(account)))


def test_an_account_that_never_moved_has_an_empty_report(floor: Floor) -> None:
    account = floor.account(cash=0)
    report = pnl.report(floor.database, ref(account))
    balanced(report)
    assert [day["equity"] for day in report["days"]] == [0]
    assert report["statistics"]["total_return"] == 0
    assert (report["statistics"]["win_rate"], report["statistics"]["expectancy"]) == (None, None)
    roll(floor)
    assert pnl.missing(floor.database, "sim") == []
    past = pnl.report(floor.database, ref(account), end=date(2020, 1, 1))
    balanced(past)
    assert (past["days"], past["statistics"]["total_return"]) == ([], None)


def test_bad_questions_are_refused(floor: Floor) -> None:
    with pytest.raises(Refusal) as unknown:
        pnl.report(floor.database, ref(10**9))
    assert unknown.value.reason is Reason.UNKNOWN_ACCOUNT
    with pytest.raises(Refusal) as turned:
        pnl.report(floor.database, ref(floor.account()), date(2026, 2, 1), date(2026, 1, 1))
    assert turned.value.reason is Reason.BAD_INPUT


def test_the_tradebook_has_the_brokers_columns(month: Month) -> None:
    rows = pnl.tradebook(month.floor.database, ref(month.account), month.days[0], month.days[1])
    assert [row["trade_type"] for row in rows] == ["buy", "buy", "sell", "buy", "buy", "sell", "sell", "buy"]
    first, option = rows[0], rows[4]
    assert (first["symbol"], first["segment"], first["series"], first["quantity"], first["price"]) == (
        "SBIN", "EQ", "EQ", 100, 800
    )  # fmt: skip
    assert (option["segment"], option["instrument_type"], option["underlying"]) == ("FO", "CE", "NIFTY 50")
    assert option["expiry_date"] == month.call.expiry.isoformat()
    text = pnl.tradebook_csv(month.floor.database, ref(month.account))
    parsed = list(csv.DictReader(io.StringIO(text)))
    assert tuple(parsed[0]) == pnl.COLUMNS
    assert len(parsed) == 12
    ((noted,),) = run(
        month.floor, "select sum(total)::bigint from charge_entries where kind in ('CONTRACT_NOTE', 'DP')"
    )
    assert sum(paise(float(row["charges"])) for row in parsed) + int(str(noted)) == paise(
        pnl.report(month.floor.database, ref(month.account))["charges"]["total"]
    )
