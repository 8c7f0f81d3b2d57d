"""What a line is: one connection to one vendor with one person's credential, and what it says of itself."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from feeds.live.ticks import Ticks


class LineState(StrEnum):
    """Where a line stands. REFUSED, TOKEN_EXPIRED and STOPPED stay until somebody starts it anew."""

    CONNECTING = "CONNECTING"
    LIVE = "LIVE"
    QUIET = "QUIET"
    BACKING_OFF = "BACKING_OFF"
    REFUSED = "REFUSED"
    TOKEN_EXPIRED = "TOKEN_EXPIRED"  # noqa: S105
    STOPPED = "STOPPED"


ENDED = frozenset({LineState.REFUSED, LineState.TOKEN_EXPIRED, LineState.STOPPED})


class SegmentState(StrEnum):
    """What a vendor says an exchange's segment does; one it says nothing of is missing, and counts as open."""

    PRE_OPEN = "PRE_OPEN"
    OPEN = "OPEN"
    CLOSING = "CLOSING"
    CLOSED = "CLOSED"


@dataclass(frozen=True, slots=True)
class LineStatus:
    """A line as people may see it. Times are ms since the epoch, 0 where there is none; lags are ms from the
    vendor's own time of a message to its arrival. No field ever holds a credential.

    ``confirmed`` counts instruments that said something since the connection was made, ``refused`` those
    beyond the vendor's limits, ``reduced`` those wanted with depth that get their last price alone.
    """

    name: str
    state: LineState
    sentence: str
    since: int = 0
    messages: int = 0
    ticks: int = 0
    drops: int = 0
    garbage: int = 0
    reconnects: int = 0
    lag_p50: int = 0
    lag_p99: int = 0
    wanted: int = 0
    confirmed: int = 0
    reduced: int = 0
    refused: int = 0
    last_message_at: int = 0
    last_error: str = ""
    token_expires_at: int = 0

    @property
    def is_live(self) -> bool:
        """Whether what it says is the market of this moment."""
        return self.state is LineState.LIVE


class Line(Protocol):
    """One vendor's connection. It is pulled; nothing of it raises for what a vendor does or says.

    Keys are the vendor's own. ``start`` and ``stop`` may be called in any state, any number of times, and
    return within a bounded time; after ``stop`` nothing of the line runs any more.
    """

    name: str

    def start(self) -> None:
        """Begin to connect, also after a refusal."""

    def stop(self) -> None:
        """End the connection and everything that serves it, within ten seconds."""

    def want(self, full: Sequence[str], last: Sequence[str] = (), greeks: Sequence[str] = ()) -> None:
        """The keys to be told of, most important first: with five levels, with the last price alone, with one
        level and the greeks. The newest wish replaces the one before; what is beyond the limits is cut from
        the end and said in the status."""

    def drain(self) -> Ticks:
        """What has been said since the last call: one row a key, each field the newest."""

    def segments(self) -> Mapping[str, SegmentState]:
        """What the vendor last said of each segment."""

    def segment_of(self, key: str) -> str:
        """The segment that a key belongs to."""

    def status(self) -> LineStatus:
        """How it is; cheap."""
