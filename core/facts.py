"""What a decision needs to know beside the account: the market as it stands, the terms, the rates."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from core.charges import ChargeSegment, Heads, Rates, heads, segment_of
from core.instruments import Instrument
from core.margin import Snapshot
from core.orders import Product, Side
from core.rulebook import Rulebook


@dataclass(frozen=True, slots=True)
class Quote:
    """Latest price of an instrument. ``age_ms`` is how long ago it was stored, by the database's clock."""

    last_price: int
    age_ms: int


@dataclass(frozen=True, slots=True)
class MarketFacts:
    """The market an account belongs to. ``exchange_time`` is the last frame's; times are aware."""

    id: str
    phase: str
    running: bool
    trading_date: date
    exchange_time: datetime


@dataclass(frozen=True, slots=True)
class Facts:
    """Facts of one decision. Prices in paise; ``band`` is (lower, upper), None where there is none."""

    now: datetime
    market: MarketFacts
    instruments: Mapping[int, Instrument]
    rates: Rates
    rulebook: Rulebook
    quotes: Mapping[int, Quote] = field(default_factory=dict)
    bands: Mapping[int, tuple[int | None, int | None]] = field(default_factory=dict)
    snapshots: Mapping[int, Snapshot] = field(default_factory=dict)
    settles_on: date | None = None
    latency_ms: int = 0
    intraday_until: datetime | None = None

    def charges(self, instrument: Instrument, product: Product, side: Side, turnover: int) -> Heads:
        """Heads of charges of an order whose fills add up to ``turnover`` paise."""
        tariff: ChargeSegment = segment_of(instrument.kind, product)
        return heads(self.rates, tariff, side, turnover, exchange=instrument.exchange)
