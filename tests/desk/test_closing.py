"""The roll of a trading date: expiry of orders and contracts, marks, settlement, and the snapshot of the day."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from core.calendar import IST
from core.reasons import Reason
from db import closing as rows
from db.engine import Database
from desk import account_watch, closing, margins, screens
from desk.access import AccountRef
from tests.floor import NIFTY, SBIN, Floor


@pytest.fixture
def floor(database: Database) -> Iterator[Floor]:
    floor = Floor(database)
    floor.price(SBIN, 80_000)
    yield floor
    floor.sound()


def end_of(floor: Floor, days: int = 0) -> datetime:
    day = floor.trading_date + timedelta(days=days)
    return datetime(day.year, day.month, day.day, 15, 31, tzinfo=IST)


def roll(floor: Floor, days: int = 0) -> closing.Due:
    now = end_of(floor, days)
    step = closing.due(floor.database, "sim", now)
    assert step
    assert step.step == closing.ROLL
    closing.roll(floor.database, "sim", step, now)
    floor.trading_date = step.next_date
    return step


def one(floor: Floor, query: str, *values: object) -> tuple[object, ...]:
    with floor.database.connection() as connection:
        row = connection.execute(query.encode(), values).fetchone()
    assert row
    return row


def noted(floor: Floor) -> int:
    """What contract notes have added to the charges so far."""
    return int(str(one(floor, "select coalesce(sum(total), 0) from charge_entries where kind = 'CONTRACT_NOTE'")[0]))


def test_what_is_due_when(floor: Floor) -> None:
    noon = end_of(floor).replace(hour=12)
    assert closing.due(floor.database, "sim", noon) is None
    due = closing.due(floor.database, "sim", end_of(floor).replace(hour=15, minute=29))
    assert due
    assert due.step == closing.SQUARE_OFF


def test_orders_expire_and_give_back_what_they_held(floor: Floor) -> None:
    account = floor.account(cash=10_000_000)
    order = floor.place(account, "BUY", 10, SBIN, 79_000)
    roll(floor)
    assert floor.balances(account)["CASH"] == 10_000_000
    assert one(floor, "select status, reason_code from orders where id = %s", floor.number(order)) == ("CANCELLED", 711)


def test_shares_become_t1_then_demat_and_proceeds_follow_them(floor: Floor) -> None:
    account = floor.account(cash=100_000_000)
    floor.buy(account, 30, SBIN, 80_000)
    roll(floor)
    floor.price(SBIN, 80_000)
    floor.sell(account, 10, SBIN, 81_000)
    balances = floor.balances(account)
    assert balances["UNSETTLED"] > 0
    assert balances["INVESTED"] == 20 * 80_000
    roll(floor)
    floor.price(SBIN, 80_000)
    assert floor.balances(account)["UNSETTLED"] == 0
    cash = floor.balances(account)["CASH"]
    floor.sell(account, 20, SBIN, 81_000)
    after = floor.balances(account)
    assert after["CASH"] > cash
    assert (after["UNSETTLED"], after["GAINS"], after["INVESTED"]) == (0, 0, 0)


def test_t1_shares_are_sold_beside_settled_ones_and_pay_a_day_later(floor: Floor) -> None:
    account = floor.account(cash=100_000_000)
    floor.buy(account, 3, SBIN, 80_000)
    roll(floor)
    floor.price(SBIN, 80_000)
    floor.buy(account, 2, SBIN, 80_000)
    roll(floor)
    floor.price(SBIN, 80_000)
    book = AccountRef(account, "asha/main", 1, "sim", "main", archived=False)
    (held,) = screens.holdings(floor.database, book)["items"]
    assert (held["quantity"], held["t1_quantity"], held["sellable_quantity"]) == (3, 2, 5)
    assert floor.place(account, "SELL", 6, SBIN, 80_000).status == 422
    cash = floor.balances(account)["CASH"]
    floor.sell(account, 5, SBIN, 80_000)
    after = floor.balances(account)
    charged = int(str(one(floor, "select total from charge_entries order by id desc limit 1")[0]))
    # What was in the demat account pays at once; the T1 part, and what it pays of the charges, a day later.
    assert (after["CASH"], after["UNSETTLED"]) == (cash + 3 * 80_000, 2 * 80_000 - charged)
    roll(floor)
    assert floor.balances(account)["UNSETTLED"] == 0


def test_a_contract_that_ended_while_nobody_ran_is_settled_at_its_own_close(floor: Floor) -> None:
    """The exchange closed, the process went away before its roll, and prices moved before it came back."""
    account = floor.account(cash=1_000_000_000)
    nifty = floor.instrument("NSE:NIFTY 50")
    call = next(
        i for i in floor.master.chain(nifty.id) if i.kind == "CE" and i.expiry and i.expiry > floor.trading_date
    )
    assert call.strike
    while floor.trading_date < call.expiry:  # type: ignore[operator]
        floor.price(nifty.key, call.strike + 10_000)
        roll(floor)
    floor.price(nifty.key, call.strike + 10_000)
    floor.price(call.key, 9_000)
    floor.buy(account, call.lot, call.key, 9_000, "NRML")
    with floor.database.connection() as connection:
        rows.strike_settlements(connection, "sim", floor.trading_date)
    floor.price(nifty.key, call.strike - 10_000)
    roll(floor)
    row = one(floor, "select kind, price, realised from trades where account_id = %s order by id desc limit 1", account)
    assert row == ("EXPIRY", 10_000, call.lot * 1_000)


def carried_over(floor: Floor, account: int) -> list[tuple[int, str]]:
    with floor.database.connection() as connection:
        return connection.execute(
            "select rule, sentence from risk_decisions where account_id = %s and decision = 'CARRIED' order by id",
            [account],
        ).fetchall()


def ends(floor: Floor) -> dict[str, object]:
    now = end_of(floor)
    step = closing.due(floor.database, "sim", now)
    assert step
    told = closing.roll(floor.database, "sim", step, now)
    floor.trading_date = step.next_date
    return told


def test_shares_that_nobody_could_close_are_delivered_where_the_account_can_pay(floor: Floor) -> None:
    account = floor.account(cash=100_000_000)
    floor.buy(account, 10, SBIN, 80_000, "MIS")
    floor.price(SBIN, 79_000)
    told = ends(floor)
    assert (told["carried"], told["delivered"]) == (0, 1)
    assert floor.position(account, SBIN, "MIS") == (0, 0)
    assert floor.position(account, SBIN, "CNC") == (10, 0)
    balances = floor.balances(account)
    assert (balances["INVESTED"], balances["MARGIN"], balances["HOLD"]) == (800_000, 0, 0)
    ((rule, sentence),) = carried_over(floor, account)
    assert (rule, sentence) == (Reason.CARRIED_AS_DELIVERY, "10 SBIN could not be closed and became CNC.")
    row = one(floor, "select from_product, to_product, quantity, cost from conversions where account_id = %s", account)
    assert row == ("MIS", "CNC", 10, 800_000)
    heads = one(floor, "select sum(stt) from charge_entries where account_id = %s", account)
    assert heads == (800,), "the day's contract note bills a delivery: 0.1 % of 8,000 rupees"


def test_shares_that_the_account_cannot_pay_for_stay_intraday_and_their_owner_is_told(
    floor: Floor, caplog: pytest.LogCaptureFixture
) -> None:
    account = floor.account(cash=200_000)
    floor.buy(account, 10, SBIN, 80_000, "MIS")
    assert ends(floor)["carried"] == 1
    assert floor.position(account, SBIN, "MIS") == (10, 0)
    assert "Intraday positions were carried over the close" in caplog.text
    ((rule, sentence),) = carried_over(floor, account)
    assert rule == Reason.CARRIED_AS_INTRADAY
    assert "10 SBIN could not be closed. To deliver them takes ₹6,400.00 more" in sentence
    assert one(floor, "select count(*) from conversions where account_id = %s", account) == (0,)


def test_shares_sold_short_are_not_delivered(floor: Floor) -> None:
    account = floor.account(cash=100_000_000)
    floor.sell(account, 10, SBIN, 80_000, "MIS")
    assert ends(floor)["carried"] == 1
    assert floor.position(account, SBIN, "MIS") == (-10, 0)
    assert "only shares that were bought can be delivered" in carried_over(floor, account)[0][1]


def test_contracts_that_nobody_could_close_become_nrml_and_cost_nothing(floor: Floor) -> None:
    account = floor.account(cash=1_000_000_000)
    future = floor.future(after=end_of(floor).date() + timedelta(days=7))
    floor.price(NIFTY, 2_400_000)
    floor.price(future.key, 2_410_000)
    floor.sell(account, future.lot, future.key, 2_410_000, "MIS")
    margin = floor.balances(account)["MARGIN"]
    assert ends(floor)["delivered"] == 1
    assert floor.position(account, future.key, "NRML")[0] == -future.lot
    assert floor.balances(account)["MARGIN"] == margin
    assert carried_over(floor, account)[0][1].endswith("became NRML.")


def test_units_that_would_meet_their_opposite_stay_what_they_are(floor: Floor) -> None:
    account = floor.account(cash=1_000_000_000)
    future = floor.future(after=end_of(floor).date() + timedelta(days=7))
    floor.price(NIFTY, 2_400_000)
    floor.price(future.key, 2_410_000)
    floor.buy(account, future.lot, future.key, 2_410_000, "NRML")
    floor.sell(account, future.lot, future.key, 2_410_000, "MIS")
    assert ends(floor)["carried"] == 1
    assert "closed against itself" in carried_over(floor, account)[0][1]


@pytest.mark.parametrize("after", [False, True])
def test_a_roll_that_dies_carries_each_position_once(
    floor: Floor, monkeypatch: pytest.MonkeyPatch, after: bool
) -> None:
    """Killed before or after the transaction of one account: the next roll goes on, and nothing moves twice."""
    account = floor.account(cash=100_000_000)
    floor.buy(account, 10, SBIN, 80_000, "MIS")
    now = end_of(floor)
    step = closing.due(floor.database, "sim", now)
    assert step
    roll_one = closing._roll_one

    def dies(*arguments: object) -> int:
        if after:
            roll_one(*arguments)  # type: ignore[arg-type]
        raise KeyboardInterrupt

    monkeypatch.setattr(closing, "_roll_one", dies)
    with pytest.raises(KeyboardInterrupt):
        closing.roll(floor.database, "sim", step, now)
    monkeypatch.setattr(closing, "_roll_one", roll_one)
    closing.roll(floor.database, "sim", step, now)
    floor.trading_date = step.next_date
    assert floor.position(account, SBIN, "CNC") == (10, 0)
    assert len(carried_over(floor, account)) == 1
    assert one(floor, "select count(*) from conversions where account_id = %s", account) == (1,)


def test_todays_profit_waits_for_the_next_date(floor: Floor) -> None:
    account = floor.account(cash=100_000_000)
    floor.buy(account, 100, SBIN, 80_000, "MIS")
    floor.sell(account, 100, SBIN, 80_500, "MIS")
    assert floor.balances(account)["GAINS"] == 50_000
    cash = floor.balances(account)["CASH"]
    roll(floor)
    assert floor.balances(account) == dict.fromkeys(floor.balances(account), 0) | {"CASH": cash + 50_000 - noted(floor)}


def test_futures_are_marked_and_expire_at_the_underlyings_close(floor: Floor) -> None:
    account = floor.account(cash=1_000_000_000)
    future = floor.future()
    floor.price(NIFTY, 2_500_000)
    floor.price(future.key, 2_510_000)
    floor.buy(account, future.lot, future.key, 2_510_000, "NRML")
    floor.price(future.key, 2_515_000)
    cash = floor.balances(account)["CASH"]
    roll(floor)
    assert floor.balances(account)["CASH"] == cash + future.lot * 5_000 - noted(floor)
    marked = one(floor, "select mark, realised from positions where account_id = %s", account)
    assert marked == (future.lot * 2_515_000, 0)
    while floor.trading_date <= future.expiry:  # type: ignore[operator]
        floor.price(NIFTY, 2_520_000)
        floor.price(future.key, 2_515_000)
        roll(floor)
    assert floor.position(account, future.key, "NRML") == (0, 0)
    assert floor.balances(account)["MARGIN"] == 0
    row = one(floor, "select kind, price, realised from trades where account_id = %s order by id desc limit 1", account)
    assert row == ("EXPIRY", 2_520_000, future.lot * 5_000)


def test_a_bought_option_ends_at_what_it_is_in_the_money(floor: Floor) -> None:
    account = floor.account(cash=1_000_000_000)
    nifty = floor.instrument("NSE:NIFTY 50")
    call = next(i for i in floor.master.chain(nifty.id) if i.kind == "CE")
    assert call.strike
    floor.price(nifty.key, call.strike + 10_000)
    floor.price(call.key, 8_000)
    floor.buy(account, call.lot, call.key, 8_000, "NRML")
    while floor.trading_date <= call.expiry:  # type: ignore[operator]
        floor.price(nifty.key, call.strike + 10_000)
        roll(floor)
    row = one(floor, "select kind, price, realised from trades where account_id = %s order by id desc limit 1", account)
    assert row == ("EXPIRY", 10_000, call.lot * 2_000)
    assert floor.balances(account)["INVESTED"] == 0


def test_intraday_positions_are_squared_off_before_the_roll(floor: Floor) -> None:
    account = floor.account(cash=100_000_000)
    floor.buy(account, 100, SBIN, 80_000, "MIS")
    floor.place(account, "BUY", 10, SBIN, 79_000, "MIS")
    assert closing.square_off(floor.database, "sim") == {"orders": 1, "open": 2}
    assert closing.square_off(floor.database, "sim") == {"orders": 0, "open": 1}
    order = one(floor, "select id from orders where origin = 'SQUARE_OFF'")[0]
    assert floor.fill(account, int(str(order)), 100, 80_000).done
    assert floor.position(account, SBIN, "MIS")[0] == 0
    assert one(floor, "select reason_code from orders where status = 'CANCELLED'") == (713,)


def by_the_exchange(floor: Floor) -> None:
    """The market keeps the exchange's hours from here on."""
    with floor.database.connection() as connection:
        connection.execute("update markets set session = 'nse' where id = 'sim'")
    the_clock_shows(floor, end_of(floor).replace(hour=11))


