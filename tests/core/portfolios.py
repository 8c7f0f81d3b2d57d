"""What becomes of a portfolio: for the laws that margins keep, of index contracts and of stock contracts alike."""

from collections.abc import Sequence
from dataclasses import replace

from core.margin import Net


def cancelled_and_filled(nets: Sequence[Net], which: int, units: int, buys: bool) -> tuple[list[Net], list[Net]]:
    """The portfolio when units of one contract's orders, all there are at most, are cancelled, and when they fill."""
    one = nets[which % len(nets)]
    units = min(units, one.buy if buys else one.sell)
    less = replace(one, buy=one.buy - units) if buys else replace(one, sell=one.sell - units)
    filled = replace(less, quantity=one.quantity + (units if buys else -units))
    others = [net for net in nets if net is not one]
    return [*others, less], [*others, filled]
