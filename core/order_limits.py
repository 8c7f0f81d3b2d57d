"""What an exchange and a broker let an order be, as dated rows. Percentages in basis points, money in paise."""

from dataclasses import dataclass, replace
from datetime import date
from functools import cache

from core import dated
from core.instruments import OPTIONS, Instrument, Kind


@dataclass(frozen=True, slots=True)
class Range:
    """How far from the reference price a contract's limit may reach: so many basis points, at least so much."""

    basis_points: int
    floor: int


@dataclass(frozen=True, slots=True)
class OrderLimits:
    """The limits of a trading date.

    ``longest_ttl`` is minutes; ``most_shares`` counts units of one cash order; ``ranges`` go by (exchange, kind of
    contract), where there is a limit price protection; a broker's plan says ``stock_option_market``, the exchange
    ``bare_market_by_program``: whether programs may send market orders without a protection.
    """

    longest_ttl: int
    most_legs: int
    most_slices: int
    most_shares: int
    stock_option_market: bool
    bare_market_by_program: bool
    ranges: dict[tuple[str, str], Range]


_WIDE = Range(4_000, 2_000)  # options: 40 %, or ₹20 where that is more
_RANGES = {
    ("NFO", "INDEX OPTION"): _WIDE,
    ("NFO", "STOCK OPTION"): _WIDE,
    ("NFO", "INDEX FUTURE"): Range(200, 0),
    ("NFO", "STOCK FUTURE"): Range(300, 150),
    ("BFO", "INDEX OPTION"): _WIDE,
    ("BFO", "STOCK OPTION"): _WIDE,
    ("BFO", "INDEX FUTURE"): Range(200, 20_000),
    ("BFO", "STOCK FUTURE"): Range(300, 150),
}
_FIRST = OrderLimits(
    longest_ttl=375,
    most_legs=10,
    most_slices=10,
    most_shares=100_000,
    stock_option_market=False,
    bare_market_by_program=True,
    ranges={},
)
_PROTECTED = replace(_FIRST, ranges=_RANGES)
_ROWS: tuple[tuple[date, OrderLimits], ...] = (
    (date(2020, 1, 1), _FIRST),
    # The exchanges' circulars on limit price protection: an order beyond the range is turned away.
    (date(2025, 12, 1), _PROTECTED),
    # The exchanges' rule on algorithmic orders: a program's market order carries a protection.
    (date(2026, 4, 1), replace(_PROTECTED, bare_market_by_program=False)),
)


@cache
def limits_on(day: date) -> OrderLimits:
    """The limits of a trading date. Raises LookupError before the first row."""
    return dated.value_in_force(_ROWS, day, "order limits")


def kind_of_contract(instrument: Instrument, underlying: Instrument | None) -> str:
    """``INDEX OPTION``, ``STOCK FUTURE``, …: by what it is and what it is written on."""
    index = underlying is not None and underlying.kind is Kind.INDEX
    return f"{'INDEX' if index else 'STOCK'} {'OPTION' if instrument.kind in OPTIONS else 'FUTURE'}"


def reference_range(
    limits: OrderLimits, instrument: Instrument, underlying: Instrument | None, reference: int
) -> tuple[int, int] | None:
    """(lowest sale, highest purchase) in paise that the protection of limit prices leaves round a reference price;
    None where the exchange has none. A cheap purchase and a dear sale are never turned away."""
    found = limits.ranges.get((instrument.exchange, kind_of_contract(instrument, underlying)))
    if found is None or reference <= 0:
        return None
    width = max(reference * found.basis_points // 10_000, found.floor)
    return max(reference - width, instrument.tick), reference + width


def furthest(
    limits: OrderLimits, instrument: Instrument, underlying: Instrument | None, reference: int, *, buys: bool
) -> int | None:
    """The dearest purchase, or the cheapest sale, on tick, that the protection of limit prices takes; None where the
    exchange has none."""
    found = reference_range(limits, instrument, underlying, reference)
    if found is None:
        return None
    tick = instrument.tick
    return found[1] // tick * tick if buys else -(-found[0] // tick) * tick


def beyond(
    limits: OrderLimits,
    instrument: Instrument,
    underlying: Instrument | None,
    reference: int,
    price: int,
    *,
    buys: bool,
) -> int | None:
    """The furthest price that is taken, where ``price`` lies beyond it; None where ``price`` is taken."""
    edge = furthest(limits, instrument, underlying, reference, buys=buys)
    return None if edge is None or (price <= edge if buys else price >= edge) else edge
