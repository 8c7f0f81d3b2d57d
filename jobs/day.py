"""One trading date of a market: its instruments, their previous closes and bands, and the feed that plays it."""

from collections.abc import Collection, Iterable, Mapping
from datetime import date
from typing import Any

import numpy as np

from core import bands
from core.corporate import Action
from core.instruments import DERIVATIVES, Instrument, Kind
from desk import corporate, masters
from desk import market as markets
from desk.market import Database, Day, MarketState
from desk.masters import Master
from feeds.derive import Derivatives
from feeds.universe import Listing, Universe

# Funds that follow an index, and the seed's weights by which an index follows its shares.
FUNDS = {"NSE:NIFTYBEES": "NSE:NIFTY 50", "NSE:BANKBEES": "NSE:NIFTY BANK"}
BASKETS = {
    "NSE:NIFTY 50": "nifty_weight",
    "BSE:SENSEX": "nifty_weight",
    "NSE:NIFTY BANK": "bank_weight",
    "BSE:BANKEX": "bank_weight",
}
SIMULATED = frozenset({"simulator", "replay"})
USUAL_SIGMA = 0.015
# A day's deviation of the whole market, by which a beta is turned into a correlation, and the most that may be.
MARKET_SIGMA, MOST = 0.008, 0.92


def load(
    database: Database,
    state: MarketState,
    reference: Mapping[int, int] | None = None,
    also: Collection[int] = (),
) -> Universe:
    """Everything that trades on the market's trading date, with closes and bands, opened where it was not.

    ``reference`` gives previous closes (paise by instrument) that come before all others, as a replayed
    past day has its own; ``also`` names what was recorded, wherever it is listed.
    """
    master = masters.get(database)
    listed = traded(master, state, markets.wanted(database, state.id), also)
    known = markets.days(database, state.id, state.trading_date)
    if any(one.id not in known for one in listed):
        closes = markets.latest_closes(database, state.id, state.trading_date)
        closes = corporate.in_new_units(closes, _today(database, state), master)
        if reference:
            # What derives from another day's prices had that day's closes too: the model's, not yesterday's.
            closes = {i: price for i, price in closes.items() if master.by_id[i].kind not in DERIVATIVES}
            closes |= reference
        known |= _open(database, state, master, listed, known, closes)
    universe = _universe(database, state, master, [one for one in listed if one.id in known], known)
    universe.splits = {each.instrument_id: each.held / each.becomes for each in _today(database, state)}
    return universe


def traded(master: Master, state: MarketState, wanted: Iterable[int], also: Collection[int] = ()) -> list[Instrument]:
    """What a market's trading date consists of, ascending by id. A simulated or replayed one prices what this house
    lists; of what only a vendor's file lists, that which somebody wants and which can be derived."""
    listed = list(master.listed(state.trading_date))
    if state.feed not in SIMULATED:
        return listed
    more = beyond(master, wanted).union(also)
    return [one for one in listed if one.house or one.id in more]


def beyond(master: Master, wanted: Iterable[int]) -> set[int]:
    """Those of the wanted that this house does not list by itself, but can price: contracts on what it does list."""
    known = (master.by_id[number] for number in wanted if number in master.by_id)
    return {
        one.id
        for one in known
        if not one.house and one.underlying_id is not None and master.by_id[one.underlying_id].house
    }


def before(database: Database, state: MarketState) -> date:
    """The trading date before the market's."""
    return markets.calendar(database, state.session).previous_trading_date(state.trading_date)


def _today(database: Database, state: MarketState) -> list[Action]:
    """The splits and bonuses that the market's trading date begins with."""
    return corporate.between(database, before(database, state), state.trading_date)


def _open(
    database: Database,
    state: MarketState,
    master: Master,
    listed: list[Instrument],
    known: Mapping[int, Day],
    closes: Mapping[int, int],
) -> dict[int, Day]:
    """Writes previous closes and bands where they are missing; all days of the date after that."""
    prices = {**_seed_prices(database, state, master), **closes, **{i: day.prev_close for i, day in known.items()}}
    unpriced = [one for one in listed if one.id not in prices]
    prices |= _model_prices(database, state, master, unpriced, prices)
    fresh = [one for one in listed if one.id not in known and prices.get(one.id, 0) > 0]
    prev = np.array([prices[one.id] for one in fresh], np.int64)
    lower, upper = bands.bands(
        prev,
        np.array([one.tick for one in fresh], np.int64),
        np.array([bands.percent(one, one.id in master.leads, state.trading_date) for one in fresh], np.int64),
    )
    markets.open_day(database, state.id, state.trading_date, [one.id for one in fresh], prev, lower, upper)
    return markets.days(database, state.id, state.trading_date)


def _seed_prices(database: Database, state: MarketState, master: Master) -> dict[int, int]:
    """The seed's prices, in the units of the market's date."""
    happened = corporate.between(database, date.min, state.trading_date)
    return {i: masters.restated(row.price, i, happened) for i, row in master.seeds.items()}


def _model_prices(
    database: Database, state: MarketState, master: Master, unpriced: list[Instrument], prices: Mapping[int, int]
) -> dict[int, int]:
    """What contracts that never traded were worth at the open: the model's prices on their underlyings'."""
    contracts = [one for one in unpriced if one.kind in DERIVATIVES and (one.underlying_id or 0) in prices]
    cash = [one for one in master.by_id.values() if one.kind not in DERIVATIVES and one.id in prices]
    days = {one.id: Day(prices.get(one.id, one.tick), None, None) for one in (*cash, *contracts)}
    universe = _universe(database, state, master, [*cash, *contracts], days)
    derive, spots = Derivatives(universe), universe.prev_close.astype(float)
    at = universe.opened
    value = spots.copy()
    value[derive.futures] = derive.forward(derive.futures, spots, at)
    value[derive.options] = derive.premium(derive.options, spots, at)
    ticks = np.maximum(1, np.rint(value / universe.tick)).astype(np.int64) * universe.tick
    return {one.id: int(ticks[universe.row[one.id]]) for one in contracts}


def _universe(
    database: Database, state: MarketState, master: Master, listed: list[Instrument], days: Mapping[int, Day]
) -> Universe:
    weights: dict[int, dict[int, float]] = {}
    seeds = {one.id: master.seed(one.id) for one in listed}
    for key, column in BASKETS.items():
        index = master.by_key.get(key)
        parts = {i: float(getattr(row, column) or 0) for i, row in seeds.items() if row is not None}
        if index is not None and any(parts.values()):
            weights[index.id] = {i: weight for i, weight in parts.items() if weight > 0}
    base = {i: price for i, price in _seed_prices(database, state, master).items() if i in seeds}
    follows = {fund: master.by_key[index].id for fund, index in FUNDS.items() if index in master.by_key}
    return Universe(
        [_listing(one, days[one.id], seeds[one.id], follows.get(one.key)) for one in listed],
        state.trading_date,
        weights,
        base,
        always_open=state.session == "always",
    )


def _listing(one: Instrument, day: Day, row: Any, follows: int | None) -> Listing:
    return Listing(
        one,
        day.prev_close,
        day.lower_band or 0,
        day.upper_band or 0,
        sigma=row.sigma if row is not None else USUAL_SIGMA,
        volume=row.volume if row is not None and one.kind is not Kind.INDEX else 0,
        follows=follows,
        correlation=None if row is None else min(MOST, max(0.0, row.beta * MARKET_SIGMA / row.sigma)),
    )
