"""What is listed and what it costs: instruments, quotes, candles, chains, the calendar, rates, the process."""

from typing import Literal

from pydantic import Field

from api.description.models.common import Day, Key, Level, Page, Percent, Price, Rupees, Shape, Time


class Instrument(Shape):
    """An instrument with the terms of the day."""

    key: Key
    exchange: str
    symbol: str
    name: str
    kind: Literal["EQ", "ETF", "INDEX", "FUT", "CE", "PE"]
    segment: Literal["CASH", "DERIVATIVES"]
    underlying: Key | None
    on_stock: bool
    lot: int
    tick: Price
    freeze_quantity: int | None
    isin: str | None
    sector: str | None
    expiry: Day | None
    strike: Price | None


class InstrumentPage(Page[Instrument]):
    """Instruments; of those named also the names that nobody lists."""

    unknown: list[str] | None = None


class Quote(Shape):
    """The latest quote; the change is against ``prev_close``."""

    last_price: Price
    change: Price
    change_percent: Percent
    open: Price
    high: Price
    low: Price
    prev_close: Price
    volume: int
    oi: int
    lower_band: Price | None
    upper_band: Price | None
    bids: list[Level]
    asks: list[Level]
    exchange_time: Time
    age_ms: int
    state: Literal["LIVE", "STALE", "CLOSED", "HALTED"]
    indicative_price: Price | None
    indicative_quantity: int | None


class Quotes(Shape):
    """Quotes by instrument."""

    market: str
    frame: int
    as_of: Time | None
    items: dict[str, Quote]
    unknown: list[str]


class YearRange(Shape):
    """The lowest and the highest price of the daily bars within a year."""

    low: Price
    high: Price
    days: int = Field(description="How many bars: fewer than a year's where there are no more")


class YearRanges(Shape):
    """Ranges by instrument; one without a bar is left out."""

    market: str
    items: dict[str, YearRange]


class Candle(Shape):
    """A bar."""

    start: Time
    open: Price
    high: Price
    low: Price
    close: Price
    volume: int
    oi: int


class Candles(Page[Candle]):
    """Bars, oldest first."""

    symbol: Key
    interval: str


class ChainSide(Shape):
    """A contract of a chain; ``oi_before`` is its open interest as the trading date before left it."""

    key: Key
    symbol: str
    lot: int
    quote: Quote | None
    oi_before: int | None = None


class ChainRow(Shape):
    """A strike."""

    strike: Price
    call: ChainSide | None
    put: ChainSide | None


class Chain(Shape):
    """The options of one expiry, by strike."""

    market: str
    underlying: Key
    quote: Quote | None
    expiry: Day
    future: ChainSide | None = None
    expiries: list[Day]
    rows: list[ChainRow]


class CalendarDay(Shape):
    """A holiday, or hours of a day of its own."""

    day: Day
    weekday: str
    kind: Literal["holiday", "session"]
    name: str
    opens: str | None
    closes: str | None


class Tariff(Shape):
    """What a segment pays under a plan: per cent of the turnover, or rupees."""

    plan: str
    segment: Literal["DELIVERY", "INTRADAY", "FUTURES", "OPTIONS"]
    brokerage_percent: Percent
    brokerage_cap: Rupees
    brokerage_flat: Rupees
    dp: Rupees
    square_off: Rupees
    stt_buy_percent: Percent
    stt_sell_percent: Percent
    stt_exercise_percent: Percent
    exchange_nse_percent: Percent
    exchange_bse_percent: Percent
    ipft_nse_percent: Percent
    sebi_percent: Percent
    stamp_buy_percent: Percent
    interest_percent: Percent = Field(description="A day, of what the account owes")
    exchange_groups_percent: dict[str, Percent]
    gst_percent: Percent


class Tariffs(Page[Tariff]):
    """Rates in force on a date."""

    date: Day


class Health(Shape):
    """The process answers."""

    status: Literal["ok"]


class FeedState(Shape):
    """How old the last frame is."""

    state: Literal["LIVE", "STALE", "DOWN", "CLOSED"]
    age_ms: int | None


class LeaderState(Shape):
    """Who fills orders."""

    term: int | None
    heartbeat_age_ms: int | None


class Ready(Shape):
    """Whether orders can be placed and filled, and what is waited for."""

    ready: bool
    status: Literal["pass", "warn", "fail"]
    database: bool
    schema_: str | None = Field(alias="schema")
    market: str | None
    feed: FeedState
    leader: LeaderState
    waiting_for: list[str]
