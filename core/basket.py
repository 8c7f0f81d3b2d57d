"""Orders placed together: what a basket needs on the way, and what it needs once all of it is filled.

A basket is walked in its order on a working copy: each leg is placed, then filled, before the next. What is
needed on the way is the most that is tied up at any of these points; so a hedge that is bought first makes
what follows cheaper. It is the same deciding and filling as of real orders, so that what changes there
changes here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from core import decide, fills
from core.account import Evidence, Work
from core.charges import NOTHING, Heads
from core.facts import Facts, Quote
from core.instruments import Instrument
from core.ledger import Ledger
from core.orders import Order, OrderType, PlaceOrder, Status
from core.reasons import Reason, Refusal
from core.risk import Asked, form

_PLENTY = 10**15
"""Paise lent to the working copy, so that a want of money hides no figure."""


@dataclass(frozen=True, slots=True)
class LegFigures:
    """What one leg ties up when its turn comes, in paise; below 0 where it sets money free. ``refusals`` are what
    would refuse it now; a leg that no account could place has no figures and counts for nothing."""

    required: int | None
    charges: Heads
    refusals: tuple[Refusal, ...]


@dataclass(slots=True)
class Figures:
    """``required`` is the most on the way, ``final`` what stays tied up after all is filled, both in paise beside
    what the account ties up already; ``final`` is below 0 where the basket sets money free."""

    available: int
    required: int = 0
    final: int = 0
    charges: Heads = NOTHING
    legs: list[LegFigures] = field(default_factory=list)

    @property
    def shortfall(self) -> int:
        """What is missing on the way, 0 where the money is there."""
        return max(0, self.required - self.available)


def _free(work: Work) -> int:
    return work.available + work.balances[Ledger.OPTION_CREDIT]


def figures(work: Work, facts: Facts, instruments: Mapping[int, Instrument], wishes: Sequence[PlaceOrder]) -> Figures:
    """Walk a basket on ``work``, which is used up by it. The figures are those of an open market with fresh prices;
    what refuses a leg as things are stands with the leg."""
    found = Figures(max(0, _free(work)))
    now = replace(
        facts,
        market=replace(facts.market, phase="OPEN", running=True),
        quotes={each: Quote(quote.last_price, 0) for each, quote in facts.quotes.items()},
    )
    work.balances[Ledger.CASH] += _PLENTY
    start = _free(work)
    for number, wish in enumerate(wishes, 1):
        instrument = instruments[wish.instrument_id]
        refusals = form(Asked(wish, instrument, facts))
        before = _free(work)
        order = _placed(work, now, wish, -number, refusals)
        if order is None:
            found.legs.append(LegFigures(None, NOTHING, tuple(refusals)))
            continue
        required = before - _free(work)
        found.required = max(found.required, start - _free(work))
        heads = _fill(work, now, instrument, order, number)
        found.required = max(found.required, start - _free(work))
        found.charges = found.charges + heads
        found.legs.append(LegFigures(required, heads, tuple(refusals)))
    found.final = start - _free(work)
    return found


def _placed(work: Work, facts: Facts, wish: PlaceOrder, number: int, refusals: list[Refusal]) -> Order | None:
    """The order on the working copy; None where not even an open market and plenty of money would take it."""
    try:
        order = decide.place(work, facts, wish, number, f"leg{-number}", "basket")
    except Refusal as refusal:
        if refusal.reason not in {each.reason for each in refusals}:
            refusals.append(refusal)
        return None
    if order.status is not Status.REJECTED:
        return order
    reason = Reason(order.reason_code or Reason.NOT_ENOUGH_FUNDS)
    refusals.append(Refusal(reason, order.reason or ""))
    return None


def _fill(work: Work, facts: Facts, instrument: Instrument, order: Order, number: int) -> Heads:
    """Fill an order in full: a priced one at its price, one at market at the last price; the charges of it."""
    if order.status is Status.TRIGGER_PENDING:
        fills.trigger(work, order, facts.now)
    price = order.price or order.trigger_price
    if order.order_type is OrderType.MARKET:
        price = facts.quotes[instrument.id].last_price
    evidence = Evidence(1, facts.now, price, ((price, order.pending),))
    entries = len(work.charges)
    fills.fill(work, facts, order, fills.Fill(order.pending, price, facts.now, evidence, -number, -number))
    return sum((entry.heads for entry in work.charges[entries:]), NOTHING)
