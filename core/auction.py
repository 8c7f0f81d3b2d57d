"""One price for all: what an auction's book of market and limit orders trades at, and who gets how much of it.

The price is the one at which most can be executed; of several, the one that leaves least unmatched; of those,
the one nearest to the reference (the exchange's published method for its opening and closing auctions). Market
orders come before limit orders, then the better price, then the earlier time.
"""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate


@dataclass(frozen=True, slots=True)
class Interest:
    """An order in an auction. ``side`` is +1 for a buy, -1 for a sell; ``limit`` is paise, None at any price.

    ``time`` orders what is equal otherwise; ``name`` is the caller's, None for what the crowd displays.
    """

    side: int
    limit: int | None
    quantity: int
    time: int = 0
    name: int | None = None


@dataclass(frozen=True, slots=True)
class Struck:
    """An auction's outcome: ``quantity`` units trade at ``price``; ``left`` is what the longer side lacks."""

    price: int
    quantity: int
    left: int


class _Side:
    """How much one side accepts at a price."""

    def __init__(self, orders: Iterable[Interest], sign: int) -> None:
        own = [each for each in orders if each.side == sign]
        self.sign = sign
        self.market = sum(each.quantity for each in own if each.limit is None)
        priced = sorted((-sign * each.limit, each.quantity) for each in own if each.limit is not None)
        self.keys = [key for key, _ in priced]
        self.sums = [0, *accumulate(quantity for _, quantity in priced)]

    def at(self, price: int) -> int:
        """Units whose limit accepts the price."""
        return self.market + self.sums[bisect_left(self.keys, -self.sign * price + 1)]


def equilibrium(
    orders: Sequence[Interest], reference: int, tick: int, lower: int | None = None, upper: int | None = None
) -> Struck | None:
    """The price at which a book trades, on the tick and within the band; None where nothing crosses.

    ``reference`` is paise: the previous close for an opening, the reference price for a closing.
    """
    buys, sells = _Side(orders, +1), _Side(orders, -1)
    near = reference // tick * tick
    points = {near, near + tick if near != reference else near}
    for each in orders:
        if each.limit is not None:
            points.update((each.limit - tick, each.limit, each.limit + tick))
    low = max(tick, -(-lower // tick) * tick if lower else tick)
    high = upper // tick * tick if upper else max(points, default=low)
    allowed = {min(max(point, low), high) for point in points} if low <= high else set()
    best: tuple[int, int, int, int] | None = None
    for price in sorted(allowed):
        demand, supply = buys.at(price), sells.at(price)
        rank = (-min(demand, supply), abs(demand - supply), abs(price - reference), price)
        if best is None or rank < best:
            best = rank
    if best is None or best[0] == 0:
        return None
    return Struck(best[3], -best[0], best[1])


def shares(orders: Sequence[Interest], struck: Struck) -> list[tuple[Interest, int]]:
    """Who trades how much at the price struck, best first on each side; those who get nothing are left out."""
    out: list[tuple[Interest, int]] = []
    for sign in (+1, -1):
        own = [each for each in orders if each.side == sign and _accepts(each, struck.price)]
        own.sort(key=lambda each: (each.limit is not None, -sign * (each.limit or 0), each.time))
        left = struck.quantity
        for each in own:
            taken = min(left, each.quantity)
            if taken <= 0:
                break
            out.append((each, taken))
            left -= taken
    return out


def at_told_price(orders: Sequence[Interest], price: int, traded: int) -> list[tuple[Interest, int]]:
    """Who would have traded in an auction that an exchange has struck at ``price`` with ``traded`` units, best first.

    Only what would have come before the book's last match: market orders and limits that are better than the price.
    At the price itself a part traded, behind a queue that nobody was shown, so that those orders get nothing. No side
    gets more than traded.
    """
    better = [each for each in orders if each.limit is None or each.side * price < each.side * each.limit]
    return shares(better, Struck(price, traded, 0))


def _accepts(order: Interest, price: int) -> bool:
    return order.limit is None or order.side * price <= order.side * order.limit
