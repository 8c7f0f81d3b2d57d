"""Trades matched first in, first out into round trips, and what they tell of a trader.

A round trip is what one closing order took from one opening order of an instrument and product: ten
partial fills of an order are one trip, not ten. Its charges are the shares of both orders' charges that
its units carry, to the paisa: over all trips and what is still open they add up to what was charged.
"""

from bisect import bisect_right
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from itertools import pairwise

from core.money import half_up
from core.orders import Product, Side


@dataclass(frozen=True, slots=True)
class Execution:
    """A trade as matching takes it, in the order of its number; ``charges`` in paise, of this trade alone."""

    trade_id: int
    order_id: int | None
    instrument_id: int
    product: Product
    side: Side
    quantity: int
    price: int
    charges: int
    at: datetime
    day: date
    split: tuple[int, int] | None = None
    """(becomes, held) of a trade of kind SPLIT."""
    worth: int | None = None
    tag: str = ""
    """What the order was marked with; empty without a mark."""

    @property
    def value(self) -> int:
        """What all its units were worth: what they traded for, also after a split has multiplied them."""
        return self.quantity * self.price if self.worth is None else self.worth

    def value_of(self, first: int, last: int) -> int:
        """The value of the units from ``first`` up to ``last``; the parts of a trade add up to its whole."""
        return half_up(self.value * last, self.quantity) - half_up(self.value * first, self.quantity)

    def charges_of(self, first: int, last: int) -> int:
        """The charges of the units from ``first`` up to ``last``; the parts of a trade add up to its whole."""
        return half_up(self.charges * last, self.quantity) - half_up(self.charges * first, self.quantity)


@dataclass(frozen=True, slots=True)
class Converted:
    """Units that went on in another product; numbered with the executions. ``quantity`` counts them, unsigned."""

    trade_id: int
    instrument_id: int
    source: Product
    target: Product
    quantity: int
    day: date


@dataclass(slots=True)
class RoundTrip:
    """``side`` is the opening one: BUY for a long, and ``tag`` the opening order's. Values and charges in paise;
    ``_on`` are trading dates."""

    instrument_id: int
    product: Product
    side: Side
    opened_at: datetime
    closed_at: datetime
    opened_on: date
    closed_on: date
    quantity: int = 0
    opening_value: int = 0
    closing_value: int = 0
    charges: int = 0
    tag: str = ""

    @property
    def gross(self) -> int:
        """Profit before charges."""
        return (self.closing_value - self.opening_value) * self.side.sign

    @property
    def net(self) -> int:
        """Profit after the charges of both sides."""
        return self.gross - self.charges

    def excursions(self, low: int, high: int) -> tuple[int, int]:
        """How far it went against the trader (0 or below) and for them (0 or above) while it was held, in paise of all
        its units, where ``low`` and ``high`` were the lowest and the highest price; its own end counts too."""
        ways = [(price * self.quantity - self.opening_value) * self.side.sign for price in (low, high)]
        return min(0, self.gross, *ways), max(0, self.gross, *ways)

    @property
    def seconds(self) -> int:
        """How long it was held: from the first unit bought (or sold short) to the last one closed."""
        return int((self.closed_at - self.opened_at).total_seconds())


@dataclass(slots=True)
class _Open:
    """What is still open of an execution: its units from ``used`` up to ``end``."""

    by: Execution
    used: int
    end: int

    @property
    def left(self) -> int:
        return self.end - self.used


_Trips = dict[tuple[int, Product, Side, int, int], RoundTrip]


@dataclass(slots=True)
class _Matcher:
    open: dict[tuple[int, Product], deque[_Open]] = field(default_factory=dict)
    trips: _Trips = field(default_factory=dict)

    def take(self, trade: Execution) -> None:
        queue = self.open.setdefault((trade.instrument_id, trade.product), deque())
        if trade.split is not None:
            self._split(queue, *trade.split)
            return
        used = 0
        while queue and used < trade.quantity and queue[0].by.side is not trade.side:
            opened = queue[0]
            part = min(opened.left, trade.quantity - used)
            self._add(opened, trade, used, part)
            opened.used += part
            used += part
            if not opened.left:
                queue.popleft()
        if used < trade.quantity:
            queue.append(_Open(trade, used, trade.quantity))

    def convert(self, change: Converted) -> None:
        """Open units go to the other product's queue, oldest first; of delivered shares those of the day."""
        source = self.open.setdefault((change.instrument_id, change.source), deque())
        target = self.open.setdefault((change.instrument_id, change.target), deque())
        left = change.quantity
        for opened in list(source):
            if not left:
                break
            if change.source is Product.CNC and opened.by.day != change.day:
                continue
            part = min(left, opened.left)
            target.append(_Open(opened.by, opened.used, opened.used + part))
            opened.used += part
            left -= part
            if not opened.left:
                source.remove(opened)

    @staticmethod
    def _split(queue: deque[_Open], becomes: int, held: int) -> None:
        """What is open goes on in new units at what each was worth; a fraction is cut off."""
        before = after = 0
        for opened in list(queue):
            by, left = opened.by, opened.left
            before += left
            quantity = before * becomes // held - after
            after += quantity
            worth = half_up(by.value_of(opened.used, by.quantity) * quantity * held, left * becomes) if left else 0
            charges = by.charges_of(opened.used, by.quantity)
            opened.by, opened.used = replace(by, quantity=quantity, worth=worth, charges=charges), 0
            if not quantity:
                queue.remove(opened)

    def _add(self, opened: _Open, trade: Execution, used: int, part: int) -> None:
        first = opened.by
        key = (trade.instrument_id, trade.product, first.side, _cause(first), _cause(trade))
        trip = self.trips.get(key)
        if trip is None:
            trip = self.trips[key] = RoundTrip(*key[:3], first.at, trade.at, first.day, trade.day, tag=first.tag)
        trip.opened_at, trip.closed_at = min(trip.opened_at, first.at), max(trip.closed_at, trade.at)
        trip.opened_on, trip.closed_on = min(trip.opened_on, first.day), max(trip.closed_on, trade.day)
        trip.quantity += part
        trip.opening_value += first.value_of(opened.used, opened.used + part)
        trip.closing_value += trade.value_of(used, used + part)
        trip.charges += first.charges_of(opened.used, opened.used + part) + trade.charges_of(used, used + part)


