"""Funds."""

from ui import components, guard

seat = guard.require_account()
components.show("wallet", "wallet", {"seat": seat.for_browser()})
