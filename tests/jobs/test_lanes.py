"""Lanes in threads, on real rows: side by side under one term, and over before their loop goes on."""

import threading
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from random import Random
from typing import Any

import psycopg
import pytest
from psycopg.errors import LockNotAvailable

from core.matching import Fill, Outcome
from db import leader as terms
from db.engine import Database, DatabaseBusy
from desk import filling
from desk.filling import Applied
from desk.leadership import Leadership, NotLeader
from jobs import batches
from jobs.batches import Writer
from jobs.lanes import SideBySide
from tests.floor import INFY, Floor
from tests.simulation.exchange import InTurn

PRICE, PATIENCE = 150_000, 20.0


@pytest.fixture
def floor(database: Database) -> Floor:
    return Floor(database)


@pytest.fixture
def leading(database: Database) -> Iterator[Leadership]:
    leading = Leadership(database, "sim")
    assert leading.campaign(threading.Event())
    yield leading
    leading.resign()


@pytest.fixture
def side(database: Database, leading: Leadership) -> Iterator[SideBySide]:
    side = SideBySide(database, leading, "a test")
    yield side
    side.close()


class Meeting:
    """Lanes that wait for each other, so that both are at work at once."""

    def __init__(self) -> None:
        self.barrier = threading.Barrier(2)
        self.threads: set[int] = set()

    def lane(self, then: BaseException | None = None) -> Iterator[None]:
        self.barrier.wait(PATIENCE)
        self.threads.add(threading.get_ident())
        yield
        if then is not None:
            raise then
        yield


def test_two_lanes_are_at_work_at_once_and_the_threads_stay(side: SideBySide) -> None:
    first, second = Meeting(), Meeting()
    side.run([first.lane(), first.lane()])
    side.run([second.lane(), second.lane()])
    assert first.threads == second.threads
    assert len(first.threads) == 2
    assert threading.get_ident() in first.threads


def test_one_lane_alone_begins_no_thread(side: SideBySide) -> None:
    before = threading.active_count()
    side.run([iter([1, 2])])
    assert threading.active_count() == before


@pytest.mark.parametrize("bad", [0, 1])
def test_an_error_is_raised_once_the_other_lane_has_ended(side: SideBySide, bad: int) -> None:
    begun, failing, ended = threading.Event(), threading.Event(), threading.Event()

    def slow() -> Iterator[None]:
        begun.set()
        assert failing.wait(PATIENCE)
        ended.set()
        yield

    def fails() -> Iterator[None]:
        assert begun.wait(PATIENCE)
        yield
        failing.set()
        raise NotLeader("over")

    lanes = [slow(), slow()]
    lanes[bad] = fails()
    with pytest.raises(NotLeader):
        side.run(lanes)
    assert ended.is_set()


def test_lanes_that_were_closed_leave_no_thread(database: Database, leading: Leadership) -> None:
    before = set(threading.enumerate())
    side, meeting = SideBySide(database, leading, "a test"), Meeting()
    side.run([meeting.lane(), meeting.lane()])
    side.close()
    left = [each.name for each in set(threading.enumerate()) - before if each.name.startswith("lane")]
    assert left == []
    side.close()


