"""What TrueData's messages amount to: words of symbols in their order, without repeats, ready for a board."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import repeat

import numpy as np
import numpy.typing as npt

from core.frames import DEPTH
from feeds.live import truedata_columns as columns
from feeds.live import truedata_shapes as shapes
from feeds.live import truedata_wire as wire
from feeds.live.ticks import DEPTH_AT, LEADING, NAN, SIDES, WIDTH, Board, Floats, Ints, turns
from feeds.live.truedata_columns import Lot
from feeds.live.truedata_shapes import Shape

# A sequence that begins anew so long after the last tick is a new sequence, not an old tick.
RESTART_MS = 5_000
# The vendor's times name a second; this is its last millisecond. Clocks nearer than ``NEAR`` are believed to agree.
SECOND, NEAR, FAR = 999, 1_500, 600_000
_TRADE, _BOOK, _QUOTE = range(3)
_KNOWN = np.dtype(
    [("slot", np.int64), ("seq", np.int64, (2,)), ("at", np.int64, (3,)), ("deep", np.bool_), ("ticks", np.bool_)]
)
# A row as the board takes it: the slot, then its columns.
_AT = {name: 1 + number for number, name in enumerate(LEADING)}
_SIDE_AT = {name: 1 + DEPTH_AT[name] for name in SIDES}
_DEPTH = slice(1 + DEPTH_AT[SIDES[0]], 1 + DEPTH_AT[SIDES[-1]] + DEPTH)

Numbered = tuple[Ints, Floats]  # rows for the board, and which message each is from


class Words:
    """Reads messages, drops what is old or was said before, counts by name, and passes the rest on.

    Called by the link's thread alone; ``now`` (ms since the epoch) is set by it before messages are read. ``heard`` is
    told of them, with the ms that each was under way beyond the second that the vendor names (below 0: not known).
    What is known of a symbol on this connection, its sequences and whether five levels were shown, stands in arrays.
    """

    def __init__(self, board: Board, heard: Callable[[float, Floats], None]) -> None:
        self._board, self._heard = board, heard
        self.counted: Counter[str] = Counter()
        self.now = 0
        self._ahead = 0  # by how much the vendor's clock runs ahead of ours
        self._by_id: dict[str | int, int] = {}  # also by the number that an id is, where it is written in no other way
        self._id_of: dict[str, str] = {}
        self._known = np.zeros(256, _KNOWN)
        self._free = list(range(256))

    def join(self, key: str, snapshot: wire.Trade, ticks: bool) -> None:
        """A symbol has been added; what stood in its entry is a picture, perhaps of an old trade."""
        number = self._by_id.get(snapshot.symbol_id, -1)
        if number < 0:
            if not self._free:
                more = len(self._known)
                self._free = list(range(more, 2 * more))
                self._known = np.concatenate([self._known, np.zeros(more, _KNOWN)])
            number = self._free.pop()
        self._by_id |= dict.fromkeys(_names(snapshot.symbol_id), number)
        self._id_of[key] = snapshot.symbol_id
        self._known[number] = (self._board.slot(key), 0, (snapshot.at, 0, 0), False, ticks)
        (lot,) = columns.gathered([(0, snapshot)])
        sent = np.array([self.now + self._ahead], np.int64)
        self._board.take(whole=self._said(lot, np.array([number]), sent, picture=1.0))

    def leave(self, key: str) -> None:
        """A symbol is not wanted any more; what is still under way of it is none of ours."""
        symbol_id = self._id_of.pop(key, None)
        if symbol_id is not None and symbol_id in self._by_id:
            self._free.append(self._by_id[symbol_id])
            for name in _names(symbol_id):
                del self._by_id[name]

    def read(self, messages: Sequence[bytes]) -> Iterator[wire.Message]:
        """Takes messages in, and hands answers on for what they may mean to the line, each at its turn: what comes
        behind the answer to a wish may be of the symbols that it lists."""
        likes = shapes.of(messages)
        others = [number for number, like in enumerate(likes) if like is None]
        said = dict(zip(others, columns.decoded([messages[number] for number in others]), strict=True))
        begin = 0
        for number, one in said.items():
            if type(one) is dict and "success" in one:
                self._take(range(begin, number), messages, likes, said)
                begin = number + 1
                yield self._answer(wire.parse(messages[number]))
        self._take(range(begin, len(messages)), messages, likes, said)

    def _answer(self, message: wire.Message) -> wire.Message:
        lag = -1.0
        match message:
            case wire.Heartbeat():
                lag = self._heartbeat(message)
            case wire.Odd(what):
                self._odd(what)
            case wire.Symbols():
                self._board.garbage += message.unread
                self.counted["unread_symbols"] += message.unread
            case _:
                self.counted[type(message).__name__.lower()] += 1
        self._heard(self.now, np.array([lag]))
        return message

    def _take(
        self, which: range, messages: Sequence[bytes], likes: Sequence[Shape | None], said: Mapping[int, object]
    ) -> None:
        """Trades, books and quotes by their shapes or by columns; the rest, and what is wrong, one by one. ``said`` has
        what the messages without a shape say in JSON."""
        if not which:
            return
        by_kind: dict[str, Lot] = {}
        quick, bad = shapes.lots(which, messages, likes)
        left = [(number, one) for number, one in said.items() if number in which]
        left += zip(bad, columns.decoded([messages[number] for number in bad]), strict=True)
        lots, others = columns.lots(left)
        singles = [(number, wire.parse(messages[number])) for number in others]
        for lot in (*quick, *lots, *columns.gathered(singles)):
            _add(by_kind, lot)
        lags = np.full(len(messages), NAN)
        rows: list[Numbered] = []
        for number, message in singles:
            match message:
                case wire.Minutes():
                    rows += self._minutes(number, message)
                case wire.Odd(what):
                    self._odd(what)
                case wire.Trade() | wire.Book() | wire.Quote():
                    pass
                case _:
                    self.counted[type(message).__name__.lower()] += 1
        rows += [read(self, by_kind[kind], lags) for kind, read in self._KINDS.items() if kind in by_kind]
        if rows:
            order = np.argsort(np.concatenate([at for at, _ in rows]), kind="stable")
            whole = np.concatenate([each for _, each in rows])[order]
            if len(whole):
                self._board.take(whole=whole)
        lags = lags[which.start : which.stop]
        self._heard(self.now, np.where(np.isnan(lags), -1.0, lags))

    def _odd(self, what: str) -> None:
        self._board.garbage += 1
        self.counted[what] += 1

    def _drop(self, why: str, many: int) -> None:
        if many:
            self._board.late += many
            self.counted[why] += many

    def _numbers(self, lot: Lot) -> tuple[Ints, Ints]:
        """Which of a lot's messages are of symbols that were added, and the symbols' numbers."""
        ids = lot.ids.tolist() if isinstance(lot.ids, np.ndarray) else lot.ids
        numbers = np.fromiter(map(self._by_id.get, ids, repeat(-1)), np.int64, len(ids))
        which = np.flatnonzero(numbers >= 0)
        if len(which) < len(numbers):
            self.counted["stranger"] += len(numbers) - len(which)
        return which, numbers[which]

    def _in_order(self, kind: int, which: Ints, numbers: Ints, seqs: Ints, times: Ints) -> tuple[Ints, Ints]:
        """By the sequence, since a second holds many ticks; a tick said before or too late is dropped and counted."""
        if not len(which) or self._rise(kind, which, numbers, seqs, times):
            return which, numbers
        kept = np.zeros(len(which), np.bool_)
        known, at = self._known["seq"][:, kind], self._known["at"][:, kind]
        for turn in turns(numbers):
            ours, seq, time = numbers[turn], seqs[which[turn]], times[which[turn]]
            before = known[ours]
            again = (seq == before) & (before != 0)
            old = (seq < before) & (time - at[ours] < RESTART_MS)
            self._drop("duplicate", int(np.count_nonzero(again)))
            self._drop("out_of_order", int(np.count_nonzero(old)))
            good = ~(again | old)
            missed = (seq - before - 1)[good & (before != 0) & (seq > before + 1)]
            if len(missed):
                self.counted["missed"] += int(missed.sum())
            known[ours[good]], at[ours[good]] = seq[good], time[good]
            kept[turn] = good
        return which[kept], numbers[kept]

    def _rise(self, kind: int, which: Ints, numbers: Ints, seqs: Ints, times: Ints) -> bool:
        """Whether all sequences rise, as they nearly always do; then they are taken in at once."""
        order = np.argsort(numbers, kind="stable")
        ours, seq = numbers[order], seqs[which[order]]
        known, at = self._known["seq"][:, kind], self._known["at"][:, kind]
        first = np.append(True, ours[1:] != ours[:-1])
        before = np.where(first, known[ours], np.append(0, seq[:-1]))
        if not (seq > before).all():
            return False
        missed = int((seq - before - 1)[before != 0].sum())
        if missed:
            self.counted["missed"] += missed
        last = np.append(first[1:], True)
        known[ours[last]], at[ours[last]] = seq[last], times[which[order]][last]
        return True

    def _trades(self, lot: Lot, lags: Floats) -> Numbered:
        which, numbers = self._in_order(_TRADE, *self._numbers(lot), lot.units[2], lot.times)
        lags[lot.at[which]] = np.maximum(0, self.now - lot.times[which] - SECOND)
        lot = Lot(lot.kind, lot.at[which], (), lot.times[which], lot.prices[:, which], lot.units[:, which])
        return lot.at, self._said(lot, numbers, self._sent(lot.times), picture=0.0)

    def _said(self, lot: Lot, numbers: Ints, sent: Ints, picture: float) -> Floats:
        rows = self._rows(numbers, sent)
        rupees = np.where(lot.prices == 0, NAN, lot.prices / 100)  # a price of 0 says that there is none yet
        rows[:, _AT["trade_time"]], rows[:, _AT["snapshot"]] = lot.times, picture
        for name, column in zip(("last_price", "open", "high", "low", "prev_close"), rupees, strict=False):
            rows[:, _AT[name]] = column
        rows[:, _AT["volume"]], rows[:, _AT["oi"]] = lot.units[0], lot.units[1]
        flat = np.flatnonzero(~self._known["deep"][numbers])
        self._top(rows, flat, lot.prices[5:7, flat], lot.units[3:5, flat])
        return rows

    def _books(self, lot: Lot, lags: Floats) -> Numbered:
        which, numbers = self._in_order(_BOOK, *self._numbers(lot), lot.units[0], lot.times)
        self._known["deep"][numbers] = True
        rows = self._rows(numbers, self._sent(lot.times[which]))
        prices, units = lot.prices[:, which] / 100, lot.units[1:, which]
        for n, side in enumerate(("bid", "ask")):
            levels = slice(n * DEPTH, (n + 1) * DEPTH)
            for name, numbers_of in (("price", prices), ("quantity", units), ("orders", units[2 * DEPTH :])):
                begin = _SIDE_AT[f"{side}_{name}"]
                rows[:, begin : begin + DEPTH] = numbers_of[levels].T
        return lot.at[which], rows

    def _quotes(self, lot: Lot, lags: Floats) -> Numbered:
        which, numbers = self._numbers(lot)
        flat = ~self._known["deep"][numbers]  # five levels say more than one
        which, numbers = which[flat], numbers[flat]
        kept, at = np.zeros(len(which), np.bool_), self._known["at"][:, _QUOTE]
        for turn in turns(numbers):
            ours, times = numbers[turn], lot.times[which[turn]]
            kept[turn] = good = times >= at[ours]
            at[ours[good]] = times[good]
        self._drop("out_of_order", int(np.count_nonzero(~kept)))
        which, numbers = which[kept], numbers[kept]
        rows = self._rows(numbers, self._sent(lot.times[which]))
        self._top(rows, np.arange(len(rows)), lot.prices[:, which], lot.units[:, which])
        return lot.at[which], rows

    # Books first: where five levels were shown, the best one of a trade or a quote does not overwrite them.
    _KINDS = {"bidaskL2": _books, "trade": _trades, "bidask": _quotes}  # noqa: RUF012 - nobody changes it

    def _rows(self, numbers: Ints, sent: npt.ArrayLike) -> Floats:
        rows = np.full((len(numbers), 1 + WIDTH), NAN)
        rows[:, 0] = self._known["slot"][numbers]
        rows[:, _AT["snapshot"]], rows[:, _AT["sent"]], rows[:, _AT["received"]] = 0.0, sent, self.now
        return rows

    def _top(self, rows: Floats, which: Ints, prices: Ints, units: Ints) -> None:
        """The best level of both sides, and that there is no other."""
        rows[which, _DEPTH] = 0.0
        for side, price, quantity in zip(("bid", "ask"), prices, units, strict=True):
            rows[which, _SIDE_AT[f"{side}_price"]], rows[which, _SIDE_AT[f"{side}_quantity"]] = price / 100, quantity

    def _minutes(self, number: int, bar: wire.Minutes) -> list[Numbered]:
        """Where an account has no ticks, the close of a minute is the last price that is known; else nothing new."""
        self.counted["bars"] += 1
        symbol = self._by_id.get(bar.symbol_id)
        if symbol is None or self._known["ticks"][symbol] or bar.length != 1:
            return []
        rows = self._rows(np.array([symbol]), self.now + self._ahead)
        rows[0, _AT["trade_time"]] = bar.at
        if bar.close:
            rows[0, _AT["last_price"]] = bar.close / 100
        return [(np.array([number]), rows)]

    def _heartbeat(self, beat: wire.Heartbeat) -> float:
        self.counted["heartbeat"] += 1
        ahead = beat.at - self.now
        if not beat.at or abs(ahead) > FAR:
            return -1.0
        self._ahead = ahead if abs(ahead) > NEAR else 0
        return float(max(0, -ahead))

    def _sent(self, at: Ints) -> Ints:
        """When within the second that the vendor names, so that two words of a second are told apart."""
        return np.minimum(np.maximum(self.now + self._ahead, at), at + SECOND)


def _names(symbol_id: str) -> tuple[str | int, ...]:
    """By what a message may call a symbol: a number where the id is written as that number and in no other way."""
    plain = symbol_id.isascii() and symbol_id.isdigit() and not symbol_id.startswith("0")
    return (symbol_id, int(symbol_id)) if plain else (symbol_id,)


def _add(by_kind: dict[str, Lot], lot: Lot) -> None:
    """Of one kind there may be several shapes, and messages that have none."""
    by_kind[lot.kind] = columns.joined(by_kind[lot.kind], lot) if lot.kind in by_kind else lot
