"""What happens at the same moment, in threads whose commits are held up: two clients, a client and whoever fills."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from desk.answers import Answer
from tests.simulation.faults import HOLD, PATIENCE, Plan
from tests.simulation.history import Request
from tests.simulation.people import send
from tests.simulation.risk_acts import let_go, press

if TYPE_CHECKING:
    from tests.simulation.run import World


class Doing(threading.Thread):
    """Something that happens in a thread of its own, whose first commit may be held up."""

    def __init__(self, world: World, act: Callable[[], object], hold: bool) -> None:
        super().__init__(daemon=True)
        self.world, self.act, self.hold = world, act, hold
        self.plan: Plan | None = None
        self.armed = threading.Event()
        self.error: BaseException | None = None

    def run(self) -> None:
        if self.hold:
            self.plan = self.world.faults.arm(HOLD)
        self.armed.set()
        try:
            self.act()
        except BaseException as error:  # told to the thread that joins
            self.error = error

    def until_held(self) -> bool:
        """Wait until its commit is held, or it has ended without one; whether it is held."""
        self.start()
        if not self.armed.wait(PATIENCE):
            raise TimeoutError("the thread did not start")
        while self.is_alive() and self.plan is not None and not self.plan.reached.wait(0.001):
            pass
        return self.plan is not None and self.plan.reached.is_set()

    def ended(self) -> None:
        """Let it commit, and wait for its end."""
        if self.plan is not None:
            self.plan.released.set()
        self.join(PATIENCE)
        if self.error is not None:
            raise self.error

    def until_waiting(self) -> None:
        """Until it waits for a lock, or has ended."""
        while self.is_alive():
            with self.world.database.autocommit() as connection:
                waiting = connection.execute(
                    "select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
                ).fetchone()
            if waiting:
                return
            self.join(0.001)


class Sender(Doing):
    """A client who asks something."""

    def __init__(self, world: World, request: Request, hold: bool) -> None:
        super().__init__(world, self._send, hold)
        self.request = request
        self.answers: list[Answer] = []

    def _send(self) -> None:
        self.answers = send(self.world.database, self.request)

    def release(self) -> list[Answer]:
        """Let it commit, wait for its end and hear the answer."""
        self.ended()
        self.world.history.heard(self.request, self.answers)
        return self.answers


def late_commit(world: World) -> bool:
    """An order is written long before it is committed, with others in between: the matcher finds it all the same."""
    account = world.any_account()
    request = Request("place", account, world.people.key(), (world.people.wish(),))
    world.exchange.step()
    world.history.asked(request)
    sender = Sender(world, request, hold=True)
    sender.until_held()
    others = [book.number for book in world.books if book.number != account]
    try:
        for _ in range(world.random.randint(1, 2)):
            world.ask(Request("place", world.random.choice(others), world.people.key(), (world.people.wish(),)))
        world.clock.pass_ms(260)
        world.exchange.step(rung=False)
    finally:
        sender.release()
    world.clock.pass_ms(260)
    world.exchange.step(rung=world.random.random() < 0.5)
    world.exchange.fresh = world.exchange.matcher is not None
    return False


def at_once(world: World) -> bool:
    """Two clients ask something of one account at the same time, or the same twice: one waits for the other."""
    account = world.any_account()
    first = world.people.request(account, world.open_orders(account))
    second = first if world.random.random() < 0.3 else world.people.request(account, world.open_orders(account))
    if first.kind in ("exit_all", "exit_position") or second.kind in ("exit_all", "exit_position"):
        return False
    world.history.asked(first)
    world.history.asked(second)
    one, other = Sender(world, first, hold=True), Sender(world, second, hold=False)
    one.until_held()
    other.start()
    other.until_waiting()
    try:
        answers = one.release(), other.release()
    finally:
        other.join(PATIENCE)
    if first is second and first.key is not None and answers[0] and answers[0][0].ok:
        same = answers[0][0].body == answers[1][0].body or answers[1][0].replayed
        if not same:
            world.found.append(f"{first.kind} {first.key} was done twice")
    world.exchange.step()
    return False


def switch_and_fills(world: World) -> bool:
    """A book's switch is pressed while whoever fills has decided by a book of orders that does not know it: the fill
    waits for the account, and finds nothing to fill."""
    book = world.random.choice(world.books)
    for _ in range(world.random.randint(1, 3)):
        world.ask(Request("place", book.number, world.people.key(), (world.people.wish(),)))
    world.show()
    world.clock.pass_ms(1)  # the halt is told apart from what came before it by its time
    pressing = Doing(world, lambda: press(world, book), hold=True)
    pressing.until_held()
    filling = Doing(world, world.exchange.step, hold=False)
    filling.start()
    filling.until_waiting()
    try:
        pressing.ended()
    finally:
        filling.ended()
    world.exchange.step()
    let_go(world, book)
    return False