def test_a_lane_without_a_connection_is_written_by_the_other_thread(
    database: Database, side: SideBySide, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, done = threading.get_ident(), list[tuple[int, bool]]()
    connection = database.connection

    @contextmanager
    def mine_alone() -> Iterator[psycopg.Connection[Any]]:
        if threading.get_ident() != here:
            raise DatabaseBusy("all are in use")
        with connection() as one:
            yield one

    def lane(number: int) -> Iterator[None]:
        done.append((number, threading.get_ident() == here))
        yield

    monkeypatch.setattr(database, "connection", mine_alone)
    side.run([lane(1), lane(2)])
    assert done == [(1, True), (2, True)]


def test_two_transactions_of_one_term_run_side_by_side_and_keep_a_successor_waiting(
    database: Database, leading: Leadership
) -> None:
    with database.connection() as one, database.connection() as other:
        for each in (one, other):
            leading.claim(each)  # puts it on record, which waits for whoever holds the term
        for each in (one, other):
            each.execute("set local lock_timeout = '1s'")
            leading.guard(each)  # would raise LockNotAvailable for the second one
        with database.autocommit() as successor:
            successor.execute("set lock_timeout = '50ms'")
            try:
                with pytest.raises(LockNotAvailable):
                    terms.raise_term(successor, "sim", "another")
                one.commit()
                with pytest.raises(LockNotAvailable):
                    terms.raise_term(successor, "sim", "another")
                other.commit()
                assert terms.raise_term(successor, "sim", "another") == leading.term + 1
            finally:
                successor.execute("set lock_timeout = '2s'")


def test_lanes_of_an_ended_term_do_not_begin(side: SideBySide, leading: Leadership) -> None:
    begun: list[int] = []

    def lane() -> Iterator[None]:
        begun.append(1)
        yield

    leading.resign()
    with pytest.raises(NotLeader):
        side.run([lane(), lane()])
    assert begun == []


class Crowd:
    """Accounts with an order each, and the fills of a frame for all of them."""

    def __init__(self, floor: Floor, accounts: int = 8, rounds: int = 10) -> None:
        self.floor = floor
        floor.price(INFY, PRICE)
        self.accounts = [floor.account(f"book{number}", cash=10**9) for number in range(accounts)]
        orders = [floor.number(floor.place(each, "BUY", rounds, INFY, PRICE)) for each in self.accounts]
        now = int(datetime.now(UTC).timestamp() * 1000)
        one = floor.instrument(INFY).id
        self.outcomes: list[Outcome] = [
            Fill(order, account, one, 1, PRICE, frame, now, PRICE, ((PRICE, 1),))
            for frame in range(1, rounds + 1)
            for order, account in zip(orders, self.accounts, strict=True)
        ]
        assert len(self.outcomes) >= batches.MANY

    def held(self) -> list[int]:
        return [self.floor.position(each, INFY)[0] for each in self.accounts]


def writer(floor: Floor, leading: Leadership, side: SideBySide, size: int = 7) -> Writer:
    found = Writer(partial(filling.apply, floor.database, leading), side)
    for each in found.batches:
        each.size = size
        each.fit = lambda size, took: None  # type: ignore[method-assign]
    return found


def test_a_frame_of_many_fills_is_written_in_lanes_and_the_books_are_right(
    floor: Floor, leading: Leadership, side: SideBySide
) -> None:
    crowd = Crowd(floor)
    writing = writer(floor, leading, side)
    assert writing.write(deque(crowd.outcomes), set()) == []
    assert [each.fills for each in writing.batches] == [40, 40]
    assert crowd.held() == [10] * 8
    with floor.database.connection() as connection:
        rows = connection.execute("select frame from trades order by account_id, id").fetchall()
    assert [row[0] for row in rows] == [*range(1, 11)] * 8, "each account's in their order"
    floor.sound()


def test_lanes_do_not_wait_for_each_other(floor: Floor, leading: Leadership, side: SideBySide) -> None:
    """Both hold all that a batch locks, from its accounts to the last row it refers to, before either commits."""
    crowd = Crowd(floor)
    both, seen = threading.Barrier(2), list[int]()
    commit = filling.commit

    def together(connection: Any, works: Any, **how: Any) -> None:
        commit(connection, works, **(how | {"final": False}))
        seen.append(both.wait(PATIENCE))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(filling, "commit", together)
        assert writer(floor, leading, side, 1_000).write(deque(crowd.outcomes), set()) == []
    assert sorted(seen) == [0, 1]
    assert crowd.held() == [10] * 8
    floor.sound()


@pytest.mark.parametrize("lane", [0, 1])
def test_a_term_that_ends_while_lanes_write_lets_neither_go_on(
    floor: Floor, leading: Leadership, side: SideBySide, lane: int
) -> None:
    crowd = Crowd(floor)
    first = crowd.accounts[lane]
    apply = partial(filling.apply, floor.database, leading)

    def deposed(outcomes: Sequence[Outcome]) -> Applied:
        applied = apply(outcomes)
        if outcomes[0].account_id == first:
            with floor.database.autocommit() as connection:
                connection.execute("update leader set term = term + 1 where market = 'sim'")
        return applied

    writing = Writer(deposed, side)
    for each in writing.batches:
        each.size = 5
    with pytest.raises(NotLeader):
        writing.write(deque(crowd.outcomes), set())
    held = crowd.held()
    assert 0 < sum(held) < len(crowd.outcomes), "what was committed before stands, and nothing came after"
    floor.sound()


@pytest.mark.parametrize("lane", [0, 1])
def test_a_lost_race_in_one_lane_leaves_what_the_other_has_committed(
    floor: Floor, leading: Leadership, side: SideBySide, lane: int
) -> None:
    crowd = Crowd(floor)
    apply, committed = partial(filling.apply, floor.database, leading), threading.Event()

    def in_turn(outcomes: Sequence[Outcome]) -> Applied:
        """The lane that loses its race tries when the other one has committed: a busy machine may begin with either."""
        if crowd.accounts.index(outcomes[0].account_id) % 2 == lane:
            committed.wait(PATIENCE)
            return apply(outcomes)
        applied = apply(outcomes)
        committed.set()
        return applied

    writing = Writer(in_turn, side)
    for each in writing.batches:
        each.size = 1_000
    with floor.database.connection() as holder:
        holder.execute("select 1 from accounts where id = %s for update", [crowd.accounts[lane]])
        with pytest.raises(LockNotAvailable):
            writing.write(deque(crowd.outcomes), set())
    assert crowd.held() == [0 if number % 2 == lane else 10 for number in range(8)]
    floor.sound()


class Gone(BaseException):
    """The process died."""


@pytest.mark.parametrize("seed", range(4))
def test_who_dies_in_a_lane_leaves_whole_batches_and_the_next_life_fills_the_rest_once(
    floor: Floor, leading: Leadership, seed: int
) -> None:
    crowd, chance = Crowd(floor), Random(seed)
    apply, left = partial(filling.apply, floor.database, leading), chance.randint(1, 9)

    def dying(outcomes: Sequence[Outcome]) -> Applied:
        nonlocal left
        left -= 1
        if not left and seed % 2:
            raise Gone
        applied = apply(outcomes)
        if not left:
            raise Gone  # it is written, and nobody hears of it
        return applied

    dead = Writer(dying, InTurn(chance))
    for each in dead.batches:
        each.size, each.fit = 5, lambda size, took: None  # type: ignore[method-assign]
    with pytest.raises(Gone):
        dead.write(deque(crowd.outcomes), set())
    with floor.database.connection() as connection:
        rows = connection.execute("select order_id, frame from trades").fetchall()
    rest = [one for one in crowd.outcomes if isinstance(one, Fill) and (one.order_id, one.frame) not in set(rows)]
    assert (len(crowd.outcomes) - len(rest)) % 5 == 0, "whole batches"
    assert Writer(apply, InTurn(chance)).write(deque(rest), set()) == []
    assert crowd.held() == [10] * 8
    floor.sound()
