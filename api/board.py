"""The latest row of every instrument of a market, and its frames encoded once for all who watch the same.

Readers with the same instruments share one group: a frame is turned into bytes once a group, whatever the
number of its readers. Who missed a frame gets the group's whole state instead, also encoded once.
"""

import threading
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import orjson

from core.frames import Frame, Rows
from core.instruments import Instrument
from core.latest import Latest
from desk.rows import ist_ms

Places = np.ndarray[Any, np.dtype[np.int64]]
COLUMNS = ("symbol", "last_price", "change_percent", "bid", "ask", "volume", "oi")
_HEAD = b'{"frame":%d,"exchange_time":"%s","cols":' + orjson.dumps(COLUMNS) + b',"rows":'


class Group:
    """Streams (``readers``) of the same instruments; ``pens`` are those of them that are connected.

    ``number`` rises with every frame that changed one of the instruments.
    """

    __slots__ = ("_whole", "board", "body", "member", "names", "number", "pens", "readers", "slots")

    def __init__(self, board: "Board", slots: Sequence[int], names: Sequence[str], room: int) -> None:
        self.board = board
        self.slots = np.array(slots, np.int64)
        self.names = np.array(names, object)
        self.member = np.full(room, -1, np.int64)
        self.member[self.slots] = np.arange(len(slots))
        self.number = 0
        self.body = b""
        self.readers: set[Any] = set()
        self.pens: set[Any] = set()
        self._whole: tuple[int, bytes] = (-1, b"")

    def move(self, body: bytes) -> None:
        """A frame changed something: ``body`` says what."""
        self.body = body
        self.number += 1

    def whole(self) -> bytes:
        """All rows as they are, for who joins or was too slow; encoded at most once a frame."""
        if self._whole[0] != self.number:
            self._whole = (self.number, self.board.encode_full(self))
        return self._whole[1]


