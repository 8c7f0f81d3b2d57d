"""One line at work: a link is opened, listened to, judged and let go, as the supervisor's table says."""

import queue
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime

import numpy as np

import log
from core.calendar import IST
from feeds.live.lag import LagMeter
from feeds.live.line import LineState, LineStatus, SegmentState
from feeds.live.link import Bounds, Ear, Happened, Link, Segments, Told
from feeds.live.plan import Plan, plan
from feeds.live.supervisor import Action, Event, Look, Lost, Start, Stop, Watch, step
from feeds.live.ticks import Board, Floats
from feeds.live.vendors import OPEN, Vendor

LET_GO = 6.0  # seconds that a link has to close


class Worker:
    """Drives one vendor's links, one after another. ``step`` is called some twenty times a second by one thread.

    ``luck`` draws a number from 0 up to 1; ``mono`` and ``wall`` are clocks in ms.
    """

    def __init__(
        self,
        vendor: Vendor,
        credentials: Mapping[str, str],
        expires_at: int = 0,
        *,
        luck: Callable[[], float],
        mono: Callable[[], float] = lambda: time.monotonic() * 1000,
        wall: Callable[[], float] = lambda: time.time() * 1000,
    ) -> None:
        self.vendor, self.board = vendor, Board()
        self.segments: dict[str, SegmentState] = {}
        self.plan = Plan()
        self._credentials, self._luck, self._mono, self._wall = dict(credentials), luck, mono, wall
        self._rules, self._limits = vendor.rules, vendor.limits(_day(wall()))
        self._watch = Watch(expires_at=expires_at)
        self._events: queue.SimpleQueue[tuple[int, Happened]] = queue.SimpleQueue()
        self._wish: tuple[Sequence[str], Sequence[str], Sequence[str]] = ((), (), ())
        self._asked_anew = False
        self._listened: set[str] = set()
        self._link: Link | None = None
        self._ear: Ear | None = None  # of the link that is made as soon as what it needs is loaded
        self._loaded = threading.Event()
        self._leaving: threading.Thread | None = None
        self._attempt = 0
        self._lag = LagMeter()
        self._messages = 0
        self._heard_at = self._heard_wall = 0.0
        self._error = ""
        self._moved_at = 0

    # -- asked from outside --------------------------------------------------------------------

    def start(self) -> None:
        """Begin to connect."""
        missing = self.vendor.missing()
        if missing:
            self._watch = replace(self._watch, state=LineState.REFUSED, why=missing)
            return
        if 0 < self._watch.expires_at <= self._wall():
            self._watch = replace(self._watch, state=LineState.TOKEN_EXPIRED, why="The access token has expired.")
            return
        if self.vendor.prepare is None:
            self._loaded.set()
        elif not self._loaded.is_set():
            threading.Thread(target=self._load, args=(self.vendor.prepare,), daemon=True, name="loading").start()
        self._follow(Start())

    def stop(self) -> None:
        """Let go and end."""
        self._follow(Stop())
        if self._leaving is not None:
            self._leaving.join(LET_GO)

    def want(self, full: Sequence[str], last: Sequence[str], greeks: Sequence[str]) -> None:
        """The newest wish; sent with the next step."""
        self._wish = (full, last, greeks)
        self._asked_anew = True

    def step(self) -> None:
        """Takes in what happened, looks at the time, and does what follows."""
        self._connect()
        while True:
            try:
                attempt, what = self._events.get_nowait()
            except queue.Empty:
                break
            if attempt == self._attempt:
                self._take(what)
        heard = int(self._heard_at)
        self._follow(Look(heard, self._trading(), int(self._wall())))
        if self._asked_anew:
            self._asked_anew = False
            self._plan()

    @property
    def state(self) -> LineState:
        """Where the line stands."""
        return self._watch.state

    def status(self) -> LineStatus:
        """How the line is."""
        watch, (p50, p99) = self._watch, self._lag.percentiles()
        return LineStatus(
            name=self.vendor.name, state=watch.state, sentence=self._sentence(), since=self._moved_at,
            messages=self._messages, ticks=self.board.ticks, drops=self.board.late + self.board.garbage,
            garbage=self.board.garbage, reconnects=watch.reconnects, lag_p50=p50, lag_p99=p99,
            wanted=self.plan.keys + len(self.plan.refused), confirmed=self.board.heard(),
            reduced=len(self.plan.reduced), refused=len(self.plan.refused), last_message_at=int(self._heard_wall),
            last_error=self._error, token_expires_at=watch.expires_at,
        )  # fmt: skip

    # -- how -----------------------------------------------------------------------------------

    def _take(self, what: Happened) -> None:
        match what:
            case Segments(said):
                self.segments.update(said)
            case Told(error):
                self._error = self._scrubbed(error)
            case Bounds(limits):
                self._limits = limits
                self._asked_anew = True
            case _:
                self._follow(what)

    def _follow(self, event: Event) -> None:
        before = self._watch.state
        self._watch, actions = step(self._rules, self._watch, event, int(self._mono()), self._luck())
        if self._watch.why:
            self._watch = replace(self._watch, why=self._scrubbed(self._watch.why))
            self._error = self._watch.why
        if self._watch.state is not before:
            self._moved_at = int(self._wall())
            told = {"line": self.vendor.name, "state": str(self._watch.state), "why": self._watch.why}
            log.get(__name__).info("A line changes its state", extra=told)
        for action in actions:
            if action is Action.OPEN:
                self._open()
            elif action is Action.CLOSE:
                self._close()
            else:
                self._plan()

    def _open(self) -> None:
        if self._leaving is not None:
            self._leaving.join(LET_GO)  # a vendor may allow a single connection
        self._attempt += 1
        attempt = self._attempt
        self._heard_at = 0.0
        self.board.forget()

        def heard(now_ms: float, lags_ms: Floats) -> None:
            if attempt == self._attempt and len(lags_ms):
                self._messages += len(lags_ms)
                self._heard_at, self._heard_wall = self._mono(), now_ms
                self._lag.add(lags_ms[lags_ms >= 0].astype(np.int64))

        self._ear = Ear(self.board, lambda what: self._events.put((attempt, what)), heard)
        self._connect()

    def _load(self, prepare: Callable[[], None]) -> None:
        """On a thread of its own: who says nothing while a client loads would be taken for stuck, and ended."""
        try:
            prepare()
        except Exception as error:  # noqa: BLE001 - the link meets the same and says it
            log.get(__name__).warning(
                "A client cannot be loaded", extra={"line": self.vendor.name, "error": str(error)}
            )
        finally:
            self._loaded.set()

    def _connect(self) -> None:
        """Makes the link, once what it needs is loaded; its time begins then."""
        if self._ear is None:
            return
        self._watch = replace(self._watch, since=int(self._mono()))
        if not self._loaded.is_set():
            return
        ear, self._ear = self._ear, None
        try:
            self._link = self.vendor.link(self._credentials, ear)
            self._link.open()
        except Exception as error:  # noqa: BLE001 - whatever a vendor's client raises, the line tries again
            self._events.put((self._attempt, Lost(f"{type(error).__name__}: {error}")))

    def _close(self) -> None:
        self._attempt += 1  # nothing the old link says counts any more
        self._ear = None
        link, self._link = self._link, None
        if link is not None:
            self._leaving = threading.Thread(target=_let_go, args=(link,), daemon=True, name="leaving")
            self._leaving.start()

    def _plan(self) -> None:
        full, last, greeks = self._wish
        pulse = self.vendor.pulse if full or last or greeks else ()
        if full and not last and not greeks:
            full = [*pulse, *full]  # in a mode of its own it would make two of one, which allow fewer keys
        else:
            last = [*pulse, *last]
        self.plan = plan(self._limits, full, last, greeks)
        every = (*self.plan.full, *self.plan.last, *self.plan.greeks)
        self._listened = {self.vendor.segment_of(key) for key in every}
        if self._watch.state not in (LineState.LIVE, LineState.QUIET) or self._link is None:
            return
        try:
            self._link.subscribe(self.plan)
        except Exception as error:  # noqa: BLE001 - as above
            self._events.put((self._attempt, Lost(f"{type(error).__name__}: {error}")))

    def _trading(self) -> bool:
        """Whether some segment that is listened to is open. A vendor that says nothing of segments is never quiet."""
        if not self.plan.keys:
            return False
        if not self.segments:
            return True
        # One exchange trades into the night, whose hours say nothing of the others'.
        ours = self._listened & self.segments.keys() or self.segments.keys()
        return any(self.segments[name] is SegmentState.OPEN for name in ours)

    def _sentence(self) -> str:
        title, watch = self.vendor.title, self._watch
        if watch.state is LineState.LIVE:
            return self.plan.sentence(title) or f"Connected to {title}."
        if watch.state is LineState.QUIET:
            return f"{title} has said nothing for a while although the market is open. Prices may be old."
        if watch.state is LineState.BACKING_OFF:
            return f"The connection to {title} was lost and is made again. {watch.why}".strip()
        if watch.state is LineState.CONNECTING:
            return f"Connecting to {title}."
        if watch.state is LineState.TOKEN_EXPIRED:
            return f"The login at {title} has expired. Sign in to {title} again."
        if watch.state is LineState.REFUSED:
            return watch.why if watch.why == self.vendor.missing() else f"{title} refused the login: {watch.why}"
        return f"Not connected to {title}."

    def _scrubbed(self, text: str) -> str:
        """Without any credential, whoever quoted it, and no longer than a line."""
        for name, secret in self._credentials.items():
            if len(secret) > 3 and name not in OPEN:
                text = text.replace(secret, log.HIDDEN)
        return " ".join(log.redact(text).split())[:300]


def _day(wall_ms: float) -> date:
    """The date in India."""
    return datetime.fromtimestamp(wall_ms / 1000, IST).date()


def _let_go(link: Link) -> None:
    try:
        link.close()
    except Exception as error:  # noqa: BLE001 - it is gone either way
        log.get(__name__).debug("A link did not close well", extra={"error": type(error).__name__})
