"""What goes wrong, and when: a process dies, a reply is lost, a commit is held up, a leader is deposed.

The points are put round ``db.trading.commit`` from outside; the product has none. Each thread arms its own.
"""

import logging
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from types import ModuleType
from typing import Any
from unittest.mock import patch

import db.closing
import desk.amo
import desk.closing
import desk.converting
import desk.corporate
import desk.filling
import desk.gtt
import desk.gtt_firing
import desk.leaving
import desk.margins
import desk.masters
import desk.price_alert_ringing
import desk.risk_switch
import desk.risk_watch
import desk.squared_off
import desk.trading
import desk.wallet
import jobs.batches
import jobs.bus
import jobs.gtt_watcher
import jobs.matcher
import jobs.price_alerts
import log
from db import trading
from desk.leadership import Leadership
from tests.patience import PATIENCE
from tests.simulation.clock import Clock
from tests.simulation.ground import Ground

BEFORE, AFTER, HOLD = "before", "after", "hold"
WRITERS = (
    desk.amo, desk.closing, desk.converting, desk.filling, desk.gtt, desk.gtt_firing, desk.leaving, desk.margins,
    desk.risk_switch, desk.risk_watch, desk.trading, desk.wallet,
)  # fmt: skip
TIMED = (jobs.matcher, jobs.batches, jobs.gtt_watcher, jobs.price_alerts, jobs.bus, desk.masters)
# Steps of a roll beside its accounts' commits: before each of them, and after it, the process may die too.
ROLL_STEPS = (
    (desk.squared_off, "conclude"), (db.closing, "begin_market_day"), (desk.corporate, "apply_to_market"),
    (desk.closing, "_open_next"),
)  # fmt: skip
# A step of this small a world fills few orders: it goes in lanes all the same, and in more than one batch each.
MANY, FIRST = 2, 2


class Died(BaseException):
    """The process is gone: no ``except Exception`` of the product may hear of it."""


@dataclass
class Plan:
    """The ``left``-th commit of this thread dies before it is written, after it is durable, or is held up."""

    where: str
    left: int = 1
    done: bool = False
    reached: threading.Event = field(default_factory=threading.Event)
    released: threading.Event = field(default_factory=threading.Event)


class Faults:
    """The armed plan of each thread. One of these is installed while a simulation runs."""

    def __init__(self, database: Ground) -> None:
        self._database = database
        self._local = threading.local()
        self._commit = trading.commit
        self.deaths = 0
        self.reached: Counter[str] = Counter()
        self.in_rolls: Counter[str] = Counter()

    def arm(self, where: str, left: int = 1) -> Plan:
        self._local.plan = plan = Plan(where, left)
        return plan

    def arm_step(self, name: str, where: str) -> None:
        """Die before or after the next time that this thread comes to a step of a roll."""
        self._local.step = name, where

    def disarm(self) -> None:
        self._local.plan = self._local.step = None

    def step(self, name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        """What stands where a step of a roll stood."""

        def step(*given: Any, **named: Any) -> Any:
            armed = getattr(self._local, "step", None)
            if armed == (name, BEFORE):
                self._die_in_a_roll(name, BEFORE)
            found = real(*given, **named)
            if armed == (name, AFTER):
                self._die_in_a_roll(name, AFTER)
            return found

        return step

    def _die_in_a_roll(self, name: str, where: str) -> None:
        self._local.step = None
        self.in_rolls[f"{where} {name}"] += 1
        self._die()

    def of(self, module: ModuleType) -> Callable[..., None]:
        """What stands where a writer's ``commit`` stood, and counts that it was reached."""

        def commit(connection: Any, works: Any, request: Any = None, **how: Any) -> None:
            self.reached[module.__name__] += 1
            self.commit(connection, works, request, **how)

        return commit

    def commit(self, connection: Any, works: Any, request: Any = None, **how: Any) -> None:
        """Stands where ``db.trading.commit`` stood."""
        plan: Plan | None = getattr(self._local, "plan", None)
        if plan is None or plan.done:
            return self._commit(connection, works, request, **how)
        plan.left -= 1
        if plan.left or plan.where == AFTER:
            return self._commit(connection, works, request, **how)
        plan.done = True
        if plan.where == BEFORE:
            self._die()
        self._commit(connection, works, request, **(how | {"final": False}))
        plan.reached.set()
        if not plan.released.wait(PATIENCE):
            raise TimeoutError("nobody released the held commit")
        return None

    def reply(self) -> None:
        """A transaction has ended and its caller is about to hear of it."""
        plan: Plan | None = getattr(self._local, "plan", None)
        if plan is not None and plan.where == AFTER and plan.left <= 0 and not plan.done:
            plan.done = True
            self._die()

    def _die(self) -> None:
        self.deaths += 1
        raise Died


class Ear(logging.Handler):
    """Hears what the product says loudly: an account that was passed over is a violation here, not a line in a log."""

    def __init__(self, found: list[str]) -> None:
        super().__init__(logging.ERROR)
        self._found = found

    def emit(self, record: logging.LogRecord) -> None:
        self._found.append(f"{record.getMessage()}: {getattr(record, 'error', '')}")


@contextmanager
def hearing(found: list[str]) -> Iterator[None]:
    """Put every error that is logged meanwhile into the list."""
    ear, logger = Ear(found), logging.getLogger(log.ROOT)
    logger.addHandler(ear)
    try:
        yield
    finally:
        logger.removeHandler(ear)


@contextmanager
def installed(database: Ground, clock: Clock) -> Iterator[Faults]:
    """Put the points in place, and the one clock."""
    faults = Faults(database)
    database.after_commit = faults.reply
    with ExitStack() as stack:
        for module in WRITERS:
            stack.enter_context(patch.object(module, "commit", faults.of(module)))
        for module, name in ROLL_STEPS:
            stack.enter_context(patch.object(module, name, faults.step(name, getattr(module, name))))
        for module in TIMED:
            stack.enter_context(patch.object(module, "time", clock))
        stack.enter_context(patch.object(desk.price_alert_ringing, "datetime", Wall(clock)))
        stack.enter_context(patch.multiple(jobs.batches, MANY=MANY, FIRST=FIRST))
        yield faults
    database.after_commit = None


class Wall:
    """The clock on the wall, for what asks for the hour and not for how long."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def now(self, zone: tzinfo) -> datetime:
        return self._clock.at.astimezone(zone)

    fromtimestamp = staticmethod(datetime.fromtimestamp)


class Seat(Leadership):
    """A leadership whose heart does not beat by itself, since time stands still here."""

    def _keep_beating(self, term: int, resigned: threading.Event) -> None:
        """Nothing to do."""

    def pause(self) -> None:
        """The process stops so long that its seat is lost, and knows nothing of it."""
        self._drop_seat()

    @classmethod
    def taken(cls, database: Ground, market: str) -> "Seat":
        """A leadership that leads. The lock is free: whoever had it is gone, or was paused."""
        # A closed session keeps its lock for a moment yet; whoever campaigned now would end its backends.
        with database.autocommit() as connection:
            while connection.execute(
                "select 1 from pg_locks l join pg_database d on d.oid = l.database"
                " where l.locktype = 'advisory' and d.datname = current_database()"
            ).fetchone():
                pass
        seat = cls(database, market)
        if not seat.campaign(threading.Event()):
            raise RuntimeError("nobody told it to stop")
        return seat