class Board:
    """One market's latest rows. The listener thread puts frames in; any thread may encode."""

    def __init__(self, market: str) -> None:
        self.market = market
        self.lock = threading.Lock()
        self.frame = 0
        self.exchange_time = 0
        self._kept = Latest()
        self._corrected = np.zeros(0, np.int64)  # whose previous close the frames put last have changed
        self._known: Mapping[int, Instrument] = {}

    @property
    def latest(self) -> Rows:
        """The latest rows, by the instruments' ids."""
        return self._kept.rows

    def know(self, instruments: Mapping[int, Instrument]) -> None:
        """Make room for instruments; what was known keeps its place and its row."""
        if instruments is self._known:
            return
        with self.lock:
            self._kept.make_room(max(instruments, default=0) + 1)
            self._known = instruments

    def put(self, frames: Iterable[Frame]) -> np.ndarray[Any, np.dtype[np.int64]]:
        """Take in frames, oldest first; the slots of the instruments that changed, each once."""
        corrected = []
        with self.lock:
            changed = np.zeros(len(self.latest), np.bool_)
            for frame in frames:
                ids = frame.rows["instrument"]
                inside = (ids > 0) & (ids < len(self.latest))
                before = self.latest["prev_close"][np.where(inside, ids, 0)]
                corrected.append(ids[inside & (frame.rows["prev_close"] != before)])
                changed[self._kept.take(frame.rows)] = True
                self.frame = frame.number
                self.exchange_time = frame.exchange_time
        self._corrected = np.unique(np.concatenate(corrected)) if corrected else np.zeros(0, np.int64)
        return np.flatnonzero(changed)

    def load(self, quotes: Mapping[int, Mapping[str, Any]], frame: int, exchange_time: int) -> None:
        """Take in the stored quotes: at the start, and when frames were missed."""
        with self.lock:
            self._kept.load(quotes)
            self.frame = frame
            self.exchange_time = exchange_time

    def group(self, ids: Sequence[int]) -> Group:
        """A new group of these instruments."""
        known = [each for each in ids if each in self._known]
        return Group(self, known, [self._known[each].key for each in known], len(self.latest))

    def names(self, ids: Iterable[int]) -> dict[int, str]:
        """The keys of instruments, by id."""
        return {each: self._known[each].key for each in ids}

    def row(self, instrument_id: int) -> Any:
        """A copy of the latest row."""
        with self.lock:
            return self.latest[instrument_id].copy()

    def minute(self) -> tuple[datetime, datetime]:
        """The minute of the exchange's clock that is running."""
        start = datetime.fromtimestamp(self.exchange_time // 60_000 * 60, UTC)
        return start, start + timedelta(minutes=1)

    def encode(self, group: Group, changed: np.ndarray[Any, np.dtype[np.int64]]) -> bytes | None:
        """The rows of the group that changed, as the body of a ``quotes`` event; None if none did. A previous close
        is told with it where it is another than before, because a day's change counts from it."""
        if len(group.member) < len(self.latest):
            grown = np.full(len(self.latest), -1, np.int64)
            grown[: len(group.member)] = group.member
            group.member = grown
        places, corrected = (ids[ids >= 0] for ids in (group.member[changed], group.member[self._corrected]))
        return self._body(group, places, corrected) if len(places) else None

    def encode_full(self, group: Group) -> bytes:
        """Every row of the group that has a price, and all their previous closes."""
        places = np.arange(len(group.slots))
        return self._body(group, places, places)

    def _body(self, group: Group, places: Places, corrected: Places) -> bytes:
        with self.lock:
            rows = self.latest[group.slots[places]]
            closes = self.latest["prev_close"][group.slots[corrected]]
            frame, at = self.frame, self.exchange_time
        names = group.names[places]
        priced = rows["last_price"] > 0
        if not priced.all():
            rows, names = rows[priced], names[priced]
        head = _HEAD % (frame, ist_ms(at).encode())
        told = zip(group.names[corrected].tolist(), closes.tolist(), strict=True)
        if known := {name: close / 100 for name, close in told if close > 0}:
            return head + orjson.dumps(columns(names, rows)) + b',"closes":' + orjson.dumps(known) + b"}"
        return head + orjson.dumps(columns(names, rows)) + b"}"

    def depth(self, instrument_id: int) -> bytes:
        """The body of a ``depth`` event."""
        with self.lock:
            row = self.latest[instrument_id].copy()
            frame = self.frame
        shown = {
            "frame": frame,
            "symbol": self._known[instrument_id].key,
            "bids": ladder(row, "bid"),
            "asks": ladder(row, "ask"),
        }
        return orjson.dumps(shown)


def columns(names: Any, rows: Rows) -> list[tuple[Any, ...]]:
    """Rows as clients read them: rupees, per cent to two places, null where there is no bid or offer."""
    last, before = rows["last_price"], rows["prev_close"].astype(np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        change = np.where(before > 0, np.round((last - before) * 100 / before, 2), 0.0)
    bid = np.where(rows["bid_quantity"][:, 0] > 0, rows["bid_price"][:, 0] / 100, np.nan)
    ask = np.where(rows["ask_quantity"][:, 0] > 0, rows["ask_price"][:, 0] / 100, np.nan)
    return list(
        zip(
            names.tolist(), (last / 100).tolist(), change.tolist(), bid.tolist(), ask.tolist(),
            rows["volume"].tolist(), rows["oi"].tolist(), strict=True,
        )
    )  # fmt: skip


def ladder(row: Any, side: str) -> list[list[float]]:
    """``[[price, quantity, orders], …]`` of one side, best first; levels without quantity are left out."""
    return [
        [int(price) / 100, int(quantity), int(orders)]
        for price, quantity, orders in zip(
            row[f"{side}_price"], row[f"{side}_quantity"], row[f"{side}_orders"], strict=True
        )
        if quantity > 0
    ]
