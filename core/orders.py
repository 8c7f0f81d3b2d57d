"""The words of an order. The rules of its life are below the words, in this file alone."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum


class Side(StrEnum):
    """Which way an order goes."""

    BUY = "BUY"
    SELL = "SELL"

    @property
    def sign(self) -> int:
        """+1 for a buy, -1 for a sell."""
        return 1 if self is Side.BUY else -1

    @property
    def other(self) -> "Side":
        """The side against it."""
        return Side.SELL if self is Side.BUY else Side.BUY


class OrderType(StrEnum):
    """How its price is set, and whether it waits for a trigger."""

    MARKET = "MARKET"
    LIMIT = "LIMIT"
    SL = "SL"
    SL_M = "SL-M"


class Product(StrEnum):
    """Delivery, intraday, or carried overnight."""

    CNC = "CNC"
    MIS = "MIS"
    NRML = "NRML"


class Validity(StrEnum):
    """For the day, at once or not at all, or for some minutes of the exchange's clock."""

    DAY = "DAY"
    IOC = "IOC"
    TTL = "TTL"


class Status(StrEnum):
    """Where an order stands. A partial fill is OPEN with something filled."""

    AMO = "AMO"
    TRIGGER_PENDING = "TRIGGER_PENDING"
    OPEN = "OPEN"
    COMPLETE = "COMPLETE"
    CANCELLED = "CANCELLED"
    REJECTED = "REJECTED"


SQUARED_OFF = "SQUARE_OFF"
"""The origin of an order that the broker placed to close an intraday position at its hour."""

CLOSED_BY_BROKER = frozenset({SQUARED_OFF, "RISK"})
"""Origins of orders that the broker placed because the client had not: each pays the fee of a call to its desk."""

AUTOMATIC = -1
"""The protection of a market order that follows the slabs of the rulebook; others are basis points, 0 is none."""

WORKING = frozenset({Status.AMO, Status.TRIGGER_PENDING, Status.OPEN})


@dataclass(frozen=True, slots=True)
class PlaceOrder:
    """A wish. Prices in paise, 0 where none was given; quantity in units, for derivatives too.

    ``validity_ttl`` is minutes; ``legs`` makes it an iceberg of so many; ``protection`` is basis points of a market
    order, or AUTOMATIC; ``autoslice`` lets it be more than the freeze quantity; ``by_program`` came with a token.
    ``amo`` asks for the next opening; None lets the house decide: it does while the exchange is closed.
    """

    instrument_id: int
    side: Side
    order_type: OrderType
    product: Product
    quantity: int
    validity: Validity = Validity.DAY
    price: int = 0
    trigger_price: int = 0
    disclosed_quantity: int = 0
    tag: str | None = None
    validity_ttl: int = 0
    legs: int = 0
    protection: int = AUTOMATIC
    autoslice: bool = False
    by_program: bool = False
    amo: bool | None = None


@dataclass(frozen=True, slots=True)
class ModifyOrder:
    """What to change; None leaves a field as it is."""

    quantity: int | None = None
    price: int | None = None
    trigger_price: int | None = None
    order_type: OrderType | None = None
    validity: Validity | None = None
    disclosed_quantity: int | None = None
    validity_ttl: int | None = None
    legs: int | None = None
    protection: int | None = None
    by_program: bool = False


def change_to(wish: PlaceOrder) -> ModifyOrder:
    """All terms of a wish, for an order that rests already."""
    return ModifyOrder(
        quantity=wish.quantity,
        price=wish.price or None,
        trigger_price=wish.trigger_price or None,
        order_type=wish.order_type,
        validity=wish.validity,
        disclosed_quantity=wish.disclosed_quantity,
        validity_ttl=wish.validity_ttl or None,
        legs=wish.legs,
        protection=wish.protection,
        by_program=wish.by_program,
    )


@dataclass(slots=True)
class Order:
    """An order as its row stands. ``worst_price`` is the limit that matching obeys.

    ``hold_cash`` and ``hold_credit`` are what this order itself holds (value orders only);
    ``turnover`` is the sum of price x quantity over its fills; ``priority`` is its time priority. Of an iceberg
    ``disclosed_quantity`` is what each leg but the last carries. A TTL order ends at ``expires_at`` of the
    exchange's clock; a slice names the first of them as its ``parent_id``.
    ``closing`` is what of an option buy closes a short, and therefore holds nothing; ``leg_values`` is the turnover of
    each leg of an iceberg that has traded.
    """

    id: int
    account_id: int
    client_order_id: str
    instrument_id: int
    side: Side
    order_type: OrderType
    product: Product
    validity: Validity
    quantity: int
    price: int
    trigger_price: int
    worst_price: int
    status: Status
    trading_date: date
    placed_at: datetime
    updated_at: datetime
    active_from: datetime
    priority: int
    filled: int = 0
    cancelled: int = 0
    turnover: int = 0
    hold_cash: int = 0
    hold_credit: int = 0
    disclosed_quantity: int = 0
    reason_code: int | None = None
    reason: str | None = None
    tag: str | None = None
    origin: str = "USER"
    modifications: int = 0
    events: int = 0
    version: int = 0
    validity_ttl: int = 0
    expires_at: datetime | None = None
    legs: int = 0
    protection: int = AUTOMATIC
    parent_id: int | None = None
    amo: bool = False
    closing: int = 0
    leg_values: tuple[int, ...] = ()

    @property
    def pending(self) -> int:
        """Units that may still fill; 0 once the order is final."""
        return 0 if self.status not in WORKING else self.quantity - self.filled - self.cancelled

    def lapsed(self, at: datetime) -> bool:
        """Whether its minutes are over at a moment of the exchange's clock."""
        return self.expires_at is not None and self.expires_at <= at


# Every legal move of an order, a line each; the first is how an order comes to be. What is not here raises.
TRANSITIONS: dict[str, dict[Status | None, frozenset[Status]]] = {
    "PLACED": {None: frozenset({Status.AMO, Status.TRIGGER_PENDING, Status.OPEN})},
    "REJECTED": {
        None: frozenset({Status.REJECTED}),
        Status.AMO: frozenset({Status.REJECTED}),
    },
    "MODIFIED": {
        Status.AMO: frozenset({Status.AMO}),
        Status.TRIGGER_PENDING: frozenset({Status.TRIGGER_PENDING, Status.OPEN}),
        Status.OPEN: frozenset({Status.OPEN, Status.TRIGGER_PENDING}),
    },
    "RELEASED": {Status.AMO: frozenset({Status.TRIGGER_PENDING, Status.OPEN})},
    "MODIFY_REFUSED": {each: frozenset({each}) for each in WORKING},
    "TRIGGERED": {Status.TRIGGER_PENDING: frozenset({Status.OPEN})},
    "FILLED": {Status.OPEN: frozenset({Status.OPEN, Status.COMPLETE})},
    "CANCELLED": {each: frozenset({Status.CANCELLED}) for each in WORKING},
    "EXPIRED": {each: frozenset({Status.CANCELLED}) for each in WORKING},
}


class IllegalStep(Exception):
    """A move that the table does not know: the use case is given up and nothing is written."""


def check_step(event: str, before: Status | None, after: Status) -> None:
    """Raise IllegalStep unless ``event`` may take an order from ``before`` (None: not there yet) to ``after``."""
    if after not in TRANSITIONS.get(event, {}).get(before, frozenset()):
        raise IllegalStep(f"{event} cannot take an order from {before} to {after}")
