"""The sidecar's side: frames stored and published, a matcher that dies and is rebuilt, leaders that change."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

from psycopg import errors

from core.frames import Frame
from core.ladder import Resting
from db import gtts, trading_reads
from desk import filling, gtt_firing
from desk import market as markets
from desk.leadership import NotLeader
from desk.market import LostMarketError
from jobs.bus import Bus, Fan
from jobs.gtt_watcher import Watcher
from jobs.lanes import Lane
from jobs.matcher import Matcher
from jobs.price_alerts import Ringer
from tests.simulation.clock import Clock
from tests.simulation.faults import Died, Seat
from tests.simulation.ground import Ground

MARKET = "sim"
STALE_AFTER = 5_000


@dataclass
class Shown:
    """A frame as the matcher took it in, and when it was published (ms by the monotonic clock)."""

    frame: Frame
    at_ms: int


@dataclass
class InTurn:
    """Lanes in one thread, a batch of either as chance would have it: what two threads may come to, told again the
    same. Whoever dies in one lane is gone for both."""

    random: Random
    runs: int = 0

    def run(self, lanes: Sequence[Lane]) -> None:
        """Stands where ``jobs.lanes.SideBySide.run`` stands."""
        self.runs += len(lanes) > 1
        left = list(lanes)
        while left:
            lane = self.random.choice(left)
            if next(lane, self) is self:
                left.remove(lane)


@dataclass
class Exchange:
    """One market's loops, driven step by step."""

    database: Ground
    clock: Clock
    lanes: InTurn
    bus: Bus = field(default_factory=Bus)
    seat: Seat | None = None
    matcher: Matcher | None = None
    shown: dict[int, Shown] = field(default_factory=dict)
    lives: int = 0
    seats: list[Seat] = field(default_factory=list)
    voided: int = 0
    """The last frame that was shown before the feed fell silent: its displays may fill nothing any more."""
    look: Callable[[], None] = lambda: None
    fresh: bool = False
    """Whether the book has just taken in all that users changed."""
    watched: Bus = field(default_factory=Bus)
    watcher: Watcher | None = None
    alerted: Bus = field(default_factory=Bus)
    ringer: Ringer | None = None
    heard: bool = False
    """Whether what rings alerts has taken in the prices that are stored."""
    fired: int = 0
    """How many GTTs fired in this step: their orders may raise what an account carries."""

    def store(self, frame: Frame) -> None:
        """Store a frame and hand it to whoever matches."""
        markets.store_frame(self.database, frame, keep_tape=False)
        self.heard = False
        Fan(self.bus, self.watched, self.alerted).publish(frame)

    def store_again(self, frame: Frame) -> list[str]:
        """Offer a frame that is not the next; the market must refuse it."""
        try:
            markets.store_frame(self.database, frame, keep_tape=False)
        except LostMarketError:
            return []
        return [f"frame {frame.number} was stored although it is not the next"]

    def step(self, rung: bool = True) -> None:
        """One step of the execution loop, and a look at what it filled."""
        self._step(rung)
        self.look()

    def _step(self, rung: bool) -> None:
        """What may kill the loop in real life ends this life of the book."""
        self.fresh = False
        try:
            matcher = self.matcher or self._begin()
            self._watch(rung)
            self._listen(rung)
            frame = self.bus.take(0)
            if frame is not None:
                self.note(frame)
            elif self.shown and self.clock.monotonic() * 1000 - self.bus.published_at * 1000 > STALE_AFTER:
                self.voided = max(self.shown)
            matcher.step(frame, self.bus.published_at, rung)
            for _ in range(20):
                if not matcher.behind:
                    break
                matcher.step(None, self.bus.published_at, True)
            self.fresh = rung
            if matcher.over:
                self.matcher, self.ringer, self.fresh = None, None, False
        except (Died, NotLeader, errors.LockNotAvailable):
            self.die()

    def _watch(self, rung: bool) -> None:
        """The other loop: what waits for a price, and targets and stops."""
        if self.watcher is None:
            assert self.seat is not None
            self.watched.take(0)
            self.watcher = Watcher(self.database, MARKET, self.seat, gtt_firing)
        before = self.watcher.fired
        self.watcher.step(self.watched.take(0), rung)
        self.fired += self.watcher.fired - before
        if self.watcher.over:
            self.watcher = None

    def _listen(self, rung: bool) -> None:
        """Beside it, what rings price alerts."""
        if self.ringer is None:
            assert self.seat is not None
            self.alerted.take(0)  # what comes next is what it goes by
            self.heard = False
            self.ringer = Ringer(self.database, MARKET, self.seat)
        frame = self.alerted.take(0)
        self.ringer.step([] if frame is None else [frame], rung)
        self.heard = self.heard or frame is not None

    def note(self, frame: Frame) -> None:
        """Keep what is displayed, to hold fills against it."""
        self.shown.setdefault(frame.number, Shown(frame, round(self.bus.published_at * 1000)))

    def _begin(self) -> Matcher:
        if self.seat is None:
            self.seat = Seat.taken(self.database, MARKET)
            self.seats.append(self.seat)
        self.bus.take(0)  # displayed before this life
        self.matcher = Matcher(self.database, MARKET, self.seat, filling, self.lanes)
        self.lives += 1
        return self.matcher

    def die(self) -> None:
        """The process is gone: its book, its seat."""
        self.matcher, self.watcher, self.ringer, self.fresh = None, None, None, False
        if self.seat is not None:
            self.seat.resign()
            self.seat = None

    def close(self) -> None:
        """Everybody leaves, those that were deposed too."""
        self.matcher = self.watcher = self.ringer = None
        for seat in self.seats:
            seat.resign()

    def rebuild(self) -> None:
        """An error in the loop: the book goes, the leadership stays."""
        self.matcher, self.watcher, self.ringer, self.fresh = None, None, None, False

    def depose(self) -> tuple[Matcher, Seat] | None:
        """Another process takes the lead while this one is paused; the paused one, to be woken later."""
        if self.matcher is None or self.seat is None:
            return None
        zombie = self.matcher, self.seat
        zombie[1].pause()
        self.matcher, self.watcher, self.ringer, self.seat = None, None, None, None
        self._begin()
        return zombie

    def missed(self) -> list[str]:
        """Where the book is not what the database says is open. Only asked after a look at all changes."""
        if self.matcher is None or not self.fresh:
            return []
        with self.database.connection() as connection:
            stored = {each.order_id: _terms(each) for each in trading_reads.open_orders(connection, MARKET)}
        known = {each.order_id: _terms(each) for each in self.matcher._book.orders.values()}
        return self._missed_gtts() + [
            f"order {each}: the database has {stored.get(each)}, the book {known.get(each)}"
            for each in sorted(stored.keys() | known.keys())
            if stored.get(each) != known.get(each)
        ]

    def _missed_gtts(self) -> list[str]:
        """Where the watch does not hold what waits, or waits with other terms."""
        if self.watcher is None:
            return []
        with self.database.connection() as connection:
            stored = {each.gtt_id: each.triggers for each in gtts.armed(connection, MARKET)}
        known = {each.gtt_id: each.triggers for each in self.watcher._watch.armed.values()}
        other = {gtt_id for gtt_id, _leg in self.watcher._due} | self.watcher._idle
        return [
            f"GTT {each}: the database has {stored.get(each)}, the watch {known.get(each)}"
            for each in sorted((stored.keys() | known.keys()) - other)
            if stored.get(each) != known.get(each) and (each in known or not self._filled_since(each))
        ]

    def _filled_since(self, gtt_id: int) -> bool:
        """Whether it is an attachment: its entry may have filled only now, and is looked for at the next look."""
        with self.database.connection() as connection:
            row = connection.execute("select parent_id from gtts where id = %s", [gtt_id]).fetchone()
        return row is not None and row[0] is not None


def _terms(order: Resting) -> tuple[Any, ...]:
    return order.side, order.limit, order.pending, order.trigger, order.account_id
