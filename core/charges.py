"""What an order pays beside its price: dated rates in, eight heads of charges out, all in paise.

A rate is an int of *paise a crore of turnover*: one crore of rupees is 10^9 paise, so 0.1 % is 1,000,000
and the exchange's 306.99 rupees a crore is 30,699. No rate needs more digits than that, none needs a float.

Charges are always worked out on an order's cumulative turnover; a fill pays the difference to what the
order has paid so far, which is why ten partial fills pay one brokerage and never ten.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from fractions import Fraction
from operator import add, sub
from typing import NamedTuple, TypeAlias

from core import dated
from core.instruments import DERIVATIVES, Kind
from core.money import as_number
from core.orders import Product, Side

CRORE = 10**9
_TWO_CRORE = 2 * CRORE
BSE = frozenset({"BSE", "BFO"})
RUPEE = 100
DEFAULT_PLAN = "free-delivery"


class ChargeSegment(StrEnum):
    """The four tariffs. A CNC share pays DELIVERY, an MIS share INTRADAY."""

    DELIVERY = "DELIVERY"
    INTRADAY = "INTRADAY"
    FUTURES = "FUTURES"
    OPTIONS = "OPTIONS"


class Heads(NamedTuple):
    """The heads of one charge, paise each. They may be negative in a difference or a refund."""

    brokerage: int = 0
    stt: int = 0
    exchange: int = 0
    ipft: int = 0
    sebi: int = 0
    stamp: int = 0
    gst: int = 0
    dp: int = 0
    interest: int = 0

    @property
    def total(self) -> int:
        """The sum of the heads, paise."""
        return sum(self)

    def __add__(self, other: "Heads") -> "Heads":  # type: ignore[override] # never as tuples, one behind the other
        return Heads(*map(add, self, other))

    def __sub__(self, other: "Heads") -> "Heads":
        return Heads(*map(sub, self, other))

    def as_dict(self) -> dict[str, int]:
        """The heads by name, without the total."""
        return self._asdict()

    def in_rupees(self) -> dict[str, float | int]:
        """The heads by name and their total, as output shows them."""
        return {name: as_number(amount) for name, amount in self.as_dict().items()} | {"total": as_number(self.total)}


HEADS = Heads._fields
NOTHING = Heads()


@dataclass(frozen=True, slots=True)
class Tariff:
    """The rates of one plan in one segment from a date on.

    ``brokerage_flat`` is paise an executed order; where it is 0 the brokerage is ``brokerage_rate`` of the
    turnover, at most ``brokerage_cap``. ``gst_bp`` is in hundredths of a percent; ``dp`` and ``square_off``
    are paise before GST. All others are paise a crore of turnover, but ``interest``: of what the account owes, for each
    day. It stands in the rows of DELIVERY, as ``dp`` does, because neither is an order's. ``exchange_groups`` are the
    fees of the groups of shares and contracts that do not pay BSE's usual one.
    """

    brokerage_rate: int
    brokerage_cap: int
    brokerage_flat: int
    stt_buy: int
    stt_sell: int
    stt_exercise: int
    exchange_nse: int
    exchange_bse: int
    ipft_nse: int
    sebi: int
    stamp_buy: int
    gst_bp: int
    dp: int
    square_off: int
    interest: int = 0
    exchange_groups: Mapping[str, int] = field(default_factory=dict)

    def exchange(self, exchange: str, fee_group: str = "") -> int:
        """The exchange's fee, paise a crore, for an instrument of a group listed there."""
        if exchange in BSE:
            return self.exchange_groups.get(fee_group, self.exchange_bse)
        return self.exchange_nse

    def brokerage(self, turnover: int) -> int:
        """Paise for one executed order of so much turnover; nothing for nothing."""
        if not turnover:
            return 0
        return self.brokerage_flat or min(share(turnover, self.brokerage_rate), self.brokerage_cap)


@dataclass(frozen=True, slots=True)
class TariffRow:
    """A tariff as it is stored: who it is for and the first trade date that pays it."""

    effective_from: date
    plan: str
    segment: ChargeSegment
    tariff: Tariff


Rates: TypeAlias = Mapping[tuple[str, ChargeSegment], Tariff]
"""The tariffs in force on one trade date, by plan and segment."""


def in_force(rows: Iterable[TariffRow], on: date) -> Rates:
    """The newest tariff of each plan and segment that is not younger than ``on``."""
    chosen = dated.each_in_force(rows, on, lambda row: (row.plan, row.segment))
    return {key: row.tariff for key, row in chosen.items()}


def segment_of(kind: Kind, product: Product) -> ChargeSegment:
    """The tariff that an order of this product in this kind of instrument pays."""
    if kind not in DERIVATIVES:
        return ChargeSegment.DELIVERY if product is Product.CNC else ChargeSegment.INTRADAY
    return ChargeSegment.FUTURES if kind is Kind.FUT else ChargeSegment.OPTIONS


def tariff(rates: Rates, segment: ChargeSegment, plan: str) -> Tariff:
    """The tariff of a plan. Raises LookupError, in a sentence, where the date has none."""
    found = rates.get((plan, segment))
    if found is None:
        raise LookupError(f"no charge rates for plan {plan!r} in {segment} on this date")
    return found


def share(turnover: int, rate: int, unit: int = 1) -> int:
    """``rate`` of the turnover in whole units of so many paise, half up (both are never negative)."""
    divisor = CRORE * unit
    return (2 * turnover * rate + divisor) // (2 * divisor) * unit


def gst_on(base: int, gst_bp: int) -> int:
    """GST on a base in paise, half up."""
    return (2 * base * gst_bp + 10_000) // 20_000


