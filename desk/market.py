"""The market as it stands: what is switched on, the frames it stores, its quotes, candles and days."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any, Protocol

import settings
from core.breaker import Halt
from core.calendar import Calendar
from core.frames import Frame, Renewed
from core.margin_rules import LOOKS_AHEAD
from db import candles as candle_rows
from db import live as live_rows
from db import market as rows
from db import price_alerts, risk, tape
from db.doorbell import FRAMES, Doorbell
from db.engine import Database
from desk import masters, recordings

FEEDS = {"simulator": "sim", "replay": "replay/default"}
"""The markets of everybody. A vendor's prices are their owner's alone (``desk.live``)."""

DAY = timedelta(days=1)


class LostMarketError(RuntimeError):
    """Another process stores this market's frames; whoever gets this must stop its feed."""


@dataclass(frozen=True, slots=True)
class MarketState:
    """A market's row. ``frame_age_ms`` is by the database's clock, None before the first frame. ``owner_id`` is the
    user whose vendor it shows, None where it is everybody's; ``backup`` the feed that takes over from ``feed``;
    ``feed_version`` rises when the feed must be opened anew; ``recording`` has its frames written to files;
    ``shown_to`` is the only user who sees it, None where everybody does; ``quotes_frame`` the frame up to which all is
    in the latest quotes, None where what every frame said is; ``bands_version`` rises when price bands move within a
    date; ``halts`` are what the breaker halted, as ``core.breaker.Halt`` reads them."""

    id: str
    feed: str
    session: str
    running: bool
    phase: str
    trading_date: date
    exchange_time: datetime | None
    frame: int
    frame_age_ms: int | None
    feed_state: dict[str, Any] = field(default_factory=dict)
    risk_snapshot_id: int | None = None
    owner_id: int | None = None
    backup: str | None = None
    feed_version: int = 0
    recording: bool = False
    shown_to: int | None = None
    quotes_frame: int | None = None
    bands_version: int = 0
    halts: list[list[Any]] = field(default_factory=list)

    @property
    def quoted_to(self) -> int:
        """The frame after which the tape must be read besides the latest quotes, to know all that was said."""
        return self.frame if self.quotes_frame is None else self.quotes_frame


@dataclass(frozen=True, slots=True)
class Stored:
    """What storing a frame told of its market."""

    phase: str
    trading_date: date
    running: bool


@dataclass(frozen=True, slots=True)
class Day:
    """An instrument's terms of price on one trading date, in paise; None where there is no band."""

    prev_close: int
    lower_band: int | None
    upper_band: int | None


@dataclass(frozen=True, slots=True)
class Candle:
    """Prices in paise; ``start`` is the first instant it covers (UTC)."""

    start: datetime
    open: int
    high: int
    low: int
    close: int
    volume: int
    oi: int


def ensure_markets(
    database: Database, feed: str | None = None, session: str | None = None, now: datetime | None = None
) -> str:
    """Makes the row of the market that ``feed`` names, switched on if no other of everybody is; its id.

    What is not given comes from the settings, a vendor there stands for the simulator; the trading date is the one of
    ``now``.
    """
    chosen = settings.load()
    session = session or chosen.kagaz_session
    feed = feed or chosen.kagaz_feed
    if feed == "replay" and recordings.owner_of(chosen.kagaz_replay_path):
        feed = "simulator"  # the replay is one user's (``desk.replays``)
    feed = feed if feed in FEEDS else "simulator"
    market = FEEDS[feed]
    trading_date = calendar(database, session).trading_date_at(now or datetime.now(UTC))
    with database.connection() as conn:
        none_runs = not any(row["running"] and row["shown_to"] is None for row in rows.markets(conn))
        rows.ensure_market(conn, market, feed, session, trading_date, running=none_runs)
    return market


def calendar(database: Database, session: str, market: str = "") -> Calendar:
    """The exchange's calendar as a market of that session sees it; with its name, to the second."""
    return masters.get(database).calendar.under(session, market)


class Halted(Protocol):
    """What of a market decides what its boards do when."""

    @property
    def id(self) -> str:
        """The market."""

    @property
    def session(self) -> str:
        """``always`` or ``nse``."""

    @property
    def halts(self) -> list[list[Any]]:
        """What the breaker halted."""


def calendar_of(database: Database, market: Halted) -> Calendar:
    """The exchange's calendar as a market keeps it, to the second and with its halts."""
    halts = tuple(Halt.of_row(each) for each in market.halts)
    return calendar(database, market.session, market.id).with_halts(halts)


def running(database: Database) -> MarketState:
    """The market that is switched on; with several, everybody's before an owner's, then the first by name. Raises
    LookupError when none is."""
    found = [state for state in markets(database) if state.running]
    if not found:
        raise LookupError("No market is switched on.")
    return found[0]


