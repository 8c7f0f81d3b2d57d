"""What screen queries return: typed rows, money in paise, times in UTC."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

from core.orders import Order


@dataclass(frozen=True, slots=True)
class Listing:
    """The name an instrument is shown by."""

    exchange: str
    symbol: str
    isin: str | None = None

    @property
    def key(self) -> str:
        """``NSE:INFY``."""
        return f"{self.exchange}:{self.symbol}"


@dataclass(frozen=True, slots=True)
class Header:
    """The account as a list was read: its version says how fresh the list is."""

    account_id: int
    version: int
    trading_date: date
    market: str


@dataclass(frozen=True, slots=True)
class OrderRow:
    """An order and the name of what it buys or sells."""

    order: Order
    listing: Listing


@dataclass(frozen=True, slots=True)
class OrderEvent:
    """One step of an order: its terms after it, and who took it."""

    n: int
    at: datetime
    event: str
    status: str
    actor: str
    reason_code: int | None
    reason: str | None
    quantity: int
    price: int
    trigger_price: int
    filled: int


@dataclass(frozen=True, slots=True)
class OrderStep:
    """A step of an order, and the version that its account had when it was taken."""

    order_id: int
    version: int
    event: OrderEvent


@dataclass(frozen=True, slots=True)
class TradeRow:
    """A trade with its charges (heads in paise) and the evidence it was made on; ``lead`` is its underlying's kind."""

    id: int
    order_id: int | None
    account_id: int
    listing: Listing
    kind: str
    side: str
    product: str
    quantity: int
    price: int
    value: int
    realised: int
    limit_price: int
    traded_at: datetime
    trading_date: date
    frame: int
    exchange_time: datetime
    last_price: int
    levels: list[list[int]]
    charges: dict[str, int]
    version: int
    lead: str = "EQ"


@dataclass(frozen=True, slots=True)
class PositionRow:
    """An open or today's closed position. ``cost`` and ``mark`` are signed values of the open quantity.

    ``held`` counts older CNC shares too; ``converted`` and ``charges`` are today's; ``unrealised_before`` is what was
    open when the last trading date closed. ``underlying`` is a key, the instrument's own for shares. Of an option
    ``strike`` and ``spot``, its underlying's last price, are in paise; ``at`` is the exchange's time.
    """

    account_id: int
    listing: Listing
    product: str
    quantity: int
    cost: int
    mark: int
    realised: int
    open_buy: int
    open_sell: int
    last_price: int | None
    version: int
    instrument_id: int = 0
    session: str = "always"
    trading_date: date = date.min
    kind: str = "EQ"
    expiry: date | None = None
    underlying: str = ""
    day_buy_quantity: int = 0
    day_buy_value: int = 0
    day_sell_quantity: int = 0
    day_sell_value: int = 0
    held: int = 0
    converted: int = 0
    charges: int = 0
    unrealised_before: int = 0
    strike: int | None = None
    spot: int | None = None
    lead: str = "EQ"
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class HoldingRow:
    """Shares bought before today: ``settled`` and ``unsettled`` (T1) quantity, with their cost."""

    account_id: int
    listing: Listing
    settled: int
    unsettled: int
    cost: int
    open_sell: int
    last_price: int | None
    version: int
    instrument_id: int = 0
    prev_close: int | None = None


@dataclass(frozen=True, slots=True)
class QuoteRow:
    """The latest quote. ``bids`` and ``asks`` are price, quantity, orders, price, …; best first."""

    listing: Listing
    frame: int
    exchange_time: datetime
    age_ms: int
    last_price: int
    open: int
    high: int
    low: int
    prev_close: int
    volume: int
    oi: int
    lower_band: int | None
    upper_band: int | None
    bids: list[int]
    asks: list[int]


@dataclass(frozen=True, slots=True)
class MarketRow:
    """A market's clock. ``frame_age_ms`` is by the database's clock; None before the first frame. ``halts`` are the
    breaker's, as ``core.breaker.Halt`` reads them."""

    id: str
    feed: str
    session: str
    running: bool
    phase: str
    trading_date: date
    exchange_time: datetime | None
    frame: int
    frame_age_ms: int | None
    feed_state: dict[str, Any]
    halts: list[list[Any]]


class PostedMargin(NamedTuple):
    """What one margin group blocks; the last four are the parts of ``position_margin``."""

    segment: str
    underlying: str
    position_margin: int
    order_margin: int
    span: int
    exposure: int
    add_ons: int
    delivery: int


@dataclass(frozen=True, slots=True)
class WalletRow:
    """Balances and today's flows of one account, with what its held money is held for."""

    account_id: int
    market: str
    trading_date: date
    version: int
    as_of: datetime
    cash: int
    hold: int
    margin: int
    invested: int
    unsettled: int
    gains: int
    option_credit: int
    blocked_loss: int
    opening_equity: int
    opening_unrealised: int
    unrealised: int
    deposits: int
    withdrawals: int
    realised: int
    charges: int
    demat_proceeds: int
    option_premium: int
    called_since: datetime | None
    shortfall: int | None
    closing_since: datetime | None
    holds: list[tuple[int, int, int]]
    margins: list[PostedMargin]


@dataclass(frozen=True, slots=True)
class TransferRow:
    """One movement of money; ``cash_after`` is the account's CASH once it was done."""

    id: int
    created_at: datetime
    event_at: datetime
    code: str
    from_ledger: str
    to_ledger: str
    amount: int
    reference: str
    order_id: int | None
    trade_id: int | None
    cash_after: int
    version: int
