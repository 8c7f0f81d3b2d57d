"""Price alerts: which price rings them, when a repeated one may ring again, and what is said. Pure; money is paise.

An alert rings when the last price, or an extreme that printed unseen between two frames, reaches its level. A repeated
one then rests until a price on the other side of the level has been displayed, and rings once a minute at most.

One that waits for a crossing stands on the side from which the price does not come: below its level it waits for a
rise, above it for a fall. A repeated one changes sides with the price, whichever way that leaves the level.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from core.money import as_number, rupees
from core.reasons import Reason, Refusal

MOST_ACTIVE = 200
"""Alerts that wait, of one account."""
LONGEST_NOTE = 100
AT_MOST_EVERY = timedelta(minutes=1)
_WHOLE = 10_000
_FURTHEST = 100 * _WHOLE
"""Basis points: a day's change beyond this is a typing error."""


class Measure(StrEnum):
    """What is compared with the level: the last price, or its change since the previous close in per cent."""

    PRICE = "PRICE"
    CHANGE = "CHANGE"


class Condition(StrEnum):
    """On which side of its level an alert rings; CROSSES on either, whichever the price comes to."""

    ABOVE = "ABOVE"
    BELOW = "BELOW"
    CROSSES = "CROSSES"


class Status(StrEnum):
    """ACTIVE alerts wait; one that rings once is DONE then; an EXPIRED one's contract has ended."""

    ACTIVE = "ACTIVE"
    DONE = "DONE"
    EXPIRED = "EXPIRED"
    DELETED = "DELETED"


@dataclass(frozen=True, slots=True)
class Terms:
    """What rings an alert. ``level`` is a price in paise, or a change in basis points with its sign; ``side`` of a
    crossing is on which side of it the alert rings next, ABOVE or BELOW, None before it waits."""

    measure: Measure
    condition: Condition
    level: int
    repeats: bool = False
    note: str = ""
    side: Condition | None = None

    @property
    def above(self) -> bool:
        """Whether it rings when the price has risen to the level."""
        way = self.side if self.condition is Condition.CROSSES else self.condition
        return way is Condition.ABOVE


