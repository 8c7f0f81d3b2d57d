"""Resting buys that close a written option hold nothing, as long as the short is there.

A short may shrink by another order than the one that claimed it, by a square-off, or by a change of product.
What then claims more than is left opens a long position: it is held for in full in the same transaction, or
cancelled with a reason where the account cannot pay. The orders placed last lose their claim first.
"""

from datetime import datetime

from core import decide, holds
from core.account import Work
from core.facts import Facts
from core.instruments import Instrument
from core.ledger import Ledger
from core.money import rupees
from core.orders import WORKING, Order, Product
from core.reasons import Reason

ACTOR = "margin"


def keep(
    work: Work, facts: Facts, instrument: Instrument, product: Product, at: datetime, filled: Order | None = None
) -> None:
    """Bring the claims on an option's short down to what is left of it. ``work.orders`` must have every working
    order that claims it. ``filled`` is the order whose fill shrank it: what it no longer needs pays first."""
    position = work.positions.get((instrument.id, product))
    if position is None or position.claimed <= max(0, -position.quantity):
        return
    if filled is not None and filled.status in WORKING:
        most = holds.own_hold(facts, filled)
        if most < filled.hold_cash + filled.hold_credit:
            holds.set_hold(work, filled, most, True, at)
    claiming = [
        order
        for order in work.orders.values()
        if order.closing and (order.instrument_id, order.product) == (instrument.id, product)
    ]
    for order in sorted(claiming, key=lambda each: (each.placed_at, each.id), reverse=True):
        excess = position.claimed - max(0, -position.quantity)
        if excess <= 0:
            return
        _hold_or_cancel(work, facts, instrument, order, max(0, order.closing - excess), at)


def _hold_or_cancel(work: Work, facts: Facts, instrument: Instrument, order: Order, closing: int, at: datetime) -> None:
    needs = holds.own_hold(facts, order, closing) - order.hold_cash - order.hold_credit
    has = max(0, work.available) + work.balances[Ledger.OPTION_CREDIT]
    work.beside.add(order.id)
    if needs > has:
        sentence = (
            f"The short it was to close has shrunk: it would open a position that needs {rupees(needs)},"
            f" you have {rupees(has)}."
        )
        decide.cancel(work, facts, order, ACTOR, (Reason.SHORT_SHRANK, sentence))
        return
    holds.claim(work, instrument, order, closing)
    holds.set_hold(work, order, order.hold_cash + order.hold_credit + needs, True, at)
    sentence = f"The short it was to close has shrunk: it now holds {rupees(order.hold_cash + order.hold_credit)}."
    work.record(order, "MODIFIED", order.status, ACTOR, at, (int(Reason.SHORT_SHRANK), sentence))