def heads(
    rates: Rates,
    segment: ChargeSegment,
    side: Side,
    turnover: int,
    plan: str = DEFAULT_PLAN,
    exchange: str = "NSE",
    fee_group: str = "",
    parts: Sequence[int] = (),
) -> Heads:
    """The charges of an order whose fills so far add up to ``turnover`` paise (options: premium).

    ``parts`` are the turnovers of an iceberg's legs: a broker sends each as an order of its own, which pays its own
    brokerage, rounded by itself. None of them falls when the order fills on, so that no fill gets any back.

    Each head is rounded to the paisa half up, STT to the rupee half up, GST on the rounded brokerage,
    exchange and SEBI fees. ``exchange`` is where the instrument is listed (NSE, NFO, BSE, BFO).
    Nothing filled pays nothing. Raises ValueError on a negative turnover, LookupError without rates.
    """
    if turnover <= 0:
        if turnover < 0:
            raise ValueError(f"turnover is never negative: {turnover}")
        return NOTHING
    row = tariff(rates, segment, plan)
    bought = side is Side.BUY
    brokerage = sum(row.brokerage(value) for value in parts) if parts else row.brokerage(turnover)
    # ``share`` five times over, written out: these are asked for twice a fill.
    twice = 2 * turnover
    fee = (twice * row.exchange(exchange, fee_group) + CRORE) // _TWO_CRORE
    sebi = (twice * row.sebi + CRORE) // _TWO_CRORE
    return Heads(
        brokerage,
        (twice * (row.stt_buy if bought else row.stt_sell) + CRORE * RUPEE) // (_TWO_CRORE * RUPEE) * RUPEE,
        fee,
        0 if exchange in BSE else (twice * row.ipft_nse + CRORE) // _TWO_CRORE,
        sebi,
        (twice * row.stamp_buy + CRORE) // _TWO_CRORE if bought else 0,
        gst_on(brokerage + fee + sebi, row.gst_bp),
    )


def unrounded(
    rates: Rates,
    segment: ChargeSegment,
    side: Side,
    turnover: int,
    plan: str = DEFAULT_PLAN,
    exchange: str = "NSE",
    fee_group: str = "",
) -> dict[str, Fraction]:
    """The same heads in paise before anything is rounded, as brokers answer programs that ask what an order would pay.
    Nothing is booked by them: a ledger and a contract note take ``heads``. Raises as ``heads`` does."""
    if turnover < 0:
        raise ValueError(f"turnover is never negative: {turnover}")
    row, bought = tariff(rates, segment, plan), side is Side.BUY
    part = Fraction(turnover, CRORE)
    found = dict.fromkeys(HEADS, Fraction(0))
    if row.brokerage_flat:
        found["brokerage"] = Fraction(row.brokerage_flat if turnover else 0)
    else:
        found["brokerage"] = min(part * row.brokerage_rate, Fraction(row.brokerage_cap))
    found["stt"] = part * (row.stt_buy if bought else row.stt_sell)
    found["exchange"] = part * row.exchange(exchange, fee_group)
    found["ipft"] = part * (0 if exchange in BSE else row.ipft_nse)
    found["sebi"] = part * row.sebi
    found["stamp"] = part * (row.stamp_buy if bought else 0)
    found["gst"] = (found["brokerage"] + found["exchange"] + found["sebi"]) * row.gst_bp / 10_000
    return found


def spread(value: int, parts: Sequence[int]) -> list[int]:
    """A value over parts of so many units, at the average price; what rounding leaves goes to the last one."""
    if len(parts) < 2:
        return [value]
    units = sum(parts)
    found = [value * part // units for part in parts]
    found[-1] += value - sum(found)
    return found


def worst(
    rates: Rates,
    segment: ChargeSegment,
    side: Side,
    value_left: int,
    plan: str = DEFAULT_PLAN,
    exchange: str = "NSE",
    *,
    turnover: int = 0,
) -> int:
    """The most, in paise, that an order can still be charged.

    ``value_left`` is what is left to fill at the dearest price the order allows: its worst price for a buy,
    the upper band (or the best guess at it) for a sell. ``turnover`` is what was filled, and charged,
    already. No head falls when turnover rises, so the dearest fill is the bound for every cheaper one.
    """
    whole = heads(rates, segment, side, turnover + value_left, plan, exchange)
    return whole.total - heads(rates, segment, side, turnover, plan, exchange).total


def depository(rates: Rates, plan: str = DEFAULT_PLAN) -> Heads:
    """What a delivery sale pays once for each share and day, with its GST."""
    row = tariff(rates, ChargeSegment.DELIVERY, plan)
    return Heads(dp=row.dp, gst=gst_on(row.dp, row.gst_bp))


def square_off(rates: Rates, segment: ChargeSegment, plan: str = DEFAULT_PLAN) -> Heads:
    """The fee of an order that the broker places to close a position, for its hour or its loss, with its GST."""
    row = tariff(rates, segment, plan)
    return Heads(brokerage=row.square_off, gst=gst_on(row.square_off, row.gst_bp))


def exercise(rates: Rates, intrinsic: int, plan: str = DEFAULT_PLAN) -> Heads:
    """The STT that the holder of a long option pays at expiry on its intrinsic value (paise)."""
    if intrinsic < 0:
        raise ValueError(f"an option is never worth less than nothing: {intrinsic}")
    row = tariff(rates, ChargeSegment.OPTIONS, plan)
    return Heads(stt=share(intrinsic, row.stt_exercise, RUPEE))


def physical(rates: Rates, side: Side, value: int, plan: str = DEFAULT_PLAN) -> Heads:
    """The STT of a stock contract that ends in the money: that of a delivery of shares worth ``value`` paise."""
    row = tariff(rates, ChargeSegment.DELIVERY, plan)
    return Heads(stt=share(value, row.stt_buy if side is Side.BUY else row.stt_sell, RUPEE))