def price_of(terms: Terms, prev_close: int | None) -> int | None:
    """The price in paise that rings it; None of a change while the day has no previous close."""
    if terms.measure is Measure.PRICE:
        return terms.level
    if not prev_close:
        return None
    exact = prev_close * (_WHOLE + terms.level)
    return max(1, -(-exact // _WHOLE) if terms.above else exact // _WHOLE)


def reached(terms: Terms, price: int, prev_close: int | None) -> bool:
    """Whether a price is at the level or beyond it."""
    level = price_of(terms, prev_close)
    return level is not None and (price >= level if terms.above else price <= level)


def on_its_side(terms: Terms, last_price: int, prev_close: int | None) -> Terms:
    """The terms as they wait at a price: of a crossing with the side that the price does not stand on, None where it
    stands on the level itself or cannot be told."""
    if terms.condition is not Condition.CROSSES:
        return replace(terms, side=None)
    for side in (Condition.ABOVE, Condition.BELOW):
        waiting = replace(terms, side=side)
        if last_price and price_of(waiting, prev_close) is not None and not reached(waiting, last_price, prev_close):
            return waiting
    return replace(terms, side=None)


def ways_out(terms: Terms, prev_close: int | None) -> tuple[int, int] | None:
    """The first prices above and below the level of a crossing that has rung: whichever comes first says on which side
    it waits from then on."""
    above = back_at(replace(terms, side=Condition.BELOW), prev_close)
    below = back_at(replace(terms, side=Condition.ABOVE), prev_close)
    return None if above is None or below is None else (above, below)


def back_at(terms: Terms, prev_close: int | None) -> int | None:
    """The price at which one that has rung waits again: the first on the other side of the level."""
    level = price_of(terms, prev_close)
    return None if level is None else level - 1 if terms.above else level + 1


def rests_for(rung_at: datetime | None, now: datetime) -> float:
    """Seconds for which one that has rung rests whatever the price does; 0 or less when they are over."""
    return 0.0 if rung_at is None else (rung_at + AT_MOST_EVERY - now).total_seconds()


def check(terms: Terms, name: str, last_price: int, prev_close: int | None, waiting: int) -> None:
    """Refuse what would ring at once, or never, or is one too many. ``last_price`` is 0 while there is none."""
    if terms.measure is Measure.PRICE and terms.level <= 0:
        raise Refusal(Reason.ALERT_LEVEL, "Send a price above zero.", "level")
    if terms.measure is Measure.CHANGE and not -_WHOLE < terms.level <= _FURTHEST:
        raise Refusal(Reason.ALERT_LEVEL, "Send a change above −100 % and up to 10,000 %.", "level")
    if len(terms.note) > LONGEST_NOTE or not terms.note.isprintable():
        raise Refusal(Reason.BAD_INPUT, f"A note has at most {LONGEST_NOTE} printable letters.", "note")
    if waiting >= MOST_ACTIVE:
        sentence = f"{waiting} alerts wait in this account, the most there may be. Delete one first."
        raise Refusal(Reason.TOO_MANY_ALERTS, sentence, "account")
    if terms.condition is Condition.CROSSES:
        _check_crossing(terms, name, last_price, prev_close)
    elif last_price and reached(terms, last_price, prev_close):
        side, other = ("above", "below") if terms.above else ("below", "above")
        sentence = (
            f"{name} is at {rupees(last_price)}: that is at or {side} {level_text(terms)} already. Choose another "
            f"level, or {other}."
        )
        raise Refusal(Reason.ALERT_REACHED, sentence, "level")


def _check_crossing(terms: Terms, name: str, last_price: int, prev_close: int | None) -> None:
    if not last_price or price_of(terms, prev_close) is None:
        sentence = f"{name} has no price yet, so from which side it comes cannot be told. Choose above or below."
        raise Refusal(Reason.ALERT_LEVEL, sentence, "condition")
    if on_its_side(terms, last_price, prev_close).side is None:
        sentence = f"{name} is at {rupees(last_price)}: that is the level itself. Choose another level."
        raise Refusal(Reason.ALERT_REACHED, sentence, "level")


def level_text(terms: Terms) -> str:
    """``₹1,500.00``, or ``+2.50 %``."""
    if terms.measure is Measure.PRICE:
        return rupees(terms.level)
    sign = "−" if terms.level < 0 else "+"
    return f"{sign}{abs(terms.level) // 100}.{abs(terms.level) % 100:02d} %"


def level_number(terms: Terms) -> float | int:
    """The level as programs read it: rupees, or per cent."""
    return as_number(terms.level) if terms.measure is Measure.PRICE else terms.level / 100


def sentence(terms: Terms, name: str, price: int) -> str:
    """What is said when it rings."""
    side = "rose to" if terms.above else "fell to"
    what = "its level" if terms.measure is Measure.PRICE else "a change on the day of"
    note = f" {terms.note}" if terms.note else ""
    return f"{name} {side} {rupees(price)}: {what} {level_text(terms)} is reached.{note}"


@dataclass(frozen=True, slots=True)
class AlertFact:
    """An alert as the checks need it; ``written`` are the numbers of the rings that were written down."""

    id: int
    repeats: bool
    status: str
    resting: bool
    rings: int
    written: tuple[int, ...]


def unsound(alert: AlertFact) -> Iterable[str]:
    """What does not hold of an alert: each ring is written once, only one that has rung is done, and rests."""
    if alert.written != tuple(range(1, alert.rings + 1)):
        yield f"price alert {alert.id} rang {alert.rings} times, and {len(alert.written)} rings are written"
    if alert.status == Status.DONE and not alert.rings:
        yield f"price alert {alert.id} is done and never rang"
    if alert.resting and not (alert.repeats and alert.rings):
        yield f"price alert {alert.id} rests, and has not rung or does not repeat"
