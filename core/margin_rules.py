"""Rates that margins are made of, as dated rows: of contracts by the class of their underlying, and of shares.

A clearing house sets them by circular and changes them; a row holds from its date until a younger one of its
class. Rates are basis points of the underlying's price; of a volatility, 100 is one point.
"""

from dataclasses import dataclass, replace
from datetime import date
from functools import cache, lru_cache
from math import isqrt

from core import dated
from core.instruments import Kind
from core.money import ceil_div

TRADING_DAYS = 252


@dataclass(frozen=True, slots=True)
class ContractRule:
    """Of futures and options on one class of underlying, an index or a share.

    ``scan_range`` is the least price move scanned; ``sigmas`` of the volatility over ``days`` may ask for a
    wider one (0: never). The move beyond the range is ``extreme_move`` ranges wide, and so much of its loss
    as ``extreme_weight`` counts. A written option whose strike is further out of the money than ``deep_from``
    bears ``deep_exposure``. ``expiry_day`` is added to options written that expire on the day.
    ``calendar`` is charged on what is long in one expiry against short in another; on its last day an expiry
    offsets the others only where ``offsets_on_expiry``. ``unknown_volatility`` stands where none was stored.
    ``delivery`` is of bought options in the money that are settled by delivery: parts of the share's value at risk, on
    the last day, with one trading date left, with two, and so on. On the last day what must be delivered asks for
    ``last_day_multiple`` of its margin, at most ``last_day_most`` of its value (0: for no more than its margin).
    """

    effective_from: date
    scan_range: int
    sigmas: int
    days: int
    volatility_range: int
    extreme_move: int
    extreme_weight: int
    exposure: int
    deep_from: int
    deep_exposure: int
    expiry_day: int
    calendar: int
    offsets_on_expiry: bool
    unknown_volatility: int
    delivery: tuple[int, ...] = ()
    last_day_multiple: int = 0
    last_day_most: int = 0

    def price_range(self, price: int, volatility: int) -> int:
        """The price scan range in paise of an underlying at ``price``; ``volatility`` is a year's."""
        wide = spread(volatility, self.sigmas, self.days)
        return -(-price * max(self.scan_range, wide) // 10_000)

    def delivery_rate(self, left: int | None) -> int:
        """Basis points of the share's value at risk with so many trading dates left; 0 with more than it names."""
        return self.delivery[left] if left is not None and left < len(self.delivery) else 0

    def last_day(self, price: int, worst: int, exposure: int) -> int:
        """Paise that a unit adds on its last day; ``worst`` is its worst loss, in paise, ``exposure`` basis points."""
        usual = worst + ceil_div(price * exposure, 10_000)
        asked = min(ceil_div(price * self.last_day_most, 10_000), ceil_div(usual * self.last_day_multiple, 10_000))
        return max(0, asked - usual)


@dataclass(frozen=True, slots=True)
class CashRule:
    """Of shares and funds. MIS blocks ``intraday``, or value at risk and the extreme loss where that is more.

    Value at risk is ``sigmas`` of a day, at least ``share_risk`` or ``fund_risk``; ``adhoc`` is what an exchange asks
    of a share beside the two. Of the proceeds of demat shares ``usable_proceeds`` can be spent on the day, the rest
    once they settle.
    """

    effective_from: date
    intraday: int
    sigmas: int
    share_risk: int
    share_extreme: int
    fund_risk: int
    fund_extreme: int
    usable_proceeds: int
    adhoc: int = 0

    def at_risk(self, kind: Kind, volatility: int) -> int:
        """Value at risk and the extreme loss together, in basis points of the price; ``volatility`` is a year's."""
        fund = kind is Kind.ETF
        least, extreme = (self.fund_risk, self.fund_extreme) if fund else (self.share_risk, self.share_extreme)
        return max(least, spread(volatility, self.sigmas, 1)) + extreme + self.adhoc

    def intraday_rate(self, kind: Kind, volatility: int) -> int:
        """Basis points of the price that a share (or fund) held intraday blocks."""
        return max(self.intraday, self.at_risk(kind, volatility))


def spread(volatility: int, sigmas: int, days: int) -> int:
    """So many standard deviations over so many days, in basis points, of a year's volatility; exact, rounded up."""
    square = (volatility * sigmas) ** 2 * days
    return isqrt(square // TRADING_DAYS) + 1 if square else 0


_INDEX = ContractRule(
    date(2000, 1, 1), scan_range=930, sigmas=0, days=2, volatility_range=400, extreme_move=2, extreme_weight=3_500,
    exposure=200, deep_from=1_000, deep_exposure=300, expiry_day=0, calendar=175, offsets_on_expiry=True,
    unknown_volatility=1_500,
)  # fmt: skip
_SHARE = ContractRule(
    date(2000, 1, 1), scan_range=1_420, sigmas=6, days=2, volatility_range=1_000, extreme_move=2, extreme_weight=3_500,
    exposure=350, deep_from=3_000, deep_exposure=525, expiry_day=0, calendar=175, offsets_on_expiry=True,
    unknown_volatility=3_000,
)  # fmt: skip
_EXPIRY_DAY = replace(_INDEX, effective_from=date(2024, 11, 20), expiry_day=200)

INDEX_RULES = (_INDEX, _EXPIRY_DAY, replace(_EXPIRY_DAY, effective_from=date(2025, 2, 1), offsets_on_expiry=False))
# Since all stock contracts end in a delivery. Brokers publish the parts for the four trading dates before the last; on
# the last one the highest of them stays, because nothing has been delivered yet.
_DELIVERED = replace(
    _SHARE, effective_from=date(2019, 10, 1), delivery=(7_000, 7_000, 4_500, 2_500, 1_000), last_day_multiple=15_000,
    last_day_most=5_000,
)  # fmt: skip
SHARE_RULES = (_SHARE, _DELIVERED, replace(_DELIVERED, effective_from=date(2026, 5, 5), offsets_on_expiry=False))

LOOKS_AHEAD = 4
"""Trading dates after its own that a risk snapshot keeps, to tell how near an expiry is: as many as any row names."""

_CASH = CashRule(
    date(2000, 1, 1), intraday=2_000, sigmas=6, share_risk=900, share_extreme=350, fund_risk=600, fund_extreme=200,
    usable_proceeds=8_000,
)  # fmt: skip
CASH_RULES = (_CASH, replace(_CASH, effective_from=date(2024, 10, 7), usable_proceeds=10_000))


@cache
def of_contracts(on: date, index: bool) -> ContractRule:
    """The row in force on a date. Raises LookupError before the first."""
    return dated.in_force(INDEX_RULES if index else SHARE_RULES, on, "margin rule of contracts")


@cache
def of_cash(on: date) -> CashRule:
    """The row in force on a date. Raises LookupError before the first."""
    return dated.in_force(CASH_RULES, on, "margin rule of shares")


@lru_cache(4_096)
def intraday_rate(on: date, kind: Kind, volatility: int) -> int:
    """Basis points that a share held intraday blocks on a date; remembered, because every fill of one asks."""
    return of_cash(on).intraday_rate(kind, volatility)
