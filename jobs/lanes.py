"""What a loop does in lanes: each to its end, side by side, one of them in the loop's own thread.

While the server works for one lane, Python decides for the other, and two of the server's processes have a core each.
"""

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from queue import Empty, SimpleQueue
from typing import NamedTuple, Protocol

import log
from desk.leadership import Leadership, NotLeader
from desk.market import Database

# A third would wait for the other two: the interpreter decides for one at a time, and that is near half of the work.
LANES = 2
# Seconds without work after which a lane's connection goes back to the pool, where others may wait for one.
IDLE = 10.0
# Seconds that the loop's own lane waits for the others' connections. One that is new is put on the leader's record,
# which waits for whoever writes under the term: rather before anybody does than between two batches.
READY = 0.050

Lane = Iterator[object]


class Lanes(Protocol):
    """How lanes are brought to their ends."""

    def run(self, lanes: Sequence[Lane]) -> None:
        """Take every step of at most LANES lanes.

        Where a step raises, the others end with the step they are at. Returns or raises once nobody is at work any
        more. Of several errors NotLeader is raised first.
        """


class SideBySide:
    """Lanes in threads, each with a connection of its own; they begin when there is work, and live until ``close``."""

    def __init__(self, database: Database, leadership: Leadership, name: str) -> None:
        self._database, self._leadership = database, leadership
        self._workers = [_Worker(database, leadership, f"lane {number} of {name}") for number in range(1, LANES)]

    def run(self, lanes: Sequence[Lane]) -> None:
        """The first lane in this thread. One for which there is no connection follows when this thread is free."""
        if len(lanes) > 1:
            self._claim()
        stopping = threading.Event()
        tasks = [worker.begin(lane, stopping) for worker, lane in zip(self._workers, lanes[1:], strict=False)]
        for task in tasks:
            task.ready.wait(READY)
        errors = [walk(lanes[0], stopping)]
        # Waited for whatever was raised: who writes on after this life of the book has ended writes for nobody.
        for task in tasks:
            outcome = task.end.result()
            errors.append(outcome.error if outcome.begun else walk(task.lane, stopping))
        raise_first(errors)

    def _claim(self) -> None:
        """This thread's own connection may be as new as the others', after the server has ended the one before."""
        with self._database.connection() as connection:
            self._leadership.claim(connection)

    def close(self) -> None:
        """End the threads; their connections go back to the pool."""
        for worker in self._workers:
            worker.close()


def walk(lane: Lane, stopping: threading.Event) -> BaseException | None:
    """Take a lane's steps until its end, or until another one failed; what it raised, which stops the others."""
    try:
        while not stopping.is_set() and next(lane, stopping) is not stopping:
            pass
    except BaseException as error:  # noqa: BLE001 - raised by who runs the lanes, once all have ended
        stopping.set()
        return error
    return None


def raise_first(errors: Sequence[BaseException | None]) -> None:
    """Raise one of what the lanes raised: that the term is over says more than what followed from it."""
    raised = [error for error in errors if error is not None]
    for error in sorted(raised, key=lambda one: not isinstance(one, NotLeader))[:1]:
        raise error


class _End(NamedTuple):
    """How a lane ended: ``begun`` is False where there was no connection for it."""

    begun: bool
    error: BaseException | None = None


class _Task(NamedTuple):
    lane: Lane
    stopping: threading.Event
    ready: threading.Event
    end: "Future[_End]"


class _Worker:
    def __init__(self, database: Database, leadership: Leadership, name: str) -> None:
        self._database, self._leadership, self._name = database, leadership, name
        self._tasks: SimpleQueue[_Task | None] = SimpleQueue()
        self._thread: threading.Thread | None = None

    def begin(self, lane: Lane, stopping: threading.Event) -> _Task:
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name=self._name, daemon=True)
            self._thread.start()
        task = _Task(lane, stopping, threading.Event(), Future())
        self._tasks.put(task)
        return task

    def close(self) -> None:
        if self._thread is not None:
            self._tasks.put(None)
            self._thread.join()
            self._thread = None

    def _work(self) -> None:
        while (task := self._tasks.get()) is not None:
            with self._database.kept():
                while task is not None:
                    task.end.set_result(self._end(task))
                    try:
                        task = self._tasks.get(timeout=IDLE)
                    except Empty:
                        break
            if task is None:
                return

    def _end(self, task: _Task) -> _End:
        try:
            with self._database.connection() as connection:  # kept for what follows
                self._leadership.claim(connection)
        except NotLeader as error:
            task.stopping.set()
            return _End(True, error)
        except Exception as error:  # noqa: BLE001 - whatever is wrong with it, the other thread's may be well
            log.get(__name__).info("A lane has no connection", extra={"lane": self._name, "error": str(error)})
            return _End(begun=False)
        finally:
            task.ready.set()
        return _End(True, walk(task.lane, task.stopping))
