"""What a leader reads and writes holds its term in the same statement, and does nothing where the term is over."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from core.matching import Fill
from desk import filling
from desk.leadership import Leadership, NotLeader
from tests.floor import INFY, Floor


@pytest.fixture
def leader(floor: Floor) -> Iterator[Leadership]:
    leader = Leadership(floor.database, "sim")
    assert leader.campaign(threading.Event())
    yield leader
    leader.resign()


def next_term(floor: Floor) -> None:
    """Another process has taken the lead, of which this one knows nothing yet."""
    with floor.database.autocommit() as connection:
        connection.execute("update leader set term = term + 1 where market = 'sim'")


def listed(floor: Floor) -> int:
    with floor.database.autocommit() as connection:
        row = connection.execute("select count(*) from order_changes").fetchone()
    assert row
    return int(row[0])


def resting(floor: Floor) -> tuple[int, int]:
    """An account and its order, which rests."""
    account = floor.account(cash=100_000_000)
    return account, floor.number(floor.place(account, "BUY", 10, INFY, 150_000))


def filled(floor: Floor, account: int, order: int) -> Fill:
    """What the exchange would tell of the whole order."""
    now = int(datetime.now(UTC).timestamp() * 1000)
    return Fill(order, account, floor.instrument(INFY).id, 10, 150_000, 1, now, 150_000, ((150_000, 10),))


def test_what_changed_is_taken_once_and_nothing_is_nothing(floor: Floor, leader: Leadership) -> None:
    assert filling.take_changes(floor.database, leader, "sim") == filling.Changed()
    _, order = resting(floor)
    taken = filling.take_changes(floor.database, leader, "sim")
    assert [one.order_id for one in taken.resting] == [order]
    assert filling.take_changes(floor.database, leader, "sim") == filling.Changed()


def test_a_leader_whose_term_is_over_takes_nothing_from_its_successor(floor: Floor, leader: Leadership) -> None:
    resting(floor)
    next_term(floor)
    with pytest.raises(NotLeader):
        filling.take_changes(floor.database, leader, "sim")
    assert listed(floor) == 1


def test_a_leader_whose_term_is_over_fills_nothing(floor: Floor, leader: Leadership) -> None:
    account, order = resting(floor)
    next_term(floor)
    with pytest.raises(NotLeader):
        filling.apply(floor.database, leader, [filled(floor, account, order)])
    assert floor.position(account, INFY) == (0, 0)


def test_a_fill_under_the_present_term_is_written(floor: Floor, leader: Leadership) -> None:
    account, order = resting(floor)
    fill = filled(floor, account, order)
    assert filling.apply(floor.database, leader, [fill]).done == [fill]
    assert floor.position(account, INFY) == (10, 0)
