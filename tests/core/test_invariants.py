"""Invariants of margins, claims and trading states: a sound account passes, and each way of being wrong is told."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import pytest

from core import holds
from core.account import OrderEvent
from core.instruments import Segment
from core.invariants import ConversionFact, TransferFact
from core.ledger import Ledger
from core.margin_invariants import (
    buys_hold_their_worth,
    groups_carry_their_need,
    no_group_is_missing,
    the_newest_buy_claims,
)
from core.orders import Order, Product, Status
from core.standing import Standing, TradingState
from core.state_invariants import (
    conversions_freed_money,
    halted_accounts_rest_nothing,
    nothing_was_raised,
    nothing_was_taken,
)
from tests.core.test_written_options import CALL, INDEX, NOW, Desk

GROUP = (Segment.DERIVATIVES, INDEX.id)
EARLIER, LATER = NOW - timedelta(seconds=1), NOW + timedelta(seconds=1)


def short() -> tuple[Desk, Order]:
    """130 calls are written and filled; a buy of 65 rests, placed a second later, and claims its part."""
    desk = Desk(20_000_000)
    desk.trade("SELL", 130, 101_00)
    before = len(desk.work.events)
    order = desk.place("BUY", 65, 80_00)
    desk.work.events[before:] = [at(each, LATER) for each in desk.work.events[before:]]
    return desk, order


def at(event: OrderEvent, moment: datetime) -> OrderEvent:
    return event._replace(at=moment)


def margins(desk: Desk) -> Iterator[str]:
    """Every check of margins and claims."""
    work, instruments, orders = desk.work, desk.facts.instruments, list(desk.work.orders.values())
    events: dict[int, list[OrderEvent]] = {}
    for event in work.events:
        events.setdefault(event.order_id, []).append(event)
    yield from groups_carry_their_need(work, instruments, {(1, INDEX.id): desk.facts.snapshots[INDEX.id]})
    yield from no_group_is_missing(work, instruments)
    yield from buys_hold_their_worth(orders, instruments)
    yield from the_newest_buy_claims(work, orders, events, instruments)


def no_margin(desk: Desk, _: Order) -> None:
    group = desk.work.groups[GROUP]
    group.span = group.exposure = group.position_margin = 0


def too_much_for_orders(desk: Desk, _: Order) -> None:
    desk.work.groups[GROUP].order_margin += 1


def no_group(desk: Desk, _: Order) -> None:
    del desk.work.groups[GROUP]


def nothing_held(desk: Desk, order: Order) -> None:
    holds.claim(desk.work, CALL, order, 0)
    order.hold_cash = 0


def held_beside_its_group(desk: Desk, _: Order) -> None:
    desk.place("SELL", 65, 120_00).hold_cash = 5


def unclaimed(desk: Desk, order: Order) -> None:
    holds.claim(desk.work, CALL, order, 0)
    order.hold_cash = holds.own_hold(desk.facts, order)


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (no_margin, "blocks 0 for its positions, which need 9490000 at snapshot 1"),
        (too_much_for_orders, "blocks 1 for its orders, which need 0"),
        (no_group, "is open or rests, and group DERIVATIVES 2 is missing"),
        (nothing_held, "holds 0 for 520000 that it may spend"),
        (held_beside_its_group, "holds 5, and its group secures it"),
        (unclaimed, "claims 0 of position"),
    ],
)
def test_what_an_account_fails_to_secure_is_told(wrong: Callable[[Desk, Order], None], told: str) -> None:
    desk, order = short()
    assert not list(margins(desk))
    wrong(desk, order)
    assert told in " | ".join(margins(desk))


def test_a_price_of_the_day_before_and_a_claim_that_lapsed_are_no_errors() -> None:
    desk, order = short()
    unclaimed(desk, order)
    desk.work.events = [at(event, NOW) for event in desk.work.events]  # at one moment nobody knows which was the newest
    desk.work.groups[GROUP].snapshot_id = None
    no_margin(desk, order)
    assert not list(margins(desk))


def steps(
    order: Order, moment: datetime, event: str = "PLACED", told: int | None = None
) -> dict[int, list[OrderEvent]]:
    one = OrderEvent(order.id, 1, moment, event, Status.OPEN, "asha", told, None, 65, 80_00, 0, 80_00, 0, 0)
    return {order.id: [one]}


def tied(order: Order, moment: datetime, back: int = 0) -> list[TransferFact]:
    return [
        TransferFact(Ledger.CASH, Ledger.HOLD, 700, "HOLD", None, None, order.id, moment),
        TransferFact(Ledger.HOLD, Ledger.CASH, back, "RELEASE", None, None, order.id, moment),
    ]


@pytest.mark.parametrize(
    ("state", "moment", "event", "reason", "origin", "back", "found"),
    [
        (TradingState.REDUCING, LATER, "PLACED", None, "USER", 0, True),
        (TradingState.REDUCING, LATER, "MODIFIED", None, "USER", 0, True),
        (TradingState.REDUCING, NOW, "PLACED", None, "USER", 0, True),
        # What came before, what the house did, and what tied up nothing in the end.
        (TradingState.REDUCING, EARLIER, "PLACED", None, "USER", 0, False),
        (TradingState.REDUCING, LATER, "PLACED", None, "RISK", 0, False),
        (TradingState.REDUCING, LATER, "MODIFIED", 431, "USER", 0, False),
        (TradingState.REDUCING, LATER, "PLACED", None, "USER", 700, False),
        (TradingState.ACTIVE, LATER, "PLACED", None, "USER", 0, False),
    ],
)
def test_an_account_that_only_reduces_has_tied_up_nothing(
    state: TradingState, moment: datetime, event: str, reason: int | None, origin: str, back: int, found: bool
) -> None:
    _, order = short()
    order.origin = origin
    events = steps(order, moment, event, reason)
    told = list(nothing_was_raised(Standing(state=state), NOW, [order], events, tied(order, moment, back)))
    assert bool(told) is found, told


def test_a_halted_account_has_taken_nothing() -> None:
    _, order = short()
    halted = Standing(state=TradingState.HALTED)
    assert list(halted_accounts_rest_nothing(halted, [order]))
    assert list(nothing_was_taken(halted, NOW, [order], steps(order, LATER)))
    assert not list(nothing_was_taken(halted, NOW, [order], steps(order, EARLIER)))
    assert not list(nothing_was_taken(halted, NOW, [order], steps(order, LATER, "CANCELLED", 401)))
    order.status = Status.CANCELLED
    assert not list(halted_accounts_rest_nothing(halted, [order]))


def converted(actor: str, moment: datetime) -> ConversionFact:
    return ConversionFact(9, 1, Product.CNC, Product.MIS, 10, actor, moment)


def freed(paid: int, back: int, known_as: str = "conversion 9") -> list[TransferFact]:
    """So much margin was taken, and so much cost came back."""
    return [
        TransferFact(Ledger.INVESTED, Ledger.CASH, back, "COST", None, reference="conversion 9", at=LATER),
        TransferFact(Ledger.CASH, Ledger.MARGIN, paid, "MARGIN", None, reference=known_as, at=LATER),
    ]


@pytest.mark.parametrize(
    ("state", "actor", "moment", "moves", "found"),
    [
        (TradingState.REDUCING, "asha", LATER, freed(700, 600), True),
        (TradingState.REDUCING, "asha", NOW, freed(700, 600), True),
        (TradingState.HALTED, "asha", LATER, freed(100, 600), True),
        # What set money free, what came before, what the house carried over, and what is from before moves were told.
        (TradingState.REDUCING, "asha", LATER, freed(600, 600), False),
        (TradingState.REDUCING, "asha", LATER, freed(100, 600), False),
        (TradingState.REDUCING, "asha", EARLIER, freed(700, 600), False),
        (TradingState.REDUCING, "square-off", LATER, freed(700, 600), False),
        (TradingState.REDUCING, "asha", LATER, freed(700, 600, ""), False),
        (TradingState.HALTED, "square-off", LATER, freed(100, 600), False),
        (TradingState.HALTED, "asha", EARLIER, freed(100, 600), False),
        (TradingState.ACTIVE, "asha", LATER, freed(700, 600), False),
    ],
)
def test_a_stopped_account_converts_nothing_that_takes_money(
    state: TradingState, actor: str, moment: datetime, moves: list[TransferFact], found: bool
) -> None:
    told = list(conversions_freed_money(Standing(state=state), NOW, [converted(actor, moment)], moves))
    assert bool(told) is found, told
