"""The hub of a web process: every stream, and who looks at which market and account.

What is here runs on the event loop and never waits: ``api.listener`` reads in a thread of its own and hands
over what it read. A frame is encoded once for all streams with the same instruments.
"""

import asyncio
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import orjson

import log
from api.bars import Bars, Bodies
from api.board import Board, Group
from api.pens import Due
from api.subscriber import Subscriber
from api.wishes import ACCOUNT_TOPICS, Wish
from desk import events
from desk.access import AccountRef
from desk.events import Change, Join, Seen
from desk.rows import ist

PARKED_SECONDS = 60.0
"""How long a stream whose reader has gone is kept for its return."""
MOST_PARKED = 2_000
MOST_OF_ONE = 200
"""Streams of one user: many more than all of their tabs and programs need, and few enough to leave room for others."""
STALLED_SECONDS = 30.0
COMMENT_SECONDS = 15.0
REMEMBERED_SECONDS = 2 * events.LATELY.total_seconds()
_logger = log.get(__name__)


class Watched:
    """An account with at least one stream, and how far all of them have been told (``seen``). ``topics`` are those that
    any of them has asked for. The reader looks at all accounts at every ring: what it needs is kept ready."""

    __slots__ = ("account", "readers", "seen", "topics")

    def __init__(self, account: AccountRef, version: int, day: date) -> None:
        self.account = account
        self.seen = Seen(account.id, version, day)
        self.readers: set[Subscriber] = set()
        self.topics: frozenset[str] = frozenset()

    @property
    def version(self) -> int:
        """How far all of its streams have been told."""
        return self.seen.version

    def stand(self, version: int, day: date) -> None:
        """All of its streams have been told so far."""
        self.seen = Seen(self.account.id, version, day)


@dataclass(slots=True)
class Place:
    """A market with at least one stream. ``groups`` are by their instruments, ``depth`` and ``candles`` say
    who follows a single one."""

    board: Board
    loading: threading.Lock = field(default_factory=threading.Lock)
    loaded: bool = False
    bars: Bars = field(default_factory=Bars)
    groups: dict[tuple[int, ...], Group] = field(default_factory=dict)
    readers: set[Subscriber] = field(default_factory=set)
    depth: dict[int, set[Subscriber]] = field(default_factory=dict)
    candles: dict[int, set[Subscriber]] = field(default_factory=dict)

    def looked_at(self) -> set[int]:
        """Every instrument that somebody looks at."""
        found: set[int] = set(self.depth) | set(self.candles)
        for instruments in list(self.groups):
            found.update(instruments)
        return found


@dataclass(slots=True)
class Told:
    """What one look at a market brought: bodies by group, and events of single instruments."""

    groups: list[tuple[Group, bytes]]
    depth: dict[int, bytes] = field(default_factory=dict)
    candles: Bodies = field(default_factory=dict)


