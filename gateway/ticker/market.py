"""One market's newest packets, and the groups that follow it."""

import threading
from collections.abc import Iterable, Mapping, Set
from typing import Any

import numpy as np

from core.day_figures import Day, DayFigures
from core.frames import Frame
from core.instruments import Instrument
from core.latest import Latest
from gateway.ticker.groups import Group
from gateway.ticker.packets import Packets, frame_of
from gateway.ticker.wishes import Key, Wish

Bodies = list[tuple[Group, bytes]]


class Market:
    """The feed's thread puts frames in; the event loop asks for groups and for what to begin with."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.lock = threading.Lock()
        self.frame = 0
        self.loaded = False
        self.packets = Packets()
        self.groups: dict[Key, Group] = {}
        self._latest = Latest()
        self._days = DayFigures()
        self._known: Mapping[int, Instrument] | None = None

    def know(self, instruments: Mapping[int, Instrument]) -> None:
        """Make room for instruments; to say the same again costs nothing."""
        if instruments is self._known:
            return
        with self.lock:
            self._known = instruments
            self._latest.make_room(max(instruments, default=0) + 1)
            self._days.make_room(max(instruments, default=0) + 1)
            self.packets.know(instruments)

    def load(self, quotes: Mapping[int, Mapping[str, Any]], frame: int, days: Mapping[int, Day]) -> Bodies:
        """Take in the stored quotes, at the start with what the bars say of the ``days`` so far, and when frames were
        missed: what every group gets of it."""
        with self.lock:
            ids = self._latest.load(quotes)
            rows = self._latest.rows[ids]
            if self.loaded:
                self._days.take(rows, ids)
            else:
                self._days.begin(rows, ids, days)
            self.packets.write(rows, ids, self._days.of(ids))
            self.frame, self.loaded = frame, True
            return self._cut(ids)

    def put(self, frames: Iterable[Frame]) -> Bodies:
        """Take in frames, oldest first: what every group gets of them."""
        with self.lock:
            changed = np.zeros(len(self._latest.rows), np.bool_)
            for frame in frames:
                taken = self._latest.take(frame.rows)
                self._days.take(self._latest.rows[taken], taken)
                changed[taken] = True
                self.frame = frame.number
            ids = np.flatnonzero(changed)
            self.packets.write(self._latest.rows[ids], ids, self._days.of(ids))
            return self._cut(ids)

    def _cut(self, ids: Any) -> Bodies:
        changed = np.zeros(len(self._latest.rows), np.bool_)
        changed[ids] = True
        cut = ((group, group.cut(changed)) for group in list(self.groups.values()))
        return [(group, body) for group, body in cut if body]

    def group(self, wish: Wish) -> Group:
        """The group of those who ask for this."""
        with self.lock:
            found = self.groups.get(wish.key)
            if found is None:
                found = self.groups[wish.key] = Group(self.packets, wish)
            return found

    def looked_at(self) -> set[int]:
        """The instruments that anybody asks for."""
        with self.lock:
            groups = list(self.groups.values())
        return set().union(*(group.wish.asked for group in groups))

    def forget(self, group: Group) -> None:
        """A group without readers is cut no longer."""
        with self.lock:
            if not group.readers:
                self.groups.pop(group.wish.key, None)

    def shown(self, group: Group, fresh: Set[int]) -> bytes:
        """The prices of those of a group's instruments that are fresh, as they are now: for who asks for all of them
        put together once, whoever else comes."""
        asked = group.wish.asked
        if fresh >= asked.keys():
            with self.lock:
                return group.whole()
        wanted: dict[Any, list[int]] = {}
        for each in asked.keys() & fresh:
            wanted.setdefault(asked[each], []).append(each)
        with self.lock:
            return frame_of(self.packets, ((mode, np.array(some, np.int64)) for mode, some in wanted.items()))
