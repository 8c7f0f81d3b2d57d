"""What the screens and the read API ask of one account or of a market, in the shapes that clients rely on.

Money leaves here as rupees. ``account`` is always one that ``desk.access`` has let the asker read.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, Protocol, TypeVar

from core.auction import Interest, equilibrium
from core.instruments import Instrument, Kind
from core.money import as_number
from core.phases import PRINTING, Phase, phase
from core.reasons import Reason, Refusal
from core.sessions import Board, Window
from core.windows import AUCTIONS
from db import market_screen, screens, wallet_screen
from db.engine import Database
from db.screen_rows import Header, QuoteRow
from desk import asked_prices, masters
from desk import market as markets
from desk.access import AccountRef
from desk.holding_rows import holding_row, position_rows
from desk.rows import (
    Row,
    history_rows,
    ist,
    order_row,
    quote_row,
    trade_row,
    transfer_row,
    wallet_row,
)

T = TypeVar("T")
STATUSES = ("all", "open", "done")
MOST = 500
"""The longest page and the most symbols of one question."""
MOST_CANDLES = 5_000
STALE_MS = 5_000
"""A running market whose last frame is older than this is stale."""
QUIET_MS = 15_000
"""An instrument that has not ticked for so long is shown as stale, though its market be alive."""

INTERVALS = {"1m": 1, "3m": 3, "5m": 5, "10m": 10, "15m": 15, "30m": 30, "1h": 60, "1d": 1}
DEFAULT_SPAN = {"1d": timedelta(days=400)}


class Clock(Protocol):
    """What a market's row says of its time."""

    @property
    def id(self) -> str:
        """The market."""

    @property
    def running(self) -> bool:
        """Whether it is switched on."""

    @property
    def phase(self) -> str:
        """STARTING, OPEN, CLOSED, ROLL or STOPPED."""

    @property
    def frame(self) -> int:
        """The number of its last frame."""

    @property
    def frame_age_ms(self) -> int | None:
        """By the database's clock; None before the first frame."""

    @property
    def session(self) -> str:
        """``always`` or ``nse``."""

    @property
    def exchange_time(self) -> datetime | None:
        """Of its last frame; None before the first."""

    @property
    def feed_state(self) -> dict[str, Any]:
        """What its feed says of itself; ``speed`` where its clock is not the wall's."""

    @property
    def halts(self) -> list[list[Any]]:
        """What the breaker halted."""


def _there(found: T | None) -> T:
    if found is None:
        raise Refusal(Reason.UNKNOWN_ACCOUNT, "There is no such account.", "account")
    return found


def _cursor(cursor: str | int | None) -> int:
    if cursor is None:
        return screens.LAST
    if not (text := str(cursor)).isascii() or not text.isdigit() or len(text) > 18:
        raise Refusal(Reason.BAD_INPUT, "The cursor is not one that a list gave.", "cursor")
    return int(text)


def _limit(limit: int) -> int:
    if not 1 <= limit <= MOST:
        raise Refusal(Reason.BAD_INPUT, f"Ask for 1 to {MOST} rows at a time.", "limit")
    return limit


def _page(top: Header, items: list[Row], name: str | None = None, limit: int = 0) -> Row:
    """A list as clients know it; ``next`` is the cursor of the following page, if the page is full."""
    more = name is not None and len(items) == limit
    return {"items": items, "next": items[-1][name] if more and name else None, "version": top.version}


def wallet(database: Database, account: AccountRef) -> Row:
    """Balances, today's figures, and what the held money is held for."""
    return wallet_row(_there(wallet_screen.wallet(database, account.id)), account.key)


def ledger(
    database: Database,
    account: AccountRef,
    cursor: str | int | None = None,
    limit: int = 100,
    day: date | None = None,
) -> Row:
    """Every movement of money, newest first; of all dates, or of one."""
    top, found = _there(wallet_screen.ledger(database, account.id, day, _cursor(cursor), _limit(limit)))
    return _page(top, [transfer_row(each) for each in found], "id", limit)


def balanced(database: Database, account: AccountRef) -> Row:
    """Whether the balances are what the transfers add up to, to the paisa: {balanced, at, difference}."""
    found = _there(wallet_screen.balanced(database, account.id))
    difference = found["stored"] - found["folded"]
    return {"balanced": difference == 0, "at": ist(found["at"]), "difference": as_number(difference)}


def orders(
    database: Database,
    account: AccountRef,
    status: str = "all",
    date: date | None = None,
    cursor: str | int | None = None,
    limit: int = 100,
) -> Row:
    """Orders newest first: of a date, or today's together with all that still work."""
    if status not in STATUSES:
        raise Refusal(Reason.BAD_INPUT, "Status is one of open, done, all.", "status")
    top, found = _there(screens.orders(database, account.id, status, date, _cursor(cursor), _limit(limit)))
    return _page(top, [order_row(each.order, each.listing, account.key) for each in found], "order_id", limit)


def order_counts(database: Database, account: AccountRef) -> dict[str, int]:
    """Today's {open, executed, all}, for the tabs of the order book."""
    return screens.order_counts(database, account.id)


