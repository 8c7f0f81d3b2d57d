"""Counters of this process in Prometheus' text form."""

import threading
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
_REQUESTS, _SECONDS = "kagaz_http_requests_total", "kagaz_http_request_seconds"
_ORDERS = "kagaz_order_seconds"
LATELY = 1_000
"""Orders whose times the quantiles are of: the newest."""


class Meter:
    """Requests by method, path and status, their times, and how many are being served."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._requests: Counter[tuple[str, str, int]] = Counter()
        self._buckets: Counter[float] = Counter()
        self._sum = 0.0
        self._serving = 0
        self._orders: deque[float] = deque(maxlen=LATELY)
        self._placed = 0

    @contextmanager
    def serving(self) -> Iterator[None]:
        """Count a request as being served for as long as the block runs."""
        with self._lock:
            self._serving += 1
        try:
            yield
        finally:
            with self._lock:
                self._serving -= 1

    def count(self, method: str, path: str, status: int, seconds: float) -> None:
        """Count one answered request; ``path`` is the route's pattern, never the path that was sent."""
        known = method if method in ("GET", "POST", "PATCH", "PUT", "DELETE") else "OTHER"
        bucket = next((edge for edge in BUCKETS if seconds <= edge), float("inf"))
        with self._lock:
            self._requests[(known, path, status)] += 1
            self._buckets[bucket] += 1
            self._sum += seconds
            if (method, path) == ("POST", "/orders"):
                self._orders.append(seconds)
                self._placed += 1

    def lines(self) -> Iterator[str]:
        """The exposition, a line at a time."""
        with self._lock:
            requests, buckets = dict(self._requests), dict(self._buckets)
            total, serving = self._sum, self._serving
            orders, placed = sorted(self._orders), self._placed
        yield f"# TYPE {_REQUESTS} counter"
        for (method, path, status), number in sorted(requests.items()):
            yield f'{_REQUESTS}{{method="{method}",path="{path}",status="{status}"}} {number}'
        yield f"# TYPE {_SECONDS} histogram"
        seen = 0
        for edge in (*BUCKETS, float("inf")):
            seen += buckets.get(edge, 0)
            yield f'{_SECONDS}_bucket{{le="{"+Inf" if edge == float("inf") else edge}"}} {seen}'
        yield f"{_SECONDS}_sum {total:.6f}"
        yield f"{_SECONDS}_count {seen}"
        yield f"# TYPE {_ORDERS} summary"
        for part in (0.5, 0.99) if orders else ():
            yield f'{_ORDERS}{{quantile="{part}"}} {orders[min(len(orders) - 1, int(len(orders) * part))]:.6f}'
        yield f"{_ORDERS}_count {placed}"
        yield "# TYPE kagaz_http_serving gauge"
        yield f"kagaz_http_serving {serving}"


def gauges(pairs: Iterable[tuple[str, float | int | None]]) -> Iterator[str]:
    """Single numbers; what is not known is left out, for a zero would be a lie."""
    for name, value in pairs:
        if value is not None:
            yield f"# TYPE {name} gauge"
            yield f"{name} {value}"
