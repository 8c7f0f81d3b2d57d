"""Which feed a market has, built for its present trading date."""

from typing import Any

from desk.market import Database, MarketState
from feeds.protocol import Feed
from feeds.simulator import Simulator
from feeds.universe import Universe
from jobs import day
from settings import Settings


def open_feed(
    database: Database, settings: Settings, state: MarketState, resume: dict[str, Any]
) -> tuple[Universe, Feed]:
    """The universe of the market's trading date and its feed, going on from ``resume``."""
    universe = day.load(database, state)
    return universe, Simulator(universe, settings.kagaz_seed, resume)
