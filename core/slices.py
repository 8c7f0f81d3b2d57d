"""An order above the freeze quantity, as the orders that the exchange takes."""

from dataclasses import replace

from core.asked import Asked
from core.orders import PlaceOrder
from core.quantity_rules import slice_size


def slices(asked: Asked) -> list[PlaceOrder]:
    """The wish as whole orders, the largest first; one alone where no slicing is asked for or needed."""
    wish, size = asked.wish, slice_size(asked)
    if not wish.autoslice or size <= 0 or wish.quantity <= size:
        return [replace(wish, autoslice=False)]
    sizes = [size] * (wish.quantity // size)
    if rest := wish.quantity % size:
        sizes.append(rest)
    return [replace(wish, quantity=each, autoslice=False) for each in sizes]
