"""A market that runs by the exchange's hours: the market's loop, the matcher and the closing loop on one clock."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import date, datetime, time, timedelta
from typing import Any
from unittest.mock import patch

import numpy as np

import settings
from core.calendar import IST
from db import doorbell
from desk import filling, gtt_firing, masters
from desk import market as markets
from desk.answers import Answer
from desk.leadership import Leadership
from feeds.simulator import Simulator
from jobs import batches as batches_module
from jobs import bus as bus_module
from jobs import gtt_watcher as watcher_module
from jobs import market as market_module
from jobs import matcher as matcher_module
from jobs.bus import Bus, Fan
from jobs.closing import ClosingLoop
from jobs.gtt_watcher import Watcher
from jobs.market import MarketLoop
from jobs.matcher import Matcher
from tests.cluster import Throwaway
from tests.floor import Floor
from tests.simulation.clock import INSTALL, OURS_FIRST, Clock
from tests.simulation.ground import Ground, Quiet

DAY = date(2026, 11, 23)
"""A Monday; the day after is a holiday."""
RELIANCE, INFY, TCS, FUND, NIFTY = "NSE:RELIANCE", "NSE:INFY", "NSE:TCS", "NSE:NIFTYBEES", "NSE:NIFTY 50"
TIMED = (market_module, matcher_module, batches_module, watcher_module, bus_module, masters)


class Reign(Leadership):
    """A leadership that nobody contends for."""

    def __init__(self) -> None:
        self.term, self.market = 1, "sim"

    def guard(self, connection: Any) -> None:
        """Every term is the right one."""

    def claim(self, connection: Any) -> None:  # type: ignore[override]
        """Nobody contends."""

    def first_frame(self, number: int) -> None:
        """Nobody needs to know."""


class Exchange(Floor):
    """A floor whose market runs by the exchange's hours, step by step."""

    def __init__(self, database: Ground, clock: Clock) -> None:
        super().__init__(database)
        self.clock, self.bus, self.watched = clock, Bus(), Bus()
        self.watcher: Watcher | None = None
        with database.connection() as connection:
            connection.execute(
                "update markets set session = 'nse', trading_date = %s, phase = 'STARTING', exchange_time = null", [DAY]
            )
        self.trading_date = DAY
        masters.forget(database)
        self.master = masters.get(database)
        self.loop = MarketLoop(
            database,
            "sim",
            settings.Settings(kagaz_seed=5),
            Fan(self.bus, self.watched),
            lambda: True,
            lambda: clock.ms,
        )
        self.closing = ClosingLoop(database, self.loop)
        self.matcher = self.another_life()

    def another_life(self) -> Matcher:
        """The book, and the watch over what waits, are built anew from the database, as after a crash."""
        self.watcher = None
        self.matcher = Matcher(self.database, "sim", Reign(), filling)
        return self.matcher

    def step(self) -> None:
        self.loop.ask_what_is_wanted()
        self.loop.step()
        self._watch()
        self.matcher.step(self.bus.take(0), self.bus.published_at, True)
        self.closing.step()
        if self.matcher.over:
            self.another_life()

    def _watch(self) -> None:
        if self.watcher is None:
            self.watched.take(0)
            self.watcher = Watcher(self.database, "sim", Reign(), gtt_firing)
        self.watcher.step(self.watched.take(0), True)
        if self.watcher.over:
            self.watcher = None

    def until(self, text: str, every: float = 1.0) -> None:
        """Lets time pass to an Indian time of day, a step every so many seconds."""
        self.pass_to(datetime.combine(DAY, time.fromisoformat(text), IST), every)

    def pass_to(self, end: datetime, every: float) -> None:
        """Lets time pass to an instant."""
        while self.clock.at < end:
            self.clock.set(min(end, self.clock.at + timedelta(seconds=every)))
            self.step()

    def row(self, order: Answer) -> tuple[str, int | None, int, int]:
        """(status, reason code, filled, turnover)."""
        with self.database.connection() as connection:
            row = connection.execute(
                "select status, reason_code, filled, turnover from orders where id = %s", [self.number(order)]
            ).fetchone()
        assert row
        return tuple(row)

    def last(self, key: str) -> int:
        one = self.instrument(key).id
        return int(markets.quotes(self.database, "sim", [one])[one]["last_price"])

    def crash(self, factor: float, *keys: str) -> None:
        """What some shares are worth, all where none are named, changes at once as far as circuit limits let it."""
        feed = self.loop._feed
        assert isinstance(feed, Simulator)
        floor = feed._floor
        named = [floor.universe.row[self.instrument(key).id] for key in keys]
        floor.latent[named or np.flatnonzero(floor.universe.is_share)] *= factor

    def near(self, key: str, per_mille: int) -> int:
        """A price so far from the last one, on the tick."""
        tick = self.instrument(key).tick
        return self.last(key) * (1000 + per_mille) // 1000 // tick * tick


@contextmanager
def opened(throwaway: Throwaway, template: str) -> Iterator[Exchange]:
    """A market of its own at ten to nine."""
    url = throwaway.clone(template)
    with Ground(url) as plain, plain.connection() as connection:
        connection.execute(INSTALL)
    clock = Clock(url, datetime(2026, 11, 23, 8, 50, tzinfo=IST))
    try:
        with Ground(url + OURS_FIRST, pool_size=6) as database, ExitStack() as stack:
            doorbell._bells[database] = Quiet()  # type: ignore[assignment]
            for module in TIMED:
                stack.enter_context(patch.object(module, "time", clock))
            yield Exchange(database, clock)
    finally:
        clock.close()
        throwaway.drop(url)
