"""The look of each second: one pass that writes what changed, whoever trades meanwhile."""

import pytest

from core.risk_limits import LimitName
from db import account_watch as rows
from desk import account_watch
from tests.floor import INFY, SBIN, Floor


def stored(floor: Floor, account: int) -> tuple[int, ...]:
    with floor.database.connection() as connection:
        row = connection.execute(
            "select blocked_loss, equity, peak_equity, gross_exposure, net_exposure, version from accounts"
            " where id = %s",
            [account],
        ).fetchone()
    assert row
    return tuple(row)


def test_figures_are_those_of_the_latest_prices(floor: Floor) -> None:
    account = floor.account(cash=100_000_000)
    before = floor.balances(account)
    floor.buy(account, 100, INFY, 150_000, "MIS")
    floor.buy(account, 10, INFY, 150_000, "CNC")
    floor.price(INFY, 149_000)
    version = stored(floor, account)[-1]
    account_watch.look(floor.database, "sim")
    blocked, equity, peak, gross, net, after = stored(floor, account)
    paid = sum(before.values()) - sum(floor.balances(account).values())
    assert blocked == 100 * 1_000, "what is held for delivery blocks nothing"
    assert equity == 100_000_000 - paid - 110 * 1_000
    assert gross == net == 110 * 149_000, "both products of a share are weighed together"
    assert peak >= equity
    assert after == version, "a look is no act of the account"


def test_only_what_changed_is_written(floor: Floor) -> None:
    idle, holds = floor.account("asha"), floor.account("binu")
    floor.buy(holds, 10, SBIN, 80_000, "MIS")
    assert account_watch.look(floor.database, "sim").changed == 1
    assert account_watch.look(floor.database, "sim").changed == 0
    floor.price(INFY, 151_000)
    assert account_watch.look(floor.database, "sim").changed == 0, "nobody holds it"
    floor.price(SBIN, 79_900)
    assert account_watch.look(floor.database, "sim").changed == 1
    assert stored(floor, idle)[0] == 0
    assert stored(floor, holds)[0] == 1_000


def test_accounts_are_written_so_many_at_a_time_and_none_is_left_out(
    floor: Floor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rows, "AT_ONCE", 2)
    accounts = [floor.account(f"trader{number}") for number in range(4)]
    for account in accounts:
        floor.sell(account, 10, SBIN, 80_000, "MIS")
    floor.price(SBIN, 90_000)
    looked = account_watch.look(floor.database, "sim")
    assert looked.changed == 4
    assert [stored(floor, account)[0] for account in accounts] == [100_000] * 4


def test_an_account_that_is_being_written_to_is_left_for_the_next_look(floor: Floor) -> None:
    account = floor.account()
    floor.buy(account, 10, SBIN, 80_000, "MIS")
    account_watch.look(floor.database, "sim")
    floor.price(SBIN, 79_000)
    with floor.database.connection() as connection:
        connection.execute("select 1 from accounts where id = %s for no key update", [account])
        assert account_watch.look(floor.database, "sim").changed == 0
    assert account_watch.look(floor.database, "sim").changed == 1


def test_only_who_may_have_reached_a_limit_is_named(floor: Floor) -> None:
    little, much = floor.account("asha"), floor.account("binu")
    floor.buy(little, 1, SBIN, 80_000, "MIS")
    floor.buy(much, 100, SBIN, 80_000, "MIS")
    floor.price(SBIN, 79_000)
    assert account_watch.look(floor.database, "sim").losing == [], "the seed stops nobody for so little"
    with floor.database.connection() as connection:
        connection.execute(
            "insert into risk_limits (scope, name, value, effective_from, set_by, by_admin)"
            " values ('DEFAULT', %s, 50000, %s, 'test', true)",
            [LimitName.DAILY_LOSS, floor.trading_date],
        )
        connection.execute("update risk_version set version = version + 1")
    assert [each.id for each in account_watch.look(floor.database, "sim").losing] == [much]
