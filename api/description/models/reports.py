"""Profit over time, contract notes and broker plans."""

from typing import Annotated

from pydantic import Field, WithJsonSchema

from api.description.models.common import (
    Account,
    Charges,
    Day,
    Id,
    Key,
    Numbers,
    Percent,
    Price,
    Product,
    Rupees,
    Shape,
    Side,
    Time,
)

Fraction = Annotated[float, WithJsonSchema({"type": "number", "description": "A part of one: 0.01 is one per cent"})]


class Plan(Shape):
    """A broker plan."""

    plan: str
    title: str
    says: str


class AccountPlan(Shape):
    """What an account is charged by, and what waits for a later date."""

    account: Account
    plan: str
    next_plan: str | None
    next_from: Day | None


class NoteLine(Shape):
    """An order of a contract note, or what stands for one."""

    order_id: Id | None
    kind: str
    origin: str | None
    label: str | None
    product: Product
    side: Side
    quantity: int
    intraday_quantity: int
    average_price: Price | None
    value: Rupees
    brokerage: Rupees
    square_off_fee: Rupees


class Scrip(Charges):
    """An instrument of a contract note: what was traded of it, and the heads of its charges."""

    key: Key
    symbol: str
    isin: str | None
    bought_quantity: int
    bought_value: Rupees
    sold_quantity: int
    sold_value: Rupees
    intraday_quantity: int
    delivered_quantity: int
    booked: Rupees = Field(description="What the ledger has taken of it")
    lines: list[NoteLine]


class DepositoryLine(Charges):
    """What the depository takes for shares that left."""

    isin: str | None
    symbol: str


class ContractNote(Shape):
    """The note of a trading date; provisional until ``final``, then ``difference`` is 0."""

    account: Account
    date: Day
    plan: str
    final: bool
    scrips: list[Scrip]
    depository: list[DepositoryLine]
    charges: Charges
    total: Rupees
    booked: Rupees
    difference: Rupees


class ProfitDay(Shape):
    """A trading date."""

    date: Day
    financial_year: str
    live: bool
    opening_equity: Rupees
    equity: Rupees
    deposits: Rupees
    withdrawals: Rupees
    realised: Rupees
    unrealised_change: Rupees
    charges: Rupees
    gross: Rupees
    net: Rupees
    profit: Rupees
    drawdown_rupees: Rupees
    turnover: Rupees
    exposure: Rupees
    return_: Fraction | None = Field(alias="return")
    growth: Fraction
    drawdown: Fraction
    trades: int
    benchmark: Fraction | None
    rolling_sharpe: float | None
    rolling_sortino: float | None


class ProfitPart(Shape):
    """A product, or a symbol with where it is listed and its kind."""

    name: str
    gross: Rupees
    realised: Rupees
    unrealised_change: Rupees
    charges: Rupees
    net: Rupees
    turnover: Rupees
    trades: int


class ProfitSymbol(ProfitPart):
    """A symbol."""

    exchange: str
    kind: str


class ProfitCharges(Charges):
    """Charges of the span by head."""

    turnover: Rupees
    percent_of_turnover: Percent | None
    percent_of_gross: Percent | None


class Measure(Shape):
    """A ratio, its sample, and how many it needs to be told."""

    value: float | None
    n: int
    needs: int
    yearly: bool


class Drawdown(Shape):
    """A way down from a top."""

    depth: Fraction
    from_: Day | None = Field(alias="from")
    lowest: Day | None
    recovered: Day | None
    days: int


class Drawdowns(Shape):
    """The deepest, the longest, and the present one."""

    deepest: Drawdown | None
    longest: Drawdown | None
    now: Fraction | None


class TripRow(Shape):
    """A round trip."""

    exchange: str
    symbol: str
    product: Product
    side: str
    quantity: int
    opened_at: Time
    closed_at: Time
    closed_on: Day
    held_seconds: int
    opening_value: Rupees
    closing_value: Rupees
    gross: Rupees
    charges: Rupees
    net: Rupees
    adverse: Rupees | None = None
    favourable: Rupees | None = None


class BenchmarkPoint(Shape):
    """The benchmark's growth from 1."""

    date: Day
    growth: Fraction


class Benchmark(Shape):
    """What an index did meanwhile."""

    key: Key
    return_: Fraction | None = Field(alias="return")
    points: list[BenchmarkPoint]


class Check(Shape):
    """A figure of the report beside the ledger's own."""

    name: str
    shown: Rupees
    ledger: Rupees
    difference: Rupees


class Reconciliation(Shape):
    """Whether the report adds up to the ledger, to the paisa."""

    opening_equity: Rupees
    deposits: Rupees
    withdrawals: Rupees
    realised: Rupees
    charges: Rupees
    unrealised_change: Rupees
    equity: Rupees
    difference: Rupees
    balanced: bool
    lines: list[Check]
    days: list[Numbers]


class Profit(Shape):
    """Profit and loss over trading dates."""

    account: Account
    start: Day | None
    end: Day | None
    version: int
    days: list[ProfitDay]
    symbols: list[ProfitSymbol]
    products: list[ProfitPart]
    charges: ProfitCharges
    statistics: dict[str, float | bool | None]
    measures: dict[str, Measure]
    definitions: dict[str, str]
    drawdowns: Drawdowns
    groups: dict[str, list[Numbers]]
    round_trips: list[TripRow]
    benchmark: Benchmark
    reconciliation: Reconciliation


class NoteDay(Shape):
    """A trading date with a contract note."""

    date: Day


class TaxHead(Shape):
    """What was closed under one head of a tax return."""

    head: str
    words: str
    trips: int
    profit: Rupees
    loss: Rupees
    gross: Rupees
    charges: Rupees
    net: Rupees
    turnover: Rupees


class TaxLot(Shape):
    """What was opened and closed together, first in, first out."""

    head: str
    symbol: str
    isin: str | None
    exchange: str
    instrument_type: str
    product: Product
    side: str
    quantity: int
    opened_on: Day
    closed_on: Day
    held_days: int
    buy_value: Rupees
    sell_value: Rupees
    gross: Rupees
    charges: Rupees
    net: Rupees
    turnover: Rupees


class TaxYear(Shape):
    """A financial year for the tax return; reckoned from the ledger, not tax advice."""

    financial_year: str
    heads: list[TaxHead]
    lots: list[TaxLot]
    charges: ProfitCharges