def _cause(trade: Execution) -> int:
    """The order, or the trade itself where no order stands behind it: never the same number."""
    return trade.order_id if trade.order_id is not None else -trade.trade_id


def match(executions: Iterable[Execution | Converted]) -> list[RoundTrip]:
    """The round trips of an account's trades, given in order of their numbers; in the order they were closed."""
    matcher = _Matcher()
    for each in executions:
        if isinstance(each, Converted):
            matcher.convert(each)
        else:
            matcher.take(each)
    return sorted(matcher.trips.values(), key=lambda trip: (trip.closed_at, trip.opened_at))


@dataclass(frozen=True, slots=True)
class Summary:
    """What some round trips have in common. Money in paise, times in seconds; None where there is no such trip.

    ``win_rate`` is wins among wins and losses: trips that ended at exactly nothing are ``zeroes``, apart.
    ``profit_factor`` is None without losses, and ``payoff`` without both. ``expectancy_r`` is the mean net profit in
    units of R, the average loss: None without losses.
    """

    trips: int
    wins: int
    losses: int
    zeroes: int
    gross: int
    charges: int
    net: int
    win_rate: float | None
    average_win: int | None
    average_loss: int | None
    payoff: float | None
    profit_factor: float | None
    expectancy: int | None
    expectancy_r: float | None
    won: int
    lost: int
    best: int | None
    worst: int | None
    held: int | None
    held_wins: int | None
    held_losses: int | None
    longest_wins: int
    longest_losses: int


def summary(trips: Sequence[RoundTrip]) -> Summary:
    """The figures of some round trips, net of charges; ``expectancy`` is the mean net profit."""
    nets = [trip.net for trip in trips]
    held = [trip.seconds for trip in trips]
    charges = sum(trip.charges for trip in trips)
    wins, losses = [net for net in nets if net > 0], [net for net in nets if net < 0]
    won, lost = sum(wins), -sum(losses)
    decided = len(wins) + len(losses)
    return Summary(
        trips=len(trips),
        wins=len(wins),
        losses=len(losses),
        zeroes=len(trips) - decided,
        gross=won - lost + charges,
        charges=charges,
        net=won - lost,
        win_rate=len(wins) / decided if decided else None,
        average_win=_mean(wins),
        average_loss=_mean(losses),
        payoff=(won * len(losses)) / (lost * len(wins)) if wins and losses else None,
        profit_factor=won / lost if losses else None,
        expectancy=_mean(nets),
        expectancy_r=((won - lost) * len(losses)) / (len(nets) * lost) if losses else None,
        won=won,
        lost=-lost,
        best=max(nets, default=None),
        worst=min(nets, default=None),
        held=_mean(held),
        held_wins=_mean([time for time, net in zip(held, nets, strict=True) if net > 0]),
        held_losses=_mean([time for time, net in zip(held, nets, strict=True) if net < 0]),
        longest_wins=_streak(net > 0 for net in nets),
        longest_losses=_streak(net < 0 for net in nets),
    )


STEPS = (-2, -1, 0, 1, 2, 3)
"""Whole numbers of R between which results are counted together."""


def spread(trips: Sequence[RoundTrip]) -> list[tuple[int | None, int | None, list[RoundTrip]]]:
    """Round trips by their result in R, the average loss: (from, below, those trips), worst first and none empty.

    None is unbounded; what ended at exactly nothing is counted with the wins below 1 R. Empty without losses, because
    R is not known then.
    """
    losses = [-trip.net for trip in trips if trip.net < 0]
    if not losses:
        return []
    # net ÷ (sum of losses ÷ their number), without a division
    edges = [step * sum(losses) for step in STEPS]
    groups: list[list[RoundTrip]] = [[] for _ in range(len(STEPS) + 1)]
    for trip in trips:
        groups[bisect_right(edges, trip.net * len(losses))].append(trip)
    ranges = pairwise((None, *STEPS, None))
    return [(low, high, inside) for (low, high), inside in zip(ranges, groups, strict=True) if inside]


def _mean(values: Sequence[int]) -> int | None:
    return half_up(sum(values), len(values)) if values else None


def _streak(hits: Iterable[bool]) -> int:
    longest = now = 0
    for hit in hits:
        now = now + 1 if hit else 0
        longest = max(longest, now)
    return longest
