"""Hands frames from the market's loop to those who act on them, without ever making the market wait."""

import threading

import numpy as np

from core.frames import Frame


class Bus:
    """One place, not a queue: a reader that falls behind gets what it missed as one newer frame."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._waiting: Frame | None = None
        self.merged = 0

    def publish(self, frame: Frame) -> None:
        """Puts a stored frame; never blocks."""
        with self._changed:
            if self._waiting is not None:
                self.merged += 1
                frame = merge(self._waiting, frame)
            self._waiting = frame
            self._changed.notify_all()

    def take(self, timeout: float) -> Frame | None:
        """All that changed since the last take, or None when nothing did within ``timeout`` seconds."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting is not None, timeout)
            frame, self._waiting = self._waiting, None
            return frame

    def wake(self) -> None:
        """Lets a waiting reader look at once, although no frame came."""
        with self._changed:
            self._changed.notify_all()


def merge(older: Frame, newer: Frame) -> Frame:
    """One frame with the newest row of every instrument in either, under the newer one's number and time."""
    if older.market != newer.market or older.levels != newer.levels:
        return newer
    kept = older.rows[~np.isin(older.rows["instrument"], newer.rows["instrument"])]
    return Frame(newer.market, newer.number, newer.exchange_time, np.concatenate([kept, newer.rows]))
