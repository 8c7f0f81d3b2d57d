"""The order book of the trading date: open, executed and all orders, live, with every reason in full."""

from ui import components, fallback, guard

seat = guard.require_account()
if seat.live:
    components.show("orders", "orders", {"seat": seat.for_browser(), "write": seat.writes, "brief": False})
else:
    fallback.orders(seat)
