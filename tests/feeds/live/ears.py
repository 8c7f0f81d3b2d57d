"""A link to the stand-in of TrueData, and everything that it tells."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from feeds.live.link import Ear, Happened
from feeds.live.plan import Plan
from feeds.live.supervisor import Denied, Lost, Opened
from feeds.live.ticks import Board
from feeds.live.truedata import TrueDataLink
from feeds.live.websocket import Address
from tests.feeds.standins.truedata import PASSWORD, USER, TrueDataStandIn
from tests.patience import PATIENCE

CREDENTIALS = {"user": USER, "password": PASSWORD}
NOWHERE = Address("127.0.0.1", 1, tls=None)


class Ears:
    """A link with a wall clock that stands still where ``now_ms`` is given."""

    def __init__(self, address: Address, credentials: dict[str, str] | None = None, **more: Any) -> None:
        self.board = Board()
        self.told: list[Happened] = []
        self.lags: list[float] = []
        self.now_ms: int | None = None
        ear = Ear(self.board, self.told.append, lambda _now, lags: self.lags.extend(lags.tolist()))
        more = {"wall_ms": self._wall, "dead": PATIENCE, "connect": PATIENCE} | more
        self.link = TrueDataLink(credentials or CREDENTIALS, ear, address, **more)

    def _wall(self) -> int:
        return int(time.time() * 1000) if self.now_ms is None else self.now_ms

    def until(self, true: Callable[[], object]) -> None:
        deadline = time.monotonic() + PATIENCE
        while not true():
            assert time.monotonic() < deadline, (self.told, dict(self.link.words.counted))
            time.sleep(0.005)

    def opened(self, *symbols: str) -> "Ears":
        """Connected, and these symbols added."""
        self.link.open()
        self.until(lambda: Opened() in self.told)
        if symbols:
            self.link.subscribe(Plan(full=symbols))
            self.until(lambda: self.link._subscribed >= {one.upper() for one in symbols})
            self.until(self.board.drain)
        return self

    def ended(self) -> Happened:
        """How it ended."""
        self.until(lambda: self.told and isinstance(self.told[-1], Lost | Denied))
        self.link._thread.join(PATIENCE)
        assert not self.link._thread.is_alive()
        return self.told[-1]

    def words(self, **at_least: int) -> dict[str, int]:
        """What was counted, once it is so much."""
        self.until(lambda: all(self.link.words.counted[name] >= least for name, least in at_least.items()))
        return dict(self.link.words.counted)

    def row(self, key: str, **fields: int) -> Any:
        """What the board says of a symbol, once it says these fields."""
        found: list[Any] = []

        def there() -> bool:
            ticks = self.board.drain()
            found.extend(ticks.rows[n] for n, name in enumerate(ticks.keys) if name == key)
            return bool(found) and all(found[-1][name] == value for name, value in fields.items())

        self.until(there)
        return found[-1]


@contextmanager
def ears(where: TrueDataStandIn | Address, credentials: dict[str, str] | None = None, **more: Any) -> Iterator[Ears]:
    """A link that is closed in the end."""
    made = Ears(where if isinstance(where, Address) else where.address, credentials, **more)
    try:
        yield made
    finally:
        made.link.close()
