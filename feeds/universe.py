"""The instruments of one trading date as columns, so that a feed can price all of them at once."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta, timezone

import numpy as np

from core.instruments import OPTIONS, Instrument, Kind

IST = timezone(timedelta(hours=5, minutes=30))
CLOSE = time(15, 30)


@dataclass(frozen=True, slots=True)
class Listing:
    """One instrument as a feed must know it. Prices in paise; a band of 0 is no band.

    ``sigma`` is the standard deviation of a day's log return. ``volume`` is units traded on a usual
    day, 0 where the feed may judge. ``follows`` names the index a fund tracks;
    ``correlation`` is that with the whole market, None where its sector may tell.
    """

    instrument: Instrument
    prev_close: int
    lower_band: int = 0
    upper_band: int = 0
    sigma: float = 0.015
    volume: int = 0
    follows: int | None = None
    correlation: float | None = None


@dataclass
class Universe:
    """Columns in ascending order of instrument id.

    ``weights`` maps an index to the weight of each constituent (any positive scale), and ``base`` an
    instrument to the price its index weight was taken at. ``opened`` and ``closes`` bound the trading
    date in ms since the epoch: volume and restlessness depend on the part of the day that has passed.
    ``splits`` are what prices of the date before are multiplied by, where shares were split.
    """

    listings: Sequence[Listing]
    trading_date: date
    weights: Mapping[int, Mapping[int, float]] = field(default_factory=dict)
    base: Mapping[int, int] = field(default_factory=dict)
    always_open: bool = True
    splits: Mapping[int, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.listings = sorted(self.listings, key=lambda listing: listing.instrument.id)
        instruments = [listing.instrument for listing in self.listings]
        self.id = np.array([i.id for i in instruments], np.int64)
        self.row = {int(i): n for n, i in enumerate(self.id)}
        self.tick = np.array([i.tick for i in instruments], np.int64)
        self.lot = np.array([i.lot for i in instruments], np.int64)
        self.prev_close = np.array([x.prev_close for x in self.listings], np.int64)
        self.lower = np.array([x.lower_band for x in self.listings], np.int64)
        self.upper = np.array([x.upper_band for x in self.listings], np.int64)
        # What orders are judged by: at first the bands that prices are judged by; a vendor tells it during the date.
        self.order_bands = np.stack([self.lower, self.upper])
        self.sigma = np.array([x.sigma for x in self.listings], float)
        self.usual_volume = np.array([x.volume for x in self.listings], float)
        kinds = np.array([i.kind.value for i in instruments] or [""])
        self.is_share = np.isin(kinds, [Kind.EQ.value, Kind.ETF.value])
        self.is_index = kinds == Kind.INDEX.value
        self.is_future = kinds == Kind.FUT.value
        self.is_option = np.isin(kinds, [kind.value for kind in OPTIONS])
        self.is_call = kinds == Kind.CE.value
        self.underlying = np.array([self.row.get(i.underlying_id or 0, -1) for i in instruments], np.int64)
        self.strike = np.array([i.strike or 0 for i in instruments], float)
        self.expiry = np.array([close_of(i.expiry) if i.expiry else 0 for i in instruments], np.int64)
        self.closes = close_of(self.trading_date)
        length = 24 * 3600 if self.always_open else 6 * 3600 + 15 * 60
        self.opened = self.closes - length * 1000

    def __len__(self) -> int:
        return len(self.listings)

    @property
    def seconds(self) -> float:
        """Length of the trading date."""
        return (self.closes - self.opened) / 1000

    def passed(self, at_ms: int) -> float:
        """The part of the trading date that has passed, within 0 and 1."""
        return min(1.0, max(0.0, (at_ms - self.opened) / (self.closes - self.opened)))

    def only(self, cash: Collection[int]) -> "Universe":
        """The same with these cash instruments alone and what derives from them."""
        kept = [
            listing
            for listing in self.listings
            if listing.instrument.id in cash or listing.instrument.underlying_id in cash
        ]
        return Universe(kept, self.trading_date, self.weights, self.base, self.always_open, self.splits)

    def rows_of(self, ids: Sequence[int] | np.ndarray) -> np.ndarray:
        """Rows of those ids that are listed here; others are left out."""
        return np.array(sorted({self.row[int(i)] for i in ids if int(i) in self.row}), np.int64)


def close_of(day: date) -> int:
    """15:30 in India on that day, in ms since the epoch: when a trading date ends and contracts expire."""
    return int(datetime.combine(day, CLOSE, IST).timestamp() * 1000)
