"""Questions of many who come at the same time, asked together.

After a break of the line everybody comes back within a second. Each by themselves would take a thread and a few round
trips to the database; together they take one thread, and a few round trips for hundreds. Who comes alone waits for
nobody: the first question is asked at once, and what comes while it is being answered is the next batch.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Generic, TypeVar

from core.reasons import Reason, Refusal

Q = TypeVar("Q")
A = TypeVar("A")
MOST = 200
"""Questions of one batch."""
MOST_WAITING = 5_000
WAIT_SECONDS = 20.0
"""How many wait for their turn, and how long at most."""


class Batches(Generic[Q, A]):
    """``answer`` blocks, in a thread of its own: an answer or an exception for each question, in their order.

    Asked on one event loop at a time. ``crowded`` is the sentence for who waited in vain, for
    ``patience`` seconds at most.
    """

    def __init__(
        self,
        name: str,
        answer: Callable[[Sequence[Q]], Sequence[A | Exception]],
        crowded: str,
        patience: float = WAIT_SECONDS,
    ) -> None:
        self._answer, self._crowded, self._patience = answer, crowded, patience
        self._pool = ThreadPoolExecutor(1, thread_name_prefix=name)
        self._waiting: deque[tuple[Q, asyncio.Future[A]]] = deque()
        self._task: asyncio.Task[None] | None = None

    def close(self) -> None:
        """Ask nothing more. From any thread."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    async def ask(self, question: Q) -> A:
        """The answer. Raises what it is an exception of, and TRY_AGAIN where too many wait, or for too long."""
        if len(self._waiting) >= MOST_WAITING:
            raise self._refusal()
        future: asyncio.Future[A] = asyncio.get_running_loop().create_future()
        self._waiting.append((question, future))
        if self._task is None or self._task.get_loop() is not future.get_loop():
            self._task = asyncio.ensure_future(self._run())
        try:
            return await asyncio.wait_for(future, self._patience)
        except TimeoutError:
            raise self._refusal() from None

    def _refusal(self) -> Refusal:
        return Refusal(Reason.TRY_AGAIN, self._crowded)

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            while self._waiting:
                batch = [self._waiting.popleft() for _ in range(min(MOST, len(self._waiting)))]
                batch = [(question, future) for question, future in batch if not future.done()]  # some gave up
                if not batch:
                    continue
                answers: Sequence[A | Exception]
                try:
                    answers = await loop.run_in_executor(self._pool, self._answer, [each for each, _ in batch])
                except Exception as error:  # noqa: BLE001 - whatever it is, it is the answer of them all
                    answers = [error] * len(batch)
                for (_, future), found in zip(batch, answers, strict=True):
                    _tell(future, found)
        finally:
            if self._task is asyncio.current_task():
                self._task = None


def _tell(future: "asyncio.Future[A]", found: A | Exception) -> None:
    """Hand over an answer, unless its asker has given up while it was sought."""
    if future.done():
        return
    if isinstance(found, Exception):
        future.set_exception(found)
    else:
        future.set_result(found)


def tried(act: Callable[[], A]) -> A | Exception:
    """What it returns, or its refusal: of one who came with others, whom it does not concern."""
    try:
        return act()
    except Refusal as refusal:
        return refusal
