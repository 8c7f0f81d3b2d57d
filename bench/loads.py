"""Books and frames of a given size for the matching benches, the same on every run."""

import numpy as np

from core.book import Resting
from core.frames import Frame, row_type
from core.orders import OrderType, Product, Validity

TICK = 5
SHOWN = 10**9  # units displayed at every level: more than a bench ever trades


def resting(count: int, instruments: int) -> list[Resting]:
    """Limit orders, half buys and half sells, evenly over instruments and over forty prices a side.

    The market is 9,995 bid, 10,005 asked, so that none is marketable; one in forty sits at the touch.
    """
    orders = []
    for number in range(count):
        side = 1 if number % 2 else -1
        away = (number // (2 * instruments)) % 40
        limit = 10_000 - side * TICK * (1 + away)
        orders.append(
            Resting(
                order_id=number + 1,
                account_id=number % 2_000 + 1,
                instrument_id=number // 2 % instruments + 1,
                side=side,
                limit=limit,
                pending=100,
                trigger=0,
                order_type=OrderType.LIMIT,
                validity=Validity.DAY,
                priority=number + 1,
                active_from=0,
                product=Product.MIS,
            )
        )
    return orders


def frames(instruments: int, count: int, *, first: int = 1) -> list[Frame]:
    """Frames in which every instrument trades at its bid or its ask and nothing crosses a resting order."""
    random = np.random.default_rng(20_261_122)
    made = []
    for number in range(first, first + count):
        rows = np.zeros(instruments, dtype=row_type())
        rows["instrument"] = np.arange(1, instruments + 1)
        rows["last_price"] = 10_000 + TICK * random.choice((-1, 1), instruments)
        rows["low"], rows["high"] = 9_000, 11_000
        rows["volume"] = 1_000 * number + random.integers(0, 900, instruments)
        rows["exchange_time"] = 1_000_000 + 250 * number
        for level in range(5):
            rows["bid_price"][:, level] = 10_000 - TICK * (1 + level)
            rows["ask_price"][:, level] = 10_000 + TICK * (1 + level)
        rows["bid_quantity"] = rows["ask_quantity"] = SHOWN
        made.append(Frame("sim", number, 1_000_000 + 250 * number, rows))
    return made