def markets(database: Database) -> list[MarketState]:
    """All markets, those that run first."""
    with database.autocommit() as conn:
        return [MarketState(**row) for row in rows.markets(conn)]


def state(database: Database, market: str) -> MarketState:
    """One market. Raises LookupError when there is none of that name."""
    with database.autocommit() as conn:
        found = rows.markets(conn, market)
    if not found:
        raise LookupError(f"There is no market {market}.")
    return MarketState(**found[0])


def switch(database: Database, market: str, on: bool) -> None:
    """Switches a market on or off; the sidecar follows within a second."""
    with database.connection() as conn:
        rows.set_running(conn, market, on)


def doorbell(database: Database) -> Doorbell:
    """The bell that tells other processes to look."""
    return Doorbell(database)


def announce(bell: Doorbell) -> None:
    """Tells the listeners that a frame was stored."""
    bell.ring(FRAMES)


def store_frame(
    database: Database,
    frame: Frame,
    keep_tape: bool = True,
    keep_quotes: bool = True,
    renewed: Renewed | None = None,
) -> Stored:
    """Stores a frame on the tape and in the latest quotes; its market's phase and date as they stand. Where something
    is ``renewed``, the quotes become that and not what the frame says.

    Raises LostMarketError when the frame's number is not the next: then another process has stored it.
    """
    with database.autocommit() as conn:
        row = rows.store_frame(conn, frame, keep_tape, keep_quotes, renewed)
    if row is None:
        raise LostMarketError(f"Frame {frame.number} of {frame.market} is not the next one.")
    return Stored(*row)


def renew_quotes(database: Database, market: str, number: int, renewed: Renewed) -> None:
    """Writes latest quotes after frame ``number``; nothing when another one has come since, from another process."""
    with database.autocommit() as conn:
        rows.renew_quotes(conn, market, number, renewed)


def frames_after(database: Database, market: str, number: int, limit: int) -> list[Frame]:
    """Stored frames after that number, oldest first; fewer where the tape has expired."""
    with database.autocommit() as conn:
        return tape.frames_after(conn, market, number, limit)


def quotes(database: Database, market: str, ids: Sequence[int] | None = None) -> dict[int, dict[str, Any]]:
    """Latest quote rows by instrument id, with ``age_ms``; all of the market's when ``ids`` is None."""
    with database.autocommit() as conn:
        return {row["instrument_id"]: row for row in rows.quotes(conn, market, ids)}


def wanted(database: Database, market: str) -> list[int]:
    """Instruments that somebody orders or holds, then has in a list, then looks at: the most important first."""
    with database.autocommit() as conn:
        return rows.wanted(conn, market)


def held(database: Database, market: str) -> list[int]:
    """Instruments of working orders, GTTs and positions, with what those are on."""
    with database.autocommit() as conn:
        return rows.held(conn, market)


def save_feed(database: Database, market: str, feed_state: dict[str, Any], resume: dict[str, Any] | None) -> None:
    """Keeps what the feed says of itself and, where given, what its successor needs."""
    with database.autocommit() as conn:
        rows.save_feed(conn, market, feed_state, resume)


def resume_state(database: Database, market: str) -> dict[str, Any]:
    """What the last feed of the market left; empty at first."""
    with database.autocommit() as conn:
        return rows.resume_state(conn, market)


BEFORE_ROLL = ("STARTING", "OPEN", "CLOSED", "ROLL")
"""The phases from which a market's date is rolled."""


def enter(database: Database, market: str, phase: str, only_from: Sequence[str]) -> bool:
    """Moves the market's phase if it is one of ``only_from``; whether it moved."""
    with database.connection() as conn:
        return rows.set_phase(conn, market, phase, only_from)


def begin_with(database: Database, market: str, trading_date: date, frame: int) -> bool:
    """Puts a market that has no frame, day or account yet on a date and behind that frame; whether it could."""
    with database.connection() as conn:
        return rows.begin_with(conn, market, trading_date, frame)


def days(database: Database, market: str, trading_date: date) -> dict[int, Day]:
    """Previous closes and bands of a trading date by instrument; empty before it is opened."""
    with database.autocommit() as conn:
        return {row[0]: Day(*row[1:]) for row in rows.days(conn, market, trading_date)}


def latest_closes(database: Database, market: str, before: date) -> dict[int, int]:
    """The prices with which the trading date before ``before`` ended, by instrument."""
    with database.autocommit() as conn:
        return dict(rows.latest_closes(conn, market, before))


def open_day(
    database: Database, market: str, trading_date: date, ids: Any, prev_close: Any, lower: Any, upper: Any
) -> None:
    """Writes a trading date's previous closes and bands (columns as long as ``ids``); what stands stays."""
    with database.connection() as conn:
        rows.add_days(conn, market, trading_date, ids, prev_close, lower, upper)


