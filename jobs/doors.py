"""Which instruments match now, by the windows of their boards, and which resting orders a window ends.

Windows change a dozen times a day. Between two changes a frame costs one comparison, whatever the number of
orders and instruments.
"""

from collections.abc import Container, Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise

import numpy as np

from core import lapses
from core.book import Book
from core.calendar import IST, Calendar, Session
from core.depth import Depth
from core.instruments import Kind
from core.ladder import Resting
from core.outcomes import Lapse
from core.sessions import Board, Window
from desk import auctions
from desk.auctions import Entry
from desk.masters import Master

MATCHING = frozenset({Window.CONTINUOUS, Window.POST_CLOSE})
BANDED = frozenset({Board.AUCTION_SHARE, Board.FUTURE, Board.FAR_FUTURE})
"""Boards whose price band is set anew before the closing auction."""
# How long after a window's start what was decided before it, or because of it, stands in the database.
SOON_AFTER = {
    Window.PRE_OPEN_MATCH: timedelta(seconds=1),
    Window.AUCTION_REFERENCE: timedelta(seconds=5),
    Window.AUCTION_MATCH: timedelta(seconds=1),
    Window.REOPEN_MATCH: timedelta(seconds=1),
}
AUCTIONS = (
    (auctions.OPEN, Window.PRE_OPEN, Window.PRE_OPEN_MATCH, (Board.SHARE, Board.AUCTION_SHARE, Board.FUTURE)),
    (auctions.CLOSE, Window.AUCTION_ENTRY, Window.AUCTION_MATCH, (Board.AUCTION_SHARE,)),
)
REOPENING = (Board.SHARE, Board.AUCTION_SHARE)
"""Boards that have a call auction after a halt."""
NEVER = 2**62


