"""Which wishes a vendor's limits allow, and in which mode: the most important first, and nothing cut in silence."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from core import vendor_limits
from core.vendor_limits import Limits
from core.vendors import Vendor


def limits_on(vendor: Vendor) -> Callable[[date], Limits]:
    """A vendor's published limits of one connection, by date."""

    return lambda day: vendor_limits.of(vendor, day).keys


@dataclass(frozen=True, slots=True)
class Plan:
    """Keys by mode, each once. ``reduced`` were wanted with depth and get their last price; ``refused`` get nothing."""

    full: tuple[str, ...] = ()
    last: tuple[str, ...] = ()
    greeks: tuple[str, ...] = ()
    reduced: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()

    @property
    def keys(self) -> int:
        """How many are subscribed."""
        return len(self.full) + len(self.last) + len(self.greeks)

    def sentence(self, vendor: str) -> str:
        """What was cut, for people; empty when nothing was."""
        parts = []
        if self.reduced:
            parts.append(f"{len(self.reduced)} instruments get their last price alone")
        if self.refused:
            parts.append(f"{len(self.refused)} get no prices")
        if not parts:
            return ""
        return f"{vendor} allows {self.keys} instruments in these modes: {' and '.join(parts)}. Watch fewer."


def plan(limits: Limits, full: Sequence[str], last: Sequence[str] = (), greeks: Sequence[str] = ()) -> Plan:
    """Cuts wishes, each in order of importance, to the limits.

    A key wanted in several modes gets the richest. What has no room with depth goes before all others of the
    last-price mode, because it was wanted more.
    """
    seen: set[str] = set()
    deep, seconds, prices = (_new(keys, seen) for keys in (full, greeks, last))
    mixed = sum(map(bool, (deep, seconds, prices))) > 1
    if not mixed and (len(deep) > limits.full or len(seconds) > limits.greeks):
        mixed = True  # what is cut falls into the last-price mode, which makes two
    room = limits.total if limits.total >= 0 else len(deep) + len(seconds) + len(prices)
    kept = deep[: min(limits.of("full", mixed), room)]
    some = seconds[: min(limits.of("greeks", mixed), room - len(kept))]
    over = [*deep[len(kept) :], *seconds[len(some) :]]
    plain = [*over, *prices]
    fits = plain[: max(0, min(limits.of("last", mixed), room - len(kept) - len(some)))]
    told = set(fits)
    return Plan(
        full=tuple(kept),
        last=tuple(fits),
        greeks=tuple(some),
        reduced=tuple(key for key in over if key in told),
        refused=tuple(plain[len(fits) :]),
    )


def _new(keys: Iterable[str], seen: set[str]) -> list[str]:
    out = []
    for key in keys:
        if key not in seen:
            seen.add(key)
            out.append(key)
    return out