class Hub:
    """All streams of this process on one database. Its methods belong to the event loop, but for ``call``."""

    def __init__(self, database: Any) -> None:
        self.database = database
        self.lock = threading.Lock()
        self.streams: dict[str, Subscriber] = {}
        self.by_epoch: dict[str, Subscriber] = {}
        self.accounts: dict[int, Watched] = {}
        self.places: dict[str, Place] = {}
        self.loop = asyncio.get_running_loop()
        self.due = Due()
        self.of_user: Counter[int] = Counter()
        self.parked: dict[Subscriber, float] = {}  # with the instant at which its reader went
        self._tasks: set[asyncio.Task[None]] = set()
        self.stopping = False

    def call(self, act: Callable[..., None], *arguments: Any) -> None:
        """Have the event loop do it soon. From any thread; nothing happens once the loop has closed."""
        if not self.loop.is_closed():
            self.loop.call_soon_threadsafe(act, *arguments)

    def attach(self, stream: Subscriber, joined: Join, missed: bool = False) -> None:
        """A new stream: hello, snapshot, and everything from there on. ``missed``: its reader had another one
        before, of which nothing is kept."""
        with self.lock:
            self.streams[stream.id] = stream
            self.by_epoch[stream.epoch] = stream
        self.of_user[stream.principal.user_id] += 1
        self._look_at(stream, stream.wish)
        stream.first(b"hello", self._hello(stream, joined.version))
        if missed:
            stream.first(b"gap", b"{}")
        self.show(stream, joined)

    def _hello(self, stream: Subscriber, version: int) -> bytes:
        ends = stream.principal.expires_at
        hello = {
            "stream_id": stream.id,
            "epoch": stream.epoch,
            "market": stream.account.market,
            "account": stream.account.key,
            "version": version,
            "session_expires_at": None if ends is None else ist(ends),
        }
        return orjson.dumps(hello)

    def show(self, stream: Subscriber, joined: Join) -> None:
        """The snapshot of a stream, from which its later events count."""
        place = self.places[stream.account.market]
        group = stream.group or place.board.group(())
        rest = {"orders": joined.orders, "positions": joined.positions, "wallet": joined.wallet}
        body = group.whole()[:-1] + b"," + orjson.dumps(rest)[1:]
        stream.snapshot(body, joined.version, group.number)
        watched = self.accounts.get(stream.account.id)
        with self.lock:
            if watched is None:
                watched = Watched(stream.account, joined.version, joined.day)
                self.accounts[stream.account.id] = watched
            elif joined.version < watched.version:
                # The others are told already; what they know is passed over when it is read again.
                watched.stand(joined.version, min(watched.seen.day, joined.day))
            watched.readers.add(stream)
            watched.topics |= stream.wish.topics

    def change(self, stream: Subscriber, wish: Wish) -> None:
        """Another set of instruments or topics; the rows of the new set follow at once."""
        if stream.id in self.streams:
            self._look_away(stream)
            self._look_at(stream, wish)
            with self.lock:
                self.accounts[stream.account.id].topics |= wish.topics
            stream.wake()

    def crowded(self, user_id: int) -> bool:
        """Whether a user has as many streams as may be. Those of theirs whose reader has gone give way first."""
        while self.of_user[user_id] >= MOST_OF_ONE:
            gone = next((each for each in self.parked if each.principal.user_id == user_id), None)
            if gone is None:
                return True
            self.forget(gone)
        return False

    def park(self, stream: Subscriber) -> None:
        """The reader has gone; its stream waits for a while, in case it comes back."""
        if stream.ending is not None or len(self.parked) >= MOST_PARKED:
            self.forget(stream)
        else:
            self.parked[stream] = time.monotonic()

    def resume(self, epoch: str, after: int, same: Callable[[Subscriber], bool]) -> Subscriber | None:
        """The stream of that epoch, if it is kept, is the asker's own and remembers what was missed."""
        stream = self.by_epoch.get(epoch)
        if stream is None or stream.ending is not None or not same(stream) or not stream.replay(after):
            return None
        self.parked.pop(stream, None)
        stream.first(b"hello", self._hello(stream, stream.version))
        return stream

    def forget(self, stream: Subscriber) -> None:
        """Nothing remains of the stream."""
        self.parked.pop(stream, None)
        with self.lock:
            if self.streams.pop(stream.id, None) is not None:
                self.of_user[stream.principal.user_id] -= 1
                if not self.of_user[stream.principal.user_id]:
                    del self.of_user[stream.principal.user_id]
            self.by_epoch.pop(stream.epoch, None)
            watched = self.accounts.get(stream.account.id)
            if watched is not None:
                watched.readers.discard(stream)
                if not watched.readers:
                    del self.accounts[stream.account.id]
        self._look_away(stream)
        place = self.places[stream.account.market]
        if not place.readers:
            place.loaded = False  # nobody keeps it up to date from here on

    def place(self, market: str) -> Place:
        """The market's place, made when it is missing. From any thread."""
        with self.lock:
            found = self.places.get(market)
            if found is None:
                found = self.places[market] = Place(Board(market))
            return found

    def _look_at(self, stream: Subscriber, wish: Wish) -> None:
        place = self.place(stream.account.market)
        with self.lock:
            stream.wish = wish
            place.readers.add(stream)
            stream.group, stream.seen = None, -2
            if "quotes" in wish.topics:
                group = place.groups.get(wish.instruments)
                if group is None:
                    group = place.groups[wish.instruments] = place.board.group(wish.instruments)
                group.readers.add(stream)
                if stream.writer is not None:
                    group.pens.add(stream.writer)
                stream.group = group
            for ids, followed in ((wish.depth, place.depth), (wish.candles, place.candles)):
                for each in ids:
                    followed.setdefault(each, set()).add(stream)
        for each in wish.depth:
            stream.may(b"depth", place.board.depth(each), each)

    def _look_away(self, stream: Subscriber) -> None:
        place = self.places[stream.account.market]
        with self.lock:
            place.readers.discard(stream)
            if stream.group is not None:
                stream.group.readers.discard(stream)
                stream.group.pens.discard(stream.writer)
                if not stream.group.readers:
                    place.groups.pop(stream.wish.instruments, None)
                stream.group = None
            for ids, followed in ((stream.wish.depth, place.depth), (stream.wish.candles, place.candles)):
                for each in ids:
                    followed[each].discard(stream)
                    if not followed[each]:
                        del followed[each]

    def tell(self, place: Place, told: Told) -> None:
        """What a look at a market brought, to those who look at it."""
        for group, body in told.groups:
            group.move(body)
            self.due.add(*group.pens)
        for id_, body in told.depth.items():
            for stream in place.depth.get(id_, ()):
                stream.may(b"depth", body, id_)
        for id_, bars in told.candles.items():
            for stream in place.candles.get(id_, ()):
                for start, body in bars:
                    stream.may(b"candle", body, (id_, start))

    def tell_changes(self, changes: Iterable[Change]) -> None:
        """What changed of accounts, to their streams; each row is encoded once."""
        for change in changes:
            watched = self.accounts.get(change.account_id)
            if watched is None:
                continue
            if watched.version >= change.since:
                watched.stand(max(watched.version, change.version), change.day)
            events_of = encoded(change)
            alerts = [(row["alert_id"], orjson.dumps(row)) for row in change.alerts]
            for stream in list(watched.readers):
                # Who joined from an older snapshot waits for the next look, which begins where it stands.
                if change.since <= stream.version < change.version:
                    deliver(stream, events_of)
                    warn(stream, alerts, time.monotonic())
                    stream.version = change.version

    def tick(self, clocks: dict[str, dict[str, Any]], over: set[tuple[str, str]]) -> None:
        """Each second: the feed pills, goodbyes, comments, and streams that need a snapshot or are given up."""
        for market, place in self.places.items():
            clock = clocks.get(market, {"market": market, "state": "DOWN", "age_ms": None, "frame": place.board.frame})
            body = orjson.dumps(clock)
            for stream in place.readers:
                if "feed" in stream.wish.topics:
                    stream.may(b"feed", body)
        now = time.monotonic()
        for stream in list(self.streams.values()):
            reason = over_because(stream, over) if over else None
            if reason is not None:
                stream.end(reason)
            gone_at = self.parked.get(stream)
            if gone_at is not None:
                if stream.ending is not None or now - gone_at > PARKED_SECONDS:
                    self.forget(stream)
            elif stream.sending_since is not None and now - stream.sending_since > STALLED_SECONDS:
                stream.give_up()
            elif now - stream.written_at > COMMENT_SECONDS:
                stream.comment()
            if stream.gapped and not stream.mending:
                self._mend(stream)

    def _mend(self, stream: Subscriber) -> None:
        stream.mending = True

        async def read() -> None:
            try:
                mine = [stream.account]
                full = mine if stream.wish.topics & ACCOUNT_TOPICS else []
                joined = await asyncio.to_thread(events.join, self.database, mine, full)
                if stream.account.id in joined and stream.id in self.streams:
                    self.show(stream, joined[stream.account.id])
            except Exception as error:  # noqa: BLE001 - the next second tries again
                _logger.warning("A snapshot could not be read", extra={"error": str(error)})
            finally:
                stream.mending = False

        task = asyncio.ensure_future(read())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def end_all(self, reason: str = "restart") -> None:
        """Goodbye to every stream; who is not reading is not waited for."""
        for stream in list(self.streams.values()):
            stream.end(reason)
            if stream.sending_since is not None and stream.writer is not None:
                stream.writer.stop()


