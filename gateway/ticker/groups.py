"""Sockets that ask for the same are one group: its frames are put together once, whatever the number of readers."""

from typing import TYPE_CHECKING

import numpy as np

from gateway.ticker.packets import Ids, Mode, Packets, frame_of
from gateway.ticker.wishes import Wish
from gateway.wire import framed

if TYPE_CHECKING:
    from gateway.ticker.outbox import Outbox


class Group:
    """``number`` rises with every frame that has something for it; ``body`` is that frame, ``framed`` the same as it
    goes over the wire. ``wish`` is one for all its readers."""

    def __init__(self, packets: Packets, wish: Wish) -> None:
        self.wish = wish
        asked = wish.asked
        self.readers: set[Outbox] = set()
        self.number = 0
        self.body = self.framed = b""
        self._packets = packets
        self._asked: list[tuple[Mode, Ids]] = []
        for mode in Mode:
            ids = [each for each, wanted in asked.items() if wanted is mode]
            if ids:
                self._asked.append((mode, np.array(sorted(ids), np.int64)))
        self._whole: tuple[int, bytes] = (-1, b"")

    def cut(self, changed: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> bytes:
        """The frame of the instruments that changed; empty where none of the group's did."""
        return frame_of(self._packets, ((mode, ids[changed[ids]]) for mode, ids in self._asked))

    def move(self, body: bytes) -> None:
        """A frame changed something."""
        self.body, self.framed = body, framed(body)
        self.number += 1

    def whole(self) -> bytes:
        """All prices as they are, for who missed a frame; put together at most once a frame."""
        if self._whole[0] != self.number:
            self._whole = (self.number, frame_of(self._packets, self._asked))
        return self._whole[1]
