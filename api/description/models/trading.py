"""Orders, trades, GTTs, baskets, and what an order would need."""

from typing import Literal

from pydantic import Field

from api.description.models.common import (
    Account,
    Charges,
    Day,
    Id,
    Numbers,
    OrderType,
    Page,
    Percent,
    Price,
    Product,
    Rupees,
    Shape,
    Side,
    Status,
    Time,
    Validity,
    WrongField,
)


class Order(Shape):
    """An order as it stands."""

    order_id: Id
    account: Account
    client_order_id: str
    exchange: str
    symbol: str
    side: Side
    order_type: OrderType
    product: Product
    validity: Validity
    quantity: int
    filled_quantity: int
    pending_quantity: int
    cancelled_quantity: int
    disclosed_quantity: int
    price: Price | None
    trigger_price: Price | None
    worst_price: Price | None = Field(description="The limit that matching obeys")
    market_protection: Percent | None = Field(description="-1: automatic")
    validity_ttl: int | None
    expires_at: Time | None
    iceberg_legs: int | None
    iceberg_leg: int | None
    showing_quantity: int
    parent_order_id: Id | None
    average_price: Price | None
    status: Status
    reason_code: int | None
    reason: str | None
    tag: str | None
    origin: Literal["USER", "SQUARE_OFF", "SYSTEM", "GTT", "RISK"]
    amo: bool
    modifications: int
    trading_date: Day
    placed_at: Time
    updated_at: Time
    version: int


class Fill(Shape):
    """What the market showed for a fill; ``slippage`` is rupees a unit worse than the last price."""

    trade_id: Id
    quantity: int
    price: Price
    last_price: Price
    slippage: Rupees
    frame: int
    exchange_time: Time


class OrderStep(Shape):
    """A line of an order's history."""

    n: int
    at: Time
    event: str
    status: Status
    by: str
    reason_code: int | None
    reason: str | None
    quantity: int
    price: Price | None
    trigger_price: Price | None
    filled_quantity: int
    steps: list[str]
    fill: Fill | None


class Evidence(Shape):
    """The market that a trade was made on; ``levels`` are [price, quantity] consumed."""

    frame: int
    exchange_time: Time
    last_price: Price
    levels: list[list[float]]


class Trade(Shape):
    """A trade with its charges."""

    trade_id: Id
    order_id: Id | None
    account: Account
    kind: Literal["FILL", "EXPIRY", "SPLIT"]
    label: str | None
    exchange: str
    symbol: str
    side: Side
    product: Product
    quantity: int
    price: Price
    value: Rupees
    realised: Rupees
    limit_price: Price
    traded_at: Time
    trading_date: Day
    charges: Charges
    evidence: Evidence
    version: int


class OrderDetail(Order):
    """An order with its history and trades."""

    history: list[OrderStep]
    trades: list[Trade]


class GttLeg(Shape):
    """A trigger and the order that it places."""

    leg: int
    role: Literal["target", "stop"]
    side: Side
    order_type: OrderType
    product: Product
    quantity: int
    trigger_price: Price
    price: Price | None
    condition: str
    state: Literal["WAITING", "FIRED", "FAILED", "DISABLED"]
    result: Literal["placed", "failed"] | None
    order_id: Id | None
    order_status: Status | None
    filled_quantity: int | None
    reason_code: int | None
    reason: str | None


class Gtt(Shape):
    """A GTT, or the target and the stop attached to an entry."""

    gtt_id: Id
    account: Account
    kind: Literal["SINGLE", "OCO"]
    exchange: str
    symbol: str
    status: Literal["ACTIVE", "TRIGGERED", "DISABLED", "EXPIRED", "CANCELLED", "REJECTED", "DELETED"]
    parent_order_id: Id | None
    cover: bool
    last_price: Price | None
    legs: list[GttLeg]
    reason_code: int | None
    reason: str | None
    created_at: Time
    updated_at: Time
    expires_on: Day
    version: int


class GttTerms(Shape):
    """A leg's terms after a step."""

    trigger_price: Price
    quantity: int
    price: Price | None


class GttStep(Shape):
    """A line of a GTT's history."""

    n: int
    at: Time
    event: str
    status: str
    by: str
    reason_code: int | None
    reason: str | None
    leg: int | None
    price: Price | None
    terms: list[GttTerms]


class GttDetail(Gtt):
    """A GTT with its history."""

    history: list[GttStep]


class GttCounts(Shape):
    """How many may still fire, and how many have ended."""

    active: int
    done: int


class GttPage(Page[Gtt]):
    """GTTs, with how many there are."""

    counts: GttCounts


class Slice(Shape):
    """One order of a sliced one: the order, or the problem that kept it away."""

    order_id: Id | None
    order: Order | None
    error: Numbers | None


class Placed(Order):
    """An order as it was taken, with what is attached to it; of a sliced one the first slice and all of them."""

    attached: Gtt | None = None
    children: list[Slice] | None = None


class OrderParts(Shape):
    """What an order in a contract adds to its group."""

    span: Rupees
    exposure: Rupees
    additional: Rupees
    delivery: Rupees
    option_premium: Rupees
    total: Rupees
    hedge_benefit: Rupees | None
    released: Rupees | None


class Estimate(Shape):
    """What an order would need."""

    value: Rupees | None
    worst_price: Price | None
    required: Rupees | None
    margin: Rupees | None
    charges: Charges | None
    parts: OrderParts | None
    shortfall: Rupees | None
    affordable: int | None
    available: Rupees | None
    slices: int | None
    refusals: list[WrongField]
    cautions: list[WrongField]


class BasketLeg(Shape):
    """An order of a basket."""

    exchange: str
    symbol: str
    side: Side
    order_type: OrderType
    product: Product
    validity: Validity
    quantity: int
    price: Price | None
    trigger_price: Price | None


class Basket(Shape):
    """A named list of orders."""

    basket_id: Id
    name: str
    legs: list[BasketLeg]
    created_at: Time
    updated_at: Time


class LegNeeds(Shape):
    """What one order of a basket needs by itself."""

    leg: int
    required: Rupees | None
    charges: Rupees | None
    refusals: list[WrongField]


class BasketParts(Shape):
    """What a basket's margin is made of."""

    span: Rupees
    exposure: Rupees
    additional: Rupees
    delivery: Rupees


class BasketNeeds(Shape):
    """What a basket needs: on the way, and after all is filled."""

    account: Account
    available: Rupees
    required: Rupees
    final: Rupees
    benefit: Rupees
    shortfall: Rupees
    charges: Charges
    legs: list[LegNeeds]
    parts: BasketParts


class LegFate(Shape):
    """What became of one order of a basket."""

    leg: int
    symbol: str
    ok: bool
    replayed: bool
    order_id: Id | None
    status: Status | None
    reason_code: int | None
    detail: str | None


class BasketFate(Shape):
    """A basket that was placed."""

    account: Account
    placed: int
    refused: int
    items: list[LegFate]
