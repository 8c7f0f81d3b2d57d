"""What an order asks of its margin group, part by part, as a broker's ticket shows it before the order is sent.

It is the margin of the group with the order and without it, never a formula of its own. Everything is in paise.
"""

from collections.abc import Callable
from dataclasses import dataclass

from core import holds
from core.account import Work
from core.facts import Facts
from core.instruments import OPTIONS, Instrument, Kind, Segment
from core.margin import NOTHING, Need, Net, needed
from core.orders import Order

Add = Callable[[Net], None]


@dataclass(frozen=True, slots=True)
class Parts:
    """``span``, ``exposure``, ``add_ons`` and ``delivery`` are what the resting order adds to its group. ``premium`` is
    the net option premium: above 0 what it pays, below 0 what it brings.

    Once it has filled, ``benefit`` is by how much the account's other positions make what it opens cheaper, and
    ``released`` what it sets free of the margin that is blocked now.
    """

    span: int
    exposure: int
    add_ons: int
    delivery: int
    premium: int
    benefit: int
    released: int

    @property
    def total(self) -> int:
        """The total that brokers show: posted margin and the premium together."""
        return self.span + self.exposure + self.add_ons + self.delivery + self.premium


def parts(work: Work, facts: Facts, instrument: Instrument, order: Order, resting: int) -> Parts | None:
    """The parts of a contract's order; None for shares. ``resting`` of its quantity is in the position row already,
    as after it was placed. Parts of a group that has no price yet are 0."""
    if instrument.segment is not Segment.DERIVATIVES:
        return None
    whole = _Whole(work, facts, instrument)
    pending, sign = order.pending, order.side.sign

    def rest(units: int) -> Add:
        def add(net: Net) -> None:
            if sign > 0:
                net.buy += units
            else:
                net.sell += units

        return add

    before, after = whole.need(rest(-resting), True), whole.need(rest(pending - resting), True)
    held = whole.held()
    closes = min(pending, max(0, -sign * held))
    flat, now = whole.need(_fill(sign * closes), False), whole.need(_fill(0), False)
    filled = whole.need(_fill(sign * pending), False)
    alone = whole.alone(sign * (pending - closes))
    opens = pending > closes
    return Parts(
        span=after.span - before.span,
        exposure=after.exposure - before.exposure,
        add_ons=after.add_ons - before.add_ons,
        delivery=after.delivery - before.delivery,
        premium=sign * order.worst_price * pending if instrument.kind in OPTIONS else 0,
        benefit=max(0, alone.total - (filled.total - flat.total)) if opens else 0,
        released=max(0, now.total - filled.total),
    )


def _fill(units: int) -> Add:
    def add(net: Net) -> None:
        net.quantity += units

    return add


@dataclass(frozen=True, slots=True)
class _Whole:
    """A group as it stands, to be looked at with one thing changed."""

    work: Work
    facts: Facts
    instrument: Instrument

    def need(self, change: Add, orders: bool) -> Need:
        """What it needs, with its resting orders or without them."""
        snapshot = self.facts.snapshots.get(self.instrument.margin_underlying)
        if snapshot is None:
            return NOTHING
        nets = holds.members(self.work, self.facts, self.instrument.segment, self.instrument.margin_underlying)
        change(nets.setdefault(self.instrument.id, Net(self.instrument)))
        return needed(nets.values(), snapshot, self._index, orders=orders)

    def alone(self, units: int) -> Need:
        """What so many units need where nothing else is held."""
        snapshot = self.facts.snapshots.get(self.instrument.margin_underlying)
        if snapshot is None:
            return NOTHING
        return needed([Net(self.instrument, units)], snapshot, self._index, orders=False)

    def held(self) -> int:
        """Units held of the instrument, over its products."""
        nets = holds.members(self.work, self.facts, self.instrument.segment, self.instrument.margin_underlying)
        found = nets.get(self.instrument.id)
        return found.quantity if found else 0

    @property
    def _index(self) -> bool:
        return self.facts.instruments[self.instrument.margin_underlying].kind is Kind.INDEX
