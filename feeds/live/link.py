"""What one vendor's file must bring: how to connect, subscribe and let go. Everything else is common."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from core.vendor_limits import Limits
from feeds.live.line import SegmentState
from feeds.live.plan import Plan
from feeds.live.supervisor import Denied, Lost, Opened
from feeds.live.ticks import Board, Floats


@dataclass(frozen=True, slots=True)
class Segments:
    """What the vendor says its segments do; those not named keep what was said of them before."""

    said: Mapping[str, SegmentState]


@dataclass(frozen=True, slots=True)
class Told:
    """An error that ended nothing, such as a key the vendor does not know. Never a credential."""

    error: str


@dataclass(frozen=True, slots=True)
class Bounds:
    """The limits of this very account, where a vendor tells them only after the login."""

    limits: Limits


Happened = Opened | Lost | Denied | Segments | Told | Bounds


@dataclass(slots=True)
class Ear:
    """Where a link puts what it hears. May be called from any thread.

    ``tell`` takes what happened to the connection. ``heard(now_ms, lags_ms)`` counts messages, heartbeats
    included, at the wall clock's time, with how long each was under way (negative: not known). Ticks go to
    ``board`` before their messages are counted. A link that was told to close says nothing any more, and what it
    says nevertheless is not listened to.
    """

    board: Board
    tell: Callable[[Happened], None]
    heard: Callable[[float, Floats], None]


class Link(Protocol):
    """One attempt at one connection. It is made, opened once, closed once; the next attempt is another object.

    Made by a factory ``(credentials: Mapping[str, str], ear: Ear) -> Link`` that each vendor's file names
    ``link``. It decides nothing about trying again.
    """

    def open(self) -> None:
        """Begin to connect and return at once; the outcome is told: Opened, Lost or Denied."""

    def subscribe(self, plan: Plan) -> None:
        """Bring the connection's subscriptions to this plan, sending only what differs from the one before.

        Called after Opened alone, from one thread. May raise OSError or what the vendor's client raises, which
        counts as a lost connection.
        """

    def close(self) -> None:
        """Let go, whatever the state, within five seconds; afterwards nothing is told."""