class Doors:
    """The windows of one market's trading date as a matcher needs them. A market without hours has none."""

    def __init__(self, calendar: Calendar, master: Master | None) -> None:
        self._calendar, self.master = calendar, master
        self._next = NEVER if calendar.session is Session.ALWAYS else 0
        self._boards: list[Board] = []
        self._windows: dict[Board, Window] = {}
        self._ends: dict[Board, datetime | None] = {}

    @classmethod
    def none(cls) -> "Doors":
        """Those of a market that never closes."""
        return cls(Calendar.of((), Session.ALWAYS), None)

    @property
    def kept(self) -> bool:
        """Whether the market keeps hours at all."""
        return self._next != NEVER

    def changed(self, exchange_time: int) -> bool:
        """Whether some board entered another window by then (ms since the epoch); takes it in."""
        if exchange_time < self._next:
            return False
        at = datetime.fromtimestamp(exchange_time / 1000, UTC)
        self._windows = {board: self._calendar.window_at(at, board) for board in Board}
        self._ends = {board: lapses.session_end(self._calendar, board, at) for board in Board}
        marks = [self._calendar.next_change(at), *(each for each in self._marks(at) if each > at)]
        self._next = int(min(marks).timestamp() * 1000)
        return True

    def _marks(self, at: datetime) -> Iterator[datetime]:
        """When something is to be done a moment after a window began, on the day of ``at``."""
        day = at.astimezone(IST).date()
        for row in self._calendar.hours(day, Board.AUCTION_SHARE):
            if row.window in SOON_AFTER:
                yield datetime.combine(day, row.start, IST) + SOON_AFTER[row.window]

    def banded(self, exchange_time: int) -> bool:
        """Whether the closing auction's bands stand, and are to be held against what rests."""
        at = datetime.fromtimestamp(exchange_time / 1000, UTC)
        window, start, _ = next(iter(self._calendar.spans(at, Board.AUCTION_SHARE)))
        if window is Window.AUCTION_REFERENCE:
            return at >= start + SOON_AFTER[window]
        return window in (Window.AUCTION_ENTRY, Window.AUCTION_LIMIT) and start <= at

    def entries(self, exchange_time: int, held: Container[str]) -> Iterator[Entry]:
        """The auctions of the day whose entry has ended and whose price is due by then; not those ``held`` already."""
        at = datetime.fromtimestamp(exchange_time / 1000, UTC)
        day = at.astimezone(IST).date()
        for kind, entry, match, boards in AUCTIONS:
            starts = {row.window: row.start for row in reversed(self._calendar.hours(day, boards[0]))}
            if kind in held or entry not in starts or match not in starts:
                continue
            began, ended = (datetime.combine(day, starts[each], IST) for each in (entry, match))
            last = time(23) if kind == auctions.CLOSE else starts[Window.CONTINUOUS]
            if ended + SOON_AFTER[match] <= at < datetime.combine(day, last, IST):
                yield Entry(
                    kind, self._listed(boards, day), _ms(began), _ms(ended), self._sure(day, boards[0], match, ended),
                    self._over(day, boards[0], kind),
                )  # fmt: skip

    def reopenings(self, exchange_time: int, held: Container[str]) -> Iterator[Entry]:
        """The same of the call auctions after the day's halts."""
        at = datetime.fromtimestamp(exchange_time / 1000, UTC)
        day = at.astimezone(IST).date()
        hours = self._calendar.hours(day, REOPENING[0])
        entries, matches = (
            [row for row in hours if row.window is each] for each in (Window.REOPEN_ENTRY, Window.REOPEN_MATCH)
        )
        for kind, entry, match in zip(auctions.REOPENINGS, entries, matches, strict=False):
            began, ended, over = (datetime.combine(day, each, IST) for each in (entry.start, match.start, match.end))
            if kind not in held and ended + SOON_AFTER[Window.REOPEN_MATCH] <= at < over:
                yield Entry(kind, self._listed(REOPENING, day), _ms(began), _ms(ended), _ms(ended), _ms(over))

    def _sure(self, day: date, board: Board, match: Window, ended: datetime) -> int:
        """The earliest moment at which an exchange that ends the entry by chance may do so, in ms since the epoch."""
        plain = self._calendar.under(self._calendar.session, "").hours(day, board)
        early = max((row.early for row, after in pairwise(plain) if after.window is match), default=0)
        ends = next((row.start for row in plain if row.window is match), ended.astimezone(IST).time())
        return _ms(datetime.combine(day, ends, IST) - timedelta(seconds=early))

    def _over(self, day: date, board: Board, kind: str) -> int:
        """When what trades after an auction begins to be something else."""
        after = Window.POST_CLOSE if kind == auctions.CLOSE else Window.CONTINUOUS
        starts = [row.start for row in self._calendar.hours(day, board) if row.window is after]
        return _ms(datetime.combine(day, starts[0] if starts else time(23), IST))

    def _board(self, instrument_id: int) -> Board:
        assert self.master is not None
        return self.master.board(instrument_id)

    def _listed(self, boards: Container[Board], day: date) -> tuple[int, ...]:
        """What trades on those boards on a date; indices do not."""
        assert self.master is not None
        traded = (one for one in self.master.listed(day) if one.kind is not Kind.INDEX)
        return tuple(one.id for one in traded if self._board(one.id) in boards)

    def shut(self, book: Book, depth: Depth, anew: bool) -> None:
        """Mark the slots that match nothing: of new instruments, and of all where windows changed."""
        known = len(self._boards)
        if not anew and known == len(book.slots):
            return
        self._boards += [self._board(one) for one in book.slots.instruments[known:]]
        closed = {board for board, window in self._windows.items() if window not in MATCHING}
        depth.shut_all(np.array([board in closed for board in self._boards], dtype=np.bool_))

    def lapsing(
        self, orders: Iterable[Resting], exchange_time: int, bands: Mapping[int, lapses.Band], auctioned: bool
    ) -> list[Lapse]:
        """The orders that may not rest any longer. ``auctioned`` says that the closing auction is over and
        that its trades are written."""
        at = datetime.fromtimestamp(exchange_time / 1000, UTC)
        found: list[Lapse] = []
        for order in orders:
            board = self._board(order.instrument_id)
            why = lapses.not_for_auction(self._windows[board], order)
            if why is None and board in BANDED:
                why = lapses.outside_band(order, bands.get(order.instrument_id, (None, None)))
            auction = board is Board.AUCTION_SHARE and self._has_auction(at)
            if why is None and (auctioned or not auction):
                why = lapses.day_is_over(self._ends[board], order, at, auction)
            if why is not None:
                found.append(Lapse(order.order_id, order.account_id, order.instrument_id, *why))
        return found

    def _has_auction(self, at: datetime) -> bool:
        hours = self._calendar.hours(at.astimezone(IST).date(), Board.AUCTION_SHARE)
        return any(row.window is Window.AUCTION_MATCH for row in hours)


def _ms(at: datetime) -> int:
    return int(at.timestamp() * 1000)
