"""What vendors let one account have, as dated rows: keys of a connection by mode, and questions in a time.

The figures are the vendors' published ones. A vendor that tells an account's own limits at its login is believed
there; the row is what holds until it has.
"""

from dataclasses import dataclass
from datetime import date

from core import dated
from core.vendors import Vendor


@dataclass(frozen=True, slots=True)
class Limits:
    """Keys that one connection may have in a mode: when it is the only one in use, and beside another."""

    full: int
    last: int
    greeks: int = 0
    full_mixed: int = -1
    last_mixed: int = -1
    greeks_mixed: int = -1
    total: int = -1  # of all modes together, where a vendor counts that; -1 for no such limit

    def of(self, mode: str, mixed: bool) -> int:
        """The limit of ``full``, ``last`` or ``greeks``."""
        alone: int = getattr(self, mode)
        beside: int = getattr(self, f"{mode}_mixed")
        return beside if mixed and beside >= 0 else alone


@dataclass(frozen=True, slots=True)
class VendorLimits:
    """``keys`` of a connection, and ``questions`` for past prices: at most so many within so many seconds each."""

    effective_from: date
    vendor: Vendor
    keys: Limits
    questions: tuple[tuple[int, float], ...] = ()


_BEGINNING = date(2000, 1, 1)

ROWS = (
    # The vendor's pages on the market data feed (v3) and on rates of its API.
    VendorLimits(
        _BEGINNING, Vendor.UPSTOX,
        Limits(full=2_000, last=5_000, greeks=3_000, full_mixed=1_500, last_mixed=2_000, greeks_mixed=2_000),
        questions=((50, 1.0), (500, 60.0), (2_000, 1_800.0)),
    ),
    # The least that the vendor sells, until the login says otherwise, and its page on questions for bars.
    VendorLimits(
        _BEGINNING, Vendor.TRUEDATA, Limits(full=50, last=50, greeks=50, total=50), questions=((10, 1.0),)
    ),
)  # fmt: skip


def of(vendor: Vendor, on: date) -> VendorLimits:
    """The limits of a vendor on a date."""
    return dated.in_force([row for row in ROWS if row.vendor is vendor], on, f"limits of {vendor}")
