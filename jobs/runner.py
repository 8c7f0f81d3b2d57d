"""The wiring: which loops and which timed jobs run in this process. One line a job."""

import threading
from collections.abc import Callable
from typing import Any

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.jobstores.memory import MemoryJobStore
from apscheduler.schedulers.background import BackgroundScheduler

import log
from desk import jobs as runs
from desk import market as markets
from desk import timed
from desk.market import Database
from jobs.group import Group
from jobs.logins import Logins
from jobs.loop import Loop, Steady, supervise
from settings import Settings

INDIA = "Asia/Kolkata"
# Threads for loops, which never return, eight a market and made as they are needed; and for timed jobs, which do.
LOOPS, TIMED = 400, 4


class Runner(Steady):
    """Runs the loops of every market that is switched on, and follows as they are switched on and off."""

    name = "control"
    every = 1.0

    def __init__(self, database: Database, settings: Settings) -> None:
        super().__init__()
        self._database, self._settings = database, settings
        self._groups: dict[str, Group] = {}
        self._logins = Logins(database)
        self._lock = threading.Lock()
        self._scheduler: BackgroundScheduler | None = None

    def start(self) -> None:
        """Starts the scheduler with everything in it; a second call does nothing."""
        with self._lock:
            if self._scheduler is not None or self.stopping.is_set():
                return
            self._scheduler = BackgroundScheduler(
                timezone=INDIA,
                jobstores={"default": MemoryJobStore()},
                executors={"default": ThreadPoolExecutor(TIMED), "loops": ThreadPoolExecutor(LOOPS)},
                job_defaults={"max_instances": 1, "coalesce": True, "misfire_grace_time": 300},
            )
            self._loop(self)
            self._loop(self._logins)
            for job in timed.TIMETABLE:
                self._cron(job.name, job.run, **job.cron)
            self._scheduler.start()

    def shut_down(self) -> None:
        """Stops all loops and waits for them; without a start, and a second time, it does nothing."""
        self.stop()
        self._logins.stop()
        with self._lock:
            scheduler, self._scheduler = self._scheduler, None
            groups, self._groups = self._groups, {}
        for group in groups.values():
            group.stop()
        if scheduler is not None:
            scheduler.shutdown(wait=True)
            runs.leave(self._database)

    def step(self) -> None:
        """Compares what runs with what is switched on."""
        on = {state.id for state in markets.markets(self._database) if state.running}
        with self._lock:
            if self._scheduler is None:
                return
            for market in on - self._groups.keys():
                group = self._groups[market] = Group(self._database, market, self._settings)
                log.get(__name__).info("A market starts", extra={"market": market})
                for loop in group.loops:
                    self._loop(loop, group.stopped)
            for market in self._groups.keys() - on:
                log.get(__name__).info("A market stops", extra={"market": market})
                self._groups.pop(market).stop()
        runs.beat(self._database, "sidecar", None, detail={"markets": sorted(on)})

    def _loop(self, loop: Loop, stopped: Callable[[], bool] | None = None) -> None:
        assert self._scheduler is not None
        arguments: list[Any] = [loop, stopped or self.stopping.is_set, self.stopping.wait]
        self._scheduler.add_job(supervise, args=arguments, executor="loops", misfire_grace_time=None)

    def _cron(self, name: str, job: Callable[[Database], object], **when: Any) -> None:
        assert self._scheduler is not None
        self._scheduler.add_job(job, "cron", args=[self._database], id=name, **when)
