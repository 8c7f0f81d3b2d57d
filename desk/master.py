"""The masters on a date: instruments with their terms, calendars and rates, as one object that never changes."""

import threading
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from functools import cache, cached_property
from itertools import islice
from types import MappingProxyType
from typing import Any

from psycopg import Connection

from core import charges, square_off
from core.calendar import Calendar
from core.charges import Rates, TariffRow
from core.instruments import DERIVATIVES, Instrument, Kind, Segment
from core.risk_book import RiskBook
from core.search import Search
from core.sessions import Board, board_of
from db import risk_rows, seeds
from db.masters import Loaded
from db.seeds import SeedRow

# In so many trading dates before an expiry the next month's futures have an opening auction as well.
NEXT_MONTH_DAYS = 5
# Above so many instruments an index for searching is made beside the work, while the one of before serves.
MADE_BESIDE = 20_000


class Master:
    """The masters on a date. Never changes after it is made; a change makes another one.

    ``by_id`` and ``by_key`` hold expired contracts too, because old orders name them; ``listed`` and
    ``search`` leave them out. ``calendar`` is the NSE's, seen through its own session: use ``under``. ``before``
    is the one whose instruments go on where ``loaded`` names no change of them.
    """

    def __init__(
        self,
        on: date,
        loaded: Loaded,
        calendars: Mapping[str, Calendar],
        tariffs: list[TariffRow],
        before: "Master | None" = None,
    ) -> None:
        self.on, self.seen = on, loaded.seen
        self.by_id, self.by_key, self._listed_to = _with(before, loaded)
        self._ended = {number for number, last in self._listed_to.items() if last < on}
        self.calendars = dict(calendars)
        self.calendar: Calendar = self.calendars.get("NSE") or Calendar.of(())
        self.leads = self._leads()
        self._intraday: dict[tuple[str, date], Mapping[Board, datetime]] = {}
        self._tariffs = tariffs
        self._rates: dict[date, Rates] = {}
        self._chains: dict[int, list[Instrument]] | None = None
        self._ordered: set[int] = set()
        self._risk: RiskBook | None = None
        self._search: Search | None = None
        self._search_before: Search | None = None if before is None else before._search or before._search_before
        self._making = False
        self._lazy = threading.Lock()

    def listed(self, on: date | None = None) -> Iterator[Instrument]:
        """Instruments that have not expired by a date (the master's own by default), ascending by id."""
        day = on or self.on
        for one in self.by_id.values():
            if self.is_listed(one, day):
                yield one

    def is_listed(self, one: Instrument, day: date | None = None) -> bool:
        """Whether an instrument of the master is neither taken off its exchange's list nor has expired by a date."""
        return one.id not in self._ended and (one.expiry is None or one.expiry >= (day or self.on))

    def chain(self, underlying_id: int) -> list[Instrument]:
        """The listed futures and options on an underlying: expiry first, its future, then by strike."""
        if self._chains is None:
            chains: dict[int, list[Instrument]] = {}
            for one in self.listed():
                if one.underlying_id is not None:
                    chains.setdefault(one.underlying_id, []).append(one)
            self._chains = chains
        # Each is put in order when it is first asked for; two at once do the same.
        chain = self._chains.get(underlying_id, [])
        if underlying_id not in self._ordered:
            chain = self._chains[underlying_id] = sorted(
                chain, key=lambda one: (one.expiry or self.on, one.strike or 0, one.kind)
            )
            self._ordered.add(underlying_id)
        return chain

    def _leads(self) -> frozenset[int]:
        """What contracts are listed on, and the same shares elsewhere, which keep the same hours and bands."""
        leads = {one.underlying_id for one in self.by_id.values() if one.underlying_id and one.id not in self._ended}
        isins = {self.by_id[each].isin for each in leads if each in self.by_id} - {None}
        twins = (one.id for one in self.by_id.values() if one.kind is Kind.EQ and one.isin in isins)
        return frozenset(leads.union(twins))

    @cached_property
    def near(self) -> frozenset[int]:
        """Futures that trade in the opening auction: of the month, and of the next one in its last five days."""
        futures: dict[int, list[Instrument]] = {}
        for one in self.listed():
            if one.kind is Kind.FUT and one.underlying_id is not None:
                futures.setdefault(one.underlying_id, []).append(one)
        found: set[int] = set()
        for chain in futures.values():
            chain.sort(key=lambda one: one.expiry or self.on)
            left = self.calendar.trading_dates(self.on, chain[0].expiry or self.on)
            last_days = len(list(islice(left, NEXT_MONTH_DAYS + 1))) <= NEXT_MONTH_DAYS
            found.update(one.id for one in chain[: 2 if last_days else 1])
        return frozenset(found)

    def board(self, instrument_id: int) -> Board:
        """Whose hours an instrument keeps."""
        one = self.by_id[instrument_id]
        return board_of(one.kind, one.id in self.leads, one.id in self.near)

    def rates(self, on: date) -> Rates:
        """The tariffs of a trade date."""
        found = self._rates.get(on)
        if found is None:
            found = self._rates[on] = charges.in_force(self._tariffs, on)
        return found

    def intraday_ends(self, session: str, on: date) -> Mapping[Board, datetime]:
        """When each board's intraday positions are squared off on a trading date of a session."""
        found = self._intraday.get((session, on))
        if found is None:
            found = self._intraday[session, on] = square_off.ends(self.calendar.under(session), on)
        return found

    def intraday_until(self, instrument_id: int, session: str, on: date) -> datetime:
        """When an instrument's intraday positions are squared off on a trading date of a session."""
        one = self.by_id[instrument_id]
        return self.intraday_ends(session, on)[self.board(one.id)]

    def risk(self, connection: Connection[Any], version: int) -> RiskBook:
        """Limits, restrictions and switches, at ``version`` or newer: read anew where what is kept is older."""
        if self._risk is None or self._risk.version < version:
            self._risk = risk_rows.book(connection)
        return self._risk

    def search(self, text: str, limit: int = 20, segment: Segment | str | None = None) -> list[Instrument]:
        """What a text may mean, best first: symbols, names, and contracts as people say them. Never raises.

        ``segment`` is CASH or DERIVATIVES; an unknown one finds nothing.
        """
        if segment is not None and segment not in list(Segment):
            return []
        found = self._index().find(text, limit, Segment(segment) if segment is not None else None)
        # An index of before may know one by its terms of before.
        return [self.by_id.get(one.id, one) for one in found if one.id not in self._ended]

    @cached_property
    def seeds(self) -> Mapping[int, SeedRow]:
        """What the seed says of shares, funds and indices, by number: by their symbols, or ISINs once renamed."""
        by_isin = {f"{row.exchange}:{row.isin}": row for row in seed_rows().values() if row.isin}
        found: dict[int, SeedRow] = {}
        for one in self.by_id.values():
            if one.underlying_id is None:
                row = seed_rows().get(one.key) or by_isin.get(f"{one.exchange}:{one.isin}")
                if row is not None:
                    found[one.id] = row
        return found

    def seed(self, instrument_id: int) -> SeedRow | None:
        """What the seed says of a share, fund or index; None of contracts and of what was added later."""
        return self.seeds.get(instrument_id)

    def _index(self) -> Search:
        if self._search is not None:
            return self._search
        before = self._search_before
        if before is None or len(self.by_id) < MADE_BESIDE:
            with self._lazy:
                if self._search is None:
                    self._search = self._build_search()
                return self._search
        with self._lazy:
            begun, self._making = self._making, True
        if not begun:
            threading.Thread(target=self._make_beside, name="search index", daemon=True).start()
        return before

    def _make_beside(self) -> None:
        self._search = self._build_search()
        self._search_before = None

    def _build_search(self) -> Search:
        liquidity: dict[int, float] = {}
        aliases: dict[int, tuple[str, ...]] = {}
        with_contracts = {one.underlying_id for one in self.by_id.values() if one.kind in DERIVATIVES}
        # What has contracts is traded more than what has none; the seed knows more of what it names.
        liquidity |= {number: 1.0 for number in with_contracts if number is not None}
        for number, row in self.seeds.items():
            one = self.by_id[number]
            turnover = row.price * row.volume / 1e12
            liquidity[one.id] = row.nifty_weight + turnover + (10.0 if one.id in with_contracts else 0.0)
            if one.kind is Kind.INDEX:
                liquidity[one.id] += 50.0 / (1 + len(aliases))
            aliases[one.id] = row.aliases
        return Search(self.listed(), liquidity, aliases)


def _with(
    before: Master | None, loaded: Loaded
) -> tuple[dict[int, Instrument], dict[str, Instrument], dict[int, date]]:
    """By number, by key, and until when listed: what was, with what has changed."""
    if before is None:
        return (
            {one.id: one for one in loaded.instruments},
            {one.key: one for one in loaded.instruments},
            dict(loaded.listed_to),
        )
    by_id, by_key, listed_to = dict(before.by_id), dict(before.by_key), dict(before._listed_to)
    last = next(reversed(by_id), 0)
    for one in loaded.instruments:
        was = by_id.get(one.id)
        if was is not None and was.key != one.key and by_key.get(was.key) is was:
            del by_key[was.key]
        listed_to.pop(one.id, None)
        by_id[one.id] = one
    by_key |= {one.key: one for one in loaded.instruments}
    if any(last > one.id and one.id not in before.by_id for one in loaded.instruments):
        by_id = dict(sorted(by_id.items()))
    return by_id, by_key, listed_to | loaded.listed_to


@cache
def seed_rows() -> Mapping[str, SeedRow]:
    """The seed's shares, funds and indices by ``NSE:INFY``: prices, volatilities, approximate weights."""
    return MappingProxyType({row.key: row for row in seeds.instruments()})
