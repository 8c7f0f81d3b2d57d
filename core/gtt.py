"""GTTs, good till triggered: orders that wait for a price beyond the day, and how one of them moves.

A *single* has one leg. A *two-leg* has a trigger below the last price and one above: the leg that fires
disables the other (one cancels the other). One with a parent is the target and stop attached to an entry;
what is special about those is in ``core.exits``. When a leg fires, an order is placed that can be refused
like any other: the GTT has triggered all the same.
"""

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from core.orders import IllegalStep, OrderType, Product, Side
from core.reasons import Reason


class GttStatus(StrEnum):
    """Where a GTT stands."""

    ACTIVE = "ACTIVE"
    TRIGGERED = "TRIGGERED"
    DISABLED = "DISABLED"
    EXPIRED = "EXPIRED"
    CANCELLED = "CANCELLED"
    REJECTED = "REJECTED"
    DELETED = "DELETED"


class LegState(StrEnum):
    """What became of a leg: FIRED has an order, FAILED was refused one, DISABLED will never fire."""

    WAITING = "WAITING"
    FIRED = "FIRED"
    FAILED = "FAILED"
    DISABLED = "DISABLED"


LIVE = frozenset({GttStatus.ACTIVE, GttStatus.DISABLED})


@dataclass(frozen=True, slots=True)
class LegWish:
    """One leg as it is asked for. Prices in paise; ``price`` is 0 for MARKET."""

    side: Side
    order_type: OrderType
    product: Product
    quantity: int
    trigger_price: int
    price: int = 0


@dataclass(frozen=True, slots=True)
class GttWish:
    """A GTT as it is asked for, with one leg or two."""

    instrument_id: int
    legs: tuple[LegWish, ...]


@dataclass(slots=True)
class Leg:
    """A leg as its row stands; ``above`` says that it fires when the price has risen to its trigger."""

    leg: int
    side: Side
    order_type: OrderType
    product: Product
    quantity: int
    trigger_price: int
    price: int
    above: bool
    state: LegState = LegState.WAITING
    order_id: int | None = None
    reason_code: int | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class GttEvent:
    """One step of a GTT; ``terms`` are the legs' (trigger, quantity, price) after it."""

    gtt_id: int
    n: int
    at: datetime
    event: str
    status: GttStatus
    actor: str
    reason_code: int | None
    reason: str | None
    leg: int | None
    price: int | None
    terms: tuple[tuple[int, int, int], ...]


@dataclass(slots=True)
class Gtt:
    """A GTT as its rows stand, and the steps that are not written yet.

    ``last_price`` is the price against which its triggers were set, ``seen_at`` its exchange time. ``carried`` are
    units that splits added to what its entry has opened (below 0: took from it).
    """

    id: int
    account_id: int
    instrument_id: int
    status: GttStatus
    last_price: int
    seen_at: datetime
    expires_on: date
    created_at: datetime
    updated_at: datetime
    legs: list[Leg] = field(default_factory=list)
    parent_id: int | None = None
    cover: bool = False
    reason_code: int | None = None
    reason: str | None = None
    events: int = 0
    version: int = 0
    carried: int = 0
    steps: list[GttEvent] = field(default_factory=list)

    def leg(self, number: int) -> Leg:
        """The leg of that number. Raises LookupError where there is none."""
        for each in self.legs:
            if each.leg == number:
                return each
        raise LookupError(f"GTT {self.id} has no leg {number}")

    @property
    def terms(self) -> tuple[tuple[int, int, int], ...]:
        """What its legs ask for, as its history keeps it."""
        return tuple((each.trigger_price, each.quantity, each.price) for each in self.legs)

    @property
    def waiting(self) -> list[Leg]:
        """The legs that may still fire."""
        return [each for each in self.legs if each.state is LegState.WAITING] if self.status in LIVE else []


