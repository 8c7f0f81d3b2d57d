"""The market's loop: pulls the feed, guards, stores each frame, then tells everybody who waits for it."""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import log
from core.calendar import IST, Phase, Session
from core.frames import Frame
from desk import jobs as runs
from desk import market as markets
from desk import masters, recordings
from desk.market import Database, LostMarketError, MarketState
from feeds.protocol import Feed
from feeds.recorder import Recorder
from feeds.recording import Recorded
from jobs import candles, live, live_day, past, snapshots, sources
from jobs.bus import Bus, Fan
from jobs.latest import Latest
from jobs.live_watch import LiveWatch
from jobs.loop import Steady
from jobs.tape import Tape
from jobs.timekeeper import Timekeeper
from jobs.wanted import Wanted
from settings import Settings

# Seconds between two rounds of what need not be done with each frame.
CHORES, CANDLES = 1.0, 5.0
# Seconds in one step for frames of a recording that wait, and for which each waits for who fills orders.
CATCH_UP, PATIENCE = 0.2, 1.0


class MarketLoop(Steady):
    """Runs the feed of one market for as long as ``leads()`` says that this process is its leader."""

    def __init__(
        self,
        database: Database,
        market: str,
        settings: Settings,
        bus: Bus | Fan,
        leads: Callable[[], bool],
        wall_ms: Callable[[], int] = lambda: int(time.time() * 1000),
    ) -> None:
        super().__init__()
        self.name = f"market {market}"
        self.every = settings.kagaz_frame_ms / 1000
        self.tape = Tape(database, settings)
        self.market, self.leads = market, leads
        self._database, self._settings, self._bus = database, settings, bus
        self._wall_ms = wall_ms
        self._bell: markets.Doorbell | None = None
        self._lock = threading.Lock()  # the closing loop settles while this one prints
        self._feed: Feed | None = None
        self._open_for_trade = False
        self._chores_at = self._candles_at = 0.0
        self._wanted = Wanted(database, market)
        self._slot = self._shows = ""
        self._hours_change_at = datetime.max.replace(tzinfo=UTC)
        self._past_is_filled = False
        self._recorder = Recorder(recordings.folder(), market, settings.kagaz_record_mb)
        self._terms: live_day.Terms | None = None
        self._watch = LiveWatch(database, market)
        self._latest: Latest | None = None  # of a live market
        self._is_whole = False  # what opens a feed has run to its end
        self._is_awake = False  # the exchange does something by the clock, whatever the feed says
        self._is_behind = False  # on a later date than a live market's, whose prices wait for the roll

    @property
    def is_live(self) -> bool:
        """Whether a vendor's prices are shown here."""
        return self._latest is not None

    def step(self) -> None:
        """One frame, if this process leads and the market is open."""
        if not self.leads():
            self._drop()
            return
        with self._lock:
            if self._feed is None:
                self._open()
            if isinstance(self._feed, Recorded):
                self._play(self._feed)
            else:
                self._frame()

    def close(self) -> None:
        """Keeps the feed's state for whoever comes next."""
        with self._lock:
            feed, self._feed = self._feed, None
            bell, self._bell = self._bell, None
            try:
                if bell is not None:
                    bell.close()
                self._recorder.close()
                if feed is not None and self._is_whole and self.leads():
                    self._renew_all()
                    self._keep(feed)
            finally:
                # Also while the database is away: a line that nobody owns any more would stay connected for good.
                live.close(feed)

    def clock(self) -> datetime:
        """Exchange time; the wall clock's while no feed runs."""
        now = self._wall_ms()
        feed = self._feed
        return datetime.fromtimestamp((feed.clock(now) if feed else now) / 1000, UTC)

    def missed_close(self, ending: date) -> bool | None:
        """Whether this is a live market that did not see the exchange's close of a date; None while the feed does not
        play that date yet."""
        with self._lock:
            if self._feed is None or self._universe.trading_date != ending:
                return None
            return self._watch.missed(markets.calendar_of(self._database, self._state), ending)

    def settle(self, ending: date, following: date, told: Mapping[int, int] | None = None) -> bool:
        """Ends a date's trading, as masters come to the next one's units; strikes its closes, those ``told`` first, and
        opens the next date; safe to repeat. False, and nothing done, where the feed is on another one."""
        with self._lock:
            if self._feed is None or self._universe.trading_date != ending:
                return False
            markets.enter(self._database, self.market, Phase.ROLL, markets.BEFORE_ROLL)
            self._renew_all()
            ids, prices = self._guard.closes(self._feed, self._wall_ms())
            if told:
                markets.tell_settlements(self._database, self.market, ending, told)
            markets.settle(self._database, self.market, ending, ids, prices)
            self._candles.write()
            resume, state = self._feed.resume(), replace(self._state, trading_date=following)
        closes = dict(zip(ids.tolist(), prices.tolist(), strict=True))
        sources.open_date(self._database, self._settings, state, resume, closes)
        return True

    def talking(self) -> Feed | None:
        """The feed, while its exchange trades."""
        return self._feed if self._open_for_trade else None

    def look(self) -> None:
        """Has the next step see what has become of the market's row."""
        self._chores_at = 0.0

    def take_snapshot(self) -> None:
        """Stores prices and volatilities for margins as soon as a trading date begins, and at each full hour."""
        with self._lock:
            feed = self._feed
            if feed is None or not self._number:
                return
            universe, at = self._universe, self.clock()
            slot = f"{universe.trading_date} {at.astimezone(IST):%d-%H}"
            if slot == self._slot:
                return
            ids, prices = self._guard.closes(feed, self._wall_ms())
        if len(ids):
            snapshots.take(self._database, self.market, universe, ids, prices, slot, at)
            self._slot = slot

    def ask_what_is_wanted(self) -> None:
        """Tells the feed what somebody orders, holds or looks at; the question delays no frame."""
        wanted = self._wanted.ask()
        with self._lock:
            if self._feed is not None:
                self._feed.want(wanted)
                self._wanted.heard(wanted)
                if self._latest is not None:
                    self._latest.prefer(wanted)

    def fill_the_past(self) -> None:
        """Writes candles of the past where a market has none; a few seconds' work, at the first start alone."""
        with self._lock:
            if self._feed is None or self._past_is_filled:
                return
            universe = self._universe
            if self._state.owner_id is not None:
                self._past_is_filled = True  # a live market's past is its vendor's to tell
                return
        past.fill(self._database, self._settings, self._state, universe)
        self._past_is_filled = True

    def _open(self) -> None:
        """Builds the date's universe and its feed from what the last one left."""
        self._is_whole = False
        self.tape.keep()
        self._master = masters.get(self._database)
        state = markets.state(self._database, self.market)
        resume = markets.resume_state(self._database, self.market)
        if state.owner_id is not None:
            self._blank(state)
        wanted = self._wanted.build(self._master)
        self._version = state.feed_version  # as it was before the feed was opened: what changes meanwhile opens it anew
        # By the same version: a token that is stored meanwhile is not what a refusal of this feed speaks of.
        self._watch.begin(state, resume)
        self._universe, self._feed = sources.open_feed(self._database, self._settings, state, resume)
        state = markets.state(self._database, self.market)  # a recording may have moved its date
        self._feed.want(wanted)
        self._guard = sources.guard_of(self._feed, self._universe, state, self._master)
        self._recorder.follow(state.recording, self._universe)
        # Asked anew: opening a feed may have listed contracts that its universe has already.
        self._times = Timekeeper(self._database, self.market, masters.get(self._database), self._universe)
        self._times.watch(state, resume)
        self._candles = candles.Keeper(self._database, self.market, self._universe)
        self._number, self._state = state.frame, state
        self._shown, self._shows = False, self._feed.name
        # What is played of a live day tells its terms as that day did.
        self._terms = None if state.shown_to is None else live_day.Terms(self._database, self.market, self._universe)
        self.every = self._settings.kagaz_frame_ms / 1000
        if self._latest is not None:
            self.every = self._settings.kagaz_live_frame_ms / 1000
            self._latest.display.know(self._universe.id.tolist())
        self._open_for_trade = self._calendar_says_open()
        self._is_whole = True
        log.get(__name__).info("A feed starts", extra={"market": self.market, "said": self._feed.state()})

    def _frame(self) -> None:
        assert self._feed is not None
        now = self._wall_ms()
        clock = self._feed.clock(now)
        if clock >= self._hours_change_at.timestamp() * 1000:
            self._chores(self._feed)  # nothing is printed by the hours of a moment ago
        # A closed market shows its prices once, because the quotes do not outlive a crash of the server. A live one
        # shows what its vendor still says: pictures of a closed exchange come when the line is there.
        if (self._open_for_trade or not self._shown or self.is_live) and not self._is_behind:
            said = self._feed.next_rows(now)
            if self._feed.name != self._shows:
                # Another vendor's times and volumes are not held against those of the one before.
                self._shows = self._feed.name
                self._guard.begin_anew()
            rows = self._guard.check(said, clock)
            if self._latest is not None:
                rows = self._latest.display.with_doubted(said, rows, clock)
            self._shown = True
            if len(rows):
                if self._terms is not None and len(news := self._terms.learn(rows)):
                    self._recorder.learn(news)
                self._publish(Frame(self.market, self._number + 1, clock, rows))
            elif self._latest is not None:
                self._latest.go_on(self._number)
        if time.monotonic() - self._chores_at >= CHORES:
            self._chores(self._feed)

    def _play(self, recorded: Recorded) -> None:
        """A recording gives each of its frames by itself, however fast it is played, and after the last was taken: an
        order meets the frame that it met and no sum of several."""
        until = time.monotonic() + CATCH_UP
        while True:
            self._bus.taken(PATIENCE)
            self._frame()
            if self._feed is not recorded or not self._open_for_trade or time.monotonic() > until:
                return
            if not recorded.due(self._wall_ms()):
                return

    def _store(self, frame: Frame, everything: bool = False) -> markets.Stored:
        try:
            if self._latest is None:
                stored = markets.store_frame(self._database, frame, keep_tape=not self.tape.paused)
            else:
                stored = self._latest.store(frame, not self.tape.paused, everything)
        except LostMarketError:
            # Another process leads; what this one made since is nobody's.
            live.close(self._feed)
            self._feed = None
            raise
        self._number = frame.number
        self._bus.publish(frame)
        self._recorder.put(frame)
        if self._bell is None:
            self._bell = markets.doorbell(self._database)
        markets.announce(self._bell)
        return stored

    def _renew_all(self) -> None:
        if self._latest is not None:
            self._latest.go_on(self._number, everything=True)

    def _publish(self, frame: Frame) -> None:
        stored, feed = self._store(frame), self._feed
        assert feed is not None
        if self._open_for_trade or not self.is_live:
            self._candles.add(self._times.trades(frame), feed)
        if stored.phase == "STARTING":
            phase = Phase.OPEN if self._by_the_clock(self.clock()) else Phase.CLOSED
            markets.enter(self._database, self.market, phase, ["STARTING"])
        if stored.trading_date != self._universe.trading_date:
            self._turn_over()

    def _turn_over(self) -> None:
        """Another trading date or other instruments: a new universe, in which the same prices go on."""
        assert self._feed is not None
        self._candles.write()
        self._take_back(self._feed.clock(self._wall_ms()))
        self._keep(self._feed)
        live.close(self._feed)
        self._feed = None
        self._open()

    def _take_back(self, clock: int) -> None:
        """What a live market displays, in a frame without its depth: the next feed may never name some of it."""
        if self._latest is None:
            return
        rows = self._latest.display.all_back(clock)
        if len(rows):
            self._store(Frame(self.market, self._number + 1, clock, rows), everything=True)
        self._renew_all()

    def _blank(self, state: MarketState) -> None:
        """Takes back what a process that was killed left on display: the feed that opens may never name some of it."""
        self._number = state.frame
        clock = max(self._wall_ms(), int(state.exchange_time.timestamp() * 1000) if state.exchange_time else 0)
        self._latest = Latest(self._database, state, clock)
        self._take_back(clock)

    def _chores(self, feed: Feed) -> None:
        self._chores_at = time.monotonic()
        self._open_for_trade = self._calendar_says_open()
        self._turn_points(feed)
        self._recorder.follow(self._state.recording, self._universe)
        self._keep(feed)
        runs.beat(self._database, "market", self.market, detail={"frame": self._number})
        if self._chores_at - self._candles_at >= CANDLES:
            self._candles_at = self._chores_at
            if not self.is_live:
                self._candles.write()
            else:
                self._candles.write_meanwhile()  # thousands of instruments, for which no price waits
        calendar = markets.calendar_of(self._database, self._state)
        self._watch.look(feed.state(), self._is_awake, self.clock(), calendar, self._universe.trading_date)
        # A live market has all that its vendors list from the start.
        wider = self._wanted.needs_wider() and not self.is_live
        same = (self._state.trading_date, self._state.feed_version) == (self._universe.trading_date, self._version)
        if not same or wider or masters.get(self._database) is not self._master:
            self._turn_over()  # also where nothing prints, and where contracts were listed or first wanted

    def _calendar_says_open(self) -> bool:
        """Whether trading goes on by the clock; moves the market's phase when that has changed."""
        state = self._state = markets.state(self._database, self.market)
        at = self.clock()
        is_open = self._by_the_clock(at)
        if state.phase in ("OPEN", "CLOSED"):
            wanted = Phase.OPEN if is_open else Phase.CLOSED
            if state.phase != wanted:
                markets.enter(self._database, self.market, wanted, [state.phase])
        # Orders that the roll squares off need prices, so that frames go on during it.
        return is_open or state.phase == "ROLL"

    def _by_the_clock(self, at: datetime) -> bool:
        calendar = markets.calendar_of(self._database, self._state)
        self._hours_change_at = calendar.next_change(at)
        self._is_awake = calendar.phase_at(at) is not Phase.ROLL and calendar.is_awake(at)
        self._is_behind = self._is_awake and self._watch.is_behind(at, self._universe.trading_date)
        if self._ended() or not self._is_awake or self._is_behind:
            return False
        if self._feed is not None and calendar.session is Session.NSE:
            hours = self._times.keep(calendar, at)
            self._feed.keep_hours(hours)
            self._guard.crossing = hours.collecting
        return True

    def _turn_points(self, feed: Feed) -> None:
        """Fix the prices whose time has come, and print what auctions struck."""
        calendar = markets.calendar_of(self._database, self._state)
        at = self.clock()
        if self._times.follow(calendar, at):
            self.look()
        if calendar.session is Session.ALWAYS or self._universe.trading_date != at.astimezone(IST).date():
            return
        if self._times.is_due(calendar, at):
            self._renew_all()
            self._candles.write()
            self._times.turning_points(calendar, at)
        for kind, trades in self._times.struck(calendar, at).items():
            rows = self._guard.check(feed.strike(kind, trades, self._wall_ms()), int(at.timestamp() * 1000))
            if len(rows):
                self._publish(Frame(self.market, self._number + 1, int(at.timestamp() * 1000), rows))
                self._keep(feed)

    def _ended(self) -> bool:
        return bool(self._feed is not None and self._feed.state().get("ended"))

    def _keep(self, feed: Feed) -> None:
        counters: dict[str, Any] = {
            **feed.state(),
            "passed": self._guard.passed,
            "dropped": dict(self._guard.dropped),
            "doubted": self._guard.doubted(),
            "merged": self._bus.merged,
            "recording": self._recorder.state(),
            "tape": self.tape.told(),
        }
        resume = feed.resume() | self._times.resume() | self._watch.resume()
        markets.save_feed(self._database, self.market, counters, resume)

    def _drop(self) -> None:
        with self._lock:
            self._recorder.close()
            live.close(self._feed)
            self._feed = None
