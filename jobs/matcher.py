"""One life of the book: built from the database, fed with frames and changes, its fills written in batches."""

import time
from collections import deque
from collections.abc import Iterable, Sequence
from typing import Protocol

import log
from core import lapses
from core.book import Book, Resting
from core.depth import Depth
from core.frames import Frame
from core.lapses import Band
from core.matching import Fill, Lapse, Moment, Outcome, arrive, give_back, match, wake
from desk import auctions, masters
from desk import market as markets
from desk.auctions import Entry
from desk.filling import Applied, Changed
from desk.leadership import Leadership
from desk.market import Database
from jobs.batches import Writer
from jobs.doors import Doors
from jobs.lanes import Lanes

# Seconds between looks at open work and the market's phase, whatever the doorbell says.
POLL = 0.25
# Seconds between two looks at what a live market's vendor has told of an auction.
HEAR = 1.0
# A frame older than this fills nothing, in ms.
STALE_AFTER = 5_000


class Desk(Protocol):
    """The desk's side of filling; desk.filling is the one that is used."""

    def load_open(self, database: Database, leadership: Leadership, market: str) -> list[Resting]:
        """Every working order of the market."""

    def take_changes(self, database: Database, leadership: Leadership, market: str) -> Changed:
        """What users placed, changed or ended since the last look."""

    def apply(self, database: Database, leadership: Leadership, outcomes: Sequence[Outcome]) -> Applied:
        """Write a batch in one transaction of this leader's term."""


