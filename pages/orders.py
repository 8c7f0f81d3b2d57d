"""The order book: open, executed and all orders of today, live."""

from ui import components, guard

seat = guard.require_account()
components.show("orders", "orders", {"seat": seat.for_browser(), "write": seat.writes, "brief": False})
