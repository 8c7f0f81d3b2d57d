"""The ticker's one reader: a thread that hears the doorbell, reads once for all sockets, and hands over.

A ring is only a hint; the thread also looks by itself four times a second. While the database is away the sockets stay
open and get their beats; afterwards reading goes on where it stopped.
"""

import asyncio
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import orjson

import log
from desk import availability, events, identity, jobs, market, masters, today
from desk.access import AccountRef
from desk.today import Changed, Seen
from gateway.order_rows import Row, order_row
from gateway.ticker.market import Bodies, Market
from gateway.ticker.outbox import Outbox
from gateway.ticker.wishes import Message, applied

TICK_SECONDS = 1.0
LOOK_SECONDS = 10.0
MOST_FRAMES = 40
"""Frames read at a look; who is further behind takes the stored quotes instead."""
MOST_LOOKED_AT = 5_000
ROLE = "gateway"
_logger = log.get(__name__)


@dataclass(slots=True)
class Watched:
    """An account with at least one socket, and how far all of them have been told."""

    account: AccountRef
    user: str
    version: int
    day: date
    readers: set[Outbox] = field(default_factory=set)


class Feed:
    """All sockets of this process on one database. Its methods belong to the event loop, but for those that say so."""

    def __init__(self, database: Any) -> None:
        self.database = database
        self.loop = asyncio.get_running_loop()
        self.lock = threading.Lock()
        self.markets: dict[str, Market] = {}
        self.accounts: dict[int, Watched] = {}
        self.sockets: set[Outbox] = set()
        self.stopping = False
        self._loading = threading.Lock()
        self._stop = threading.Event()
        self._ticked = 0.0
        self._looked_at: tuple[float, list[int]] = (0.0, [])
        threading.Thread(target=self._run, name="ticker", daemon=True).start()

    def close(self) -> None:
        """Stop reading, and let every socket go. From any thread."""
        self._stop.set()  # where the loop has ended before
        self.end()

    def end(self) -> None:
        """The same by the event loop: the handler of a signal may call it, as it takes no lock."""
        self.stopping = True
        self._call(self._end_all)

    def _end_all(self) -> None:
        self._stop.set()
        for outbox in list(self.sockets):
            outbox.let_go()

    def _call(self, act: Callable[..., None], *arguments: Any) -> None:
        if not self.loop.is_closed():
            self.loop.call_soon_threadsafe(act, *arguments)

    # What the sockets ask for.

    def prepare(self, account: AccountRef) -> events.Join | None:
        """Have the account's market loaded; the account as it stands. Blocks; from any thread."""
        self._loaded(account.market)
        return events.join(self.database, account, full=False)

    def enter(self, outbox: Outbox, account: AccountRef, user: str, joined: events.Join) -> None:
        """A new socket: it hears of the account from here on, and of no price before it asks. While the process ends it
        is let go at once."""
        with self.lock:
            watched = self.accounts.get(account.id)
            if watched is None:
                watched = self.accounts[account.id] = Watched(account, user, joined.version, joined.day)
            watched.readers.add(outbox)
            outbox.version = joined.version
            self.sockets.add(outbox)
        if self.stopping:
            outbox.let_go()

    def leave(self, outbox: Outbox, account: AccountRef) -> None:
        """A socket that has ended."""
        self._part(outbox, account)
        with self.lock:
            self.sockets.discard(outbox)
            watched = self.accounts.get(account.id)
            if watched is not None:
                watched.readers.discard(outbox)
                if not watched.readers:
                    del self.accounts[account.id]

    def _part(self, outbox: Outbox, account: AccountRef) -> None:
        if outbox.group is not None:
            outbox.group.readers.discard(outbox)
            self.markets[account.market].forget(outbox.group, outbox.asked)
            outbox.group = None

    def ask(self, outbox: Outbox, account: AccountRef, message: Message, most: int) -> None:
        """Another set of instruments or modes; the prices of those named follow at once."""
        place = self.markets[account.market]
        master = masters.get(self.database)
        place.know(master.by_id)
        asked, shown = applied(outbox.asked, message, master, most)
        self._part(outbox, account)
        group = place.group(asked)
        group.readers.add(outbox)
        outbox.join(group, asked, place.shown(asked, shown))

    # What the thread reads.

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                events.follow(self.database, self._look, self._stop)
            except Exception:
                _logger.exception("The ticker's reader failed and starts again")
                self._stop.wait(TICK_SECONDS)

    def _look(self, channel: str | None) -> None:
        try:
            frames, changes = channel == events.FRAMES, channel == events.ACCOUNTS
            if channel is None:
                with self.lock:
                    seen = {name: place.frame for name, place in self.markets.items() if place.loaded}
                    accounts = [Seen(each.account.id, each.version, each.day) for each in self.accounts.values()]
                frames, changes = events.glance(self.database, seen, accounts)
            if frames:
                self._look_at_markets()
            if changes:
                self._look_at_accounts()
            if channel == events.CONTROL or time.monotonic() - self._ticked >= TICK_SECONDS:
                self._tick()
        except Exception as error:
            if availability.refusal_for(error) is None:
                raise
            _logger.warning("The ticker cannot read at present", extra={"error": str(error)})
            self._call(self._beat_all)

    def _loaded(self, name: str) -> None:
        with self._loading:
            place = self.markets.get(name)
            if place is None:
                place = Market(name)
                self._load(place)
                with self.lock:
                    self.markets[name] = place

    def _load(self, place: Market) -> Bodies:
        """The quotes as stored. The clock is read first: frames between the two are read once more."""
        place.know(masters.get(self.database).by_id)
        frame = market.state(self.database, place.name).frame
        return place.load(market.quotes(self.database, place.name), frame)

    def _look_at_markets(self) -> None:
        with self.lock:
            places = list(self.markets.values())
        for place in places:
            frames = market.frames_after(self.database, place.name, place.frame, MOST_FRAMES)
            if not frames:
                continue
            bodies = self._load(place) if len(frames) == MOST_FRAMES else place.put(frames)
            if bodies:
                self._call(_tell, bodies)

    def _look_at_accounts(self) -> None:
        with self.lock:
            seen = [Seen(each.account.id, each.version, each.day) for each in self.accounts.values()]
        changes = today.changed_orders(self.database, seen)
        if changes:
            self._call(self._tell_orders, changes)

    def _tick(self) -> None:
        self._ticked = time.monotonic()
        with self.lock:
            sockets = list(self.sockets)
            places = list(self.markets.values())
        if not sockets:
            return
        over = events.ended(
            self.database,
            [],
            list({each.program for each in sockets}),
            list({(each.user_id, each.account_id) for each in sockets}),
        )
        for place in places:
            behind = market.state(self.database, place.name).frame - place.frame
            if behind < 0 or behind > MOST_FRAMES:  # the tape has paused, or the market was begun anew
                self._call(_tell, self._load(place))
        self._say_what_is_looked_at(sockets)
        self._call(self._beat_all, over)

    def _say_what_is_looked_at(self, sockets: list[Outbox]) -> None:
        """Options that nobody looks at are priced on demand only."""
        shown = sorted(set().union(*(set(each.asked) for each in sockets)))[:MOST_LOOKED_AT]
        said_at, before = self._looked_at
        if shown != before or time.monotonic() - said_at > LOOK_SECONDS:
            jobs.beat(self.database, ROLE, None, None, {"instruments": shown, "streams": len(sockets)})
            self._looked_at = (time.monotonic(), shown)

    # What it hands over.

    def _beat_all(self, over: frozenset[tuple[str, str]] | set[tuple[str, str]] = frozenset()) -> None:
        now = time.monotonic()
        for outbox in list(self.sockets):
            gone = {
                ("token", str(outbox.program)),
                ("access", f"{outbox.user_id}/{outbox.account_id}"),
                ("archived", str(outbox.account_id)),
            }
            if gone & over:
                outbox.let_go()
            else:
                outbox.tick(now)

    def _tell_orders(self, changes: list[Changed]) -> None:
        """What changed of orders, to the sockets of their accounts."""
        for change in changes:
            watched = self.accounts.get(change.account_id)
            if watched is None:
                continue
            watched.version, watched.day = max(watched.version, change.version), change.day
            rows = [
                (order.version, order_row(order, one, watched.user, is_cover=order.id in change.covers))
                for order, one in change.orders
            ]
            for outbox in list(watched.readers):
                for version, row in rows:
                    if version > outbox.version:
                        outbox.text(update_of(row, watched.user, outbox.secret))
                outbox.version = max(outbox.version, change.version)


def _tell(bodies: Bodies) -> None:
    for group, body in bodies:
        group.move(body)
        for outbox in list(group.readers):
            outbox.flush()


def update_of(row: Row, user: str, secret: str) -> str:
    """An order update as its program gets it; the checksum proves to it that we know its secret."""
    proof = identity.checksum_of(row["order_id"], row["order_timestamp"], secret)
    data = row | {"user_id": user, "unfilled_quantity": row["pending_quantity"], "app_id": 0, "checksum": proof}
    return orjson.dumps({"type": "order", "id": "", "data": data}).decode()
