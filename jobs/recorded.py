"""A recorded day as the feed of a market: its instruments found again here, its terms of price taken over."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import log
from core.instruments import DERIVATIVES
from desk import market as markets
from desk import masters
from desk.market import Database, MarketState
from feeds import recording
from feeds.protocol import Feed
from feeds.recording import Recording
from feeds.silent import Silent
from feeds.universe import Universe
from jobs import day
from settings import Settings

Ids = dict[int, int]


def days(settings: Settings) -> dict[date, Path]:
    """The recorded dates that KAGAZ_REPLAY_PATH leads to; none where it leads to bars, or nowhere."""
    return recording.recorded_days(settings.kagaz_replay_path)


def open_feed(
    database: Database, settings: Settings, state: MarketState, resume: Mapping[str, Any]
) -> tuple[Universe, Feed]:
    """The universe of the recorded instruments on the market's trading date, and the feed that plays them."""
    chosen = _chosen(settings, state.trading_date, resume)
    if chosen is None:
        return day.load(database, state), Silent(dict(resume), "No recorded day is left to play.")
    if markets.begin_with(database, state.id, chosen.day, max(0, chosen.first - 1)):
        # Nobody has traded here: everything is as it was, the date and the numbers of the frames too.
        state = markets.state(database, state.id)
    own = _opened(database, state, chosen)
    known = set(own.values())
    whole = day.load(database, state, also=known)
    kept = [one for one in whole.listings if one.instrument.id in known]
    universe = Universe(kept, whole.trading_date, whole.weights, whole.base, whole.always_open, whole.splits)
    there = {theirs: ours for theirs, ours in own.items() if ours in universe.row}
    told = {"date": chosen.day.isoformat(), "instruments": len(there), "not_listed": len(chosen.listed) - len(there)}
    log.get(__name__).info("A recording is played", extra=told)
    return universe, recording.Recorded(universe, chosen, there, settings.kagaz_replay_speed, resume)


def open_date(database: Database, settings: Settings, state: MarketState, resume: Mapping[str, Any]) -> None:
    """Lists the contracts of the market's trading date and writes the closes and bands of its recorded day."""
    chosen = _chosen(settings, state.trading_date, resume)
    own = _opened(database, state, chosen) if chosen is not None else {}
    day.load(database, state, also=set(own.values()))


def _chosen(settings: Settings, trading_date: date, resume: Mapping[str, Any]) -> Recording | None:
    """The recorded day that is played on a trading date: the one already begun, else the next."""
    found = days(settings)
    played = resume.get("past_day")
    if played is not None and resume.get("trading_date") == trading_date.isoformat():
        chosen = date.fromisoformat(played)
    else:
        chosen = next((one for one in sorted(found) if played is None or one.isoformat() > played), date.min)
    return recording.opened(chosen, found[chosen]) if chosen in found else None


def _opened(database: Database, state: MarketState, chosen: Recording) -> Ids:
    """Opens the date with what was recorded; which instrument here each recorded one is."""
    cash = {one.key: one.prev_close for one in chosen.listed.values() if one.kind not in DERIVATIVES}
    master = masters.get(database)
    reference = {master.by_key[key].id: price for key, price in cash.items() if key in master.by_key and price > 0}
    masters.contracts_for(database, state.trading_date, reference)
    own = _found(database, chosen)
    rows = [(own[one.id], one.prev_close, one.lower, one.upper) for one in chosen.listed.values() if one.id in own]
    columns = list(zip(*(row for row in rows if row[1] > 0), strict=True))
    if columns:
        markets.open_day(database, state.id, state.trading_date, *columns)
    return own


def _found(database: Database, chosen: Recording) -> Ids:
    """By the key, else a share by its ISIN, which outlives a change of name."""
    master = masters.get(database)
    by_isin = {(one.exchange, one.isin): one.id for one in master.by_id.values() if one.isin}
    out: Ids = {}
    for theirs, one in chosen.listed.items():
        here = master.by_key.get(one.key)
        ours = here.id if here else by_isin.get((one.key.split(":")[0], one.isin))
        if ours is not None:
            out[theirs] = ours
    return out
