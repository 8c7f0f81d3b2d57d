"""How long words were under way: the middle and the slowest hundredth of the last few thousand."""

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

    def one(self, lag: float) -> None:
        """One of them."""
        self._lags[self._count % KEPT] = max(0, int(lag))
        self._count += 1

    def percentiles(self) -> tuple[int, int]:
        """The 50th and the 99th; zeros before the first."""
        kept = self._lags[: min(self._count, KEPT)]
        if not len(kept):
            return 0, 0
        p50, p99 = np.percentile(kept, (50, 99))
        return int(p50), int(p99)
