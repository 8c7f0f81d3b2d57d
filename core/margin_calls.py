"""When an account must bring money, and when the broker closes its positions without asking.

An account whose available funds are below zero is in margin call. Where what its positions have lost reaches a
share of its funds (a dated row; brokers publish it), they are closed: the legs that bear the risk first, those
that only cover them last, because a cover that is sold too early raises what the rest needs.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache

from core import dated
from core.instruments import OPTIONS, Kind
from core.money import percent, rupees

ORIGIN = "RISK"
ACTOR = "risk"


@dataclass(frozen=True, slots=True)
class CallRule:
    """From ``effective_from`` on: positions are closed once the loss is ``closes_at`` basis points of the funds."""

    effective_from: date
    closes_at: int


CALL_RULES = (CallRule(date(2000, 1, 1), closes_at=8_000),)


@cache
def rule_on(on: date) -> CallRule:
    """The row in force on a date. Raises LookupError before the first."""
    return dated.in_force(CALL_RULES, on, "rule of margin calls")


@dataclass(frozen=True, slots=True)
class Standing:
    """Where an account stands, in paise. ``funds`` is its money that is not invested: cash, held and margin.
    ``loss`` is what its MIS and NRML positions have lost at the last prices; bought options count only so far as
    they offset, because they were paid for. ``open``: whether there is such a position; ``trades``: whether its
    market does."""

    account_id: int
    available: int
    funds: int
    loss: int
    open: bool
    trades: bool
    since: datetime | None = None
    closing_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """``called``: a margin call stands. ``closing``: the positions are to be closed until none is left."""

    called: bool
    closing: bool


def judge(standing: Standing, rule: CallRule) -> Verdict:
    """What is to be done. A square-off that has begun goes on until nothing is open: prices that come back in
    between do not stop it, so that each breach is one square-off."""
    if not standing.open:
        return Verdict(standing.available < 0, False)
    begun = standing.closing_since is not None
    return Verdict(standing.available < 0, begun or breached(standing, rule))


def breached(standing: Standing, rule: CallRule) -> bool:
    """Whether the loss has reached the share of the funds at which positions are closed."""
    return standing.loss > 0 and standing.loss * 10_000 >= rule.closes_at * max(0, standing.funds)


@dataclass(frozen=True, slots=True)
class Leg:
    """One open MIS or NRML position."""

    instrument_id: int
    product: str
    quantity: int
    kind: Kind


def next_legs(legs: Iterable[Leg]) -> list[Leg]:
    """The legs to close now: all that bear risk; bought options once nothing else is open."""
    held = list(legs)
    bearing = [leg for leg in held if leg.quantity < 0 or leg.kind not in OPTIONS]
    return bearing or held


def closing_sentence(standing: Standing, rule: CallRule) -> str:
    """Why orders are cancelled and positions closed."""
    return (
        f"The loss of {rupees(standing.loss)} has reached {percent(rule.closes_at)} of your funds of"
        f" {rupees(max(0, standing.funds))}: open orders are cancelled and positions closed."
    )
