"""What a broker allows programs that speak to it over HTTP, as dated rows: how often, how many, how long."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from functools import cache

from core import dated
from core.calendar import IST


class Call(StrEnum):
    """The kinds of calls that are counted apart; orders are counted by the limits of risk."""

    QUOTE = "QUOTE"
    HISTORY = "HISTORY"
    OTHER = "OTHER"


class Span(StrEnum):
    """The lengths of candles, in the words of the brokers' API."""

    MINUTE = "minute"
    THREE = "3minute"
    FIVE = "5minute"
    TEN = "10minute"
    FIFTEEN = "15minute"
    HALF_HOUR = "30minute"
    HOUR = "60minute"
    DAY = "day"


@dataclass(frozen=True, slots=True)
class Rate:
    """So many calls a second in the long run, and so many at once before any has to wait."""

    a_second: int
    at_once: int


@dataclass(frozen=True, slots=True)
class ProgramRules:
    """``token_ends`` is the time of day in India at which an access token ends; ``login_minutes`` is how long a login
    may take to be exchanged; ``spans`` are the most days of candles of one call. The last four bound
    one request and one socket."""

    token_ends: time
    login_minutes: int
    rates: dict[Call, Rate]
    spans: dict[Span, int]
    most_sockets: int
    most_subscriptions: int
    most_quotes: int
    most_prices: int


# Of the brokers' published limits: the rates of the long run. What may come at once is ours, and kinder.
_ROWS: tuple[tuple[date, ProgramRules], ...] = (
    (
        date(2020, 1, 1),
        ProgramRules(
            token_ends=time(6, 0),
            login_minutes=5,
            rates={Call.QUOTE: Rate(1, 10), Call.HISTORY: Rate(3, 10), Call.OTHER: Rate(10, 30)},
            spans={
                Span.MINUTE: 60,
                Span.THREE: 100,
                Span.FIVE: 100,
                Span.TEN: 100,
                Span.FIFTEEN: 200,
                Span.HALF_HOUR: 200,
                Span.HOUR: 400,
                Span.DAY: 2_000,
            },
            most_sockets=3,
            most_subscriptions=3_000,
            most_quotes=500,
            most_prices=1_000,
        ),
    ),
)


@cache
def rules_on(day: date) -> ProgramRules:
    """The rules of a date. Raises LookupError before the first row."""
    return dated.value_in_force(_ROWS, day, "rules for programs")


def rules_at(now: datetime) -> ProgramRules:
    """The rules of the date that it is in India."""
    return rules_on(now.astimezone(IST).date())


def token_ends(now: datetime) -> datetime:
    """When an access token that is given now ends: the next time that the clock in India shows the hour."""
    local = now.astimezone(IST)
    end = datetime.combine(local.date(), rules_at(now).token_ends, IST)
    return end if local < end else end + timedelta(days=1)


@dataclass(slots=True)
class Bucket:
    """How far one kind of call of one program has used its rate up: ``due`` is when the next would be on time."""

    due: float = 0.0

    def spend(self, rate: Rate, now: float) -> float:
        """Count a call at ``now`` (seconds of any clock that only rises): 0, or the seconds to wait. A call that has to
        wait is not counted."""
        early = self.due - now - (rate.at_once - 1) / rate.a_second
        if early > 1e-9:
            return early
        self.due = max(self.due, now) + 1 / rate.a_second
        return 0.0
