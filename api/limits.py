"""How many orders a second one user may send, by a bucket of tokens in this process."""

import threading
import time
from collections import OrderedDict

from core.reasons import Reason, Refusal

_ROOM = 10_000


class OrderRate:
    """``rate`` tokens a second and at most so many at once; 0 sets no bound. Cancels never ask here."""

    def __init__(self, rate: int) -> None:
        self.rate = rate
        self._buckets: OrderedDict[int, tuple[float, float]] = OrderedDict()
        self._lock = threading.Lock()

    def spend(self, user_id: int, now: float | None = None) -> None:
        """Take one token of this user's, or refuse with the seconds to wait."""
        if self.rate == 0:
            return
        now = time.monotonic() if now is None else now
        with self._lock:
            tokens, at = self._buckets.pop(user_id, (float(self.rate), now))
            tokens = min(float(self.rate), tokens + (now - at) * self.rate)
            free = tokens >= 1
            self._buckets[user_id] = (tokens - 1 if free else tokens, now)
            while len(self._buckets) > _ROOM:
                self._buckets.popitem(last=False)
        if not free:
            sentence = f"At most {self.rate} orders a second. Wait a second; this order was not placed."
            raise Refusal(Reason.RATE_LIMIT, sentence, numbers={"retry_after": 1})