def the_clock_shows(floor: Floor, at: datetime) -> None:
    with floor.database.connection() as connection:
        connection.execute("update markets set exchange_time = %s, frame_at = null where id = 'sim'", [at])


def test_each_board_is_squared_off_at_its_own_hour(floor: Floor) -> None:
    by_the_exchange(floor)
    account = floor.account(cash=1_000_000_000)
    fund = "NSE:NIFTYBEES"  # without contracts, so without a closing auction
    future = floor.future()
    for key, price in ((fund, 29_000), (NIFTY, 2_500_000), (future.key, 2_510_000)):
        floor.price(key, price)
    floor.buy(account, 10, SBIN, 80_000, "MIS")
    floor.buy(account, 10, fund, 29_000, "MIS")
    floor.buy(account, future.lot, future.key, 2_510_000, "MIS")
    resting = floor.place(account, "BUY", 5, fund, 28_000, "MIS")
    clock = end_of(floor).replace(hour=15)
    assert closing.due(floor.database, "sim", clock.replace(minute=4)) is None
    for minute, sent in ((5, SBIN), (20, fund), (25, future.key)):
        at = clock.replace(minute=minute)
        the_clock_shows(floor, at)
        step = closing.due(floor.database, "sim", at)
        assert step
        assert step.step == closing.SQUARE_OFF
        assert closing.square_off(floor.database, "sim", at)["orders"] == 1
        newest = one(floor, "select instrument_id, id from orders where origin = 'SQUARE_OFF' order by id desc limit 1")
        assert newest[0] == floor.instrument(sent).id
        assert one(floor, "select status from orders where id = %s", floor.number(resting)) == (
            "OPEN" if minute < 20 else "CANCELLED",
        )


