"""A split and a bonus through a whole market: masters, prices, accounts, and the days before that stay as they were."""

from datetime import UTC, date, datetime, timedelta

import pytest

from core.gtt import GttWish, LegWish
from core.orders import OrderType, Product, Side
from core.reasons import Reason, Refusal
from db.engine import Database
from desk import closing, corporate, daybook, gtt, masters, pnl, screens
from desk import market as markets
from desk.__main__ import main
from tests.desk.test_closing import end_of, one, roll
from tests.desk.test_contract_notes import book
from tests.floor import INFY, SBIN, Floor


def tomorrow(floor: Floor) -> date:
    return floor.trading_date + timedelta(days=1)


def again(floor: Floor) -> None:
    """What a process knows a moment later."""
    masters.forget(floor.database)
    floor.master = masters.get(floor.database)


def into_the_split(floor: Floor, kind: str = "SPLIT", ratio: str = "5:1", **more: object) -> closing.Due:
    corporate.enter(floor.database, "root", kind, INFY, tomorrow(floor), ratio, **more)  # type: ignore[arg-type]
    step = roll(floor)
    again(floor)
    return step


def test_shares_are_multiplied_and_cost_what_they_cost(floor: Floor) -> None:
    account = floor.account(cash=100_000_000)
    floor.buy(account, 7, INFY, 150_000)
    floor.buy(account, 3, INFY, 151_000)
    floor.buy(account, 2, SBIN, 80_000)
    cash = floor.balances(account)["CASH"]
    charges = one(floor, "select coalesce(sum(total), 0) from charge_entries")[0]
    into_the_split(floor)
    charges = int(str(one(floor, "select sum(total) from charge_entries")[0])) - int(str(charges))
    assert floor.position(account, INFY) == (50, 0)
    assert floor.position(account, SBIN) == (2, 0)
    assert floor.balances(account)["CASH"] == cash - charges
    with floor.database.connection() as connection:
        lots = connection.execute("select quantity, cost from lots order by trade_id").fetchall()
    assert lots == [(35, 1_050_000), (15, 453_000), (2, 160_000)]
    (row, _) = screens.holdings(floor.database, book(account))["items"]
    assert (row["quantity"], row["t1_quantity"], row["average_price"], row["last_price"]) == (0, 50, 300.6, 300)
    trade = screens.trades(floor.database, book(account))["items"][0]
    assert (trade["kind"], trade["side"], trade["quantity"], trade["value"]) == ("SPLIT", "BUY", 40, 0)
    assert (trade["evidence"]["last_price"], trade["evidence"]["levels"]) == (300, [[0.05, 1]])


def test_the_fraction_is_paid_out_at_the_previous_close(floor: Floor) -> None:
    account = floor.account(cash=100_000_000)
    floor.buy(account, 1, INFY, 150_000)
    cash = floor.balances(account)["CASH"]
    before = one(floor, "select sum(total) from charge_entries")[0]
    into_the_split(floor, "BONUS", "1:2")
    noted = int(str(one(floor, "select sum(total) from charge_entries")[0])) - int(str(before))
    assert floor.position(account, INFY) == (1, 0)
    assert floor.balances(account) | {"CASH": 0} == dict.fromkeys(floor.balances(account), 0) | {"INVESTED": 100_000}
    assert floor.balances(account)["CASH"] == cash + 50_000 - noted
    trade = screens.trades(floor.database, book(account))["items"][0]
    assert (trade["kind"], trade["quantity"], trade["realised"]) == ("SPLIT", 0, 0)


