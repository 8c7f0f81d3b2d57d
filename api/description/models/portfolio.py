"""What an account holds and owes: wallet, ledger, positions, holdings, conversions, alerts, accounts."""

from typing import Literal

from pydantic import Field

from api.description.models.common import (
    Account,
    Day,
    Id,
    Key,
    Percent,
    Price,
    Product,
    Rupees,
    Shape,
    Time,
    WrongField,
)
from api.description.models.market import Instrument
from core.price_alerts import Condition
from core.watch import Base, Colour, Column, Study


class AccountRow(Shape):
    """An account that one may read."""

    account: Account
    market: str
    archived: bool
    own: bool


class Share(Shape):
    """Somebody who may read an account."""

    user: str


class Greeks(Shape):
    """Of all units of a contract: rupees a rupee, a rupee squared, a day, a percentage point of volatility."""

    delta: float
    gamma: float
    theta: float
    vega: float


class Position(Shape):
    """What is open in one instrument and product, or was closed today."""

    account: Account
    exchange: str
    symbol: str
    product: Product
    quantity: int
    average_price: Price | None
    open_buy: int
    open_sell: int
    last_price: Price | None
    value: Rupees
    realised: Rupees
    unrealised: Rupees
    mark: Rupees
    square_off_at: Time | None
    kind: Literal["EQ", "ETF", "INDEX", "FUT", "CE", "PE"]
    underlying: str | None
    expiry: Day | None
    day_buy_quantity: int
    day_buy_price: Price | None
    day_sell_quantity: int
    day_sell_price: Price | None
    converted_quantity: int
    charges: Rupees
    unrealised_before: Rupees
    converts_to: Product | None
    convertible_quantity: int
    greeks: Greeks | None
    version: int


class Holding(Shape):
    """Shares bought before today."""

    account: Account
    exchange: str
    symbol: str
    isin: str | None
    quantity: int
    t1_quantity: int
    reserved_quantity: int
    sellable_quantity: int
    average_price: Price | None
    last_price: Price | None
    value: Rupees
    invested: Rupees
    unrealised: Rupees
    prev_close: Price | None
    day_change: Rupees
    version: int


class Hold(Shape):
    """What one open order holds."""

    order_id: Id
    cash: Rupees
    credit: Rupees


class MarginGroup(Shape):
    """What one underlying blocks."""

    segment: str
    underlying: str | None
    position_margin: Rupees
    order_margin: Rupees
    span: Rupees
    exposure: Rupees
    add_ons: Rupees
    delivery: Rupees


class MarginCall(Shape):
    """A call for money."""

    since: Time
    shortfall: Rupees
    closing_since: Time | None
    closes_at_percent: Percent
    delivery_margin: Rupees = Field(description="Blocked for stock options in the money that end soon")


class Wallet(Shape):
    """Balances and today's figures."""

    account: Account
    market: str
    trading_date: Day
    version: int
    as_of: Time
    cash: Rupees
    held: Rupees
    margin: Rupees
    invested: Rupees
    unsettled: Rupees
    gains: Rupees
    option_credit: Rupees
    balance: Rupees = Field(description="The sum of the seven above")
    unrealised: Rupees
    equity: Rupees = Field(description="balance + unrealised")
    blocked_loss: Rupees
    available: Rupees = Field(description="cash - blocked_loss")
    available_for_options: Rupees
    withdrawable: Rupees
    holding_sales: Rupees = Field(description="Today's proceeds of demat shares: usable today, withdrawn tomorrow")
    opening_equity: Rupees
    deposits: Rupees
    withdrawals: Rupees
    realised: Rupees
    charges: Rupees
    unrealised_change: Rupees
    opening_balance: Rupees
    span: Rupees
    exposure: Rupees
    add_ons: Rupees
    delivery_margin: Rupees
    mis_margin: Rupees
    option_premium: Rupees
    delivery: Rupees
    holds: list[Hold]
    margins: list[MarginGroup]
    margin_call: MarginCall | None


class Transfer(Shape):
    """A movement of money."""

    id: Id
    at: Time
    event_at: Time
    code: str
    from_: str = Field(alias="from")
    to: str
    amount: Rupees
    reference: str | None
    order_id: Id | None
    trade_id: Id | None
    cash_after: Rupees
    version: int


class Reset(Shape):
    """The account that took the place of an archived one."""

    account: Account
    account_id: Id
    archived_id: Id
    cash: Rupees


class Conversion(Shape):
    """A position that changed its product."""

    conversion_id: Id
    account: Account
    exchange: str
    symbol: str
    from_: Product = Field(alias="from")
    to: Product
    quantity: int
    average_price: Price | None
    required: Rupees
    released: Rupees
    invested: Rupees
    margin: Rupees
    cash: Rupees
    converted_at: Time
    trading_date: Day
    version: int


class ConversionEstimate(Shape):
    """What a conversion would need and set free."""

    required: Rupees | None
    released: Rupees | None
    invested: Rupees | None
    margin: Rupees | None
    available: Rupees | None
    refusals: list[WrongField]


class Alert(Shape):
    """What the owner of an account should hear of without having asked."""

    alert_id: str = Field(examples=["risk-17", "gtt-7-3"])
    account: Account
    at: Time
    kind: Literal["RISK", "MARGIN_CALL", "GTT", "SQUARE_OFF", "CONTRACT", "PRICE", "SETTLEMENT"]
    event: str
    level: Literal["INFO", "WARNING", "CRITICAL"]
    title: str
    detail: str | None
    reason_code: int | None
    instrument: Key | None
    order_id: Id | None
    gtt_id: Id | None
    trade_id: Id | None


class PriceAlert(Shape):
    """A price of which the owner of an account wants to hear."""

    price_alert_id: Id
    account: Account
    exchange: str
    symbol: str
    measure: Literal["PRICE", "CHANGE"]
    condition: Condition
    level: float = Field(description="Rupees, or per cent of the previous close where the measure is CHANGE")
    repeat: bool
    note: str
    status: Literal["ACTIVE", "DONE", "EXPIRED", "DELETED"] = Field(
        description="DELETED where a request is answered again that made one which was deleted since"
    )
    resting: bool = Field(description="It has rung, and waits for a price on the other side of its level")
    rings: int
    rung_at: Time | None
    created_at: Time
    updated_at: Time


class Watchlist(Shape):
    """A list of instruments."""

    watchlist_id: Id
    name: str
    position: int
    symbols: list[Key]
    colours: dict[str, Colour]
    sections: dict[str, str] = Field(description="Rows that follow each other under one name make a section")


class WatchView(Shape):
    """How a market watch and charts look, and what was chosen in the search last, and most often."""

    columns: list[Column]
    base: Base
    interval: str = Field(description="Of a chart's bars")
    studies: list[Study]
    recent: list[Instrument]
    frequent: list[Instrument]
