"""What time it is at the exchange, where this machine's clock may be wrong."""

import numpy as np
import numpy.typing as npt

# Nearer than this the machine's clock is believed; further off than this the vendor's is not.
NEAR_MS, FAR_MS = 1_500, 600_000
# A machine whose clock runs ahead and a stream that lags look the same. Only so far behind the first is believed.
BEHIND_MS = 5_000
MINUTE_MS = 60_000


class VendorClock:
    """Follows how far a vendor's times run ahead of ours. The least delayed word of each minute tells it.

    The time it gives never runs backwards. ``behind`` is by how many ms the vendor's words come after our clock where
    that is not believed to be the clock's fault, else 0.
    """

    def __init__(self) -> None:
        self.offset = self.behind = 0
        self._best: int | None = None
        self._minute = 0
        self._given = 0

    def hear(self, sent: npt.NDArray[np.int64], received: npt.NDArray[np.int64]) -> None:
        """When words were sent by the vendor's clock and received by ours, in ms since the epoch."""
        if not len(sent):
            return
        ahead = int(np.median(sent - received))
        if abs(ahead) > FAR_MS:
            return  # a broken time, not a clock
        minute = int(received[-1]) // MINUTE_MS
        if minute != self._minute or self._best is None:
            self._minute, self._best = minute, ahead
        else:
            self._best = max(self._best, ahead)
        self.behind = -self._best if self._best < -BEHIND_MS else 0
        self.offset = self._best if abs(self._best) > NEAR_MS and not self.behind else 0

    def exchange_time(self, now_ms: int) -> int:
        """The exchange's time when ours is ``now_ms``."""
        self._given = max(self._given, now_ms + self.offset)
        return self._given
