"""An order at rest, and the sorted lanes of one instrument in which it waits.

Inside the book a price is a *key*, so that both sides read alike: a buy's key is minus its limit, a
sell's key its limit. The best order has the smallest key, and an order of side ``s`` accepts a price
``p`` when ``key <= -s * p``. The key of a stop is ``s * trigger``; a last price ``p`` fires it when
``key <= s * p``. Lane 0 holds the buys, lane 1 the sells.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from core.disclosure import showing
from core.orders import OrderType, Product, Validity

BUYS, SELLS = 0, 1
EMPTY = 2**40  # a key that accepts no price
UNSEEN = -1  # the mark of an order whose price was deeper than the display showed


@dataclass(slots=True)
class Resting:
    """An open order as matching sees it. ``side`` is +1 for a buy, -1 for a sell; ``limit`` is the worst
    price in paise; ``trigger`` is 0 for an order that never had one or whose trigger has fired;
    ``active_from`` is ms since the epoch on the exchange clock, and so is ``expires_at`` (0: it does not expire);
    ``pending`` is in units, and ``ends`` what is pending when each part of a partly shown order is done.

    The last four belong to the book and are never stored: ``moved`` says that the book itself has renewed its place,
    ``rank`` orders equal prices, ``joined`` is
    the frame whose display the order queued behind (0: it has not), and ``mark`` is how much must have
    traded at its level before its turn comes.
    """

    order_id: int
    account_id: int
    instrument_id: int
    side: int
    limit: int
    pending: int
    trigger: int
    order_type: OrderType
    validity: Validity
    priority: int
    active_from: int
    product: Product
    ends: tuple[int, ...] = ()
    expires_at: int = 0
    moved: bool = False
    rank: tuple[int, int] = (0, 0)
    joined: int = 0
    mark: int = UNSEEN

    @property
    def lane(self) -> int:
        """Where the book and the displays keep this side."""
        return BUYS if self.side > 0 else SELLS

    @property
    def showing(self) -> int:
        """Units that stand in the queue now."""
        return showing(self.pending, self.ends) if self.ends else self.pending

    @property
    def key(self) -> int:
        """The limit as the book sorts it: the better, the smaller."""
        return -self.side * self.limit

    def same_place(self, other: "Resting") -> bool:
        """Whether ``other`` is this order at the same place of the queue (a smaller quantity keeps it)."""
        mine = (self.instrument_id, self.side, self.limit, self.trigger)
        theirs = (other.instrument_id, other.side, other.limit, other.trigger)
        # The row of an order that the book has moved itself tells its new priority; its next change a new activity.
        kept = self.priority == other.priority or (self.moved and self.active_from == other.active_from)
        less = other.pending <= self.pending and other.showing <= self.showing
        return (
            mine == theirs and kept and less and (other.validity is not Validity.IOC or self.validity is other.validity)
        )


class Level:
    """The orders of one side at one price, first in time first; ``traded`` counts what traded there."""

    __slots__ = ("key", "orders", "traded", "unseen")

    def __init__(self, key: int) -> None:
        self.key = key
        self.orders: list[Resting] = []
        self.traded = 0
        self.unseen = 0


class Lane:
    """One side of one instrument: levels by key, the keys sorted, and the stops sorted by their key."""

    __slots__ = ("keys", "levels", "stops")

    def __init__(self) -> None:
        self.levels: dict[int, Level] = {}
        self.keys: list[int] = []
        self.stops: list[tuple[int, tuple[int, int], int]] = []

    def best(self) -> int:
        """The key of the best order, or EMPTY."""
        return self.keys[0] if self.keys else EMPTY

    def reaching(self, key: int) -> Iterator[Level]:
        """Levels, best first, whose orders accept the price of this key, in a lane that keeps still."""
        for own in self.keys:
            if own > key:
                return
            yield self.levels[own]


class Ladder:
    """Both lanes of an instrument, and the orders that have not queued behind a display yet."""

    __slots__ = ("lanes", "unplaced")

    def __init__(self) -> None:
        self.lanes = (Lane(), Lane())
        self.unplaced: dict[int, Resting] = {}
