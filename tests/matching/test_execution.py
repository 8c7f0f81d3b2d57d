"""The execution loop: step by step with a desk that only remembers, then whole with the real one."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from copy import copy
from typing import Any

import pytest

from core.book import Resting
from core.frames import Frame
from core.matching import Fill, Outcome
from db.engine import Database
from desk.filling import Applied, Changed
from desk.leadership import Leadership, NotLeader
from jobs.bus import Bus
from jobs.execution import ExecutionLoop
from jobs.matcher import Matcher
from tests.floor import INFY, Floor
from tests.patience import PATIENCE

from .worlds import frame, order

SHOWN = {"last": 100, "bids": [(99, 10)], "asks": [(101, 10), (102, 20)]}


class Memory:
    """A desk that keeps orders in memory and writes what it is told."""

    def __init__(self, *orders: Resting) -> None:
        self.open = {one.order_id: one for one in orders}
        self.changes = Changed()
        self.refuse: set[int] = set()
        self.fail: Exception | None = None
        self.read: Callable[[], int] | None = None
        self.batches: list[list[Outcome]] = []
        self.terms: list[int] = []
        self.loads = 0

    def load_open(self, database: Database, leadership: Leadership, market: str) -> list[Resting]:
        self.changes = Changed()
        self.loads += 1
        return [copy(one) for one in self.open.values()]

    def take_changes(self, database: Database, leadership: Leadership, market: str) -> Changed:
        taken, self.changes = self.changes, Changed()
        if self.read is not None:
            for one in taken.resting:
                one.pending = self.read()
        return taken

    def apply(self, database: Database, leadership: Leadership, outcomes: Sequence[Outcome]) -> Applied:
        if self.fail is not None:
            failure, self.fail = self.fail, None
            raise failure
        self.terms.append(leadership.term)
        self.batches.append(list(outcomes))
        dropped = [one for one in outcomes if one.order_id in self.refuse]
        done = [one for one in outcomes if one.order_id not in self.refuse]
        for one in done:
            if isinstance(one, Fill):
                self.open[one.order_id].pending -= one.quantity
                if self.open[one.order_id].pending == 0:
                    del self.open[one.order_id]
        return Applied(done, dropped)

    def place(self, one: Resting) -> None:
        self.open[one.order_id] = one
        self.changes.resting.append(copy(one))

    @property
    def fills(self) -> list[tuple[int, int, int]]:
        told = [one for batch in self.batches for one in batch if one.order_id not in self.refuse]
        return [(one.order_id, one.quantity, one.price) for one in told if isinstance(one, Fill)]


class Reign(Leadership):
    """A leadership that asks nobody."""

    def __init__(self) -> None:
        self.term, self.market = 1, "sim"
        self.frames: list[int] = []

    def guard(self, connection: Any) -> None:
        if not self.term:
            raise NotLeader("over")

    def claim(self, connection: Any) -> None:  # type: ignore[override]
        """Nobody contends."""

    def first_frame(self, number: int) -> None:
        self.frames.append(number)


class Bench:
    """A matcher over a desk in memory, fed by hand."""

    def __init__(self, database: Database, *orders: Resting) -> None:
        self.database = database
        self.set(phase="OPEN")
        self.desk, self.reign = Memory(*orders), Reign()
        self.matcher = Matcher(database, "sim", self.reign, self.desk)
        self.number = 0

    def set(self, **columns: Any) -> None:
        """Write columns of the market's row."""
        with self.database.connection() as connection:
            for name, value in columns.items():
                connection.execute(f"update markets set {name} = %s where id = 'sim'", (value,))

    def show(self, *rows: dict[str, Any], age: float = 0.0) -> None:
        self.number += 1
        given = [SHOWN | row for row in rows or ({},)]
        self.matcher.step(frame(self.number, *given), time.monotonic() - age)

    def ring(self) -> None:
        self.matcher.step(None, rung=True)


@pytest.fixture
def bench(database: Database) -> Bench:
    return Bench(database)


def test_nothing_matches_before_the_first_frame_which_is_an_event(database: Database) -> None:
    bench = Bench(database, order(1, +1, 101, 4))
    bench.ring()
    assert bench.desk.fills == []
    bench.show()
    bench.show()
    assert bench.desk.fills == [(1, 4, 101)]
    assert bench.reign.frames == [1]


