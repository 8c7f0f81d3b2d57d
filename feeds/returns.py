"""How prices move: a market, a sector and an own part, with the fat tails and the restless hours of a day."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

# Degrees of freedom of the innovations: 5 gives the tails that minute returns of large shares show.
FREEDOM = 5
_TO_UNIT = np.sqrt((FREEDOM - 2) / FREEDOM)

# Correlation of a share with the index, by words that its sector's name contains.
_MARKET = (
    ("bank", 0.65), ("financ", 0.60), ("it", 0.50), ("auto", 0.50), ("metal", 0.55), ("health", 0.35),
    ("pharma", 0.35), ("fmcg", 0.35), ("consumer", 0.40), ("etf", 0.90), ("index", 0.92),
)  # fmt: skip
_DEFAULT_MARKET = 0.48
_SECTOR = 0.35

# Restlessness by the part of the day that has passed: an opening flurry, a quiet noon, a busy close.
_HOURS = ((0.04, 2.5), (0.12, 1.5), (0.36, 1.0), (0.68, 0.6), (0.88, 1.0), (1.01, 1.4))
_MEAN_SQUARE = sum(
    (end - start) * weight**2 for (end, weight), start in zip(_HOURS, (0.0, *(end for end, _ in _HOURS)), strict=False)
)
_MEAN = sum(
    (end - start) * weight for (end, weight), start in zip(_HOURS, (0.0, *(end for end, _ in _HOURS)), strict=False)
)


def restlessness(passed: float) -> float:
    """Volatility at this part of the day against the day's average; its square averages to one."""
    return float(_weight(passed) / np.sqrt(_MEAN_SQUARE))


def bustle(passed: float) -> float:
    """Volume at this part of the day against the day's average; averages to one."""
    return float(_weight(passed) / _MEAN)


def _weight(passed: float) -> float:
    return next(weight for end, weight in _HOURS if passed < end)


def market_share(sector: str) -> float:
    """Correlation with the market's factor of a share in that sector."""
    words = sector.lower().replace("&", " ").split()
    for word, correlation in _MARKET:
        if any(part == word or (len(word) > 2 and part.startswith(word)) for part in words):
            return correlation
    return _DEFAULT_MARKET


class Returns:
    """Log returns of ``len(sectors)`` instruments that share factors. ``sigma`` is a day's deviation of each.

    ``correlations`` with the market are taken where given, and else judged by the sector.
    """

    def __init__(
        self, sectors: Sequence[str], sigma: Floats, correlations: Sequence[float | None] | None = None
    ) -> None:
        names = sorted(set(sectors))
        self._sector = np.array([names.index(sector) for sector in sectors], np.int64)
        self._sectors = len(names)
        self._sigma = sigma
        given = correlations or [None] * len(sectors)
        self._market = np.array(
            [market_share(x) if own is None else own for x, own in zip(sectors, given, strict=True)], float
        )
        self._common = np.minimum(_SECTOR, np.sqrt(np.maximum(0.0, 0.95 - self._market**2)))
        self._own = np.sqrt(np.maximum(0.0, 1 - self._market**2 - self._common**2))

    def step(self, rng: np.random.Generator, days: float, restless: float) -> tuple[Floats, float]:
        """Returns over that part of a day, and the market factor's own (in units of its deviation)."""
        scale = restless * np.sqrt(days) * _TO_UNIT
        market = float(rng.standard_t(FREEDOM))
        sector = rng.standard_t(FREEDOM, self._sectors)
        own = rng.standard_t(FREEDOM, len(self._sigma))
        mix = self._market * market + self._common * sector[self._sector] + self._own * own
        return self._sigma * scale * mix, market * scale
