"""Futures and options from their underlying: a basis, and Black-76 with a skew over the strikes."""

import numpy as np
import numpy.typing as npt

from core import options, smile
from feeds.universe import Universe

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

RATE = options.RATE
YEAR_MS = 365 * 86_400_000
SOON_MS = 60_000  # time value never ends before the last minute, so that expiring prices stay finite
VIX = "INDIA VIX"
USUAL_VIX = 13.4
_TRADING_DAYS = 252


class Derivatives:
    """Model prices in paise for rows of a universe; ``spots`` is always a column as long as the universe."""

    def __init__(self, universe: Universe) -> None:
        self._universe = universe
        self.futures = np.flatnonzero(universe.is_future & (universe.underlying >= 0))
        self.options = np.flatnonzero(universe.is_option & (universe.underlying >= 0))
        vix = [n for n, listing in enumerate(universe.listings) if listing.instrument.symbol == VIX]
        self._vix = vix[0] if vix else -1

    def forward(self, rows: Ints, spots: Floats, now_ms: int) -> Floats:
        """The fair future at each row's own expiry."""
        under = self._universe.underlying[rows]
        return spots[under] * np.exp(RATE * self._years(rows, now_ms))

    def at_the_money(self, under: Ints, spots: Floats) -> Floats:
        """Yearly volatility of underlyings: indices follow the volatility index, shares their own past."""
        level = spots[self._vix] / 100 if self._vix >= 0 else USUAL_VIX
        own = self._universe.sigma[under] * np.sqrt(_TRADING_DAYS)
        usual = own * (level / USUAL_VIX)
        return np.clip(np.where(self._universe.is_index[under], usual, 0.5 * own + 0.55 * usual), 0.08, 0.9)

    def volatility(self, rows: Ints, spots: Floats, now_ms: int) -> Floats:
        """Implied volatility by strike: puts dear, calls cheap, both wings up."""
        universe = self._universe
        under = universe.underlying[rows]
        years = self._years(rows, now_ms)
        forward, strike = self.forward(rows, spots, now_ms), universe.strike[rows]
        level = smile.at_the_money(self.at_the_money(under, spots), years)
        index = smile.volatility(forward, strike, years, level, smile.INDEX)
        share = smile.volatility(forward, strike, years, level, smile.SHARE)
        return np.where(universe.is_index[under], index, share)

    def premium(self, rows: Ints, spots: Floats, now_ms: int) -> Floats:
        """Model premium of option rows."""
        universe = self._universe
        return np.asarray(
            options.price(
                forward=self.forward(rows, spots, now_ms),
                strike=universe.strike[rows],
                years=self._years(rows, now_ms),
                volatility=self.volatility(rows, spots, now_ms),
                rate=RATE,
                call=universe.is_call[rows],
            )
        )

    def near_the_money(self, names: frozenset[str], spots: Floats, steps: int, now_ms: int) -> Ints:
        """Options of those indices' next expiry, ``steps`` strikes either side of the spot."""
        universe = self._universe
        chosen: list[Ints] = []
        for under in np.unique(universe.underlying[self.options]):
            if universe.listings[under].instrument.symbol not in names:
                continue
            chain = self.options[universe.underlying[self.options] == under]
            live = chain[universe.expiry[chain] > now_ms]
            if not len(live):
                continue
            near = live[universe.expiry[live] == universe.expiry[live].min()]
            strikes = np.unique(universe.strike[near])
            closest = int(np.abs(strikes - spots[under]).argmin())
            kept = strikes[max(0, closest - steps) : closest + steps + 1]
            chosen.append(near[np.isin(universe.strike[near], kept)])
        return np.concatenate(chosen) if chosen else np.empty(0, np.int64)

    def _years(self, rows: Ints, now_ms: int) -> Floats:
        return np.asarray(np.maximum(self._universe.expiry[rows] - now_ms, SOON_MS) / YEAR_MS)


def at_the_money_of(universe: Universe, rows: Ints, ids: Ints, prices: Ints) -> Ints:
    """Yearly volatility, in basis points, at the money of underlyings (``rows``), where ``ids`` cost ``prices``:
    the level at which this module prices their options, so that margins scan what the market shows."""
    spots = universe.prev_close.astype(float)
    spots[np.searchsorted(universe.id, ids)] = prices
    return np.asarray(np.rint(Derivatives(universe).at_the_money(rows, spots) * 10_000), np.int64)
