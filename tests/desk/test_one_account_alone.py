"""An account whose rows contradict themselves stops nobody else: not the fills, not the roll, not the square-off."""

from datetime import UTC, datetime

import pytest
from psycopg.errors import LockNotAvailable

from core.matching import Fill
from db.engine import Database
from desk import closing, margins
from tests.desk.test_closing import end_of, one
from tests.floor import SBIN, Floor


@pytest.fixture
def floor(database: Database) -> Floor:
    floor = Floor(database)
    floor.price(SBIN, 80_000)
    return floor


def run(floor: Floor, statement: str, *values: object) -> None:
    with floor.database.connection() as connection:
        connection.execute(statement.encode(), values)


def sale(floor: Floor, account: int, order: int) -> Fill:
    now = int(datetime.now(UTC).timestamp() * 1000)
    return Fill(order, account, floor.instrument(SBIN).id, 10, 80_000, 99, now, 80_000, ((80_000, 10),))


def test_fills_of_other_accounts_go_on_where_one_cannot_be_booked(floor: Floor) -> None:
    accounts = [floor.account(name, cash=100_000_000) for name in ("asha", "bina", "chand", "dev")]
    for account in accounts:
        floor.buy(account, 10, SBIN, 80_000)
    orders = [floor.number(floor.place(account, "SELL", 10, SBIN, 80_000)) for account in accounts]
    run(floor, "delete from lots where account_id = %s", accounts[1])
    # A balance that would go below zero is found by the check before the write, a CHECK's violation by it.
    run(floor, f"alter table positions add check (account_id <> {accounts[3]} or quantity <> 0) not valid")
    applied = floor.send(*(sale(floor, account, order) for account, order in zip(accounts, orders, strict=True)))
    assert [each.order_id for each in applied.done] == [orders[0], orders[2]]
    assert sorted(each.order_id for each in applied.dropped) == [orders[1], orders[3]]
    assert [floor.position(account, SBIN)[0] for account in accounts] == [0, 10, 0, 10]


def test_a_lost_race_is_no_fault_of_an_account(floor: Floor) -> None:
    account = floor.account(cash=100_000_000)
    order = floor.place(account, "BUY", 10, SBIN, 80_000)
    with pytest.raises(LockNotAvailable):
        run_locked_out(floor, account, floor.number(order))


def run_locked_out(floor: Floor, account: int, order: int) -> None:
    """Apply a fill while another transaction keeps the account: a lost race is raised, and nothing dropped."""
    with floor.database.connection() as holder:
        holder.execute("select 1 from accounts where id = %s for update", [account])
        floor.send(sale(floor, account, order))


def test_the_roll_closes_every_other_account_and_says_which_it_could_not(floor: Floor) -> None:
    accounts = [floor.account(name, cash=100_000_000) for name in ("asha", "bina", "chand")]
    run(floor, "update accounts set gains = 5, cash = cash - 5 where id = %s", accounts[0])
    run(floor, f"alter table accounts add check (id <> {accounts[0]} or gains > 0) not valid")
    step = closing.due(floor.database, "sim", end_of(floor))
    assert step
    with pytest.raises(closing.NotRolled, match=str(accounts[0])):
        closing.roll(floor.database, "sim", step, end_of(floor))
    dates = [one(floor, "select trading_date from accounts where id = %s", each)[0] for each in accounts]
    assert dates == [step.trading_date, step.next_date, step.next_date]
    # The market goes on; the account left behind takes no orders until its rows are mended.
    assert one(floor, "select trading_date, phase from markets where id = 'sim'") == (step.next_date, "OPEN")


def test_one_account_that_cannot_be_secured_anew_leaves_the_others_their_margins(floor: Floor) -> None:
    accounts = [floor.account(name, cash=100_000_000) for name in ("asha", "bina")]
    for account in accounts:
        floor.buy(account, 10, SBIN, 80_000, "MIS")
    run(floor, f"alter table margin_groups add check (account_id <> {accounts[0]} or snapshot_id is null)")
    with floor.database.connection() as connection:
        row = connection.execute(
            "insert into risk_snapshots (market, trading_date, slot) values ('sim', %s, 'T') returning id",
            [floor.trading_date],
        ).fetchone()
        assert row
        connection.execute(
            "insert into risk_prices (snapshot_id, instrument_id, price) values (%s, %s, 90000)",
            [row[0], floor.instrument(SBIN).id],
        )
        connection.execute("update markets set risk_snapshot_id = %s where id = 'sim'", [row[0]])
    assert margins.follow_snapshot(floor.database, "sim") == 1
    assert [floor.balances(account)["MARGIN"] for account in accounts] == [160_000, 180_000]
