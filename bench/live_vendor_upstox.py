"""Upstox for the bench: its own client and wire, with room for more keys than one connection of the vendor has."""

from dataclasses import replace

from feeds.live.plan import Limits
from feeds.live.upstox import VENDOR as REAL

VENDOR = replace(REAL, limits=lambda _day: Limits(full=10_000, last=10_000, greeks=10_000), pulse=())
