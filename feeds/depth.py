"""A displayed book around a price: five levels a side that look as exchanges' books look."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

# Quantity grows away from the best price by this much a level (in the exponent), scattered this much.
GROWTH, SCATTER = 0.25, 0.6
# Chance that a level leaves the next tick empty.
HOLE = 0.25


@dataclass(slots=True)
class Sides:
    """Prices, quantities, order counts: each (instruments, levels), best first; an absent level is all 0."""

    bid_price: Ints
    bid_quantity: Ints
    bid_orders: Ints
    ask_price: Ints
    ask_quantity: Ints
    ask_orders: Ints


def draw(
    rng: np.random.Generator,
    mid: Floats,
    spread: Floats,
    tick: Ints,
    lot: Ints,
    size: Floats,
    bands: tuple[Ints, Ints],
    levels: int,
) -> Sides:
    """A book around ``mid`` (paise). ``size`` is the usual quantity at the best price.

    Bids are below asks, each side strictly monotone, every price on tick and inside the bands (0: none),
    every quantity a multiple of the lot. At the upper band there are no asks, at the lower no bids.
    """
    count = len(mid)
    lower, upper = bands
    lower = np.where(lower > 0, lower, tick)
    upper = np.where(upper > 0, upper, np.iinfo(np.int32).max)
    best_bid = np.floor((mid - spread / 2) / tick).astype(np.int64) * tick
    best_ask = np.maximum(best_bid + tick, np.ceil((mid + spread / 2) / tick).astype(np.int64) * tick)
    steps = 1 + (rng.random((2, count, levels - 1)) < HOLE) if levels > 1 else np.zeros((2, count, 0), int)
    reach = np.concatenate([np.zeros((2, count, 1), np.int64), np.cumsum(steps, axis=2)], axis=2)
    bid = best_bid[:, None] - reach[0] * tick[:, None]
    ask = best_ask[:, None] + reach[1] * tick[:, None]
    growth = np.exp(GROWTH * np.arange(levels))
    quantity = size[None, :, None] * growth * np.exp(SCATTER * rng.standard_normal((2, count, levels)))
    lots = np.clip(np.rint(quantity / lot[None, :, None]), 1, 50_000_000 // lot[None, :, None]).astype(np.int64)
    units = lots * lot[None, :, None]
    # An order brings about a seventh of what usually stands at the best price.
    orders = 1 + rng.poisson(np.minimum(units / np.maximum(size[None, :, None], 1) * 7, 400))
    # Outside the bands, and what stands beyond such a level, nothing is displayed.
    no_bid = (bid < lower[:, None]) | (bid > upper[:, None])
    no_ask = (ask > upper[:, None]) | (ask < lower[:, None])
    hidden = np.stack([np.logical_or.accumulate(no_bid, axis=1), np.logical_or.accumulate(no_ask, axis=1)])
    price = np.where(hidden, 0, np.stack([bid, ask]))
    units, orders = np.where(hidden, 0, units), np.where(hidden, 0, orders)
    return Sides(price[0], units[0], orders[0], price[1], units[1], orders[1])
