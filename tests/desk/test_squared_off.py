"""The square-off of a trading date is one run in the list of jobs: on time or late, ended well or flagged."""

from datetime import datetime, timedelta

import pytest

from db import closing as rows
from desk import closing, squared_off
from tests.desk.test_closing import end_of, one, roll
from tests.floor import SBIN, Floor


def run(floor: Floor) -> tuple[object, ...]:
    return one(
        floor, "select late, late_ms, finished_at is not null, error from job_runs where job = %s", squared_off.JOB
    )


def follow(floor: Floor, at: datetime, left: int) -> bool:
    """Two boards: one is due a minute before the other."""
    first = end_of(floor).replace(hour=15, minute=20)
    ends = [first, first + timedelta(minutes=1)]
    return squared_off.follow(floor.database, "sim", floor.trading_date, ends, at, left)


def test_it_begins_with_the_first_board_and_ends_when_nothing_is_left_of_the_last(floor: Floor) -> None:
    first = end_of(floor).replace(hour=15, minute=20)
    assert not follow(floor, first, left=0)
    assert run(floor) == (False, 0, False, None)
    assert not follow(floor, first + timedelta(minutes=1), left=2)
    assert follow(floor, first + timedelta(minutes=2), left=0)
    assert run(floor) == (False, 0, True, None)
    ended = one(floor, "select finished_at from job_runs")
    assert follow(floor, first + timedelta(minutes=3), left=0)
    assert one(floor, "select finished_at from job_runs") == ended, "it ran once"


def test_one_that_begins_late_says_so(floor: Floor) -> None:
    assert follow(floor, end_of(floor).replace(hour=15, minute=25), left=0)
    assert run(floor) == (True, 300_000, True, None)


def test_a_date_whose_square_off_nobody_ran_is_flagged_with_what_was_left(floor: Floor) -> None:
    account = floor.account(cash=100_000_000)
    floor.buy(account, 10, SBIN, 80_000, "MIS")
    floor.sell(account, 5, SBIN, 80_000, "MIS")
    roll(floor)
    late, late_ms, ended, error = run(floor)
    assert (late, ended) == (True, False)
    assert isinstance(late_ms, int)
    assert late_ms > 0
    assert str(error).startswith("1 intraday position was still open")
    floor.sound()


@pytest.mark.parametrize("where", ["conclude", "begin_market_day"])
def test_a_roll_that_died_and_was_resumed_tells_what_was_left_before_it_died(
    floor: Floor, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    for name in ("asha", "ravi"):
        floor.buy(floor.account(name, cash=100_000_000), 10, SBIN, 80_000, "MIS")

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as dying, pytest.raises(KeyboardInterrupt):
        dying.setattr(squared_off if where == "conclude" else rows, where, die)
        roll(floor)
    roll(floor)
    _, _, ended, error = run(floor)
    assert ended is False
    assert str(error).startswith("2 intraday positions were still open")
    floor.sound()


@pytest.mark.parametrize("closed", [True, False])
def test_where_nothing_intraday_is_held_the_roll_ends_the_run(floor: Floor, closed: bool) -> None:
    account = floor.account(cash=100_000_000)
    if closed:
        floor.buy(account, 10, SBIN, 80_000, "MIS")
        assert closing.square_off(floor.database, "sim")["open"] == 1
        order = one(floor, "select id from orders where origin = 'SQUARE_OFF'")[0]
        assert floor.fill(account, int(str(order)), 10, 80_000).done
        assert closing.square_off(floor.database, "sim") == {"orders": 0, "open": 0}
    roll(floor)
    assert run(floor)[2:] == (True, None)