def over_because(stream: Subscriber, over: set[tuple[str, str]]) -> str | None:
    """Why a stream must end, given what is over; None when it goes on."""
    who = stream.principal
    credential = ("token", str(who.token_id)) if who.token_id is not None else ("session", str(who.session_public_id))
    if credential in over:
        return "session"
    if ("access", f"{who.user_id}/{stream.account.id}") in over:
        return "session"
    if not stream.account.archived and ("archived", str(stream.account.id)) in over:
        return "restart"
    return None


def encoded(change: Change) -> list[tuple[bytes, Any, int, bytes]]:
    """A change as (event, place, version, body); orders and trades first, the money last."""
    out: list[tuple[bytes, Any, int, bytes]] = []
    for event, rows in ((b"order", change.orders), (b"trade", change.trades)):
        out += [(event, None, row["version"], orjson.dumps(row)) for row in rows]
    for row in change.positions:
        place = (row["exchange"], row["symbol"], row["product"])
        out.append((b"position", place, row["version"], orjson.dumps(row)))
    out += [(b"gtt", row["gtt_id"], row["version"], orjson.dumps(row)) for row in change.gtts]
    if change.wallet is not None:
        out.append((b"wallet", None, change.version, orjson.dumps(change.wallet)))
    return out


def warn(stream: Subscriber, alerts: list[tuple[str, bytes]], now: float) -> None:
    """Those alerts that the stream was not told of; what it was told is kept for as long as it could come again, even
    where one look leaves it out. ``now`` in seconds of a clock that never goes back."""
    if not stream.wants("alerts"):
        return
    for name, body in alerts:
        if name not in stream.told:
            stream.must(b"alert", body)
    stream.told = {name: at for name, at in stream.told.items() if now - at <= REMEMBERED_SECONDS}
    stream.told |= {name: now for name, _ in alerts}


def deliver(stream: Subscriber, events_of: list[tuple[bytes, Any, int, bytes]]) -> None:
    """Those events that the stream wants and does not know yet."""
    for event, place, version, body in events_of:
        if version <= stream.version:
            continue
        if event == b"wallet":
            if stream.wants("wallet"):
                stream.may(event, body)
        elif event == b"gtt":
            if stream.wants("gtts"):
                stream.may(event, body, place)
        elif event == b"position":
            if stream.wants("positions"):
                stream.may(event, body, place)
        elif stream.wants("orders" if event == b"order" else "trades"):
            stream.must(event, body)
