"""Two live feeds as one: the second takes over while the first is silent, and no frame ever mixes the two."""

from collections.abc import Collection, Mapping
from typing import Any

import numpy as np

import log
from core.failover import Choice, Health, Patience, Side, choose
from core.frames import Rows
from feeds.crowd import Hours
from feeds.live.feed import Ints, LiveFeed
from feeds.live.line import ENDED, LineStatus


class TwinFeed:
    """The feed of a market whose owner has accounts with two vendors.

    Both listen all the time. When the other one is taken, the one that is left first takes back everything it
    displays, in a frame of its own, and the other shows all it knows in the next.
    """

    def __init__(self, first: LiveFeed, second: LiveFeed, patience: Patience | None = None) -> None:
        self.name = first.name  # the vendor whose prices are shown
        self._feeds = {Side.FIRST: first, Side.SECOND: second}
        self._patience = patience or Patience()
        self._choice = Choice()
        self._shows = Side.FIRST
        self._left_by = 0  # ms by which the first came later when it was left for that
        self._taken_back = False  # what is shown was taken back, because the other is taken next
        self._clock = 0

    def clock(self, now_ms: int) -> int:
        """The exchange's time as the vendor that is listened to gives it; it never runs backwards."""
        self._clock = max(self._clock, self._feeds[self._shows].clock(now_ms))
        return self._clock

    def want(self, ids: Collection[int]) -> None:
        """Both are asked for all of it."""
        for feed in self._feeds.values():
            feed.want(ids)

    def keep_hours(self, hours: Hours) -> None:
        """Both know when silence means something."""
        for feed in self._feeds.values():
            feed.keep_hours(hours)

    def strike(self, kind: str, trades: Mapping[int, tuple[int, int]], now_ms: int) -> Rows:
        """Nothing: the vendors tell what the exchange's auction struck."""
        return self._feeds[self._shows].strike(kind, trades, now_ms)

    def next_rows(self, now_ms: int) -> Rows:
        """What the vendor that is listened to says; at a change first what the other takes back."""
        rows = {side: feed.next_rows(now_ms) for side, feed in self._feeds.items()}
        first, second = (health(feed.status(), feed.pace.late_since > 0) for feed in self._feeds.values())
        self._choice = choose(self._patience, self._choice, first, second, now_ms, self._behind(now_ms))
        left, taken = self._feeds[self._shows], self._feeds[self._choice.side]
        if left is taken and not self._taken_back:
            return rows[self._shows]
        if not self._taken_back:
            self._taken_back = True
            return left.withdraw(now_ms)
        self._taken_back = False
        if left is taken:
            return left.picture(self.clock(now_ms))  # it came back in the very moment
        behind = self._behind(now_ms)
        told = {"from": left.name, "to": taken.name, "because": left.status().sentence, "first_behind_ms": behind}
        log.get(__name__).warning("Another vendor's prices are shown", extra=told)
        self._left_by = max(0, behind)
        self._shows, self.name = self._choice.side, taken.name
        return taken.picture(self.clock(now_ms))

    def unheard(self) -> list[int]:
        """Of the vendor that is listened to, whose name this feed bears."""
        return self._feeds[self._shows].unheard()

    def answered(self, prices: Mapping[int, tuple[int, int]]) -> None:
        """By that vendor."""
        self._feeds[self._shows].answered(prices)

    def _behind(self, now_ms: int) -> int:
        """By how much the first vendor's words come later than the second's: a wrong clock of ours delays both."""
        first, second = (feed.pace.least(now_ms) for feed in self._feeds.values())
        return 0 if first is None or second is None else first - second

    def swings(self, rows: Rows) -> tuple[Ints, Ints]:
        """As the vendor that is listened to tells them."""
        return self._feeds[self._shows].swings(rows)

    def closes(self, now_ms: int) -> tuple[Ints, Ints]:
        """Of the vendor that is listened to; of the other what that one has no price of."""
        ids, prices = self._feeds[self._shows].closes(now_ms)
        others = Side.SECOND if self._shows is Side.FIRST else Side.FIRST
        more, at = self._feeds[others].closes(now_ms)
        missing = ~np.isin(more, ids)
        ids, prices = np.concatenate([ids, more[missing]]), np.concatenate([prices, at[missing]])
        order = np.argsort(ids)
        return ids[order], prices[order]

    def status(self) -> LineStatus:
        """Of the line that is listened to."""
        return self._feeds[self._shows].status()

    def state(self) -> dict[str, Any]:
        """Of the feed that is shown, with the other's under ``other``, and how often it changed. It has ended when
        both have."""
        shown = self._feeds[self._shows].state()
        other = self._feeds[Side.SECOND if self._shows is Side.FIRST else Side.FIRST].state()
        if self._shows is Side.SECOND and self._left_by and self._feeds[Side.FIRST].status().is_live:
            other["reason"] = (
                f"Its prices came {self._left_by / 1000:.1f} s later than those of the other vendor, which are shown"
                " until it has kept up for a minute."
            )
        return {
            **shown,
            "ended": shown["ended"] and other["ended"],
            "failovers": self._choice.moves,
            "shows": str(self._shows),
            "other": other,
        }

    def resume(self) -> dict[str, Any]:
        """Of the feed that is shown: last prices are the same market's, whoever told them."""
        return self._feeds[self._shows].resume()

    def close(self) -> None:
        """Ends both lines."""
        for feed in self._feeds.values():
            feed.close()


def health(status: LineStatus, late: bool = False) -> Health:
    """How a line's state counts when another stands by; ``late`` where all that it says comes too late."""
    if status.is_live:
        return Health.LATE if late else Health.GOOD
    return Health.ENDED if status.state in ENDED else Health.SILENT
