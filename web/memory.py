"""What was worked out for others lately, of which most of those who come back after a break ask the same again."""

from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Memory(Generic[K, V]):
    """At most ``room`` values by key; what was not asked for the longest gives way. May be shared by threads: two that
    work the same out at the same time have both done so, and nothing else comes of it."""

    def __init__(self, room: int) -> None:
        self._room = room
        self._kept: OrderedDict[K, V] = OrderedDict()

    def get(self, key: K) -> V | None:
        """What is known under the key."""
        found = self._kept.get(key)
        if found is not None:
            try:
                self._kept.move_to_end(key)
            except KeyError:  # another thread has just made room
                return found
        return found

    def keep(self, key: K, value: V) -> V:
        """Remember a value, and give it back."""
        self._kept[key] = value
        while len(self._kept) > self._room:
            try:
                self._kept.popitem(last=False)
            except KeyError:  # another thread was first
                break
        return value

    def clear(self) -> None:
        """Forget everything."""
        self._kept.clear()
