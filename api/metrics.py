"""Counters of this process in Prometheus' text form."""

import threading
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
_REQUESTS, _SECONDS = "kagaz_http_requests_total", "kagaz_http_request_seconds"


class Meter:
    """Requests by method, path and status, their times, and how many are being served."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._requests: Counter[tuple[str, str, int]] = Counter()
        self._buckets: Counter[float] = Counter()
        self._sum = 0.0
        self._serving = 0

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

    def lines(self) -> Iterator[str]:
        """The exposition, a line at a time."""
        with self._lock:
            requests, buckets = dict(self._requests), dict(self._buckets)
            total, serving = self._sum, self._serving
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
        yield "# TYPE kagaz_http_serving gauge"
        yield f"kagaz_http_serving {serving}"


def gauges(pairs: Iterable[tuple[str, float | int | None]]) -> Iterator[str]:
    """Single numbers; what is not known is left out, for a zero would be a lie."""
    for name, value in pairs:
        if value is not None:
            yield f"# TYPE {name} gauge"
            yield f"{name} {value}"
