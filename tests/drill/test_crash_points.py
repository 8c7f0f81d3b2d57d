"""Killed at each point of a use case, started again, asked again: it has happened once, or not yet and then once."""

import subprocess
import sys

import pytest

from db.engine import Database
from desk import trading
from tests.drill import dying
from tests.drill.dying import DIED, INFY, POINTS, PRICE, QUANTITY
from tests.drill.kagaz import PROJECT
from tests.floor import Floor
from tests.patience import PATIENCE

pytestmark = pytest.mark.kills
KEY = "ticket-1"


@pytest.fixture
def floor(database: Database) -> Floor:
    floor = Floor(database)
    floor.price(INFY, PRICE)
    return floor


def die(floor: Floor, point: str, *command: object) -> None:
    """Run the use case in a process of its own, which ends at the point."""
    words = [str(word) for word in (point, floor.database.url, *command)]
    done = subprocess.run(
        [sys.executable, "-m", "tests.drill.dying", *words],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=2 * PATIENCE,
        check=False,
    )
    assert done.returncode == DIED, done.stderr


def count(floor: Floor, statement: str) -> int:
    with floor.database.connection() as connection:
        row = connection.execute(statement).fetchone()
    assert row
    return int(row[0])


def orders(floor: Floor, status: str = "%") -> int:
    return count(floor, f"select count(*) from orders where status like '{status}'")


@pytest.mark.parametrize("point", POINTS)
def test_a_placement_that_died_is_there_once_after_a_retry_with_its_key(floor: Floor, point: str) -> None:
    account = floor.account()
    die(floor, point, "place", account, KEY)
    happened = point == "after COMMIT"
    assert orders(floor) == happened
    floor.sound()
    again = trading.place(floor.database, "asha", account, dying.wish(floor.database), KEY)
    assert (again.status, again.replayed) == (201, happened)
    assert orders(floor, "OPEN") == 1
    assert count(floor, "select count(*) from transfers where code = 'HOLD'") == 1
    assert count(floor, "select open_buy from positions") == QUANTITY
    floor.sound()


@pytest.mark.parametrize("point", POINTS)
def test_a_cancel_that_died_has_given_back_once_after_a_retry(floor: Floor, point: str) -> None:
    account = floor.account()
    before = floor.balances(account)
    order = floor.number(floor.place(account, "BUY", QUANTITY, INFY, PRICE))
    die(floor, point, "cancel", account, KEY, order)
    happened = point == "after COMMIT"
    assert orders(floor, "CANCELLED") == happened
    floor.sound()
    again = trading.cancel(floor.database, "asha", account, order, KEY)
    assert (again.status, again.replayed, again.body["status"]) == (200, happened, "CANCELLED")
    assert floor.balances(account) == before
    floor.sound()


@pytest.mark.parametrize("point", POINTS)
def test_trap_14_a_fill_that_died_is_there_once_after_the_next_leader(floor: Floor, point: str) -> None:
    account = floor.account()
    assert floor.place(account, "BUY", QUANTITY, INFY, PRICE).status == 201
    die(floor, point, "fill")
    happened = point == "after COMMIT"
    assert count(floor, "select count(*) from trades") == happened
    floor.sound()
    # A second order proves that the next leader fills, and so had every chance to fill the first one again.
    assert floor.place(account, "BUY", QUANTITY, INFY, PRICE).status == 201
    term = dying.fill_until(floor.database, lambda: orders(floor, "COMPLETE") == 2)
    assert term == 2
    assert count(floor, "select count(*) from trades") == 2
    assert floor.position(account, INFY) == (2 * QUANTITY, 0)
    floor.sound()
