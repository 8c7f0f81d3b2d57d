"""Outcomes in batches, and many of them in two lanes: accounts apart, each account's in their order."""

import threading
from collections import deque
from collections.abc import Iterator, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.matching import Fill, Outcome
from desk.filling import Applied
from desk.leadership import NotLeader
from jobs import batches
from jobs.batches import Batches, Writer, split
from jobs.lanes import LANES, Lane, raise_first, walk


def fill(account: int, order: int, frame: int = 1) -> Fill:
    return Fill(order, account, 1, 1, 100, frame, 0, 100, ((100, 1),))


def of_accounts(*accounts: int) -> list[Outcome]:
    """One fill each, every one of an order of its own."""
    return [fill(account, number) for number, account in enumerate(accounts, 1)]


class Rows:
    """Takes batches in, but for those orders that it refuses; an error may lie in wait for an account."""

    def __init__(self, refuse: Sequence[int] = (), errors: dict[int, BaseException] | None = None) -> None:
        self.refuse, self.errors = set(refuse), errors or {}
        self.batches: list[list[Outcome]] = []

    def apply(self, outcomes: Sequence[Outcome]) -> Applied:
        for one in outcomes:
            if one.account_id in self.errors:
                raise self.errors[one.account_id]
        self.batches.append(list(outcomes))
        dropped = [one for one in outcomes if one.order_id in self.refuse]
        return Applied([one for one in outcomes if one.order_id not in self.refuse], dropped)

    @property
    def written(self) -> list[Outcome]:
        return [one for batch in self.batches for one in batch]


class OneAfterTheOther:
    """Lanes in one thread, a step of each in turn."""

    def __init__(self) -> None:
        self.runs = 0

    def run(self, lanes: Sequence[Lane]) -> None:
        self.runs += 1
        stopping = threading.Event()
        waiting = list(lanes)
        while waiting:
            lane = waiting.pop(0)
            if next(lane, stopping) is not stopping:
                waiting.append(lane)


@given(st.lists(st.integers(1, 8), max_size=60), st.integers(1, 3))
def test_an_account_is_in_one_queue_and_in_its_order(accounts: list[int], lanes: int) -> None:
    given_ = of_accounts(*accounts)
    queues = split(given_, lanes)
    assert sorted(one.order_id for queue in queues for one in queue) == [one.order_id for one in given_]
    for account in set(accounts):
        holding = [queue for queue in queues if any(one.account_id == account for one in queue)]
        assert len(holding) == 1
        mine = [one for one in holding[0] if one.account_id == account]
        assert mine == [one for one in given_ if one.account_id == account]
    assert split(given_, lanes) == queues, "the same again"


@given(st.lists(st.integers(1, 40), max_size=60))
def test_queues_differ_by_no_more_than_one_account(accounts: list[int]) -> None:
    lengths = [len(queue) for queue in split(of_accounts(*accounts), 2)]
    most = max((accounts.count(account) for account in accounts), default=0)
    assert abs(lengths[0] - lengths[1]) <= most


def test_few_go_as_they_came_and_many_in_lanes() -> None:
    rows, lanes = Rows(), OneAfterTheOther()
    few = of_accounts(*([3, 1, 2] * 19))
    assert len(few) < batches.MANY
    Writer(rows.apply, lanes).write(deque(few), set())
    assert (lanes.runs, rows.batches[0]) == (0, few[: batches.FIRST])
    rows.batches.clear()
    many = of_accounts(*([3, 1, 2, 4] * 15))
    assert len(many) >= batches.MANY
    Writer(rows.apply, lanes).write(deque(many), set())
    assert lanes.runs == 1
    assert [sorted({one.account_id for one in batch}) for batch in rows.batches] == [[2, 3], [1, 4]]


def test_what_was_dropped_comes_back_in_the_order_it_waited_in_and_is_not_tried_again() -> None:
    many = [fill(account, account, frame) for frame in range(1, 11) for account in range(1, 9)]
    rows = Rows(refuse=[1, 4, 6])
    writer, gone = Writer(rows.apply, OneAfterTheOther()), set[int]()
    for each in writer.batches:
        each.size = 3
        each.fit = lambda size, took: None  # type: ignore[method-assign]
    lost = writer.write(deque(many), gone)
    assert lost == [one for one in many if one.order_id in (1, 4, 6)]
    assert gone == {1, 4, 6}
    tried = [one.order_id for one in rows.written if one.order_id in gone]
    assert len(tried) < len(lost), "a batch after the first refusal leaves the order out"
    assert writer.fills == len(many) - len(lost)


@pytest.mark.parametrize("lane", range(LANES))
def test_an_error_in_a_lane_ends_the_other_after_its_step(lane: int) -> None:
    steps: list[int] = []

    def good() -> Iterator[None]:
        for number in range(3):
            steps.append(number)
            yield

    def bad() -> Iterator[None]:
        yield
        raise NotLeader("over")

    stopping = threading.Event()
    lanes: list[Lane] = [good(), good()]
    lanes[lane] = bad()
    errors = [walk(each, stopping) for each in (lanes[lane], lanes[1 - lane])]
    assert isinstance(errors[0], NotLeader)
    assert (errors[1], steps) == (None, []), "nothing is begun after it"


def test_that_the_term_is_over_is_said_first() -> None:
    with pytest.raises(NotLeader):
        raise_first([ValueError("a consequence"), None, NotLeader("over")])
    with pytest.raises(ValueError, match="one"):
        raise_first([None, ValueError("one"), ValueError("other")])
    raise_first([None, None])


@pytest.mark.parametrize(
    ("now", "size", "took", "expected"),
    [(1_000, 1_000, 0.2, 250), (1_000, 1_000, 0.01, 1_000), (1_000, 100, 0.01, 1_000), (100, 100, 0.01, 126),
     (10, 1, 9.0, 10)],
)  # fmt: skip
def test_batches_follow_the_speed_of_the_database(now: int, size: int, took: float, expected: int) -> None:
    each = Batches(Rows().apply)
    each.size = now
    each.fit(size, took)
    assert each.size == expected