def order(database: Database, account: AccountRef, order_id: int) -> Row:
    """One order with its history and trades. Raises Refusal UNKNOWN_ORDER for another account's."""
    found = screens.order(database, account.id, order_id)
    if found is None:
        raise Refusal(Reason.UNKNOWN_ORDER, "There is no such order in this account.", "order_id")
    row, history, fills = found
    return {
        **order_row(row.order, row.listing, account.key),
        "history": history_rows(history, fills),
        "trades": [trade_row(each, account.key) for each in fills],
    }


def trades(
    database: Database,
    account: AccountRef,
    date: date | None = None,
    cursor: str | int | None = None,
    limit: int = 100,
) -> Row:
    """Trades of a date (default: today), newest first."""
    top, found = _there(screens.trades(database, account.id, date, _cursor(cursor), _limit(limit)))
    return _page(top, [trade_row(each, account.key) for each in found], "trade_id", limit)


def positions(database: Database, account: AccountRef) -> Row:
    """Open positions and those closed today. Of CNC only what was bought today: older shares are holdings."""
    top, found = _there(screens.positions(database, account.id))
    return _page(top, position_rows(found, account.key, masters.get(database)))


def holdings(database: Database, account: AccountRef) -> Row:
    """Shares bought before today; ``t1_quantity`` is bought but not yet in the demat account."""
    top, found = _there(screens.holdings(database, account.id))
    return _page(top, [holding_row(each, account.key) for each in found])


def market_state(market: Clock, prints: bool = True) -> str:
    """LIVE, STALE, DOWN or CLOSED: what the feed pill says. A market between two windows prints nothing."""
    if not market.running or market.phase in ("CLOSED", "STOPPED"):
        return "CLOSED"
    if not prints:
        return "CLOSED"
    if market.frame_age_ms is None:
        return "DOWN"
    if market.frame_age_ms > 60_000:
        return "DOWN"
    return "STALE" if market.frame_age_ms > STALE_MS else "LIVE"


def clock_of(market: Clock) -> datetime:
    """What the exchange's clock shows: the last frame's time and what has passed since, at the feed's speed."""
    if market.exchange_time is None or market.frame_age_ms is None:
        return market.exchange_time or datetime.now(UTC)
    passed = market.frame_age_ms * float(market.feed_state.get("speed") or 1)
    return market.exchange_time + timedelta(milliseconds=passed)


def phase_of(database: Database, market: Clock) -> Phase | None:
    """What the market does now, in words; None where it never closes, or is switched off."""
    if not market.running:
        return None
    calendar = markets.calendar_of(database, market)
    return phase(calendar, clock_of(market))


def feed(database: Database, market: str) -> Row:
    """{market, state, age_ms, frame, phase, until, past_day, ended}: a market's pill. Refusal for an unknown one."""
    found = next(iter(market_screen.markets(database, [market])), None)
    if found is None:
        raise Refusal(Reason.NOT_FOUND, "There is no such market.", "market")
    return feed_row(found, phase_of(database, found))


def feed_row(market: Clock, now: Phase | None = None) -> Row:
    """What ``feed`` answers, of a clock already read. ``phase`` and ``until`` are None where a market never closes;
    ``past_day`` is the day whose prices are played again, ``ended`` why no price will come."""
    return {
        "market": market.id,
        "state": market_state(market, now is None or now.prints),
        "age_ms": market.frame_age_ms,
        "frame": market.frame,
        "phase": None if now is None else now.words,
        "until": None if now is None else ist(now.until),
        "past_day": market.feed_state.get("past_day"),
        "ended": market.feed_state.get("reason") if market.feed_state.get("ended") else None,
    }


def quotes(database: Database, market: str, keys: Sequence[str]) -> Row:
    """The latest quotes of up to 500 instruments by key (``NSE:INFY``); those without one are ``unknown``."""
    asked = list(dict.fromkeys(keys))
    if len(asked) > MOST:
        raise Refusal(Reason.BAD_INPUT, f"Ask for at most {MOST} symbols at a time.", "symbols")
    names = [(exchange, symbol) for exchange, _, symbol in (key.partition(":") for key in asked)]
    clock, found = market_screen.quotes(database, market, names)
    if clock is None:
        raise Refusal(Reason.NOT_FOUND, "There is no such market.", "market")
    asked_prices.note(database, market, asked, {each.listing.key: each.age_ms for each in found})
    state = _quoted(market_state(clock))
    windows = _windows(database, clock)
    items = {each.listing.key: _quote(database, each, state, windows) for each in found}
    return {
        "market": market,
        "frame": clock.frame,
        "as_of": None if clock.exchange_time is None else ist(clock.exchange_time),
        "items": {key: items[key] for key in asked if key in items},
        "unknown": [key for key in asked if key not in items],
    }


def _windows(database: Database, clock: Clock) -> dict[Board, Window]:
    """What each board does now."""
    calendar = markets.calendar_of(database, clock)
    at = clock_of(clock)
    return {board: calendar.window_at(at, board) for board in Board}


