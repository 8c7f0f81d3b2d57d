"""Deposits, withdrawals and resets."""

from collections.abc import Iterator

import pytest

from db.engine import Database
from desk import wallet
from tests.floor import SBIN, Floor


@pytest.fixture
def floor(database: Database) -> Iterator[Floor]:
    floor = Floor(database)
    floor.price(SBIN, 80_000)
    yield floor
    floor.sound()


@pytest.mark.parametrize(("amount", "code"), [(0, 502), (-5, 502), (10**13 + 1, 503)])
def test_an_amount_is_more_than_nothing_and_not_absurd(floor: Floor, amount: int, code: int) -> None:
    account = floor.account()
    assert wallet.deposit(floor.database, "asha", account, amount).body["reason_code"] == code
    assert wallet.withdraw(floor.database, "asha", account, amount).body["reason_code"] == code


def test_a_deposit_with_a_key_is_made_once(floor: Floor) -> None:
    account = floor.account(cash=0)
    answers = [wallet.deposit(floor.database, "asha", account, 500, "key") for _ in range(3)]
    assert [answer.replayed for answer in answers] == [False, True, True]
    assert floor.balances(account)["CASH"] == 500


def test_a_reason_is_one_line_and_part_of_what_a_key_stands_for(floor: Floor) -> None:
    account = floor.account(cash=0)
    assert wallet.deposit(floor.database, "asha", account, 500, "key", "top-up").ok
    assert wallet.deposit(floor.database, "asha", account, 500, "key", "top-up").replayed
    assert wallet.deposit(floor.database, "asha", account, 500, "key", "another").body["reason_code"] == 104
    for why in ("two\nlines", "x" * (wallet.LONGEST_WHY + 1), "\x00"):
        assert wallet.deposit(floor.database, "asha", account, 500, None, why).body["reason_code"] == 100
    assert floor.balances(account)["CASH"] == 500


def test_what_an_order_holds_cannot_be_withdrawn(floor: Floor) -> None:
    account = floor.account(cash=10_000_000)
    floor.place(account, "BUY", 100, SBIN, 80_000)
    refused = wallet.withdraw(floor.database, "asha", account, 5_000_000)
    assert (refused.status, refused.body["reason_code"]) == (422, 501)
    assert wallet.withdraw(floor.database, "asha", account, 1_000_000).status == 201


def test_a_reset_archives_and_leaves_no_order_resting(floor: Floor) -> None:
    account = floor.account(cash=100_000_000)
    floor.buy(account, 10, SBIN, 80_000)
    order = floor.place(account, "BUY", 10, SBIN, 79_000)
    answer = wallet.reset(floor.database, "asha", account, 5_000_000)
    fresh = int(answer.body["account_id"])
    assert floor.fill(account, order, 10, 79_000).dropped
    assert floor.position(account, SBIN)[0] == 10
    assert floor.balances(fresh)["CASH"] == 5_000_000
    assert floor.place(account, "BUY", 1, SBIN, 79_000).body["reason_code"] == 704
    assert floor.place(fresh, "BUY", 1, SBIN, 79_000).status == 201
