"""A feed that has nothing to say: no past day is left to play, or no vendor can be reached."""

from collections.abc import Collection, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from core.frames import Rows, row_type
from feeds.crowd import Hours

Ints = npt.NDArray[np.int64]


class Silent:
    """Prints nothing and says that it has ended, so that its market closes."""

    name = "silent"

    def __init__(self, left: dict[str, Any], why: str) -> None:
        self._left, self._why = left, why

    def clock(self, now_ms: int) -> int:
        """The wall clock."""
        return now_ms

    def want(self, ids: Collection[int]) -> None:
        """Nobody can be served."""

    def keep_hours(self, hours: Hours) -> None:
        """There is nothing to keep quiet."""

    def strike(self, kind: str, trades: Mapping[int, tuple[int, int]], now_ms: int) -> Rows:
        """Nothing."""
        return self.next_rows(now_ms)

    def next_rows(self, now_ms: int) -> Rows:
        """Nothing."""
        return np.zeros(0, row_type())

    def closes(self, now_ms: int) -> tuple[Ints, Ints]:
        """Nothing."""
        return np.zeros(0, np.int64), np.zeros(0, np.int64)

    def state(self) -> dict[str, Any]:
        """Says that nothing will come, and why."""
        return {"feed": self.name, "ended": True, "reason": self._why}

    def resume(self) -> dict[str, Any]:
        """What it was made with, untouched."""
        return self._left
