"""What TrueData's messages amount to: words of symbols in their order, without repeats, ready for a board."""

from collections import Counter
from collections.abc import Callable

from feeds.live import truedata_wire as wire
from feeds.live.ticks import NAN, NO_DEPTH, NO_GREEKS, Board

# A sequence that begins anew so long after the last tick is a new sequence, not an old tick.
RESTART_MS = 5_000
# The vendor's times name a second; this is its last millisecond. Clocks nearer than ``NEAR`` are believed to agree.
SECOND, NEAR, FAR = 999, 1_500, 600_000
_TRADE, _BOOK, _QUOTE = range(3)
_NONE = (0.0,) * 4
_NO_ORDERS = (0.0,) * 5


class _Symbol:
    """What is known of one symbol on this connection: its sequences, and whether five levels were shown."""

    __slots__ = ("at", "deep", "seq", "slot", "ticks")

    def __init__(self, slot: int, ticks: bool) -> None:
        self.slot, self.ticks = slot, ticks
        self.seq = [0, 0]
        self.at = [0, 0, 0]
        self.deep = False


class Words:
    """Reads messages, drops what is old or was said before, counts by name, and passes the rest on in batches.

    Called by the link's thread alone; ``now`` (ms since the epoch) is set by it before a batch. ``heard`` is told of
    each message, with the ms that it was under way beyond the second that the vendor names.
    """

    def __init__(self, board: Board, heard: Callable[[float, float], None]) -> None:
        self._board, self._heard = board, heard
        self.counted: Counter[str] = Counter()
        self.now = 0
        self._ahead = 0  # by how much the vendor's clock runs ahead of ours
        self._by_id: dict[str, _Symbol] = {}
        self._id_of: dict[str, str] = {}
        self._pile: list[tuple[float, ...]] = []
        self._lags: list[float] = []

    def join(self, key: str, snapshot: wire.Trade, ticks: bool) -> None:
        """A symbol has been added; what stood in its entry is a picture, perhaps of an old trade."""
        symbol = _Symbol(self._board.slot(key), ticks)
        self._by_id[snapshot.symbol_id], self._id_of[key] = symbol, snapshot.symbol_id
        symbol.at[_TRADE] = snapshot.at
        self._say(symbol, self.now + self._ahead, snapshot, picture=1.0)

    def leave(self, key: str) -> None:
        """A symbol is not wanted any more; what is still under way of it is none of ours."""
        symbol_id = self._id_of.pop(key, None)
        if symbol_id is not None:
            self._by_id.pop(symbol_id, None)

    def read(self, data: bytes) -> wire.Message:
        """Takes a message in, and hands it back for what it may mean to the line."""
        message = wire.parse(data)
        lag = -1.0
        kind = type(message)
        if kind is wire.Trade:
            lag = self._trade(message)  # type: ignore[arg-type]
        elif kind is wire.Book:
            self._book(message)  # type: ignore[arg-type]
        elif kind is wire.Quote:
            self._quote(message)  # type: ignore[arg-type]
        elif kind is wire.Minutes:
            self._minutes(message)  # type: ignore[arg-type]
        elif kind is wire.Heartbeat:
            lag = self._heartbeat(message)  # type: ignore[arg-type]
        elif kind is wire.Odd:
            self._board.garbage += 1
            self.counted[message.what] += 1  # type: ignore[union-attr]
        elif kind is wire.Symbols:
            self._board.garbage += message.unread  # type: ignore[union-attr]
            self.counted["unread_symbols"] += message.unread  # type: ignore[union-attr]
        else:
            self.counted[kind.__name__.lower()] += 1
        self._lags.append(lag)
        return message

    def flush(self) -> None:
        """Passes on what was read since the last call."""
        pile, self._pile = self._pile, []
        if pile:
            self._board.take(whole=pile)
        lags, self._lags = self._lags, []
        for lag in lags:
            self._heard(self.now, lag)

    def _drop(self, why: str) -> None:
        self._board.late += 1
        self.counted[why] += 1

    def _known(self, symbol_id: str) -> _Symbol | None:
        symbol = self._by_id.get(symbol_id)
        if symbol is None:
            self.counted["stranger"] += 1
        return symbol

    def _is_next(self, symbol: _Symbol, kind: int, seq: int, at: int) -> bool:
        """By the sequence, since a second holds many ticks; a tick said before or too late is dropped and counted."""
        known = symbol.seq[kind]
        if seq == known and known:
            self._drop("duplicate")
            return False
        if seq < known and at - symbol.at[kind] < RESTART_MS:
            self._drop("out_of_order")
            return False
        if seq > known + 1 and known:
            self.counted["missed"] += seq - known - 1
        symbol.seq[kind] = seq
        symbol.at[kind] = at
        return True

    def _trade(self, trade: wire.Trade) -> float:
        symbol = self._known(trade.symbol_id)
        if symbol is None or not self._is_next(symbol, _TRADE, trade.seq, trade.at):
            return -1.0
        self._say(symbol, self._sent(trade.at), trade, picture=0.0)
        return float(max(0, self.now - trade.at - SECOND))

    def _say(self, symbol: _Symbol, sent: int, trade: wire.Trade, picture: float) -> None:
        depth = (
            NO_DEPTH if symbol.deep else _top(trade.bid, trade.bid_quantity, trade.ask, trade.ask_quantity)
        )  # fmt: skip
        self._pile.append(
            (
                symbol.slot, _rupees(trade.last), float(trade.at), _rupees(trade.prev_close), picture, float(sent),
                float(self.now), _rupees(trade.open), _rupees(trade.high), _rupees(trade.low), float(trade.volume),
                float(trade.oi), *depth, *NO_GREEKS,
            )
        )  # fmt: skip

    def _book(self, book: wire.Book) -> None:
        symbol = self._known(book.symbol_id)
        if symbol is None or not self._is_next(symbol, _BOOK, book.seq, book.at):
            return
        symbol.deep = True
        columns = [
            tuple(level[column] / 100 if column == 0 else float(level[column]) for level in side)
            for side in (book.bids, book.asks)
            for column in range(3)
        ]
        self._show(symbol, book.at, tuple(number for column in columns for number in column))

    def _quote(self, quote: wire.Quote) -> None:
        symbol = self._known(quote.symbol_id)
        if symbol is None or symbol.deep:
            return  # five levels say more than one
        if quote.at < symbol.at[_QUOTE]:
            self._drop("out_of_order")
            return
        symbol.at[_QUOTE] = quote.at
        self._show(symbol, quote.at, _top(quote.bid, quote.bid_quantity, quote.ask, quote.ask_quantity))

    def _show(self, symbol: _Symbol, at: int, depth: tuple[float, ...]) -> None:
        times = 0.0, float(self._sent(at)), float(self.now)
        self._pile.append((symbol.slot, NAN, NAN, NAN, *times, NAN, NAN, NAN, NAN, NAN, *depth, *NO_GREEKS))

    def _minutes(self, bar: wire.Minutes) -> None:
        """Where an account has no ticks, the close of a minute is the last price that is known; else nothing new."""
        self.counted["bars"] += 1
        symbol = self._by_id.get(bar.symbol_id)
        if symbol is None or symbol.ticks or bar.length != 1:
            return
        times = float(bar.at), NAN, 0.0, float(self.now + self._ahead), float(self.now)
        self._pile.append((symbol.slot, _rupees(bar.close), *times, *(NAN,) * 5, *NO_DEPTH, *NO_GREEKS))

    def _heartbeat(self, beat: wire.Heartbeat) -> float:
        self.counted["heartbeat"] += 1
        ahead = beat.at - self.now
        if not beat.at or abs(ahead) > FAR:
            return -1.0
        self._ahead = ahead if abs(ahead) > NEAR else 0
        return float(max(0, -ahead))

    def _sent(self, at: int) -> int:
        """When within the second that the vendor names, so that two words of a second are told apart."""
        return min(max(self.now + self._ahead, at), at + SECOND)


def _rupees(paise: int) -> float:
    """Nothing is worth nothing: a price of 0 says that there is none yet."""
    return paise / 100 if paise else NAN


def _top(bid: int, bid_quantity: int, ask: int, ask_quantity: int) -> tuple[float, ...]:
    return (
        bid / 100, *_NONE, float(bid_quantity), *_NONE, *_NO_ORDERS,
        ask / 100, *_NONE, float(ask_quantity), *_NONE, *_NO_ORDERS,
    )  # fmt: skip