def test_an_order_is_matched_at_once_on_arrival(bench: Bench) -> None:
    bench.show()
    bench.desk.place(order(1, +1, 102, 15))
    bench.ring()
    assert bench.desk.fills == [(1, 10, 101), (1, 5, 102)]


def test_a_change_renews_an_order_and_an_end_removes_it(bench: Bench) -> None:
    bench.show()
    bench.desk.place(order(1, +1, 98, 5))
    bench.desk.place(order(2, +1, 98, 5))
    bench.ring()
    bench.desk.changes = Changed([order(1, +1, 101, 5, priority=9)], [2])
    bench.ring()
    assert bench.desk.fills == [(1, 5, 101)]
    bench.show({"asks": [(90, 50)]})
    assert len(bench.desk.fills) == 1


def test_what_a_frame_filled_is_written_before_new_terms_are_read(bench: Bench) -> None:
    bench.show()
    bench.desk.place(order(1, +1, 98, 10))
    bench.ring()
    # In one step a frame fills 4 of the order, and its owner has changed its price meanwhile.
    changed = order(1, +1, 97, 10, priority=2)
    bench.desk.read = lambda: changed.pending - sum(quantity for _order, quantity, _price in bench.desk.fills)
    bench.desk.changes.resting.append(changed)
    bench.number += 1
    crossing = frame(bench.number, SHOWN | {"asks": [(98, 4)], "bids": [(90, 1)]})
    bench.matcher.step(crossing, time.monotonic(), True)
    assert bench.desk.fills == [(1, 4, 98)]
    assert bench.matcher._book.orders[1].pending == 6


def test_a_dropped_order_gives_its_depth_to_the_next_and_leaves(bench: Bench) -> None:
    bench.show()
    bench.desk.refuse = {1}
    for one in (order(1, +1, 101, 8), order(2, +1, 101, 6, account_id=2), order(3, +1, 101, 6, account_id=3)):
        bench.desk.place(one)
    bench.ring()
    # Order 2 got the 2 that order 1 had left; what order 1 gives back goes to order 3.
    assert bench.desk.fills == [(2, 2, 101), (3, 6, 101)]
    assert bench.matcher.patience() == 0.0, "its new terms are looked for at once"


def test_later_outcomes_of_a_dropped_order_are_not_written(bench: Bench) -> None:
    bench.show()
    bench.matcher._writer.batches[0].size = 1
    bench.desk.refuse = {1}
    bench.desk.place(order(1, +1, 102, 15))
    bench.ring()
    assert [len(batch) for batch in bench.desk.batches] == [1]


@pytest.mark.parametrize(("accounts", "expected"), [(1, [600]), (600, [250, 250, 100])])
def test_a_batch_ends_at_250_accounts(database: Database, accounts: int, expected: list[int]) -> None:
    orders = [order(number, +1, 101, 1, account_id=number % accounts) for number in range(1, 601)]
    bench = Bench(database, *orders)
    batches = bench.matcher._writer.batches[0]
    batches.size, batches.fit = 1_000, lambda size, took: None  # type: ignore[method-assign]
    bench.show({"asks": [(101, 1_000)]})
    assert [len(batch) for batch in bench.desk.batches] == expected


def test_a_latency_holds_an_order_back(bench: Bench) -> None:
    bench.show()
    now = bench.matcher._moment().exchange_time
    bench.desk.place(order(1, +1, 101, 4, active_from=now + 200))
    bench.ring()
    assert bench.desk.fills == []
    assert bench.matcher.patience() <= 0.2
    bench.number += 1_000  # the frame's own clock is that much later
    bench.show()
    assert bench.desk.fills == [(1, 4, 101)]


@pytest.mark.parametrize("phase", ["STARTING", "CLOSED", "ROLL", "STOPPED"])
def test_nothing_fills_outside_the_session(database: Database, phase: str) -> None:
    bench = Bench(database, order(1, +1, 101, 4))
    bench.set(phase=phase)
    bench.show()
    assert bench.desk.fills == [(1, 4, 101)], "the phase is looked at four times a second"
    shut = Bench(database, order(1, +1, 101, 4))
    shut.set(phase=phase)
    shut.matcher._look()
    shut.show()
    assert shut.desk.fills == []
    shut.set(phase="OPEN")
    shut.show()
    assert shut.desk.fills == [(1, 4, 101)]


def test_an_old_frame_fills_nothing(database: Database) -> None:
    bench = Bench(database, order(1, +1, 101, 4))
    bench.show(age=6.0)
    assert bench.desk.fills == []