class Matcher:
    """Fills the orders of one market on one trading date. Nothing matches before its first frame.

    It is good until something raises; then another is made, because what is in memory may be wrong. ``lanes`` are
    for frames that fill many orders; without them everything is written in one.
    """

    def __init__(
        self, database: Database, market: str, leadership: Leadership, desk: Desk, lanes: Lanes | None = None
    ) -> None:
        self._database, self._market = database, market
        self._leadership, self._desk = leadership, desk
        self.behind = False  # users changed something that was not taken in yet
        self._writer = Writer(self._write, lanes)
        self._book = Book()
        self._depth = Depth(self._book.slots)
        self._doors = Doors.none()
        self._look()
        self._date = self._state.trading_date
        self._doors = self._new_doors()
        self._bands: dict[int, Band] = {}
        self._moved: dict[int, Band] = {}  # bands of the date once some have moved within it
        self._bands_version = 0  # so that a new life ends what an earlier one did not come to
        self._held: set[str] = set()
        self._heard: dict[str, Entry] = {}  # auctions of a live market that its vendor has to tell of yet
        self._hear_at = 0.0
        at = self._state.exchange_time
        self._shown_at = int(at.timestamp() * 1000) if at else 0
        self._published_at = self._looked_at - (self._state.frame_age_ms or 0) / 1000
        found = desk.load_open(database, leadership, market)
        self._found = arrive(self._book, self._depth, found, self._moment())  # what expired while nobody led
        told = {"market": market, "orders": len(self._book), "term": leadership.term}
        log.get(__name__).info("Filling starts", extra=told)

    @property
    def fills(self) -> int:
        """How many fills were written."""
        return self._writer.fills

    @property
    def over(self) -> bool:
        """Whether the market has moved to another trading date, whose book is built anew."""
        return self._state.trading_date != self._date

    @property
    def seen(self) -> int:
        """Number of the last frame taken in, 0 before the first."""
        return self._depth.latest

    def step(self, frame: Frame | None, published_at: float = 0.0, rung: bool = False) -> None:
        """Take in a frame, if there is one, and what users changed, if somebody rang or it is time to look.

        ``published_at`` is when the frame came, by the monotonic clock.
        """
        if self._doors.kept:
            self._follow_masters()
            # One instant for all that follows from it: a window that began for one began for the others.
            self._keep_hours(frame, self._moment().exchange_time if frame is None else frame.exchange_time)
        if frame is not None:
            # Written before users' changes are read, which otherwise would not know of these fills.
            self._apply(self._take_in(frame, published_at))
        outcomes, self._found = self._found, []
        due = time.monotonic() - self._looked_at >= POLL
        if due:
            self._look()
            outcomes += self._follow_bands()
        if due or rung or self.behind:
            outcomes += self._take_changes()
        outcomes += wake(self._book, self._depth, self._moment())
        self._apply(outcomes)

    def patience(self) -> float:
        """Seconds until a step is due although no frame came and nobody rang."""
        if self.behind:
            return 0.0
        seconds = self._looked_at + POLL - time.monotonic()
        due = self._book.next_due()
        if due is not None:
            seconds = min(seconds, (due - self._moment().exchange_time) / 1000)
        return max(0.0, seconds)

    def _take_in(self, frame: Frame, published_at: float) -> list[Outcome]:
        if self._depth.latest == 0:
            self._leadership.first_frame(frame.number)
        if self._state.phase != "OPEN":
            self._look()
        self._shown_at, self._published_at = frame.exchange_time, published_at
        return match(self._book, self._depth, frame, self._moment())

    def _take_changes(self) -> list[Outcome]:
        """Take in what users changed; an order with new terms acts at once, as one that is new."""
        self.behind = False
        changed = self._desk.take_changes(self._database, self._leadership, self._market)
        for order_id in changed.ended:
            self._book.remove(order_id)
        arriving = [order for order in changed.resting if not self._book.replace(order)]
        by_hours = self._lapsing(arriving, self._moment().exchange_time) if self._doors.kept else []
        ending: dict[int, Lapse] = {}
        for one in [*by_hours, *self._left_behind(arriving)]:
            ending.setdefault(one.order_id, one)
        arriving = [order for order in arriving if order.order_id not in ending]
        return [*ending.values(), *arrive(self._book, self._depth, arriving, self._moment())]

    def _new_doors(self) -> Doors:
        self._halts, master = self._state.halts, masters.get(self._database)
        return Doors(markets.calendar_of(self._database, self._state), master)

    def _follow_masters(self) -> None:
        """The hours by the masters, and with the halts, as they are now: a frame or an order may be of a contract that
        was just listed.

        Before anything else of a step, because doors that are new know no windows until they were asked for them.
        """
        if masters.get(self._database) is not self._doors.master or self._state.halts != self._halts:
            self._doors = self._new_doors()

    def _keep_hours(self, frame: Frame | None, at: int) -> None:
        """Follow the windows of the day to an instant (ms): who matches from here on, whose orders end, and which
        auctions are due. In a new life of the book, first hand out what an earlier one struck and did not."""
        if frame is not None:
            self._book.slots.of(frame.rows["instrument"])
        anew = self._doors.changed(at)
        self._doors.shut(self._book, self._depth, anew)
        if anew:
            self._turn(at)
        if self._heard:
            self._hear(at)

    def _turn(self, at: int) -> None:
        """Some board has entered another window."""
        if self._doors.banded(at):
            self._bands = self._bands_now()
            self._moved = self._bands if self._moved else {}
        if not self._held:
            for kind in auctions.KINDS:
                self._hand_out(Entry(kind))
            self._held.add("")
        self._end(at)
        for one in [*self._doors.entries(at, self._held), *self._doors.reopenings(at, self._held)]:
            if self._state.owner_id is not None:
                self._heard.setdefault(one.kind, one)
                continue
            self._apply(self._take_changes())  # what was accepted in the last moment
            self._hand_out(one)
            self._held.add(one.kind)
            self._end(at)

    def _end(self, at: int) -> None:
        """End what may rest no longer."""
        ending = self._lapsing(self._book.orders.values(), at)
        for one in ending:
            self._book.remove(one.order_id)
        self._apply(ending)

    def _lapsing(self, orders: Iterable[Resting], at: int) -> list[Lapse]:
        return self._doors.lapsing(orders, at, self._bands, auctions.CLOSE in self._held)

    def _hear(self, at: int) -> None:
        """The auctions of a live market are the exchange's: once a second, what the vendor has told of them by now."""
        if time.monotonic() - self._hear_at < HEAR and not any(at >= each.over for each in self._heard.values()):
            return
        self._hear_at = time.monotonic()
        for kind, entry in list(self._heard.items()):
            self._apply(self._take_changes())
            fills = auctions.hear(
                self._database, self._leadership, self._market, self._date, entry, self._resting()
            )  # fmt: skip
            self._give(fills)
            if at >= entry.over:
                del self._heard[kind]
                self._held.add(kind)
                self._end(at)

    def _bands_now(self) -> dict[int, Band]:
        days = markets.days(self._database, self._market, self._date)
        return {one: (day.lower_band, day.upper_band) for one, day in days.items()}

    def _follow_bands(self) -> list[Outcome]:
        """Bands that have moved since the last look leave orders outside them, which the exchange cancels."""
        if self._state.bands_version == self._bands_version:
            return []
        self._bands_version = self._state.bands_version
        self._moved = self._bands_now()
        ending = self._left_behind(self._book.orders.values())
        for one in ending:
            self._book.remove(one.order_id)
        return list[Outcome](ending)

    def _left_behind(self, orders: Iterable[Resting]) -> list[Lapse]:
        found: list[Lapse] = []
        for order in orders if self._moved else ():
            why = lapses.left_behind(order, self._moved.get(order.instrument_id, (None, None)))
            if why is not None:
                found.append(Lapse(order.order_id, order.account_id, order.instrument_id, *why))
        return found

    def _resting(self) -> dict[int, list[Resting]]:
        """What rests, by instrument."""
        resting: dict[int, list[Resting]] = {}
        for order in self._book.orders.values():
            resting.setdefault(order.instrument_id, []).append(order)
        return resting

    def _hand_out(self, entry: Entry) -> None:
        """Every user's share at the one price; those that have had theirs have less to fill than before it."""
        master = masters.get(self._database)
        fills = auctions.hold(
            self._database, self._leadership, master, self._market, self._date, entry, self._resting()
        )  # fmt: skip
        self._give(fills)

    def _give(self, fills: Iterable[Fill]) -> None:
        given: list[Fill] = []
        for fill in fills:
            known = self._book.orders.get(fill.order_id)
            if known is None or known.pending != fill.before:
                continue
            self._book.settle(known, fill.quantity)
            given.append(fill)
        self._apply(given)

    def _apply(self, outcomes: Iterable[Outcome]) -> None:
        """Write outcomes in batches. What was dropped gives its depth to the next in the queue."""
        waiting = deque(outcomes)
        gone: set[int] = set()
        while waiting:
            lost = self._writer.write(waiting, gone)
            if lost:
                waiting.extend(give_back(self._book, self._depth, lost, self._moment()))
                # Its new terms, if it has any, are on their way.
                self.behind = True

    def _write(self, batch: Sequence[Outcome]) -> Applied:
        return self._desk.apply(self._database, self._leadership, batch)

    def _look(self) -> None:
        self._state = markets.state(self._database, self._market)
        self._looked_at = time.monotonic()

    def _moment(self) -> Moment:
        """Now, on the exchange's clock: that of the last frame and what has passed since."""
        age = max(0, int((time.monotonic() - self._published_at) * 1000))
        return Moment(self._shown_at + age, self._state.phase == "OPEN", age, STALE_AFTER)
