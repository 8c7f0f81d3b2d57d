"""The charges that orders would pay, or paid elsewhere, by an account's plan: a contract note of no trade of ours."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.charges import Rates, segment_of, unrounded
from core.instruments import Instrument
from core.orders import Product, Side
from core.reasons import Reason, Refusal
from db.engine import Database
from desk import market, masters, plans
from desk.access import AccountRef

MOST = 10**15
"""Paise of the largest turnover that is asked about: a lakh crore rupees would overflow no sum."""


@dataclass(frozen=True, slots=True)
class Traded:
    """An order whose fills add up to ``turnover`` paise."""

    instrument: Instrument
    side: Side
    product: Product
    turnover: int


def charges(database: Database, account: AccountRef, orders: Sequence[Traded]) -> list[dict[str, float]]:
    """The heads of each order's charges on the account's market's trading date, in rupees that nothing has rounded, in
    the order asked. The depository's charge, which is one a share and day, is no order's."""
    plan = plans.current(database, account)["plan"]
    day = market.state(database, account.market).trading_date
    rates = masters.get(database).rates(day)
    try:
        return [_one(rates, each, plan) for each in orders]
    except LookupError as missing:
        raise Refusal(Reason.NO_RATES, f"{missing}.") from None


def _one(rates: Rates, each: Traded, plan: str) -> dict[str, float]:
    one = each.instrument
    segment = segment_of(one.kind, each.product)
    found = unrounded(rates, segment, each.side, each.turnover, plan, one.exchange, one.fee_group)
    rupees = {head: float(amount / 100) for head, amount in found.items()}
    return rupees | {"total": float(sum(found.values()) / 100)}
