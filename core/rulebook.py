"""Rates and limits of the broker's own making, as dated rows. What the statute sets lives in the charge rates."""

from dataclasses import dataclass
from datetime import date

from core import dated
from core.instruments import OPTIONS, Instrument


@dataclass(frozen=True, slots=True)
class Slab:
    """Protection of market orders: up to this last price (paise), so many basis points."""

    below: int
    basis_points: int


@dataclass(frozen=True, slots=True)
class Rulebook:
    """Percentages in basis points, money in paise, times in milliseconds."""

    protection: tuple[Slab, ...]
    option_protection: tuple[Slab, ...]
    most_modifications: int
    stale_after_ms: int
    square_off_lead_ms: int
    largest_amount: int
    disclosed_least: int
    closing_band: int


_NO_END = 2**62
_ROWS: tuple[tuple[date, Rulebook], ...] = (
    (
        date(2020, 1, 1),
        Rulebook(
            protection=(Slab(10_000, 200), Slab(50_000, 100), Slab(_NO_END, 50)),
            option_protection=(Slab(1_000, 500), Slab(10_000, 300), Slab(50_000, 200), Slab(_NO_END, 100)),
            most_modifications=25,
            stale_after_ms=10_000,
            square_off_lead_ms=120_000,
            largest_amount=10**13,
            disclosed_least=1_000,
            closing_band=300,
        ),
    ),
)


def in_force(on: date) -> Rulebook:
    """The rulebook of a trading date. Raises LookupError before the first row."""
    return dated.value_in_force(_ROWS, on, "rulebook")


def protection_price(
    rulebook: Rulebook, instrument: Instrument, sign: int, reference: int, points: int | None = None
) -> int:
    """The limit a market order becomes: the reference and so many basis points (its slab's by default), on the
    tick away from it."""
    if points is None:
        slabs = rulebook.option_protection if instrument.kind in OPTIONS else rulebook.protection
        points = next(slab.basis_points for slab in slabs if reference < slab.below)
    exact = reference * (10_000 + sign * points)
    step = instrument.tick * 10_000
    ticks = -(-exact // step) if sign > 0 else exact // step
    return max(ticks, 1) * instrument.tick
