"""The running one-minute bars of the instruments that somebody has a chart of."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import orjson

from core.frames import Frame
from desk.rows import ist_ms

MINUTE = 60_000
Bodies = dict[int, list[tuple[Any, bytes]]]


@dataclass(slots=True)
class Bar:
    """A minute so far, in paise; ``base`` is the day's volume when it began."""

    start: int
    open: int
    high: int
    low: int
    close: int
    volume: int
    oi: int
    base: int

    def body(self, symbol: str, closed: bool) -> bytes:
        """The body of a ``candle`` event."""
        return orjson.dumps(
            {
                "symbol": symbol,
                "interval": "1m",
                "start": ist_ms(self.start),
                "open": self.open / 100,
                "high": self.high / 100,
                "low": self.low / 100,
                "close": self.close / 100,
                "volume": self.volume,
                "oi": self.oi,
                "closed": closed,
            }
        )


class Bars:
    """Bars by instrument. A bar begun before anybody looked starts from the stored candle of its minute."""

    def __init__(self) -> None:
        self._bars: dict[int, Bar] = {}

    def missing(self, ids: Iterable[int]) -> list[int]:
        """Those without a bar yet."""
        return [each for each in ids if each not in self._bars]

    def keep(self, ids: Iterable[int]) -> None:
        """Forget the bars that nobody looks at any more."""
        wanted = set(ids)
        for each in [each for each in self._bars if each not in wanted]:
            del self._bars[each]

    def begin(self, instrument_id: int, stored: Any, day_volume: int) -> None:
        """Go on from a stored candle of the running minute."""
        start = int(stored.start.timestamp() * 1000)
        self._bars[instrument_id] = Bar(
            start, stored.open, stored.high, stored.low, stored.close, stored.volume, stored.oi,
            day_volume - stored.volume,
        )  # fmt: skip

    def put(self, frames: Iterable[Frame], names: dict[int, str]) -> Bodies:
        """Take in frames; events by instrument as (place, body): the finished minute before the next one."""
        wanted = np.fromiter(names, np.int64, len(names))
        out: Bodies = {}
        for frame in frames:
            for row in frame.rows[np.isin(frame.rows["instrument"], wanted)]:
                id_ = int(row["instrument"])
                finished = self._take(id_, row)
                events = out.setdefault(id_, [])
                if finished is not None:
                    events.append((finished.start, finished.body(names[id_], True)))
        for id_, events in out.items():
            bar = self._bars[id_]
            events.append((bar.start, bar.body(names[id_], False)))
        return out

    def _take(self, id_: int, row: Any) -> Bar | None:
        price, volume, oi = int(row["last_price"]), int(row["volume"]), int(row["oi"])
        start = int(row["exchange_time"]) // MINUTE * MINUTE
        bar = self._bars.get(id_)
        finished = None
        if bar is None or start > bar.start:
            finished = bar
            base = volume if bar is None else min(volume, bar.base + bar.volume)
            bar = self._bars[id_] = Bar(start, price, price, price, price, 0, oi, base)
        bar.high, bar.low, bar.close, bar.oi = max(bar.high, price), min(bar.low, price), price, oi
        bar.base = min(bar.base, volume)  # a new day counts from nought
        bar.volume = max(bar.volume, volume - bar.base)
        return finished
