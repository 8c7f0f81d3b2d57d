"""Orders that show a part of themselves: a disclosed quantity, or the legs of an iceberg.

Only the part that shows stands in the queue. When it has filled, the next one joins the back of the queue at its
price. Which part is at work follows from what has been filled, so that nothing of it is stored.
"""

from itertools import zip_longest

from core.charges import spread
from core.orders import Order


def leg_size(quantity: int, lot: int, legs: int) -> int:
    """Units of each leg of an iceberg but the last, in whole lots; the last leg carries what is left over."""
    return quantity // lot // legs * lot


def ends(quantity: int, shown: int, legs: int) -> tuple[int, ...]:
    """What is still to fill at the end of each part, largest first; empty for an order that shows all of itself."""
    if not 0 < shown < quantity:
        return ()
    if legs:
        return (*(quantity - shown * number for number in range(1, legs)), 0)
    return (*range(quantity - shown, 0, -shown), 0)


def showing(pending: int, parts: tuple[int, ...]) -> int:
    """Units that show while so many are still to fill; ``parts`` as ``ends`` gives them."""
    for end in parts:
        if end < pending:
            return pending - end
    return pending


def showing_of(order: Order) -> int:
    """Units of an order that stand in the queue now; 0 once it is final."""
    return showing(order.pending, ends(order.quantity, order.disclosed_quantity, order.legs))


def leg_of(order: Order) -> int:
    """Which leg of an iceberg is at work, from 1 (the last one when all are done); 0 for any other order."""
    if not order.legs:
        return 0
    return min(order.filled // order.disclosed_quantity + 1, order.legs)


def values_after(order: Order, quantity: int, price: int) -> tuple[int, ...]:
    """The turnover of each leg of an iceberg, in paise, once so many more units have filled at a price; empty for any
    other order. The legs of an order that traded before they were kept have an average's share each."""
    if not order.legs:
        return ()
    before = per_leg(order.disclosed_quantity, order.legs, order.filled)
    after = per_leg(order.disclosed_quantity, order.legs, order.filled + quantity)
    known = order.leg_values or tuple(spread(order.turnover, before) if before else ())
    return tuple(value + (units - had) * price for units, had, value in zip_longest(after, before, known, fillvalue=0))


def per_leg(shown: int, legs: int, filled: int) -> tuple[int, ...]:
    """Units of an iceberg's legs when so many are filled, a leg each that has traded; all of them in one for any
    other order."""
    if not legs or shown <= 0:
        return (filled,) if filled else ()
    whole = min(filled // shown, legs - 1)
    rest = filled - whole * shown
    return (shown,) * whole + ((rest,) if rest else ())
