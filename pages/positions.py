"""Positions and holdings with live profit and loss."""

from ui import components, guard

seat = guard.require_account()
components.show("positions", "positions", {"seat": seat.for_browser(), "write": seat.writes, "brief": False})
