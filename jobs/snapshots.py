"""Risk snapshots: the prices and volatilities by which margins are reckoned until the next one."""

from datetime import UTC, datetime

import numpy as np
import numpy.typing as npt

import log
from core.scan import DEFAULT_RATE
from desk import market as markets
from desk.market import Database
from feeds import derive
from feeds.universe import Universe

Ints = npt.NDArray[np.int64]


def take(database: Database, market: str, universe: Universe, ids: Ints, prices: Ints, slot: str, at: datetime) -> None:
    """Store a snapshot under a name of the hour, and the first of a trading date as its opening too; once each. Where
    an earlier version took the one in force, another is taken at once: that knows nothing of what margins look at now.

    ``prices`` (paise) are of ``ids``. What is kept are those of shares and indices, from which contracts follow.
    """
    rows = np.searchsorted(universe.id, ids)
    cash = (universe.is_share | universe.is_index)[rows]
    kept, taken_at = (ids[cash], prices[cash]), min(at, datetime.fromtimestamp(universe.closes / 1000, UTC))
    yearly = derive.at_the_money_of(universe, rows[cash], ids, prices)

    def store(name: str) -> bool:
        on = universe.trading_date
        return bool(markets.take_snapshot(database, market, on, name, *kept, yearly, DEFAULT_RATE, at=taken_at))

    taken = store("OPEN") or store(slot)
    if not taken and not markets.has_snapshot_of_this_version(database, market):
        taken = store(f"{slot} RENEWED")
    log.get(__name__).debug("Risk snapshot", extra={"slot": slot, "taken": taken})
