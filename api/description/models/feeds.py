"""Live feeds: their state, without prices and without what their owners typed in."""

from typing import Literal

from api.description.models.common import Day, Shape, Time

LineState = Literal["CONNECTING", "LIVE", "QUIET", "BACKING_OFF", "REFUSED", "TOKEN_EXPIRED", "STOPPED"]


class FeedLine(Shape):
    """The line to one vendor. Lags are milliseconds; ``reduced`` get their last price alone, ``refused`` nothing."""

    vendor: str
    title: str
    shown: bool
    state: LineState
    sentence: str
    since: Time | None
    last_message_at: Time | None
    last_error: str
    token_expires_at: Time | None
    messages: int
    ticks: int
    garbage: int
    reconnects: int
    lag_p50: int
    lag_p99: int
    shown_lag_p50: int
    shown_lag_p99: int
    wanted: int
    confirmed: int
    reduced: int
    refused: int
    stale: int


class Outages(Shape):
    """Outages of the last week, and the candles that the vendor's history filled in."""

    outages: int
    filled: int
    candles: int
    failed: str | None


class Recording(Shape):
    """What is recorded of a market since its process began; ``lost`` are frames that the disk could not take."""

    frames: int
    lost: int
    megabytes: float
    trouble: str


class LiveFeed(Shape):
    """A live market's feed."""

    market: str
    owner: str
    running: bool
    feed: str
    backup: str | None
    state: LineState
    sentence: str
    age_ms: int | None
    frame: int
    trading_date: Day
    phase: str
    failovers: int
    passed: int
    doubted: list[str]
    dropped: dict[str, int]
    outages: Outages
    recording: Recording | None
    lines: list[FeedLine]


class Connection(Shape):
    """A vendor of one's own; ``hint`` tells one credential from another."""

    vendor: str
    title: str
    daily: bool
    state: Literal["NONE", "READY", "CONNECT", "CONNECTING", "REFUSED"]
    hint: str | None
    refused: str | None
    token_expires_at: Time | None


class OwnMarket(Shape):
    """One's own live market."""

    market: str
    running: bool


class LiveFeeds(Shape):
    """One's own feeds and vendors; for an administrator the feeds of all."""

    items: list[LiveFeed]
    vendors: list[Connection]
    next: str | None
    version: int | None
