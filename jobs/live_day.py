"""One trading date of a live market: what the owner's vendors know, and the day's terms as they come in with prices."""

from collections.abc import Collection

import numpy as np
import numpy.typing as npt

from core import bands
from core.frames import Rows
from desk import market as markets
from desk import masters
from desk.market import Database, MarketState
from feeds.universe import Listing, Universe

Ints = npt.NDArray[np.int64]


def load(database: Database, state: MarketState, known: Collection[int]) -> Universe:
    """Everything that a vendor knows and that is listed on the market's trading date, with what contracts are on.

    An instrument whose previous close the vendor has not told yet has none, and no bands either: nothing is modelled
    in a live market.
    """
    master = masters.get(database)
    days = markets.days(database, state.id, state.trading_date)
    listed = {one.id: one for one in master.listed(state.trading_date) if one.id in known}
    for one in list(listed.values()):
        under = one.underlying_id
        if under is not None and under not in listed and under in master.by_id:
            listed[under] = master.by_id[under]
    listings = [Listing(one, days[one.id].prev_close if one.id in days else 0) for one in listed.values()]
    return Universe(listings, state.trading_date, always_open=False)


class Terms:
    """Keeps the previous closes and bands of a live market's date as its vendor tells them.

    The exchange's own bands are in no stream. They are reckoned from the previous close as for every market; where
    the exchange lets an instrument trade beyond them it has flexed them, and we set none.
    """

    def __init__(self, database: Database, market: str, universe: Universe) -> None:
        self._database, self._market, self._universe = database, market, universe
        instruments = [listing.instrument for listing in universe.listings]
        leads = masters.get(database).leads
        on = universe.trading_date
        self._percent = np.array([bands.percent(one, one.id in leads, on) for one in instruments], np.int64)
        self._free = np.zeros(len(universe), np.bool_)
        self._told = np.zeros(len(universe), np.bool_)

    def learn(self, rows: Rows) -> Ints:
        """Take in what a frame says of the date's terms; the places in the universe of what that was news of."""
        at = np.searchsorted(self._universe.id, rows["instrument"])
        close = rows["prev_close"].astype(np.int64)
        lower, upper = self._bands(at, close)
        last = rows["last_price"]
        beyond = (upper > 0) & ((last < lower) | (last > upper)) & ~self._free[at]
        news = (~self._told[at] | (self._universe.prev_close[at] != close) | beyond) & (close > 0)
        if not news.any():
            return at[:0]
        at, close = at[news], close[news]
        self._free[at] |= beyond[news]
        self._told[at] = True
        lower, upper = (np.where(self._free[at], 0, band[news]) for band in (lower, upper))
        self._universe.prev_close[at], self._universe.order_bands[:, at] = close, (lower, upper)
        markets.tell_day(
            self._database, self._market, self._universe.trading_date, self._universe.id[at], close, lower, upper
        )
        return at

    def _bands(self, at: Ints, close: Ints) -> tuple[Ints, Ints]:
        lower, upper = bands.bands(np.maximum(close, 1), self._universe.tick[at], self._percent[at])
        free = self._free[at] | (close <= 0)
        return np.where(free, 0, lower), np.where(free, 0, upper)