def test_positions_say_when_they_are_squared_off(floor: Floor) -> None:
    by_the_exchange(floor)
    account = floor.account(cash=100_000_000)
    floor.buy(account, 10, SBIN, 80_000, "MIS")
    floor.buy(account, 10, SBIN, 80_000)
    book = AccountRef(account, "asha/main", 1, "sim", "main", archived=False)
    rows = {row["product"]: row["square_off_at"] for row in screens.positions(floor.database, book)["items"]}
    assert rows == {"MIS": f"{floor.trading_date}T15:05:00.000+05:30", "CNC": None}


def test_a_closing_order_that_the_price_ran_away_from_is_sent_anew(floor: Floor) -> None:
    account = floor.account(cash=100_000_000)
    floor.buy(account, 100, SBIN, 80_000, "MIS")
    resting = "select id, worst_price from orders where account_id = %s and status = 'OPEN'"
    closing.square_off(floor.database, "sim")
    first, _ = one(floor, resting, account)
    floor.price(SBIN, 78_000)
    closing.square_off(floor.database, "sim")
    assert one(floor, resting, account)[0] == first
    with floor.database.connection() as connection:
        connection.execute("update orders set placed_at = placed_at - interval '11 seconds' where id = %s", [first])
    closing.square_off(floor.database, "sim")
    second, worst = one(floor, resting, account)
    assert second != first
    assert worst == 78_000 - 390
    assert isinstance(second, int)
    floor.fill(account, second, 100, 78_000)
    assert floor.position(account, SBIN, "MIS")[0] == 0


