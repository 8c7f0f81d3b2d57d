"""A closed day's positions, worked out again from trades and settlement prices alone.

The same arithmetic that the fills went through, in the same order, gives the same rows to the paisa; what
the ledger says was realised on the day is the proof, and ``proven`` refuses rows that it contradicts.
"""

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from core.account import Broken
from core.corporate import adjust, adjust_lots
from core.orders import Product, Side
from core.positions import Lot, Position, apply_fill, join, sell_lots, take_lots, take_part, unrealised

Key = tuple[int, Product]


@dataclass(frozen=True, slots=True)
class Traded:
    """A trade as the replay takes it, in the order of its number."""

    id: int
    instrument_id: int
    product: Product
    side: Side
    quantity: int
    price: int
    day: date
    split: tuple[int, int, int] | None = None
    """(becomes, held, close in new units) of a trade of kind SPLIT."""


@dataclass(frozen=True, slots=True)
class Changed:
    """A conversion as the replay takes it; ``quantity`` is signed like the position."""

    id: int
    instrument_id: int
    source: Product
    target: Product
    quantity: int
    day: date


@dataclass(frozen=True, slots=True)
class DayPosition:
    """One row of a day's positions; quantity and mark signed, money in paise, ``settlement`` a unit."""

    instrument_id: int
    product: Product
    quantity: int
    mark: int
    settlement: int
    unrealised: int
    realised: int
    charges: int


@dataclass(slots=True)
class _Replay:
    futures: Container[int]
    positions: dict[Key, Position] = field(default_factory=dict)
    lots: dict[int, list[Lot]] = field(default_factory=dict)

    def trade(self, trade: Traded) -> None:
        key = (trade.instrument_id, trade.product)
        position = self.positions.setdefault(key, Position(0, *key, 0))
        if trade.split is not None:
            self._split(trade, position, *trade.split)
            return
        if trade.product is not Product.CNC:
            apply_fill(position, trade.side, trade.quantity, trade.price)
        elif trade.side is Side.BUY:
            apply_fill(position, trade.side, trade.quantity, trade.price)
            value = trade.quantity * trade.price
            lot = Lot(0, trade.instrument_id, trade.id, trade.quantity, value, trade.day, trade.day)
            self.lots.setdefault(trade.instrument_id, []).append(lot)
        else:
            held = self.lots.get(trade.instrument_id, [])
            sell_lots(position, held, trade.quantity, trade.price)
            self.lots[trade.instrument_id] = [lot for lot in held if lot.quantity]

    def _split(self, trade: Traded, position: Position, becomes: int, held: int, close: int) -> None:
        after = position.quantity + trade.side.sign * trade.quantity
        # The trade says what the position became, so that no lots need to be known.
        found = adjust(position, becomes, held, close, (position.quantity, after))
        lots = self.lots.get(trade.instrument_id, [])
        if trade.product is Product.CNC:
            adjust_lots(lots, becomes, held, found.cost)
            self.lots[trade.instrument_id] = [lot for lot in lots if lot.quantity]

    def convert(self, change: Changed) -> None:
        source, target = (
            self.positions.setdefault((change.instrument_id, each), Position(0, change.instrument_id, each, 0))
            for each in (change.source, change.target)
        )
        units, held = abs(change.quantity), self.lots.setdefault(change.instrument_id, [])
        if change.source is Product.CNC:
            cost = mark = take_lots(source, [lot for lot in held if lot.bought_on == change.day], units)
            held[:] = [lot for lot in held if lot.quantity]
        else:
            cost, mark = take_part(source, units)
        join(target, change.quantity, cost, mark)
        if change.target is Product.CNC:
            held.append(Lot(0, change.instrument_id, change.id, units, cost, change.day, change.day))

    def mark(self, prices: Mapping[int, int]) -> None:
        for position in self.positions.values():
            if position.quantity and position.instrument_id in self.futures:
                value = position.quantity * _price(prices, position)
                position.realised += value - position.mark
                position.mark = value

    def forget(self) -> None:
        """A new day: what is counted by the day starts again."""
        for each in self.positions.values():
            each.realised = each.day_buy_quantity = each.day_sell_quantity = 0


def _price(prices: Mapping[int, int], position: Position) -> int:
    found = prices.get(position.instrument_id)
    if found is None:
        raise Broken(f"there is no settlement price of instrument {position.instrument_id}")
    return found


def day_positions(
    day: date,
    trades: Sequence[Traded],
    prices: Mapping[date, Mapping[int, int]],
    marked_on: Iterable[date],
    futures: Container[int],
    charges: Mapping[Key, int],
    conversions: Sequence[Changed] = (),
) -> list[DayPosition]:
    """The rows of ``day`` from all trades and conversions up to it. ``marked_on`` are the days on which the ledger
    marked futures (others changed nothing); ``prices`` has their settlement prices and the day's own, by date and
    instrument.

    Raises Broken where a price that is needed is not there, and ValueError where shares were sold that the
    trades never bought.
    """
    marked = {each for each in marked_on if each <= day}
    replay = _Replay(futures)
    happened: list[Traded | Changed] = sorted([*trades, *conversions], key=lambda one: one.id)
    pending = iter(happened)
    one = next(pending, None)
    for now in sorted(marked | {each.day for each in happened if each.day <= day} | {day}):
        replay.forget()
        while one is not None and one.day <= now:
            replay.convert(one) if isinstance(one, Changed) else replay.trade(one)
            one = next(pending, None)
        if now in marked:
            replay.mark(prices.get(now, {}))
    closes = prices.get(day, {})
    found = [_row(each, closes, charges) for each in replay.positions.values() if _happened(each)]
    return sorted(found, key=lambda row: (row.instrument_id, row.product))


def _happened(position: Position) -> bool:
    counted = position.day_buy_quantity or position.day_sell_quantity
    return bool(position.quantity or position.realised or counted)


def _row(position: Position, closes: Mapping[int, int], charges: Mapping[Key, int]) -> DayPosition:
    settlement = _price(closes, position) if position.quantity else closes.get(position.instrument_id, 0)
    return DayPosition(
        position.instrument_id,
        position.product,
        position.quantity,
        position.mark,
        settlement,
        unrealised(position, settlement) if position.quantity else 0,
        position.realised,
        charges.get((position.instrument_id, position.product), 0),
    )


def proven(day: date, rows: Sequence[DayPosition], realised: int) -> Sequence[DayPosition]:
    """The rows, if they realise what the ledger says; raises Broken otherwise, so that nothing wrong is kept."""
    total = sum(row.realised for row in rows)
    if total != realised:
        raise Broken(f"the trades of {day} realise {total}, the ledger {realised}")
    return rows
