"""The ticker's one reader: what is read for all sockets, and handed over."""

import asyncio
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import orjson

from desk import events, identity, market, masters, prices, today
from desk.access import AccountRef
from desk.reader import MOST_FRAMES, Reader
from desk.today import Changed, Seen
from gateway.cover_stops import Names
from gateway.order_rows import Row, order_row, update_rows
from gateway.ticker.market import Bodies, Market
from gateway.ticker.outbox import Outbox
from gateway.ticker.wishes import NOTHING, Message, Wishes

ROLE = "gateway"
SETTLE_SECONDS = 0.005
"""What a program says within so short a time is one wish: programs subscribe in a loop."""
SETTLE_AGAIN_SECONDS = 0.1
"""Between two of its wishes that are settled, so that who goes on changing them costs little."""


@dataclass(slots=True)
class Watched:
    """An account with at least one socket, and how far all of them have been told."""

    account: AccountRef
    user: str
    version: int
    day: date
    readers: set[Outbox] = field(default_factory=set)


class Feed(Reader):
    """All sockets of this process on one database. Its methods belong to the event loop, but for those that say so."""

    def __init__(self, database: Any) -> None:
        super().__init__(database, ROLE)
        self.loop = asyncio.get_running_loop()
        self.lock = threading.Lock()
        self.markets: dict[str, Market] = {}
        self.accounts: dict[int, Watched] = {}
        self.sockets: set[Outbox] = set()
        self.wishes = Wishes()
        self.stopping = False
        self._loading = threading.Lock()
        self.start()

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

    def prepare(self, accounts: Sequence[AccountRef]) -> dict[int, Seen]:
        """Have the accounts' markets loaded; how far each account is. Blocks; from any thread."""
        for name in {each.market for each in accounts}:
            self._loaded(name)
        return events.how_far(self.database, accounts)

    def enter(self, outbox: Outbox, account: AccountRef, user: str, joined: Seen) -> None:
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
            self.markets[account.market].forget(outbox.group)
            outbox.group = None

    def ask(self, outbox: Outbox, account: AccountRef, message: Message, most: int) -> None:
        """Another set of instruments or modes; the prices of those named follow as soon as it is settled."""
        if outbox.wanted is None:
            outbox.wanted = outbox.asked
            soon = max(SETTLE_SECONDS, outbox.settled_at + SETTLE_AGAIN_SECONDS - self.loop.time())
            self.loop.call_later(soon, self._settle, outbox, account)
        outbox.wanted, shown = self.wishes.after(outbox.wanted, message, masters.get(self.database), most)
        outbox.fresh = outbox.fresh | shown if outbox.fresh else shown

    def _settle(self, outbox: Outbox, account: AccountRef) -> None:
        """From here on the socket follows what it has asked for."""
        wish, fresh = outbox.wanted or NOTHING, outbox.fresh
        outbox.wanted, outbox.fresh, outbox.settled_at = None, frozenset(), self.loop.time()
        if outbox.gone.done():
            return
        wish.own = False
        place = self.markets[account.market]
        place.know(masters.get(self.database).by_id)
        self._part(outbox, account)
        group = place.group(wish)
        group.readers.add(outbox)
        outbox.join(group, place.shown(group, fresh))

    # What the thread reads.

    def frames_read(self) -> dict[str, int]:
        """Of the markets that have had a socket."""
        with self.lock:
            return {name: place.frame for name, place in self.markets.items() if place.loaded}

    def accounts_read(self) -> list[Seen]:
        """Of the accounts that have a socket."""
        with self.lock:
            return [Seen(each.account.id, each.version, each.day) for each in self.accounts.values()]

    def _loaded(self, name: str) -> None:
        with self._loading:
            place = self.markets.get(name)
            if place is None:
                place = Market(name)
                self._load(place)
                with self.lock:
                    self.markets[name] = place

    def _load(self, place: Market) -> Bodies:
        """The quotes as stored. The clock is read first: frames between the two, and those that the quotes do not have
        yet, are read once more."""
        place.know(masters.get(self.database).by_id)
        frame = market.state(self.database, place.name).quoted_to
        days = {} if place.loaded else prices.days_of_all(self.database, place.name)
        return place.load(market.quotes(self.database, place.name), frame, days)

    def look_at_markets(self) -> None:
        """Hand over the frames that came, or all prices to who is far behind."""
        with self.lock:
            places = list(self.markets.values())
        for place in places:
            frames = market.frames_after(self.database, place.name, place.frame, MOST_FRAMES)
            if not frames:
                continue
            bodies = self._load(place) if len(frames) == MOST_FRAMES else place.put(frames)
            if bodies:
                self._call(_tell, bodies)

    def look_at_accounts(self) -> None:
        """Hand over the orders that changed."""
        changes = today.changed_orders(self.database, self.accounts_read())
        if changes:
            self._call(self._tell_orders, changes)

    def tick(self) -> None:
        """Beats, who may listen no longer, and markets that were left behind."""
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
            if self.left_behind(place.name, place.frame, market.state(self.database, place.name).frame):
                self._call(_tell, self._load(place))
        self.say_what_is_looked_at({place.name: place.looked_at() for place in places}, len(sockets))
        self._call(self._beat_all, over)

    def tick_alone(self) -> None:
        """Nothing but the beats."""
        self._call(self._beat_all)

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
            names = Names(change.covers)
            # A cover's stop is told with its entry, which gives it what there is to close, and when it moves itself.
            versions = {order.id: order.version for order, _ in change.orders}
            by_id = masters.get(self.database).by_id
            stops = [
                (max(stop.version, versions.get(stop.parent_id or 0, 0)), stop, by_id[stop.instrument_id])
                for stop in names.stops(versions, watched.version)
            ]
            watched.version, watched.day = max(watched.version, change.version), change.day
            told = [(names.called(order), one, change.steps.get(order.id, ())) for order, one in change.orders]
            rows = [
                row
                for order, one, steps in told
                for row in update_rows(order, one, watched.user, steps, is_cover=names.is_cover(order))
            ]
            rows += [(version, order_row(stop, one, watched.user, is_cover=True)) for version, stop, one in stops]
            rows.sort(key=lambda each: each[0])  # what came with one version keeps its order
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
