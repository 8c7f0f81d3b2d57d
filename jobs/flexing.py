"""Widens the price bands of a trading date as prices come to their ends, for the feed and for everybody's orders."""

from collections.abc import Mapping
from datetime import datetime, time
from typing import Any

import numpy as np
import numpy.typing as npt

import log
from core import flexing
from core.calendar import IST, Calendar, Session
from core.flexing import NOBODY, Flexing
from core.frames import Rows
from core.instruments import Kind
from core.sessions import Board, Window
from desk import market as markets
from desk.market import Database
from desk.master import Master
from feeds.universe import Universe

Ints = npt.NDArray[np.int64]


class Flexer:
    """Keeps the moving bands of one universe, whose own bands it changes too.

    A group is known by the instrument that leads it (a share, a fund, or the index that futures are on), and moves
    while that is traded continuously: of a share not in the closing auction, and its futures not after it.
    """

    def __init__(self, database: Database, market: str, master: Master, universe: Universe) -> None:
        self._database, self._market, self._universe = database, market, universe
        self._day = universe.trading_date
        terms = flexing.in_force(self._day)
        groups, places, kinds = np.full(len(universe), NOBODY, np.int64), dict[int, int](), list[flexing.Flex]()
        boards: list[Board] = []
        for row, listing in enumerate(universe.listings):
            one = listing.instrument
            moves = flexing.moves_as(one, one.id in master.leads)
            if moves is None or moves not in terms:
                continue
            lead = one.margin_underlying
            if lead not in places:
                places[lead] = len(kinds)
                kinds.append(terms[moves])
                boards.append(master.board(_shown(master, lead, one.id)))
            groups[row] = places[lead]
        self._leads = list(places)
        self._boards = boards
        self._flexing = Flexing(groups, kinds, universe.prev_close, universe.tick, universe.lower, universe.upper)

    def restore(self, resume: Mapping[str, Any]) -> None:
        """Go on waiting where another process did, on the same trading date."""
        places = {lead: place for place, lead in enumerate(self._leads)}
        kept = resume.get("flexing") or {}
        if kept.get("trading_date") != self._day.isoformat():
            return
        for lead, side, since in kept.get("waiting", ()):
            if lead in places:
                self._flexing.wait(places[lead], side, since)

    def resume(self) -> dict[str, Any]:
        """What ``restore`` needs."""
        waiting = [[self._leads[group], *each] for group, each in self._flexing.waiting().items()]
        return {"flexing": {"trading_date": self._day.isoformat(), "waiting": waiting}}

    def saw(self, rows: Rows, clock_ms: int) -> None:
        """Take in what was printed."""
        at = np.searchsorted(self._universe.id, rows["instrument"])
        self._flexing.see(at, rows["last_price"].astype(np.int64), clock_ms)

    def step(self, calendar: Calendar, at: datetime) -> list[int]:
        """Widen what is due at a moment of the exchange's clock; the instruments that lead what was widened."""
        if not self._flexing.side.any():
            return []
        ends, trading = self._hours(calendar, at)
        due = self._flexing.due(int(at.timestamp() * 1000), ends, trading)
        if not len(due):
            return []
        rows, lower, upper = self._flexing.flex(due)
        self._universe.lower[rows], self._universe.upper[rows] = lower, upper
        markets.move_bands(self._database, self._market, self._day, self._universe.id[rows], lower, upper)
        leads = [self._leads[group] for group in due.tolist()]
        log.get(__name__).info("Price bands are widened", extra={"market": self._market, "instruments": leads})
        return leads

    def _hours(self, calendar: Calendar, at: datetime) -> tuple[Ints, npt.NDArray[np.bool_]]:
        """When each group's continuous trading ends (ms), and whether it goes on."""
        ends = {board: _end(calendar, board, at) for board in set(self._boards)}
        open_now = {board: calendar.window_at(at, board) is Window.CONTINUOUS for board in set(self._boards)}
        return (
            np.array([ends[board] for board in self._boards], np.int64),
            np.array([open_now[board] for board in self._boards], np.bool_),
        )


def _shown(master: Master, lead: int, one: int) -> int:
    """Whose hours a group keeps: those of the share that leads it; an index trades nothing, its futures do."""
    return one if master.by_id[lead].kind is Kind.INDEX else lead


def _end(calendar: Calendar, board: Board, at: datetime) -> int:
    local = at.astimezone(IST)
    if calendar.session is Session.ALWAYS:
        return int(calendar.rolls_at(calendar.trading_date_at(at)).timestamp() * 1000)
    hours = calendar.hours(local.date(), board)
    end = max((row.end for row in hours if row.window is Window.CONTINUOUS), default=time(0))
    return int(datetime.combine(local.date(), end, IST).timestamp() * 1000)
