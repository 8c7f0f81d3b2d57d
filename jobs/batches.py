"""Outcomes written in batches: one queue after the other, or what is many in lanes of accounts that are apart."""

import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from itertools import takewhile

from core.matching import Fill, Outcome
from desk.filling import Applied
from jobs.lanes import LANES, Lanes

# A batch ends at so many accounts or outcomes, and is kept small enough to take about so many seconds: its accounts
# wait no longer than a person takes for at once, and the fixed part of its two round trips is a tenth of it at most.
ACCOUNTS, OUTCOMES, BATCH = 250, 1_000, 0.050
# What a slow machine writes in that time: nobody knows yet how quick the database is.
FIRST = 50
# From so many outcomes on they go in lanes. Fewer take about as long as one batch may, and go as they always went.
MANY = 60


class Batches:
    """Writes one queue at a time, batch after batch, as large as the database is quick."""

    def __init__(self, apply: Callable[[Sequence[Outcome]], Applied]) -> None:
        self._apply = apply
        self.size = FIRST
        self.fills = 0

    def next(self, waiting: deque[Outcome], gone: set[int]) -> list[Outcome]:
        """Write one batch from the front of the queue; what of it could not be.

        ``gone`` are orders of which something could not be written: what else was to happen to them is not tried.
        """
        taken = self._take(waiting)
        stale = [one for one in taken if one.order_id in gone]
        batch = [one for one in taken if one.order_id not in gone]
        began = time.monotonic()
        applied = self._apply(batch) if batch else Applied()
        self.fit(len(batch), time.monotonic() - began)
        self.fills += sum(isinstance(one, Fill) for one in applied.done)
        lost = [*stale, *applied.dropped]
        gone.update(one.order_id for one in lost)
        return lost

    def lane(self, waiting: deque[Outcome], gone: set[int], lost: list[Outcome]) -> Iterator[None]:
        """Write a queue to its end, a batch a step. ``lost`` gets what could not be written."""
        while waiting:
            lost += self.next(waiting, gone)
            yield

    def fit(self, size: int, took: float) -> None:
        """Batches follow the database's speed, so that no account is locked for much longer than BATCH."""
        if took > BATCH:
            self.size = max(10, int(size * BATCH / took))
        elif size == self.size:
            # By a quarter, so that accounts are locked for a quarter longer at most where this was one too many.
            self.size = min(OUTCOMES, self.size + self.size // 4 + 1)

    def _take(self, waiting: deque[Outcome]) -> list[Outcome]:
        accounts: set[int] = set()

        def fits(outcome: Outcome) -> bool:
            accounts.add(outcome.account_id)
            return len(accounts) <= ACCOUNTS

        taken = list(takewhile(fits, (waiting[number] for number in range(min(self.size, len(waiting))))))
        for _ in taken:
            waiting.popleft()
        return taken


class Writer:
    """Writes what a step of the book brings: in lanes where it is much, else in one."""

    def __init__(self, apply: Callable[[Sequence[Outcome]], Applied], lanes: Lanes | None = None) -> None:
        self._lanes = lanes
        self.batches = [Batches(apply) for _ in range(LANES)]

    @property
    def fills(self) -> int:
        """How many fills were written."""
        return sum(each.fills for each in self.batches)

    def write(self, waiting: deque[Outcome], gone: set[int]) -> list[Outcome]:
        """Write a batch from the front of the queue, or all of it where it is much; what of it could not be.

        Whoever puts what takes its place into the queue calls again until the queue is empty. Raises what ``apply``
        raises; what other batches wrote stands.
        """
        if self._lanes is None or len(waiting) < MANY:
            return self.batches[0].next(waiting, gone)
        given, lost = list(waiting), list[Outcome]()
        waiting.clear()
        queues = [queue for queue in split(given, LANES) if queue]
        self._lanes.run([each.lane(queue, gone, lost) for each, queue in zip(self.batches, queues, strict=False)])
        # In the order in which it waited, which says nothing of lanes: what is filled in its place does not hang on
        # who was quicker.
        found = {id(one) for one in lost}
        return [one for one in given if id(one) in found]


def split(outcomes: Sequence[Outcome], lanes: int) -> list[deque[Outcome]]:
    """The outcomes in so many queues of about the same length, those of an account in one queue and in their order.

    An account's stand together, so that few batches lock it, and it is locked, read and written seldom. Accounts keep
    the order of their first outcomes. The same outcomes are always split in the same way.
    """
    accounts: dict[int, list[Outcome]] = {}
    for one in outcomes:
        accounts.setdefault(one.account_id, []).append(one)
    queues: list[deque[Outcome]] = [deque() for _ in range(lanes)]
    for each in accounts.values():
        min(queues, key=len).extend(each)
    return queues
