"""What matching decides, each with the evidence that the market showed for it."""

from dataclasses import dataclass, field

from core.reasons import Reason

QUEUE, THROUGH = -1, -2  # where a fill came from when it was no displayed level


@dataclass(frozen=True, slots=True)
class Moment:
    """When matching happens. ``exchange_time`` is ms since the epoch on the market's clock; ``age_ms`` is how
    old the newest frame is by the monotonic clock, and ``stale_after_ms`` from what age on it fills nothing.
    """

    exchange_time: int
    open: bool
    age_ms: int = 0
    stale_after_ms: int = 5_000

    @property
    def stale(self) -> bool:
        """Whether the newest frame is too old to fill anything."""
        return self.age_ms >= self.stale_after_ms


@dataclass(frozen=True, slots=True)
class Fill:
    """``quantity`` units at ``price`` paise. The evidence: the frame that displayed what was taken, its
    exchange time (ms) and last price, and ``levels``, the (price, quantity) pairs consumed there: displayed
    levels, or volume printed at a price. ``sources`` is the matching's own: (lane of the order, displayed
    level or QUEUE or THROUGH, quantity), by which a fill that could not be applied is given back. An auction's
    fill names what was to fill ``before`` it, so that none is given twice.
    """

    order_id: int
    account_id: int
    instrument_id: int
    quantity: int
    price: int
    frame: int
    exchange_time: int
    last_price: int
    levels: tuple[tuple[int, int], ...]
    sources: tuple[tuple[int, int, int], ...] = field(default=(), repr=False)
    before: int | None = None


@dataclass(frozen=True, slots=True)
class Trigger:
    """A stop fired by ``last_price``; from here on the order is a limit at its worst price."""

    order_id: int
    account_id: int
    instrument_id: int
    frame: int
    exchange_time: int
    last_price: int


@dataclass(frozen=True, slots=True)
class IocRemainder:
    """``quantity`` units of an IOC order found nothing and are to be cancelled."""

    order_id: int
    account_id: int
    instrument_id: int
    quantity: int
    frame: int
    exchange_time: int


@dataclass(frozen=True, slots=True)
class Expired:
    """The minutes of an order were over at ``exchange_time`` (ms) at the latest; ``quantity`` units did not fill."""

    order_id: int
    account_id: int
    instrument_id: int
    quantity: int
    exchange_time: int


@dataclass(frozen=True, slots=True)
class Lapse:
    """An order that may not rest any longer, because its session, or the day, goes on without it."""

    order_id: int
    account_id: int
    instrument_id: int
    reason: Reason
    sentence: str


Outcome = Fill | Trigger | IocRemainder | Expired | Lapse
