"""TrueData's commonest messages where no shape is known for them (``truedata_shapes``), many at a time: the same values
as ``truedata_wire`` gives, column by column.

A trade by itself costs more to make into an object than to read. What a thousand of them say stands in columns of
text; a column of prices that all look alike becomes whole paise in a few calls, and one that does not is read text by
text. Whatever cannot be read so is left to ``truedata_wire``, which knows its name.
"""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import orjson

from feeds.live import truedata_wire as wire

Ints = npt.NDArray[np.int64]
# The quick ways take prices of so many digits at most, counts of so many: no more fits in what a frame keeps.
LONGEST, LONGEST_COUNT = 11, 15


class Layout(NamedTuple):
    """Where a kind's fields stand: ``least`` as many are there, as ``truedata_wire`` wants them; prices, counts, and
    counts at a level (``shown``), which a frame keeps in 32 bits. First come the symbol's id and the time."""

    least: int
    prices: Sequence[int]
    units: Sequence[int]
    shown: Sequence[int]


_BOOK = 3 + 6 * wire.LEVELS
LAYOUTS = {
    # Last, open, high, low, previous close, bid, ask; volume, interest, sequence; the quantities of bid and ask.
    "trade": Layout(19, (2, 6, 7, 8, 9, 15, 17), (5, 10, 14), (16, 18)),
    "bidaskL2": Layout(_BOOK, range(3, _BOOK, 3), (2,), (*range(4, _BOOK, 3), *range(5, _BOOK, 3))),
    "bidask": Layout(6, (2, 4), (), (3, 5)),
}


class Lot(NamedTuple):
    """Messages of one kind: where each stood among all (``at``), whose it is, its time in ms, and its numbers.

    ``ids`` are as written, or whole numbers where each is a number that could be written in no other way.
    ``prices`` (paise) and ``units`` have a row a column: of a trade last, open, high, low, previous close, bid, ask,
    and volume, interest, sequence, bid's and ask's quantity; of a quote bid, ask, and their quantities; of a book ten
    prices, bids first, and the sequence, ten quantities, ten numbers of orders.
    """

    kind: str
    at: Ints
    ids: Sequence[str] | Ints
    times: Ints
    prices: Ints
    units: Ints


def decoded(messages: Sequence[bytes]) -> list[Any]:
    """What each message says in JSON; None for one that is none."""
    if all(one[:1] == b"{" and one[-1:] == b"}" for one in messages):
        try:
            said = orjson.loads(b"[" + b",".join(messages) + b"]")
        except ValueError:
            said = ()
        if len(said) == len(messages):
            return list(said)
    return [_decoded(one) for one in messages]


def _decoded(message: bytes) -> Any:
    try:
        return orjson.loads(message)
    except ValueError:
        return None


def lots(said: Sequence[tuple[int, Any]]) -> tuple[list[Lot], list[int]]:
    """The trades, books and quotes among numbered decoded messages, and the numbers of all other messages."""
    found: dict[str, tuple[list[int], list[list[str]]]] = {kind: ([], []) for kind in LAYOUTS}
    others: list[int] = []
    for number, one in said:
        if type(one) is dict and len(one) == 1:
            ((kind, fields),) = one.items()
            layout = LAYOUTS.get(kind)
            if layout is not None and type(fields) is list and len(fields) >= layout.least:
                found[kind][0].append(number)
                found[kind][1].append(fields)
                continue
        others.append(number)
    made = []
    for kind, (at, rows) in found.items():
        if rows:
            try:
                made.append(_lot(kind, at, list(zip(*rows, strict=False))))
            except (ValueError, TypeError):
                others += at  # one of them has something that is wrong, which is named one by one
    return made, sorted(others)


def gathered(singles: Sequence[tuple[int, wire.Message]]) -> list[Lot]:
    """The same lots out of messages that were read one by one, with the number of each."""
    made = []
    for kind, (meant, numbers_of) in _SINGLES.items():
        ours: list[tuple[int, Any]] = [(number, one) for number, one in singles if type(one) is meant]
        if ours:
            numbers = [numbers_of(one) for _, one in ours]
            prices, units = (np.array(column, np.int64).T for column in zip(*numbers, strict=True))
            ids, times = [one.symbol_id for _, one in ours], np.array([one.at for _, one in ours], np.int64)
            made.append(Lot(kind, np.array([number for number, _ in ours], np.int64), ids, times, prices, units))
    return made


