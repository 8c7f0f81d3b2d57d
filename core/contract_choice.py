"""Which contract somebody means who says what kind, which expiry and which strike, one after the other.

What was said before is kept as far as there is such a contract, and else becomes what is nearest, so that each answer
lands on a contract that is listed.
"""

from collections.abc import Sequence
from datetime import date

from core.instruments import OPTIONS, Instrument, Kind

ORDER = (Kind.FUT, Kind.CE, Kind.PE)


def kinds(contracts: Sequence[Instrument]) -> list[Kind]:
    """Futures, calls and puts, as far as there are any."""
    there = {one.kind for one in contracts}
    return [kind for kind in ORDER if kind in there]


def expiries(contracts: Sequence[Instrument], kind: Kind) -> list[date]:
    """The days on which contracts of a kind end, the next first."""
    return sorted({one.expiry for one in contracts if one.kind is kind and one.expiry is not None})


def strikes(contracts: Sequence[Instrument], kind: Kind, expiry: date) -> list[int]:
    """The strikes of a kind and an expiry in paise, lowest first; none of a future."""
    return sorted({one.strike or 0 for one in contracts if one.kind is kind and one.expiry == expiry} - {0})


def at_the_money(listed: Sequence[int], spot: int) -> int | None:
    """The strike next to a price in paise, the lower of two; the middle one while there is no price."""
    if not listed:
        return None
    return min(listed, key=lambda strike: (abs(strike - spot), strike)) if spot else listed[len(listed) // 2]


def meant(
    contracts: Sequence[Instrument], kind: Kind, expiry: date | None, strike: int | None, spot: int
) -> Instrument | None:
    """The contract: of the expiry said, else the first that ends later, else the last; of the strike said, else the
    next to it, and where none was said the one at the money. None where there is none of the kind."""
    ends = expiries(contracts, kind)
    if not ends:
        return None
    day = expiry if expiry in ends else next((each for each in ends if expiry is not None and each > expiry), None)
    day = day or (ends[0] if expiry is None else ends[-1])
    wanted = at_the_money(strikes(contracts, kind, day), strike or spot) if kind in OPTIONS else None
    found = (one for one in contracts if one.kind is kind and one.expiry == day)
    return next((one for one in found if wanted is None or one.strike == wanted), None)
