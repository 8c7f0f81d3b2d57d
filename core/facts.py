"""What a decision needs to know beside the account: the market as it stands, the terms, the rates."""

from collections.abc import Container, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from core.breaker import Halt
from core.calendar import Calendar, Session
from core.charges import DEFAULT_PLAN, NOTHING, Heads, Rates, heads, segment_of, square_off
from core.disclosure import values_after
from core.instruments import Instrument
from core.orders import CLOSED_BY_BROKER, Order
from core.risk_facts import NO_RISK, RiskFacts
from core.rulebook import Rulebook
from core.scan import Snapshot
from core.sessions import Board, Window, board_of


@dataclass(frozen=True, slots=True)
class Quote:
    """Latest price of an instrument. ``age_ms`` is how long ago it was stored, by the database's clock."""

    last_price: int
    age_ms: int


@dataclass(frozen=True, slots=True)
class MarketFacts:
    """The market an account belongs to. ``exchange_time`` is the last frame's, ``clock`` what the exchange's
    clock shows now, where the market keeps the exchange's hours; times are aware. ``halts`` are the breaker's."""

    id: str
    phase: str
    running: bool
    trading_date: date
    exchange_time: datetime
    session: str = Session.ALWAYS
    clock: datetime | None = None
    halts: tuple[Halt, ...] = ()


@dataclass(frozen=True, slots=True)
class Facts:
    """Facts of one decision. Prices in paise; ``band`` is (lower, upper), None where there is none.

    ``plans`` are the accounts' broker plans; ``leads`` are the instruments that contracts are listed on, ``near``
    the futures whose month has an opening auction; ``intraday_ends`` says when each board's intraday positions are
    squared off; ``closes`` are today's closing prices of what has closed. ``calendar`` is the market's own.
    """

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
    plans: Mapping[int, str] = field(default_factory=dict)
    leads: Container[int] = frozenset()
    near: Container[int] = frozenset()
    intraday_ends: Mapping[Board, datetime] = field(default_factory=dict)
    risk: RiskFacts = NO_RISK
    closes: Mapping[int, int] = field(default_factory=dict)
    calendar: Calendar | None = None

    @property
    def clock(self) -> datetime:
        """What the exchange's clock shows."""
        return self.market.clock or self.market.exchange_time

    def board(self, instrument: Instrument) -> Board:
        """Whose hours the instrument keeps."""
        return board_of(instrument.kind, instrument.id in self.leads, instrument.id in self.near)

    def window(self, instrument: Instrument) -> Window:
        """What the instrument's board does now; a market that never closes trades continuously."""
        if self.calendar is None or self.market.session == Session.ALWAYS:
            return Window.CONTINUOUS
        return self.calendar.window_at(self.clock, self.board(instrument))

    def intraday_until(self, instrument: Instrument) -> datetime | None:
        """From when on its intraday positions are only closed, by the exchange's clock; None: no such time."""
        return self.intraday_ends.get(self.board(instrument))

    def plan(self, account_id: int) -> str:
        """The broker plan an account is charged by."""
        return self.plans.get(account_id, DEFAULT_PLAN)

    def charges(self, order: Order, units: int = 0, price: int = 0) -> Heads:
        """Heads of charges of an order once so many more of its units have filled at a price, the square-off's fee
        included."""
        turnover = order.turnover + units * price
        if not turnover:
            return NOTHING
        instrument, plan = self.instruments[order.instrument_id], self.plan(order.account_id)
        segment = segment_of(instrument.kind, order.product)
        parts = values_after(order, units, price) if order.legs else ()
        found = heads(self.rates, segment, order.side, turnover, plan, instrument.exchange, instrument.fee_group, parts)
        return found + square_off(self.rates, segment, plan) if order.origin in CLOSED_BY_BROKER else found
