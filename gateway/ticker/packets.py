"""Packets of prices, in the layout that clients of the dialect unpack: big-endian, prices in paise.

Each packet is written once when its instrument changes, whoever asks for it; a frame is cut out of what is written.
"""

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Any

import numpy as np
import numpy.typing as npt

from core.frames import DEPTH, Rows
from core.instruments import Instrument, Kind
from gateway.tokens import token_of

Ids = npt.NDArray[np.int64]
Day = tuple[Ids, Ids, Ids]
_LARGEST = 2**32 - 1


class Mode(StrEnum):
    """How much of a price is sent."""

    LTP = "ltp"
    QUOTE = "quote"
    FULL = "full"


def _layout(*fields: tuple[Any, ...]) -> np.dtype[np.void]:
    """A packet with its length before it."""
    return np.dtype([("length", ">u2"), *fields])


def _numbers(*names: str) -> list[tuple[str, str]]:
    return [(name, ">u4") for name in names]


_LEVEL = np.dtype([("quantity", ">u4"), ("price", ">u4"), ("orders", ">u2"), ("pad", ">u2")])
_LTP = _layout(*_numbers("token", "last"))
_TRADED = _numbers(
    "token",
    "last",
    "last_quantity",
    "average",
    "volume",
    "buy_quantity",
    "sell_quantity",
    "open",
    "high",
    "low",
    "close",
)
_QUOTE = _layout(*_TRADED)
_FULL = _layout(
    *_TRADED,
    *_numbers("traded_at", "oi", "oi_high", "oi_low", "at"),
    ("buy", _LEVEL, (DEPTH,)),
    ("sell", _LEVEL, (DEPTH,)),
)
_INDEX = _numbers("token", "last", "high", "low", "open", "close", "change")
_INDEX_QUOTE = _layout(*_INDEX)
_INDEX_FULL = _layout(*_INDEX, *_numbers("at"))
LAYOUTS: dict[tuple[Mode, bool], np.dtype[np.void]] = {
    (Mode.LTP, False): _LTP,
    (Mode.LTP, True): _LTP,
    (Mode.QUOTE, False): _QUOTE,
    (Mode.QUOTE, True): _INDEX_QUOTE,
    (Mode.FULL, False): _FULL,
    (Mode.FULL, True): _INDEX_FULL,
}
"""The packet of a mode, and whether the instrument is an index."""


class Packets:
    """The newest packet of every instrument in every layout, by the instrument's id."""

    def __init__(self) -> None:
        self._written = {key: np.zeros(0, layout) for key, layout in LAYOUTS.items()}
        self.priced = np.zeros(0, np.bool_)
        self.index = np.zeros(0, np.bool_)
        self._tokens = np.zeros(0, np.uint32)

    def know(self, instruments: Mapping[int, Instrument]) -> None:
        """Make room for instruments; what was written stays."""
        room = max(instruments, default=0) + 1
        if room > len(self.priced):
            more = room - len(self.priced)
            for key, kept in self._written.items():
                grown = np.zeros(room, LAYOUTS[key])  # np.concatenate would turn the bytes round
                grown[: len(kept)] = kept
                self._written[key] = grown
            self.priced = np.concatenate([self.priced, np.zeros(more, np.bool_)])
            self.index = np.concatenate([self.index, np.zeros(more, np.bool_)])
            self._tokens = np.concatenate([self._tokens, np.zeros(more, np.uint32)])
        for number, one in instruments.items():
            if not self._tokens[number]:
                self._tokens[number] = token_of(one)
                self.index[number] = one.kind is Kind.INDEX

    def write(self, rows: Rows, ids: Ids, day: Day) -> None:
        """Write the packets of instruments anew; ``rows`` are theirs, in the same order, and so is each part of
        ``day``: the average price in paise, the highest and the lowest open interest."""
        self.priced[ids] = rows["last_price"] > 0
        is_index = self.index[ids]
        for of_index in (False, True):
            chosen = is_index == of_index
            if chosen.any():
                self._write(rows[chosen], ids[chosen], day, chosen, of_index)

    def _write(self, rows: Rows, ids: Ids, day: Day, chosen: Any, of_index: bool) -> None:
        average, *range_of_oi = (each[chosen] for each in day)
        for mode in Mode:
            packet = np.zeros(len(rows), LAYOUTS[mode, of_index])
            packet["length"] = packet.dtype.itemsize - 2
            packet["token"] = self._tokens[ids]
            packet["last"] = rows["last_price"]
            if mode is not Mode.LTP:
                _quote(packet, rows, average, of_index)
            if mode is Mode.FULL:
                packet["at"] = rows["exchange_time"] // 1000
                if not of_index:
                    _depth(packet, rows, range_of_oi)
            self._written[mode, of_index][ids] = packet

    def frame(self, mode: Mode, ids: Ids) -> tuple[int, bytes]:
        """(how many, the packets) of those of the instruments that have a price."""
        ids = ids[self.priced[ids]]
        is_index = self.index[ids]
        return len(ids), b"".join(
            self._written[mode, of_index][ids[is_index == of_index]].tobytes() for of_index in (False, True)
        )


def _quote(packet: Any, rows: Rows, average: Ids, of_index: bool) -> None:
    for name, of in (("open", "open"), ("high", "high"), ("low", "low"), ("close", "prev_close")):
        packet[name] = rows[of]
    if of_index:
        change = rows["last_price"].astype(np.int64) - rows["prev_close"]
        packet["change"] = change & _LARGEST  # two's complement, as a signed number is sent
        return
    packet["average"] = average
    packet["volume"] = np.minimum(rows["volume"], _LARGEST)
    packet["buy_quantity"] = np.minimum(rows["bid_quantity"].sum(axis=1, dtype=np.int64), _LARGEST)
    packet["sell_quantity"] = np.minimum(rows["ask_quantity"].sum(axis=1, dtype=np.int64), _LARGEST)


def _depth(packet: Any, rows: Rows, range_of_oi: Sequence[Ids]) -> None:
    packet["traded_at"] = rows["exchange_time"] // 1000
    for name, values in zip(("oi", "oi_high", "oi_low"), (rows["oi"], *range_of_oi), strict=True):
        packet[name] = np.minimum(values, _LARGEST)
    for side, of in (("buy", "bid"), ("sell", "ask")):
        packet[side]["quantity"] = rows[f"{of}_quantity"]
        packet[side]["price"] = rows[f"{of}_price"]
        packet[side]["orders"] = np.minimum(rows[f"{of}_orders"], 2**16 - 1)


def frame_of(packets: Packets, asked: Iterable[tuple[Mode, Ids]]) -> bytes:
    """One message with the packets of instruments by mode; empty where none has a price."""
    count, parts = 0, []
    for mode, ids in asked:
        many, body = packets.frame(mode, ids)
        count += many
        parts.append(body)
    return count.to_bytes(2, "big") + b"".join(parts) if count else b""
