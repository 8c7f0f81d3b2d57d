"""When a line connects, waits, gives up: a table of states without a clock, a socket or chance of its own.

Values go in (what happened, the time, a number drawn by the caller), the next state and what to do come out.
"""

from dataclasses import dataclass, replace
from enum import StrEnum

from feeds.live.line import LineState


class Action(StrEnum):
    """What the caller must do now, in the order given."""

    OPEN = "OPEN"
    CLOSE = "CLOSE"
    SUBSCRIBE = "SUBSCRIBE"


@dataclass(frozen=True, slots=True)
class Rules:
    """Milliseconds. Between two tries passes a random part of ``base``, doubled with each failure, up to ``cap``:
    whole crowds that lost a vendor at one instant must not come back at one instant."""

    connect: int = 20_000
    quiet: int = 10_000
    dead: int = 20_000
    base: int = 1_000
    cap: int = 60_000
    least: int = 200
    stable: int = 60_000  # a connection that held so long has forgotten its failures


@dataclass(frozen=True, slots=True)
class Start:
    """Somebody wants the line."""


@dataclass(frozen=True, slots=True)
class Stop:
    """Somebody does not want it any more."""


@dataclass(frozen=True, slots=True)
class Opened:
    """The vendor took the connection and the credential."""


@dataclass(frozen=True, slots=True)
class Lost:
    """The connection ended, or never came about."""

    why: str


@dataclass(frozen=True, slots=True)
class Denied:
    """The vendor refused the credential; to try again might lock the account."""

    why: str
    expired: bool = False


@dataclass(frozen=True, slots=True)
class Look:
    """Time passes. ``heard_at`` is when the last message came, 0 for never on this connection; ``trading`` whether
    a segment somebody listens to is open, so that silence means something; ``wall`` is ms since the epoch."""

    heard_at: int
    trading: bool
    wall: int


Event = Start | Stop | Opened | Lost | Denied | Look


@dataclass(frozen=True, slots=True)
class Watch:
    """Where the line stands. Times are ms of a monotonic clock, save ``expires_at``, ms since the epoch, 0 for a
    credential without an end."""

    state: LineState = LineState.STOPPED
    since: int = 0
    failures: int = 0
    reconnects: int = 0
    retry_at: int = 0
    trading_since: int = -1
    expires_at: int = 0
    why: str = ""


Outcome = tuple[Watch, tuple[Action, ...]]
_CONNECTED = frozenset({LineState.LIVE, LineState.QUIET})
_TRYING = frozenset({LineState.CONNECTING, *_CONNECTED})
_WORKING = _TRYING | {LineState.BACKING_OFF}


def step(rules: Rules, watch: Watch, event: Event, now: int, luck: float = 1.0) -> Outcome:
    """What follows from an event. ``luck`` is from 0 up to 1: the part of the longest wait that is taken."""
    match event:
        case Start():
            return _start(watch, now)
        case Stop():
            return _moved(watch, LineState.STOPPED, now, why=""), (Action.CLOSE,)
        case Opened():
            if watch.state is not LineState.CONNECTING:
                return watch, (Action.CLOSE,)  # it came after it was given up
            return _moved(watch, LineState.LIVE, now, why="", trading_since=-1), (Action.SUBSCRIBE,)
        case Lost(why):
            return _lost(rules, watch, why, now, luck) if watch.state in _TRYING else (watch, ())
        case Denied(why, expired):
            if watch.state is LineState.STOPPED:
                return watch, ()
            state = LineState.TOKEN_EXPIRED if expired else LineState.REFUSED
            return _moved(watch, state, now, why=why), (Action.CLOSE,)
        case Look():
            return _look(rules, watch, event, now, luck)


def _start(watch: Watch, now: int) -> Outcome:
    if watch.state in _WORKING:
        return watch, ()
    return _moved(watch, LineState.CONNECTING, now, why="", failures=0), (Action.OPEN,)


def _lost(rules: Rules, watch: Watch, why: str, now: int, luck: float) -> Outcome:
    held = watch.state in _CONNECTED and now - watch.since >= rules.stable
    failures = 0 if held else watch.failures
    longest = min(rules.cap, rules.base * 2 ** min(failures, 20))
    wait = max(rules.least, int(longest * luck))
    moved = _moved(
        watch, LineState.BACKING_OFF, now, why=why, failures=failures + 1, retry_at=now + wait,
        reconnects=watch.reconnects + 1,
    )  # fmt: skip
    return moved, (Action.CLOSE,)


def _look(rules: Rules, watch: Watch, look: Look, now: int, luck: float) -> Outcome:
    if watch.expires_at and look.wall >= watch.expires_at and watch.state in _WORKING:
        return _moved(watch, LineState.TOKEN_EXPIRED, now, why="The access token has expired."), (Action.CLOSE,)
    if watch.state is LineState.BACKING_OFF and now >= watch.retry_at:
        return _moved(watch, LineState.CONNECTING, now), (Action.OPEN,)
    if watch.state is LineState.CONNECTING and now - watch.since >= rules.connect:
        return _lost(rules, watch, f"No answer within {rules.connect // 1000} s.", now, luck)
    if watch.state in _CONNECTED:
        return _listen(rules, watch, look, now, luck)
    return watch, ()


def _listen(rules: Rules, watch: Watch, look: Look, now: int, luck: float) -> Outcome:
    """A connection is judged by its silence, and only while there is something to be said."""
    trading_since = (now if watch.trading_since < 0 else watch.trading_since) if look.trading else -1
    watch = replace(watch, trading_since=trading_since)
    began = watch.since if watch.state is LineState.LIVE else 0
    silence = now - max(look.heard_at, trading_since, began) if look.trading else 0
    if silence >= rules.dead:
        return _lost(rules, watch, f"Nothing came for {silence // 1000} s while the market was open.", now, luck)
    if silence >= rules.quiet and watch.state is LineState.LIVE:
        # ``since`` stays: how long the connection has held is what its failures are forgiven by.
        return replace(watch, state=LineState.QUIET), ()
    if silence < rules.quiet and watch.state is LineState.QUIET:
        return replace(watch, state=LineState.LIVE), ()
    return watch, ()


def _moved(watch: Watch, state: LineState, now: int, **changes: object) -> Watch:
    kept = {"retry_at": 0} | changes
    return replace(watch, state=state, since=now, **kept)  # type: ignore[arg-type]
