"""Losses that stop an account from opening more: today's, and the way down from its highest equity."""

from dataclasses import dataclass

from core.account import Work
from core.money import half_up, percent, rupees
from core.orders import WORKING, Order
from core.reasons import Reason, Refusal
from core.risk_limits import LimitName, Limits


@dataclass(frozen=True, slots=True)
class Figures:
    """Paise. ``opening`` is the equity that the day began with, ``flows`` what was paid in less what was taken
    out since, ``equity`` all balances with open profit and loss at the latest prices, ``peak`` its highest."""

    opening: int
    flows: int
    equity: int
    peak: int

    @property
    def capital(self) -> int:
        """What the day's loss is measured on."""
        return self.opening + self.flows

    @property
    def loss(self) -> int:
        """Lost today: realised, open, and charges together; 0 on a day that gains."""
        return max(0, self.capital - self.equity)

    @property
    def loss_share(self) -> int:
        """The same in basis points of the day's capital."""
        return half_up(self.loss * 10_000, self.capital) if self.capital > 0 else 0

    @property
    def drawdown(self) -> int:
        """Basis points that equity stands below its peak."""
        return half_up(max(0, self.peak - self.equity) * 10_000, self.peak) if self.peak > 0 else 0


@dataclass(frozen=True, slots=True)
class Measure:
    """One loss limit and what is used of it: paise, or basis points. ``shown`` is the limit as people read it."""

    words: str
    reason: Reason
    used: int
    limit: int
    shown: str
    sentence: str


def measures(figures: Figures, limits: Limits) -> list[Measure]:
    """Every loss limit that is set, in the order in which they stop an account."""
    found: list[Measure] = []
    most = limits.get(LimitName.DAILY_LOSS)
    if most is not None:
        sentence = f"Today's loss of {rupees(figures.loss)} has reached the daily limit of {rupees(most)}."
        words = f"Today's loss of {rupees(figures.loss)}"
        found.append(Measure(words, Reason.DAILY_LOSS, figures.loss, most, rupees(most), sentence))
    share = limits.get(LimitName.DAILY_LOSS_PERCENT)
    if share is not None:
        words = (
            f"Today's loss of {rupees(figures.loss)} is {percent(figures.loss_share)} of the day's capital of"
            f" {rupees(figures.capital)}"
        )
        sentence = f"{words}; the daily limit is {percent(share)}."
        found.append(Measure(words, Reason.DAILY_LOSS, figures.loss_share, share, percent(share), sentence))
    deepest = limits.get(LimitName.DRAWDOWN)
    if deepest is not None:
        words = (
            f"Equity of {rupees(figures.equity)} is {percent(figures.drawdown)} below its peak of"
            f" {rupees(figures.peak)}"
        )
        sentence = f"{words}; the limit is {percent(deepest)}."
        found.append(Measure(words, Reason.DRAWDOWN, figures.drawdown, deepest, percent(deepest), sentence))
    return found


def breach(figures: Figures, limits: Limits) -> Refusal | None:
    """Which loss limit is reached, in a sentence with its numbers; None while none is."""
    for each in measures(figures, limits):
        if each.used > 0 and each.used >= each.limit:
            return Refusal(each.reason, each.sentence, numbers={"used": each.used, "limit": each.limit})
    return None


def what_opens(work: Work) -> list[Order]:
    """The working orders that would open more than is held against them; of those that close, the oldest stay."""
    found: list[Order] = []
    left: dict[tuple[int, str, int], int] = {}
    for order in sorted(work.orders.values(), key=lambda each: each.priority):
        if order.status not in WORKING:
            continue
        position = work.positions.get((order.instrument_id, order.product))
        against = max(0, -order.side.sign * position.quantity) if position else 0
        key = (order.instrument_id, order.product, order.side.sign)
        closes = left.setdefault(key, against)
        if order.pending <= closes:
            left[key] = closes - order.pending
        else:
            found.append(order)
    return found
