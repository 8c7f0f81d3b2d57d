"""The hub's one reader: a thread that hears the doorbell, reads once for all streams, and hands over.

A ring is only a hint; the thread also looks by itself four times a second. While the database is away the
streams stay open and the feed pill says so; afterwards reading goes on where it stopped.
"""

import threading
import time
from typing import Any

import log
from api.board import Group
from api.hub import Hub, Place, Told
from desk import availability, events, jobs, market, masters
from desk.events import Seen

TICK_SECONDS = 1.0
BEAT_SECONDS = 10.0
MOST_FRAMES = 40
"""Frames read at a look; who is further behind takes the stored quotes instead."""
MOST_BEHIND = 8
"""Frames that the market may be ahead of what was read, before the tape is taken to have paused."""
MOST_BEATEN = 5_000
ROLE = "web"
_logger = log.get(__name__)


class Listener:
    """Reads for one hub until ``close``."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub
        self.database: Any = hub.database
        self._stop = threading.Event()
        self._ticked = 0.0
        self._beaten = 0.0
        self._last_beat: list[int] = []
        self._thread = threading.Thread(target=self._run, name="stream-listener", daemon=True)

    def start(self) -> None:
        """Begin to listen."""
        self._thread.start()

    def close(self, wait: float = 5.0) -> None:
        """Stop listening. From any thread but the listener's own."""
        self._stop.set()
        self._thread.join(wait)

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                with self.database.kept():
                    events.follow(self.database, self.look, self._stop)
            except Exception:  # a fault of ours must not end every stream for good
                _logger.exception("The stream's listener failed and starts again")
                self._stop.wait(TICK_SECONDS)

    def look(self, channel: str | None) -> None:
        """Read what a ring hints at; for None whatever has changed."""
        try:
            frames, changes = channel == events.FRAMES, channel == events.ACCOUNTS
            if channel is None:
                markets = {name: place.board.frame for name, place in self._open_places()}
                frames, changes = events.glance(self.database, markets, self._seen())
            if frames:
                self._look_at_markets()
            if changes:
                self._look_at_accounts()
            if channel == events.CONTROL or time.monotonic() - self._ticked >= TICK_SECONDS:
                self._tick()
        except Exception as error:
            if availability.refusal_for(error) is None:
                raise
            _logger.warning("The stream cannot read at present", extra={"error": str(error)})
            if time.monotonic() - self._ticked >= TICK_SECONDS:
                self._ticked = time.monotonic()
                self.hub.call(self.hub.tick, {}, set())

    def _open_places(self) -> list[tuple[str, Place]]:
        with self.hub.lock:
            return [(name, place) for name, place in self.hub.places.items() if place.readers]

    def _seen(self) -> list[Seen]:
        with self.hub.lock:
            return [Seen(each.account.id, each.version, each.day) for each in self.hub.accounts.values()]

    def prepare(self, name: str) -> Place:
        """The market's place with its latest quotes in it, loaded by the first who comes. Blocks."""
        place = self.hub.place(name)
        with place.loading:
            if not place.loaded:
                self._load(name, place)
                place.loaded = True
        return place

    def _load(self, name: str, place: Place) -> None:
        """The quotes as stored. The clock is read first: frames between the two are read once more."""
        place.board.know(masters.get(self.database).by_id)
        state = market.state(self.database, name)
        at = 0 if state.exchange_time is None else int(state.exchange_time.timestamp() * 1000)
        place.board.load(market.quotes(self.database, name), state.frame, at)

    def _look_at_markets(self) -> None:
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

    def _look_at_accounts(self) -> None:
        seen = self._seen()
        with self.hub.lock:
            keys = {each.account.id: each.account.key for each in self.hub.accounts.values()}
        changes = events.since(self.database, [each for each in seen if each.account_id in keys], keys)
        if changes:
            self.hub.call(self.hub.tell_changes, changes)

    def _tick(self) -> None:
        self._ticked = time.monotonic()
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
            behind = clocks.get(name, {"frame": 0})["frame"] - place.board.frame
            if place.loaded and place.readers and (behind < 0 or behind > MOST_BEHIND):
                self._catch_up(name, place)
        self.hub.call(self.hub.tick, clocks, over)
        self._beat(places, len(streams))

    def _beat(self, places: dict[str, Place], streams: int) -> None:
        """Which instruments are looked at: options that nobody looks at are priced on demand only."""
        looked = set().union(*(place.looked_at() for place in places.values())) if places else set()
        shown = sorted(looked)[:MOST_BEATEN]
        if shown != self._last_beat or time.monotonic() - self._beaten > BEAT_SECONDS:
            jobs.beat(self.database, ROLE, None, None, {"instruments": shown, "streams": streams})
            self._last_beat, self._beaten = shown, time.monotonic()
