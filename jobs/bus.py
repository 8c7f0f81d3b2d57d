"""Hands frames from the market's loop to those who act on them, without ever making the market wait."""

import threading
import time

import numpy as np

from core.frames import Frame


class Bus:
    """One place, not a queue: a reader that falls behind gets what it missed as one newer frame."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._waiting: Frame | None = None
        self._woken = False
        self.merged = 0  # frames that were not taken before the next one came
        self.published_at = 0.0  # of the newest frame, by the monotonic clock

    def publish(self, frame: Frame) -> None:
        """Puts a stored frame; never blocks."""
        with self._changed:
            if self._waiting is not None:
                self.merged += 1
                frame = merge(self._waiting, frame)
            self._waiting = frame
            self.published_at = time.monotonic()
            self._changed.notify_all()

    def take(self, timeout: float) -> Frame | None:
        """All that changed since the last take; None after ``timeout`` seconds without a frame, or a ``wake``."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting is not None or self._woken, timeout)
            frame, self._waiting, self._woken = self._waiting, None, False
            self._changed.notify_all()
            return frame

    def taken(self, timeout: float) -> bool:
        """Waits so many seconds at most until no frame waits; whether none does."""
        with self._changed:
            return self._changed.wait_for(lambda: self._waiting is None, max(0.0, timeout))

    def wake(self) -> None:
        """Lets the reader, waiting or next to wait, look at once although no frame came."""
        with self._changed:
            self._woken = True
            self._changed.notify_all()


class Fan:
    """Hands each frame to several buses: every reader falls behind, or not, by itself."""

    def __init__(self, *buses: Bus) -> None:
        self._buses = buses

    @property
    def merged(self) -> int:
        """Frames that the first reader, who fills orders, did not take before the next one came."""
        return self._buses[0].merged

    def taken(self, timeout: float) -> bool:
        """Waits until the first reader, who fills orders, has taken what there was; whether it has."""
        return self._buses[0].taken(timeout)

    def publish(self, frame: Frame) -> None:
        """Puts a stored frame; never blocks."""
        for bus in self._buses:
            bus.publish(frame)


def merge(older: Frame, newer: Frame) -> Frame:
    """One frame with the newest row of every instrument in either, under the newer one's number and time."""
    if older.market != newer.market or older.levels != newer.levels:
        return newer
    kept = older.rows[~np.isin(older.rows["instrument"], newer.rows["instrument"])]
    return Frame(newer.market, newer.number, newer.exchange_time, np.concatenate([kept, newer.rows]))
