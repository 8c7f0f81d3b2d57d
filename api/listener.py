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
                events.follow(self.database, self.look, self._stop)
            except Exception:  # a fault of ours must not end every stream for good
                _logger.exception("The stream's listener failed and starts again")
                self._stop.wait(TICK_SECONDS)

    def look(self, channel: str | None) -> None:
        """Read what a ring hints at; everything for None."""
        try:
            if channel in (events.FRAMES, None):
                self._look_at_markets()
            if channel in (events.ACCOUNTS, None):
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
        for name, place in list(self.hub.places.items()):
            if not place.loaded or not place.readers:
                continue
            place.board.know(masters.get(self.database).by_id)
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
        with self.hub.lock:
            watched = list(self.hub.accounts.values())
        seen = [Seen(each.account.id, each.version, each.day) for each in watched]
        changes = events.since(self.database, seen, {each.account.id: each.account.key for each in watched})
        if changes:
            self.hub.call(self.hub.tell_changes, changes)

    def _tick(self) -> None:
        self._ticked = time.monotonic()
        with self.hub.lock:
            streams = list(self.hub.streams.values())
            places = dict(self.hub.places)
        if not streams:
            return
        who = {stream.principal for stream in streams}
        over = events.ended(
            self.database,
            sorted({each.session_public_id for each in who if each.session_public_id}),
            sorted({each.token_id for each in who if each.token_id is not None}),
            sorted({(stream.principal.user_id, stream.account.id) for stream in streams}),
        )
        clocks = events.clocks(self.database, list(places))
        for name, place in places.items():
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
