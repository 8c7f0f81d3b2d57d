"""What must always hold of GTTs and of targets and stops. Pure, like ``core.invariants``, which calls these."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Protocol

from core.gtt import LIVE, Gtt, GttStatus, LegState, check_step
from core.orders import IllegalStep, Order, Product


class Deal(Protocol):
    """A trade as these checks need it."""

    @property
    def id(self) -> int:
        """Its number."""

    @property
    def order_id(self) -> int | None:
        """The order it filled."""

    @property
    def instrument_id(self) -> int:
        """What was traded."""

    @property
    def product(self) -> Product:
        """The product."""

    @property
    def signed(self) -> int:
        """Units, negative for a sale."""


def gtts_are_their_steps(gtts: Iterable[Gtt]) -> Iterable[str]:
    """Every step is in the table, and a GTT is what its steps fold to."""
    for gtt in gtts:
        before: GttStatus | None = None
        for number, each in enumerate(gtt.steps, 1):
            if each.n != number:
                yield f"GTT {gtt.id} lacks step {number}"
                break
            try:
                check_step(each.event, before, each.status)
            except IllegalStep as wrong:
                yield f"GTT {gtt.id}: {wrong}"
            before = each.status
        last = gtt.steps[-1] if gtt.steps else None
        if last is None or (last.status, last.terms, last.n) != (gtt.status, gtt.terms, gtt.events):
            yield f"GTT {gtt.id} is not what its steps fold to"


def legs_fit_their_gtt(gtts: Iterable[Gtt], archived: bool) -> Iterable[str]:
    """What is live waits, what has triggered fired, and an archived account waits for nothing."""
    for gtt in gtts:
        states = [leg.state for leg in gtt.legs]
        if archived and gtt.status in LIVE:
            yield f"GTT {gtt.id} is {gtt.status} in an archived account"
        if (LegState.WAITING in states) != (gtt.status in LIVE):
            yield f"GTT {gtt.id} is {gtt.status} and its legs are {', '.join(states)}"
        if gtt.status is GttStatus.TRIGGERED and not {LegState.FIRED, LegState.FAILED} & set(states):
            yield f"GTT {gtt.id} has triggered and none of its legs has"
        if gtt.parent_id is None and sum(state in (LegState.FIRED, LegState.FAILED) for state in states) > 1:
            yield f"GTT {gtt.id}: both legs fired"


def a_leg_has_one_order(gtts: Iterable[Gtt], orders: Mapping[int, Order]) -> Iterable[str]:
    """At most one order a leg, named after it; no order that says it is a GTT's without one."""
    named: dict[str, int] = {}
    for gtt in gtts:
        for leg in gtt.legs:
            if leg.order_id is None:
                continue
            name, order = f"gtt-{gtt.id}-{leg.leg}", orders.get(leg.order_id)
            named[name] = leg.order_id
            if order is None or order.client_order_id != name:
                yield f"GTT {gtt.id}: order {leg.order_id} of leg {leg.leg} is not there, or is another's"
    for order in orders.values():
        if order.origin in ("GTT", "EXIT") and named.get(order.client_order_id) != order.id:
            yield f"order {order.id} ({order.client_order_id}) says it is a GTT's, and none placed it"


def exits_only_close(gtts: Iterable[Gtt], orders: Mapping[int, Order], trades: Iterable[Deal]) -> Iterable[str]:
    """Exits close no more than their entry opened, and never more than the position there was."""
    for gtt in gtts:
        if gtt.parent_id is None:
            continue
        entry = orders.get(gtt.parent_id)
        placed = [orders.get(leg.order_id) for leg in gtt.legs if leg.order_id is not None]
        closed = sum(each.filled for each in placed if each is not None)
        opened = entry.filled + gtt.carried if entry else None
        if opened is None or closed > opened:
            yield f"GTT {gtt.id}: its exits closed {closed}, its entry opened {opened}"
    exits = {order.id for order in orders.values() if order.origin == "EXIT"}
    if not exits:
        return
    held: defaultdict[tuple[int, Product], int] = defaultdict(int)
    for trade in sorted(trades, key=lambda one: one.id):
        key = trade.instrument_id, trade.product
        if trade.order_id in exits and not 0 < -trade.signed * (1 if held[key] > 0 else -1) <= abs(held[key]):
            yield f"trade {trade.id}: the exit {trade.order_id} traded {trade.signed} against {held[key]} held"
        held[key] += trade.signed
