"""Which feed a market has, built for one trading date."""

from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

import log
from core.instruments import DERIVATIVES
from desk import corporate, masters, replays
from desk.market import Database, MarketState
from desk.master import Master
from feeds import replay
from feeds.bars import Bar, Reading, read
from feeds.guard import Believing, Guard
from feeds.live.guard import LiveGuard
from feeds.protocol import Feed
from feeds.recording import Recorded
from feeds.silent import Silent
from feeds.simulator import Simulator
from feeds.universe import Universe
from jobs import day, live, recorded
from settings import Settings


def open_feed(
    database: Database, settings: Settings, state: MarketState, resume: dict[str, Any]
) -> tuple[Universe, Feed]:
    """The universe of the market's trading date and its feed, going on from ``resume``."""
    if state.feed == "replay":
        if why := replays.why_not(state, settings):
            return day.load(database, state), Silent(resume, why)
        if recorded.days(settings):
            return recorded.open_feed(database, settings, state, resume)
        return _open_replay(database, settings, state, resume)
    if state.owner_id is not None:
        return live.open_feed(database, state, resume)
    universe = day.load(database, state)
    if state.feed != "simulator":
        # Never simulated prices under a vendor's name, and a vendor's prices for their owner alone.
        return universe, Silent(resume, f"Nobody's account of {state.feed} is connected here.")
    return universe, Simulator(universe, settings.kagaz_seed, resume)


def open_date(
    database: Database,
    settings: Settings,
    state: MarketState,
    resume: Mapping[str, Any],
    closes: Mapping[int, int],
) -> None:
    """Lists the contracts of the market's trading date and writes its previous closes and bands.

    ``closes`` are prices in paise round which strikes are listed; a replayed day has its own. A live market's date
    has the contracts of its vendor's list, and the closes that the vendor tells.
    """
    if state.owner_id is not None:
        return
    if state.feed == "replay" and replays.why_not(state, settings):
        return
    reference = None
    if state.feed == "replay" and recorded.days(settings):
        recorded.open_date(database, settings, state, resume)
        return
    if state.feed == "replay":
        reading = _reading(settings.kagaz_replay_path, settings.kagaz_replay_stamps)
        past_day = replay.past_day_for(reading, state.trading_date, resume, settings.kagaz_replay_from)
        reference = _reference(database, reading, past_day) if past_day else None
    found = corporate.between(database, day.before(database, state), state.trading_date)
    adjusted = corporate.in_new_units(closes, found, masters.get(database))
    masters.contracts_for(database, state.trading_date, reference or adjusted)
    day.load(database, state, reference)


def known_past(
    database: Database, settings: Settings, state: MarketState, resume: Mapping[str, Any]
) -> dict[int, list[Bar]]:
    """The days before the past day that a market replays, by instrument; empty where nothing is known."""
    if state.feed != "replay" or recorded.days(settings) or replays.why_not(state, settings):
        return {}
    reading = _reading(settings.kagaz_replay_path, settings.kagaz_replay_stamps)
    past_day = replay.past_day_for(reading, state.trading_date, resume, settings.kagaz_replay_from)
    if past_day is None:
        return {}
    listed = _listed(database)
    return {listed[symbol]: bars for symbol, bars in replay.days_before(reading, past_day).items() if symbol in listed}


def _open_replay(
    database: Database, settings: Settings, state: MarketState, resume: dict[str, Any]
) -> tuple[Universe, Feed]:
    reading = _reading(settings.kagaz_replay_path, settings.kagaz_replay_stamps)
    past_day = replay.past_day_for(reading, state.trading_date, resume, settings.kagaz_replay_from)
    if past_day is None:
        return day.load(database, state), Silent(resume, _nothing(settings, reading))
    reference = _reference(database, reading, past_day)
    masters.contracts_for(database, state.trading_date, reference)
    universe = day.load(database, state, reference).only(reference)
    return universe, replay.Replay(
        universe, reading.days[past_day], past_day, settings.kagaz_seed, settings.kagaz_replay_speed, resume
    )


def _nothing(settings: Settings, reading: Reading) -> str:
    """Why nothing is played, and what may be done about it."""
    if settings.kagaz_replay_path is None:
        return "KAGAZ_REPLAY_PATH names no file or folder of bars."
    if not reading.days:
        return "KAGAZ_REPLAY_PATH leads to no bar that can be read; the log counts what was left out, and why."
    return "No past day is left to play. An administrator can switch to the simulator, or play other files."


@lru_cache(maxsize=1)
def _reading(path: Path | None, stamps: str) -> Reading:
    if path is None:
        log.get(__name__).error("KAGAZ_REPLAY_PATH names no file or folder of bars, so that nothing is played")
        return Reading()
    reading = read(path, end_stamped=stamps == "end")
    told = {"days": len(reading.days), "left_out": dict(reading.problems), "first_left_out": reading.first}
    log.get(__name__).info("Bars read", extra=told)
    return reading


def _reference(database: Database, reading: Reading, past_day: date) -> dict[int, int]:
    """Previous closes of the past day, by the instruments of today that they belong to."""
    listed = _listed(database)
    closes = replay.closes_before(reading, past_day)
    return {listed[symbol]: price for symbol, price in closes.items() if symbol in listed}


def guard_of(feed: Feed, universe: Universe, state: MarketState, master: Master) -> Guard:
    """Who judges what a market's feed says: a recording was judged when it was made, a vendor knows no bands."""
    if isinstance(feed, Recorded):
        return Believing(universe)
    return Guard(universe) if state.owner_id is None else LiveGuard(universe, master.leads)


def _listed(database: Database) -> dict[str, int]:
    """Shares and indices by the symbol under which files know them."""
    return {one.symbol: one.id for one in masters.get(database).by_id.values() if one.kind not in DERIVATIVES}