_ENDING: dict[GttStatus | None, GttStatus] = {
    GttStatus.ACTIVE: GttStatus.ACTIVE,
    GttStatus.DISABLED: GttStatus.DISABLED,
}
# Every legal move, a line each; what is not here raises. FIRED and DONE end a GTT once no leg can fire any more.
TRANSITIONS: dict[str, dict[GttStatus | None, frozenset[GttStatus]]] = {
    "CREATED": {None: frozenset({GttStatus.ACTIVE})},
    "REJECTED": {None: frozenset({GttStatus.REJECTED})},
    "MODIFIED": {each: frozenset({GttStatus.ACTIVE}) for each in _ENDING},
    "ADJUSTED": {each: frozenset({after}) for each, after in _ENDING.items()},
    "FIRED": {GttStatus.ACTIVE: frozenset({GttStatus.ACTIVE, GttStatus.TRIGGERED})},
    "DONE": {GttStatus.ACTIVE: frozenset({GttStatus.TRIGGERED})},
    "DISABLED": {GttStatus.ACTIVE: frozenset({GttStatus.DISABLED})},
    "EXPIRED": {each: frozenset({GttStatus.EXPIRED}) for each in _ENDING},
    "CANCELLED": {each: frozenset({GttStatus.CANCELLED}) for each in _ENDING},
    "DELETED": {each: frozenset({GttStatus.DELETED}) for each in _ENDING},
}


def check_step(event: str, before: GttStatus | None, after: GttStatus) -> None:
    """Raise IllegalStep unless ``event`` may take a GTT from ``before`` (None: not there yet) to ``after``."""
    if after not in TRANSITIONS.get(event, {}).get(before, frozenset()):
        raise IllegalStep(f"{event} cannot take a GTT from {before} to {after}")


def step(
    gtt: Gtt,
    event: str,
    after: GttStatus,
    actor: str,
    at: datetime,
    reason: tuple[Reason, str] | None = None,
    *,
    fired: tuple[int, int] | None = None,
) -> None:
    """Move a GTT and append the step; ``fired`` is (leg, price). Raises IllegalStep for a move not in the table."""
    check_step(event, gtt.status if gtt.events else None, after)
    gtt.status, gtt.updated_at = after, at
    gtt.events += 1
    code, sentence = (int(reason[0]), reason[1]) if reason else (None, None)
    if after is not GttStatus.ACTIVE or event == "MODIFIED":
        gtt.reason_code, gtt.reason = code, sentence
    if after not in LIVE:
        for leg in gtt.legs:
            if leg.state is LegState.WAITING:
                leg.state = LegState.DISABLED
    number, price = fired or (None, None)
    gtt.steps.append(GttEvent(gtt.id, gtt.events, at, event, after, actor, code, sentence, number, price, gtt.terms))


def reached(trigger: int, above: bool, low: int, high: int, last: int) -> int | None:
    """The price that fires a trigger: the last, else the extreme that printed unseen; None if none did."""
    if last >= trigger if above else last <= trigger:
        return last
    if high >= trigger if above else low <= trigger:
        return high if above else low
    return None


def fires(gtt: Gtt, low: int, high: int, last: int) -> tuple[Leg, int] | None:
    """The leg that fires and the price that fires it. ``low`` and ``high`` are the furthest prices that printed
    since the display before. Where both triggers were reached unseen, the one that the last price is beyond
    goes first, then the stop: nobody can say which printed first, so the worse is taken."""
    hit = [(leg, price) for leg in gtt.waiting
           if (price := reached(leg.trigger_price, leg.above, low, high, last)) is not None]  # fmt: skip
    if not hit:
        return None
    return min(hit, key=lambda one: (one[1] != last, is_target(one[0])))


def is_target(leg: Leg) -> bool:
    """Whether the leg takes a profit: a sale above, a purchase below. The other kind limits a loss."""
    return leg.above == (leg.side is Side.SELL)


def failed(leg: Leg, reason: tuple[Reason, str], order_id: int | None) -> None:
    """Note on a leg that the order it fired was refused; ``order_id`` names it where it was written."""
    leg.state, leg.order_id = LegState.FAILED, order_id
    leg.reason_code, leg.reason = int(reason[0]), reason[1]