def joined(first: Lot, second: Lot) -> Lot:
    """Two lots of one kind as one, in the order in which the messages came."""
    at = np.concatenate([first.at, second.at])
    order = np.argsort(at, kind="stable")
    ids = [str(one) for both in (first.ids, second.ids) for one in both]
    prices, units = (np.concatenate(both, axis=1)[:, order] for both in (
        (first.prices, second.prices), (first.units, second.units),
    ))  # fmt: skip
    times = np.concatenate([first.times, second.times])[order]
    return Lot(first.kind, at[order], [ids[n] for n in order.tolist()], times, prices, units)


def _of_trade(one: wire.Trade) -> tuple[tuple[int, ...], tuple[int, ...]]:
    prices = one.last, one.open, one.high, one.low, one.prev_close, one.bid, one.ask
    return prices, (one.volume, one.oi, one.seq, one.bid_quantity, one.ask_quantity)


def _of_quote(one: wire.Quote) -> tuple[tuple[int, ...], tuple[int, ...]]:
    return (one.bid, one.ask), (one.bid_quantity, one.ask_quantity)


def _of_book(one: wire.Book) -> tuple[tuple[int, ...], tuple[int, ...]]:
    price, shown, orders = zip(*one.bids, *one.asks, strict=True)
    return price, (one.seq, *shown, *orders)


_SINGLES: dict[str, tuple[type, Any]] = {
    "trade": (wire.Trade, _of_trade), "bidaskL2": (wire.Book, _of_book), "bidask": (wire.Quote, _of_quote),
}  # fmt: skip


def _lot(kind: str, at: list[int], columns: list[tuple[str, ...]]) -> Lot:
    layout = LAYOUTS[kind]
    _all_text(columns[: layout.least])
    prices = _prices(columns, layout.prices)
    units = np.stack([*(_units(columns[n]) for n in layout.units), *(_shown(columns[n]) for n in layout.shown)])
    ids = columns[0]
    if not 0 < min(map(len, ids)) <= max(map(len, ids)) <= 40:
        raise ValueError("out_of_range")
    times = np.fromiter(map(wire.instant, columns[1]), np.int64, len(ids))
    return Lot(kind, np.array(at, np.int64), ids, times, prices, units)


def _all_text(columns: Iterable[tuple[str, ...]]) -> None:
    """Raises TypeError where a field that is not read is no text."""
    for column in columns:
        "".join(column)


def _prices(columns: Sequence[tuple[str, ...]], which: Iterable[int]) -> Ints:
    """Rupees as written, in paise. Raises ValueError and TypeError for what is none."""
    wanted = [columns[n] for n in which]
    count = len(wanted[0])
    flat = [text for column in wanted for text in column]
    text = "\n".join(flat)
    if text.isascii():
        data = text.encode()
        letters = np.frombuffer(data, np.uint8)
        ends = np.append(np.flatnonzero(letters == 10), len(letters))
        lengths = np.diff(ends, prepend=-1) - 1
        digits = int(np.count_nonzero((letters >= 48) & (letters <= 57)))
        # Two digits behind each point, nothing but digits else: as nearly all are written.
        alike = len(ends) == len(flat) and digits == len(letters) - 2 * len(flat) + 1
        if alike and lengths.min() > 3 and lengths.max() <= LONGEST and (letters[ends - 3] == 46).all():
            paise = _numbers(data.replace(b".", b""))
            if paise.max() <= wire.HIGHEST:
                return paise.reshape(len(wanted), count)
    return np.fromiter(map(wire.paise, flat), np.int64, len(flat)).reshape(len(wanted), count)


def _units(column: tuple[str, ...]) -> Ints:
    """Counts as written. Raises ValueError and TypeError for what is none."""
    if "" in column:
        column = tuple(text or "0" for text in column)
    text = "".join(column)
    if text.isascii() and text.isdigit() and max(map(len, column)) <= LONGEST_COUNT:
        return _numbers("\n".join(column).encode())
    return np.fromiter(map(wire.units, column), np.int64, len(column))


def _shown(column: tuple[str, ...]) -> Ints:
    """Units at a level, which a frame keeps in 32 bits. Raises as the others do."""
    counts = _units(column)
    if counts.max() > wire.HIGHEST:
        raise ValueError("out_of_range")
    return counts


def _numbers(lines: bytes) -> Ints:
    """Whole numbers, one a line."""
    return np.fromstring(lines, np.int64, sep="\n")
