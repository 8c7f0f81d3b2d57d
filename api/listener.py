"""The hub's one reader: what is read for all streams, and handed over."""

from typing import Any

from api.board import Group
from api.hub import Hub, Place, Told
from desk import events, market, masters
from desk.events import Seen
from desk.reader import MOST_FRAMES, Reader

ROLE = "web"


class Listener(Reader):
    """Reads for one hub until ``close``."""

    def __init__(self, hub: Hub) -> None:
        super().__init__(hub.database, ROLE)
        self.hub = hub

    def close(self, wait: float = 5.0) -> None:
        """Stop listening. From any thread but the listener's own."""
        self._stop.set()
        self._thread.join(wait)

    def frames_read(self) -> dict[str, int]:
        """Of the markets that have a stream."""
        return {name: place.board.frame for name, place in self._open_places()}

    def _open_places(self) -> list[tuple[str, Place]]:
        with self.hub.lock:
            return [(name, place) for name, place in self.hub.places.items() if place.readers]

    def accounts_read(self) -> list[Seen]:
        """Of the accounts that have a stream."""
        with self.hub.lock:
            return [each.seen for each in self.hub.accounts.values()]

    def prepare(self, name: str) -> Place:
        """The market's place with its latest quotes in it, loaded by the first who comes. Blocks."""
        place = self.hub.place(name)
        with place.loading:
            if not place.loaded:
                self._load(name, place)
                place.loaded = True
        return place

    def _load(self, name: str, place: Place) -> None:
        """The quotes as stored. The clock is read first: frames between the two, and those that the quotes do not have
        yet, are read once more."""
        place.board.know(masters.get(self.database).by_id)
        state = market.state(self.database, name)
        at = 0 if state.exchange_time is None else int(state.exchange_time.timestamp() * 1000)
        place.board.load(market.quotes(self.database, name), state.quoted_to, at)

    def look_at_markets(self) -> None:
        """Hand over the frames that came, or the whole state to who is far behind."""
        for name, place in self._open_places():
            if not place.loaded:
                self.prepare(name)
                self._catch_up(name, place)
                continue
            frames = market.frames_after(self.database, name, place.board.frame, MOST_FRAMES)
            if len(frames) == MOST_FRAMES:
                self._catch_up(name, place)
            elif frames:
                self._hand_over(place, frames)

    def _catch_up(self, name: str, place: Place) -> None:
        """Far behind, or the tape has paused: everybody gets the whole state."""
        self._load(name, place)
        with self.hub.lock:
            groups = list(place.groups.values())
        told = Told([(group, place.board.encode_full(group)) for group in groups])
        self.hub.call(self.hub.tell, place, told)

    def _hand_over(self, place: Place, frames: Any) -> None:
        board = place.board
        with self.hub.lock:
            groups = list(place.groups.values())
            depth, candles = set(place.depth), set(place.candles)
        self._begin_bars(place, candles)
        bars = place.bars.put(frames, board.names(candles)) if candles else {}
        changed = board.put(frames)
        bodies: list[tuple[Group, bytes]] = []
        for group in groups:
            body = board.encode(group, changed)
            if body is not None:
                bodies.append((group, body))
        moved = depth & set(changed.tolist()) if depth else set()
        self.hub.call(self.hub.tell, place, Told(bodies, {each: board.depth(each) for each in moved}, bars))

    def _begin_bars(self, place: Place, wanted: set[int]) -> None:
        place.bars.keep(wanted)
        for each in place.bars.missing(wanted):
            row = place.board.row(each)
            stored = market.candles(self.database, place.board.market, each, "1m", *place.board.minute(), limit=1)
            if stored:
                place.bars.begin(each, stored[-1], int(row["volume"]))

    def look_at_accounts(self) -> None:
        """Hand over the rows that changed."""
        with self.hub.lock:
            watched = list(self.hub.accounts.values())
        keys = {each.account.id: each.account.key for each in watched}
        gtts, alerts = ([each.account.id for each in watched if topic in each.topics] for topic in ("gtts", "alerts"))
        changes = events.since(self.database, [each.seen for each in watched], keys, gtts, alerts)
        if changes:
            self.hub.call(self.hub.tell_changes, changes)

    def tick(self) -> None:
        """The feed pills, who may listen no longer, and markets that were left behind."""
        with self.hub.lock:
            streams = list(self.hub.streams.values())
            places = dict(self.hub.places)
        if not streams:
            return
        sessions = {stream.principal.session_public_id for stream in streams}
        tokens = {stream.principal.token_id for stream in streams}
        over = events.ended(
            self.database,
            [each for each in sessions if each is not None],
            [each for each in tokens if each is not None],
            list({(stream.principal.user_id, stream.account.id) for stream in streams}),
        )
        clocks = events.clocks(self.database, list(places))
        known = masters.get(self.database).by_id
        for name, place in places.items():
            place.board.know(known)
            stored = clocks.get(name, {"frame": 0})["frame"]
            if place.loaded and place.readers and self.left_behind(name, place.board.frame, stored):
                self._catch_up(name, place)
        self.hub.call(self.hub.tick, clocks, over)
        self.say_what_is_looked_at({name: place.looked_at() for name, place in places.items()}, len(streams))

    def tick_alone(self) -> None:
        """The feed pills cannot be read, which is told."""
        self.hub.call(self.hub.tick, {}, set())