def test_a_new_trading_date_ends_this_life_of_the_book(bench: Bench) -> None:
    assert not bench.matcher.over
    bench.set(trading_date="2026-12-01")
    bench.matcher._look()
    assert bench.matcher.over


# The loop itself, in a thread, with a real leadership.


class Running:
    """An execution loop in a thread; ended with the test."""

    def __init__(self, database: Database, desk: Any = None) -> None:
        self.bus = Bus()
        self.leadership = Leadership(database, "sim")
        more = {"desk": desk} if desk is not None else {}
        self.loop = ExecutionLoop(database, "sim", self.bus, self.leadership, **more)
        self.thread = threading.Thread(target=self.loop.run)
        self.thread.start()
        self.number = 0

    def until(self, true: Callable[[], object], row: dict[str, Any] | None = None) -> None:
        """Publish frames until it is true; the test fails when it does not become so."""
        deadline = time.monotonic() + PATIENCE
        while not true():
            assert time.monotonic() < deadline
            if row is not None and self.leadership.term:
                self.number += 1
                self.bus.publish(self._frame(row))
            time.sleep(0.02)

    def _frame(self, row: dict[str, Any]) -> Frame:
        made = frame(self.number, SHOWN | row)
        now = int(time.time() * 1000)
        made.rows["exchange_time"] = now
        return Frame(made.market, made.number, now, made.rows)

    def end(self) -> None:
        self.loop.stop()
        self.thread.join(PATIENCE)
        assert not self.thread.is_alive()


@pytest.fixture
def start(database: Database) -> Iterator[Callable[..., Running]]:
    with database.connection() as connection:
        connection.execute("update markets set phase = 'OPEN' where id = 'sim'")
    running: list[Running] = []

    def go(desk: Any = None) -> Running:
        running.append(Running(database, desk))
        return running[-1]

    yield go
    for one in running:
        one.end()


def test_an_error_makes_the_book_anew_from_the_database(start: Callable[..., Running]) -> None:
    desk = Memory(order(1, +1, 101, 4))
    desk.fail = RuntimeError("impossible arithmetic")
    running = start(desk)
    running.until(lambda: desk.fills, {})
    assert desk.fills == [(1, 4, 101)]
    assert desk.loads == 2


def test_a_lost_term_is_contended_for_anew(start: Callable[..., Running]) -> None:
    desk = Memory(order(1, +1, 101, 4))
    running = start(desk)
    running.until(lambda: running.leadership.term == 1)
    desk.fail = NotLeader("deposed")
    running.until(lambda: desk.fills, {})
    assert desk.terms[-1] == 2


def test_a_second_loop_waits_until_the_first_is_gone(start: Callable[..., Running]) -> None:
    desk = Memory(order(1, +1, 101, 4))
    first = start(desk)
    first.until(lambda: first.leadership.term == 1)
    second = start(desk)
    assert not second.leadership.leads()
    first.end()
    second.until(lambda: desk.fills, {})
    assert desk.terms == [2]


def test_an_order_of_a_trader_is_filled_and_paid(database: Database, start: Callable[..., Running]) -> None:
    floor = Floor(database)
    floor.price(INFY, 150_000)
    account = floor.account(cash=10_000_000)
    running = start()
    row: dict[str, Any] = {"instrument": floor.instrument(INFY).id, "last": 150_000, "volume": 10}
    row |= {"bids": [(149_990, 100)], "asks": [(150_010, 30), (150_020, 100)], "high": 1_000_000}
    resting = floor.place(account, "BUY", 10, INFY, 149_000)
    market = floor.place(account, "BUY", 40, INFY)

    def position() -> int:
        return floor.position(account, INFY)[0]

    running.until(lambda: position() == 40, row)
    with database.connection() as connection:
        trades = connection.execute(
            "select quantity, price, levels from trades where order_id = %s order by id", (floor.number(market),)
        ).fetchall()
    assert trades[0] == (30, 150_010, [[150_010, 30]])
    assert sum(quantity for quantity, _price, _levels in trades) == 40
    # An order that comes later is matched at once against what is left, without another frame.
    assert floor.place(account, "SELL", 5, INFY).status == 201
    running.until(lambda: position() == 35)
    assert floor.cancel(account, resting).body["status"] == "CANCELLED"
    running.until(lambda: True, row | {"asks": [(148_000, 500)], "bids": [(147_990, 1)], "last": 148_000})
    floor.sound()