def tell_day(
    database: Database, market: str, trading_date: date, ids: Any, prev_close: Any, lower: Any, upper: Any
) -> None:
    """Writes previous closes and bands as a vendor tells them, in place of what stands there. Alerts on a day's change
    wait at other prices from then on."""
    with database.connection() as conn:
        rows.tell_days(conn, market, trading_date, ids, prev_close, lower, upper)
        price_alerts.note_closes(conn, market, ids)


def set_halts(database: Database, market: str, halts: Sequence[Halt]) -> None:
    """Says what the breaker has halted on the market's date; every order sees it from then on."""
    with database.connection() as conn:
        rows.set_halts(conn, market, [each.as_row() for each in halts])


def move_bands(database: Database, market: str, trading_date: date, ids: Any, lower: Any, upper: Any) -> None:
    """Gives instruments other bands within a trading date; who fills orders ends those that lie outside by then."""
    with database.connection() as conn:
        rows.move_bands(conn, market, trading_date, ids, lower, upper)


def note_gap(database: Database, market: str, began: datetime, ended: datetime) -> None:
    """A time in which a live market saw nothing of its exchange: its candles are asked of the vendor's history."""
    with database.connection() as conn:
        live_rows.note_gap(conn, market, began, ended)


def settle(database: Database, market: str, trading_date: date, ids: Any, prices: Any) -> None:
    """Strikes the settlement prices of a trading date; those already struck stay."""
    with database.connection() as conn:
        rows.set_settlement(conn, market, trading_date, ids, prices)


def tell_settlements(database: Database, market: str, trading_date: date, prices: Mapping[int, int]) -> None:
    """Writes settlement prices (paise by instrument) that the exchange itself made, in place of what was struck."""
    with database.connection() as conn:
        rows.tell_settlements(conn, market, trading_date, list(prices), list(prices.values()))


def take_snapshot(
    database: Database,
    market: str,
    trading_date: date,
    slot: str,
    ids: Any,
    prices: Any,
    volatilities: Any,
    rate_bp: int,
    *,
    at: datetime | None = None,
) -> int | None:
    """Stores a risk snapshot of underlyings and makes it the market's; None if that slot has one. Volatilities
    are a year's, at the money, in basis points."""
    ahead = calendar(database, state(database, market).session).following(trading_date, LOOKS_AHEAD)
    with database.connection() as conn:
        return risk.add_snapshot(
            conn, market, trading_date, slot, ids, prices, volatilities, rate_bp, at=at, ahead=ahead
        )


def has_snapshot_of_this_version(database: Database, market: str) -> bool:
    """Whether the market's risk snapshot has all that margins look at."""
    with database.autocommit() as conn:
        return risk.knows_what_follows(conn, market)


def add_candles(database: Database, market: str, interval: str, candles: Any) -> None:
    """Adds or widens candles; see ``db.candles.upsert`` for the columns."""
    if len(candles):
        with database.autocommit() as conn:
            candle_rows.upsert(conn, market, interval, candles)


def has_past(database: Database, market: str, before_ms: int) -> bool:
    """Whether the market has a day's candle from before that instant (ms since the epoch)."""
    with database.autocommit() as conn:
        return candle_rows.any_before(conn, market, "1d", datetime.fromtimestamp(before_ms / 1000, UTC) - DAY)


def load_candles(database: Database, market: str, interval: str, candles: Any) -> int:
    """Copies past candles that must not be there yet; how many."""
    with database.connection() as conn:
        return candle_rows.load(conn, market, interval, candles)


def candles(
    database: Database, market: str, instrument: int, interval: str, start: datetime, end: datetime, limit: int = 1000
) -> list[Candle]:
    """The last ``limit`` candles (``1m`` or ``1d``) that start within the time, oldest first."""
    with database.autocommit() as conn:
        return [Candle(*row) for row in candle_rows.read(conn, market, instrument, interval, start, end, limit)]


def keep_tape(database: Database, now: datetime, hours: int, megabytes: int) -> dict[str, Any]:
    """Makes the tape's next partitions and drops what is past its time or its size.

    Returns ``{"megabytes", "dropped", "paused"}``; paused means that the current hour alone is too large,
    so that frames must not go on the tape until it has passed.
    """
    with database.autocommit() as conn:
        tape.add_partitions(conn, now)
        parts = tape.partitions(conn)
        current = tape.name_at(now)
        oldest = tape.name_at(datetime.fromtimestamp(now.timestamp() - hours * 3600, UTC))
        past = [(name, size) for name, size in parts if name < current]
        dropped = []
        total = sum(size for _, size in parts)
        for name, size in past:
            if name < oldest or total > megabytes << 20:
                tape.drop_partition(conn, name)
                dropped.append(name)
                total -= size
    return {"megabytes": round(total / (1 << 20), 1), "dropped": dropped, "paused": total > megabytes << 20}
