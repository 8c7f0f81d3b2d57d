"""How long words were under way: the middle and the slowest hundredth of the last thousands, and the least lately."""

import numpy as np
import numpy.typing as npt

KEPT = 8_192


class LagMeter:
    """Keeps the newest lags in ms; constant memory."""

    def __init__(self) -> None:
        self._lags = np.zeros(KEPT, np.int64)
        self._count = 0

    def add(self, lags: npt.NDArray[np.int64]) -> None:
        """Lags in ms; one below zero is a clock that is ahead of ours, and counts as none."""
        lags = np.maximum(lags[-KEPT:], 0)
        at = (self._count + np.arange(len(lags))) % KEPT
        self._lags[at] = lags
        self._count += len(lags)

    def percentiles(self) -> tuple[int, int]:
        """The 50th and the 99th; zeros before the first."""
        kept = self._lags[: min(self._count, KEPT)]
        if not len(kept):
            return 0, 0
        p50, p99 = np.percentile(kept, (50, 99))
        return int(p50), int(p99)


class LeastLag:
    """The least delayed word of the last five to ten seconds: what a vendor can do, whatever single words met.

    ``late_since`` is since when every word came too late to be traded on, in ms of the clock given; 0 where the newest
    word did not, or none came.
    """

    SPAN_MS = 5_000

    def __init__(self) -> None:
        self._span = -1
        self._best: list[int | None] = [None, None]
        self.late_since = 0

    def hear(self, lags: npt.NDArray[np.int64], late: npt.NDArray[np.bool_], now_ms: int) -> None:
        """Words that were taken in now, how long each was under way, and which came too late."""
        if not len(lags):
            return
        self._turn(now_ms)
        least = int(lags.min())
        self._best[0] = least if self._best[0] is None else min(self._best[0], least)
        if not late.all():
            self.late_since = 0
        elif not self.late_since:
            self.late_since = now_ms

    def least(self, now_ms: int) -> int | None:
        """In ms, negative where this machine's clock is behind the vendor's; None where no word came lately."""
        self._turn(now_ms)
        known = [one for one in self._best if one is not None]
        return min(known) if known else None

    def _turn(self, now_ms: int) -> None:
        span = now_ms // self.SPAN_MS
        if span != self._span:
            self._best = [None, self._best[0] if span == self._span + 1 else None]
            self._span = span
