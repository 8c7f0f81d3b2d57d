"""The order that closes a position, or as much of it as one order may carry."""

from dataclasses import replace

from core import holds
from core.asked import Asked
from core.facts import Facts
from core.instruments import Instrument
from core.kind_rules import market_is_offered
from core.orders import OrderType, PlaceOrder, Product, Side
from core.quantity_rules import slice_size


def closing_wish(facts: Facts, instrument: Instrument, side: Side, product: Product, left: int) -> PlaceOrder:
    """At the market; where the broker offers none, with the limit that a market order would have had."""
    wish = PlaceOrder(instrument.id, side, OrderType.MARKET, product, left)
    wish = replace(wish, quantity=min(left, slice_size(Asked(wish, instrument, facts)) or left))
    if market_is_offered(Asked(wish, instrument, facts)) is None or instrument.id not in facts.quotes:
        return wish
    return replace(wish, order_type=OrderType.LIMIT, price=holds.worst_price(facts, instrument, wish))