def _quote(database: Database, quote: QuoteRow, state: str, windows: dict[Board, Window]) -> Row:
    """A quote under the window of its own board: one that does not trade now is CLOSED, one in an auction shows
    what the book displayed would trade at."""
    master = masters.get(database)
    one = master.by_key.get(quote.listing.key)
    window = Window.CONTINUOUS if one is None else windows[master.board(one.id)]
    if window not in PRINTING:
        state = "HALTED" if window is Window.HALTED else "CLOSED"
    elif state == "LIVE" and quote.age_ms > QUIET_MS:
        state = "STALE"
    row = quote_row(quote, state)
    struck = None
    if one is not None and window in AUCTIONS:
        crowd = [
            Interest(side, price, quantity)
            for side, flat in ((+1, quote.bids), (-1, quote.asks))
            for price, quantity in zip(flat[::3], flat[1::3], strict=False)
            if quantity > 0
        ]
        struck = equilibrium(crowd, quote.prev_close, one.tick, quote.lower_band, quote.upper_band)
    row["indicative_price"] = None if struck is None else as_number(struck.price)
    row["indicative_quantity"] = None if struck is None else struck.quantity
    return row


def _quoted(state: str) -> str:
    return "STALE" if state == "DOWN" else state


def instrument_row(instrument: Instrument, underlying: Instrument | None = None) -> Row:
    """An instrument with the terms of the day; ``strike`` and ``tick`` in rupees. ``on_stock`` is true of a contract on
    a share."""
    return {
        "key": instrument.key,
        "exchange": instrument.exchange,
        "symbol": instrument.symbol,
        "name": instrument.name,
        "kind": str(instrument.kind),
        "segment": str(instrument.segment),
        "underlying": None if underlying is None else underlying.key,
        "on_stock": underlying is not None and underlying.kind is not Kind.INDEX,
        "lot": instrument.lot,
        "tick": as_number(instrument.tick),
        "freeze_quantity": instrument.freeze_quantity,
        "isin": instrument.isin,
        "sector": instrument.sector,
        "expiry": None if instrument.expiry is None else instrument.expiry.isoformat(),
        "strike": None if instrument.strike is None else as_number(instrument.strike),
    }


def _listed(master: masters.Master, instrument: Instrument) -> Row:
    number = instrument.underlying_id
    return instrument_row(instrument, None if number is None else master.by_id.get(number))


def instruments(
    database: Database, keys: Sequence[str] | None = None, cursor: str | int | None = None, limit: int = 100
) -> Row:
    """Instruments by name, or all of them by id, a page at a time."""
    master = masters.get(database)
    if keys is not None:
        named = [master.by_key[key] for key in keys if key in master.by_key]
        return {
            "items": [_listed(master, each) for each in named],
            "next": None,
            "version": None,
            "unknown": [key for key in keys if key not in master.by_key],
        }
    after = 0 if cursor is None else _cursor(cursor)
    page = [master.by_id[each] for each in sorted(each for each in master.by_id if each > after)[: _limit(limit)]]
    following = str(page[-1].id) if len(page) == limit else None
    return {"items": [_listed(master, each) for each in page], "next": following, "version": None}


def search(database: Database, text: str, limit: int = 20, segment: str | None = None) -> Row:
    """Instruments that fit what was typed, the best first."""
    master = masters.get(database)
    found = master.search(text, limit=min(_limit(limit), 50), segment=segment)
    return {"items": [_listed(master, each) for each in found], "next": None, "version": None}


def candles(
    database: Database,
    market: str,
    instrument_id: int,
    interval: str = "1m",
    start: datetime | None = None,
    end: datetime | None = None,
    limit: int = MOST_CANDLES,
) -> Row:
    """Bars in [start, end), oldest first, the newest 5,000 at most.

    Without ``end`` up to the newest; without ``start`` the last three days of bars (a year of daily ones)
    before that. Times are aware; prices of the answer in rupees.
    """
    if interval not in INTERVALS:
        raise Refusal(Reason.BAD_INPUT, f"Interval is one of {', '.join(INTERVALS)}.", "interval")
    stored = "1d" if interval == "1d" else "1m"
    until = end or datetime.max.replace(tzinfo=UTC)
    since = start
    if since is None:
        last = market_screen.newest_candle(database, market, instrument_id, stored, until)
        if last is None:
            return {"interval": interval, "items": [], "next": None, "version": None}
        since = last - DEFAULT_SPAN.get(interval, timedelta(days=3))
    found = market_screen.candles(
        database, market, instrument_id, stored, INTERVALS[interval], since, until, min(limit, MOST_CANDLES)
    )
    return {"interval": interval, "items": [_candle(each) for each in found], "next": None, "version": None}


def _candle(bar: Any) -> Row:
    return {
        "start": ist(bar["start"]),
        "open": as_number(bar["open"]),
        "high": as_number(bar["high"]),
        "low": as_number(bar["low"]),
        "close": as_number(bar["close"]),
        "volume": bar["volume"],
        "oi": bar["oi"],
    }