def test_what_is_held_and_was_not_listed_on_the_day_closes_at_its_last_price(floor: Floor) -> None:
    account = floor.account(cash=1_000_000_000)
    future = floor.future()
    floor.price(NIFTY, 2_500_000)
    floor.price(future.key, 2_510_000)
    floor.buy(account, future.lot, future.key, 2_510_000, "NRML")
    roll(floor)
    with floor.database.connection() as connection:
        # As after a crash of the server on a day on which the market did not start: nothing quoted, nothing listed.
        connection.execute("truncate quotes")
        connection.execute("delete from market_days where trading_date = %s", [floor.trading_date])
    roll(floor)
    assert floor.position(account, future.key, "NRML")[0] == future.lot


def test_the_snapshot_of_the_day_adds_up_and_a_second_roll_does_nothing(floor: Floor) -> None:
    account = floor.account(cash=100_000_000)
    floor.buy(account, 100, SBIN, 80_000)
    floor.price(SBIN, 80_700)
    step = roll(floor)
    equity = one(floor, "select equity, deposits - withdrawals + realised - charges, unrealised from daily_equity")
    assert equity[0] == int(str(equity[1])) + int(str(equity[2]))
    assert equity[2] == 100 * 700
    before = floor.balances(account)
    assert closing.roll(floor.database, "sim", step)["accounts"] == 1, "it tells of the date, whoever rolled it"
    assert floor.balances(account) == before


