"""The tables for SQLAlchemy Core: the same as the SQL files of the migrations make, which a test proves."""

from db.schema import (
    charges,
    feeds,
    gtt,
    identity,
    market,
    positions,
    price_alerts,
    programs,
    risk,
    trading,
    watchlists,
)
from db.schema.metadata import METADATA

__all__ = [
    "METADATA",
    "charges",
    "feeds",
    "gtt",
    "identity",
    "market",
    "positions",
    "price_alerts",
    "programs",
    "risk",
    "trading",
    "watchlists",
]