def test_contracts_keep_their_lots_and_their_worth(floor: Floor) -> None:
    account = floor.account(cash=10_000_000_000)
    infy = floor.instrument(INFY)
    chain = [i for i in floor.master.chain(infy.id) if i.expiry and i.expiry > tomorrow(floor)]
    future = next(i for i in chain if i.kind == "FUT")
    call = next(i for i in chain if i.kind == "CE" and i.expiry == future.expiry)
    floor.price(future.key, 151_000)
    floor.price(call.key, 4_000)
    floor.buy(account, 2 * future.lot, future.key, 151_000, "NRML")
    floor.buy(account, call.lot, call.key, 4_000, "NRML")
    margin = floor.balances(account)["MARGIN"]
    into_the_split(floor)
    now, right = floor.master.by_id[future.id], floor.master.by_id[call.id]
    assert call.strike
    assert (right.strike, right.symbol) == (
        call.strike // 5,
        call.symbol.replace(str(call.strike // 100), str(call.strike // 500)),
    )
    with floor.database.connection() as connection:
        held = connection.execute(
            "select instrument_id, quantity, cost, mark from positions where account_id = %s order by 1", [account]
        ).fetchall()
        terms = dict(
            connection.execute(
                "select instrument_id, lot from instrument_terms where effective_from = %s and instrument_id = any(%s)",
                [floor.trading_date, [future.id, call.id]],
            ).fetchall()
        )
    assert terms == {future.id: 2_000, call.id: 2_000}
    assert sorted(held) == sorted(
        [
            (future.id, 10 * future.lot, 2 * future.lot * 151_000, 2 * future.lot * 151_000),
            (call.id, 5 * call.lot, call.lot * 4_000, call.lot * 4_000),
        ]
    )
    # A unit's worst loss is whole paise, and there are five times as many units.
    assert floor.balances(account)["MARGIN"] == pytest.approx(margin, abs=10 * future.lot)
    assert now.symbol == future.symbol


def test_a_margin_in_new_units_names_no_snapshot_of_the_old_ones(floor: Floor) -> None:
    account = floor.account(cash=10_000_000_000)
    infy = floor.instrument(INFY)
    future = floor.future(INFY, tomorrow(floor))
    markets.take_snapshot(floor.database, "sim", floor.trading_date, "noon", [infy.id], [150_000], [2_000], 625)
    floor.price(future.key, 151_000)
    floor.buy(account, future.lot, future.key, 151_000, "NRML")
    floor.sound()
    into_the_split(floor)
    floor.sound()
    assert one(floor, "select position_margin > 0, snapshot_id from margin_groups") == (True, None)


def test_a_market_is_restated_once(floor: Floor) -> None:
    infy = floor.instrument(INFY)
    with floor.database.connection() as connection:
        connection.execute(
            "insert into candles values ('sim', %s, '1d', %s, 149000, 151000, 148000, 150000, 1000, 0)",
            [infy.id, datetime(2026, 11, 2, tzinfo=UTC)],
        )
        connection.execute(
            "with taken as (insert into risk_snapshots (market, trading_date, slot) values ('sim', %s, 'noon')"
            " returning id), priced as (insert into risk_prices (snapshot_id, instrument_id, price)"
            " select id, p.i, p.price from taken, (values (%s, 150000), (%s, 80000)) p(i, price))"
            " update markets set risk_snapshot_id = (select id from taken) where id = 'sim'",
            [floor.trading_date, infy.id, floor.instrument(SBIN).id],
        )
    floor.account()
    step = into_the_split(floor)
    found = corporate.due(floor.database, step.trading_date, step.next_date)
    with floor.database.connection() as connection:
        corporate.apply_to_market(connection, "sim", found, step.next_date)
    assert one(floor, "select open, high, low, close, volume from candles where instrument_id = %s", infy.id) == (
        29_800, 30_200, 29_600, 30_000, 5_000,
    )  # fmt: skip
    assert one(floor, "select last_price from quotes where instrument_id = %s", infy.id) == (30_000,)
    prices = "select array_agg(p.price order by p.price) from risk_prices p join markets m on m.risk_snapshot_id ="
    assert one(floor, prices + " p.snapshot_id") == ([30_000, 80_000],)


def test_what_was_before_stays_and_the_day_can_be_worked_out_again(floor: Floor) -> None:
    account = floor.account(cash=100_000_000)
    floor.buy(account, 7, INFY, 150_000)
    floor.sell(account, 2, INFY, 151_000)
    first = into_the_split(floor, "BONUS", "1:2")
    floor.price(INFY, 101_000)
    floor.sell(account, 3, INFY, 101_000)
    second = roll(floor)
    report = pnl.report(floor.database, book(account))
    assert report["reconciliation"]["balanced"], report["reconciliation"]
    kept = [
        one(floor, "select array_agg(e::text) from daily_equity e")[0],
        one(floor, "select array_agg(p::text order by p.trading_date, p.product) from daily_positions p")[0],
    ]
    with floor.database.connection() as connection:
        connection.execute("delete from daily_positions")
        connection.execute("delete from daily_equity")
    for step in (first, second):
        assert daybook.rebuild(floor.database, account, step.trading_date).differing == ()
    assert sorted(kept[0]) == sorted(one(floor, "select array_agg(e::text) from daily_equity e")[0])  # type: ignore[call-overload, arg-type]
    again_ = one(floor, "select array_agg(p::text order by p.trading_date, p.product) from daily_positions p")[0]
    assert kept[1] == again_
    trips = report["round_trips"]
    assert [(trip["quantity"], trip["opening_value"]) for trip in trips] == [(3, 3_000), (2, 3_000)]


def test_a_new_contract_is_listed_in_the_lots_of_after(floor: Floor) -> None:
    into_the_split(floor, lot=2_100, isin="INE009A01039", tick=5)
    infy = floor.instrument(INFY)
    masters.contracts_for(floor.database, floor.trading_date, {infy.id: 36_000})
    again(floor)
    fresh = one(
        floor,
        "select min(t.lot), max(t.lot) from instruments i join instrument_terms t on t.instrument_id = i.id"
        " where i.underlying_id = %s and t.effective_from = %s",
        infy.id, floor.trading_date,
    )  # fmt: skip
    assert fresh == (2_100, 2_100)
    assert floor.master.by_id[infy.id].isin == "INE009A01039"


@pytest.mark.parametrize(
    ("kind", "key", "days", "ratio", "reason"),
    [
        ("SPLIT", "NSE:NOBODY", 1, "5:1", Reason.UNKNOWN_INSTRUMENT),
        ("SPLIT", "NSE:NIFTY 50", 1, "5:1", Reason.BAD_CORPORATE_ACTION),
        ("SPLIT", INFY, 0, "5:1", Reason.BAD_CORPORATE_ACTION),
        ("SPLIT", INFY, -3, "5:1", Reason.BAD_CORPORATE_ACTION),
        ("BONUS", INFY, 1, "5", Reason.BAD_CORPORATE_ACTION),
    ],
)
def test_what_cannot_be_is_refused(floor: Floor, kind: str, key: str, days: int, ratio: str, reason: Reason) -> None:
    with pytest.raises(Refusal) as refused:
        corporate.enter(floor.database, "root", kind, key, floor.trading_date + timedelta(days=days), ratio)
    assert refused.value.reason is reason


def test_an_action_is_entered_once_listed_audited_and_withdrawn_before_its_date(floor: Floor) -> None:
    day = tomorrow(floor)
    number = corporate.enter(floor.database, "root", "SPLIT", INFY, day, "5:1")["id"]
    with pytest.raises(Refusal, match="already"):
        corporate.enter(floor.database, "root", "BONUS", INFY, day, "1:1")
    assert corporate.entered(floor.database)[0]["ratio"] == "1 become 5"
    corporate.withdraw(floor.database, "root", number)
    assert corporate.entered(floor.database) == []
    assert one(floor, "select array_agg(action order by id) from audit") == (
        ["SPLIT_ENTERED", "CORPORATE_ACTION_WITHDRAWN"],
    )
    into_the_split(floor)
    with pytest.raises(Refusal, match="happened"):
        corporate.withdraw(floor.database, "root", number + 1)


def test_a_roll_that_is_killed_splits_no_account_twice(floor: Floor, monkeypatch: pytest.MonkeyPatch) -> None:
    accounts = [floor.account(cash=100_000_000, book=name) for name in ("main", "other")]
    for account in accounts:
        floor.buy(account, 10, INFY, 150_000)
    corporate.enter(floor.database, "root", "SPLIT", INFY, tomorrow(floor), "5:1")
    step = closing.due(floor.database, "sim", end_of(floor))
    assert step
    real = corporate.apply

    def dying(connection: object, task: object, *rest: object) -> bool:
        if task.work.id == accounts[1]:  # type: ignore[attr-defined]
            raise KeyboardInterrupt
        return real(connection, task, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(corporate, "apply", dying)
    with pytest.raises(KeyboardInterrupt):
        closing.roll(floor.database, "sim", step, end_of(floor))
    monkeypatch.setattr(corporate, "apply", real)
    assert closing.roll(floor.database, "sim", step, end_of(floor))["accounts"] == 2
    floor.trading_date = step.next_date
    assert [floor.position(account, INFY) for account in accounts] == [(50, 0), (50, 0)]


@pytest.mark.parametrize(
    ("kind", "ratio", "quantity", "status", "trigger", "after"),
    [
        ("SPLIT", "5:1", 2, "ACTIVE", 28_000, 10),
        ("BONUS", "1:2", 2, "ACTIVE", 93_330, 3),
        ("BONUS", "1:2", 3, "DISABLED", 140_000, 3),
    ],
)
def test_a_gtt_waits_in_new_units_or_is_disabled(
    floor: Floor, kind: str, ratio: str, quantity: int, status: str, trigger: int, after: int
) -> None:
    account = floor.account(cash=100_000_000)
    legs = (LegWish(Side.BUY, OrderType.LIMIT, Product.CNC, quantity, 140_000, 140_000),)
    assert gtt.create(floor.database, "asha", account, GttWish(floor.instrument(INFY).id, legs)).ok
    into_the_split(floor, kind, ratio)
    found = gtt.listed(floor.database, account, "asha/main")["items"][0]
    leg = found["legs"][0]
    assert (found["status"], leg["trigger_price"], leg["quantity"]) == (status, trigger / 100, after)


def test_the_command_line_enters_them(
    floor: Floor, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("desk.installation.prepare", lambda _: Database(floor.database.url))
    monkeypatch.setattr("desk.installation.release", lambda: None)
    day = tomorrow(floor).isoformat()
    assert main(["split", INFY, day, "5:1"]) == 0
    assert "1 become 5" in capsys.readouterr().out
    assert main(["bonus", INFY, day, "1:1"]) == 2
    assert "already" in capsys.readouterr().err