def test_losses_of_intraday_positions_block_money(floor: Floor) -> None:
    account = floor.account(cash=2_000_000)
    floor.buy(account, 100, SBIN, 80_000, "MIS")
    floor.price(SBIN, 79_500)
    assert account_watch.look(floor.database, "sim").changed == 1
    assert one(floor, "select blocked_loss from accounts where id = %s", account) == (50_000,)
    assert account_watch.look(floor.database, "sim").changed == 0


def test_margins_follow_a_new_snapshot_and_may_call_for_money(floor: Floor) -> None:
    account = floor.account(cash=1_700_000)
    floor.buy(account, 100, SBIN, 80_000, "MIS")
    with floor.database.connection() as connection:
        connection.execute(
            "with taken as (insert into risk_snapshots (market, trading_date, slot) values ('sim', %s, 'noon')"
            " returning id),"
            " priced as (insert into risk_prices (snapshot_id, instrument_id, price) select id, %s, 90000 from taken)"
            " update markets set risk_snapshot_id = (select id from taken) where id = 'sim'",
            [floor.trading_date, floor.instrument(SBIN).id],
        )
    cash = floor.balances(account)["CASH"]
    assert margins.follow_snapshot(floor.database, "sim") == 1
    assert floor.balances(account)["MARGIN"] == 100 * 90_000 // 5
    assert floor.balances(account)["CASH"] == cash - 100 * 10_000 // 5
    assert margins.follow_snapshot(floor.database, "sim") == 0
