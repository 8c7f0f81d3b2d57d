"""Which of two lines a live market listens to: a table of states without a clock of its own.

Times are ms of any clock that only runs forward. The first line is the owner's choice; the second takes over when the
first has been silent for a while, and gives way when the first has been good for longer than that, so that a line which
comes and goes does not take the market with it each time.
"""

from dataclasses import dataclass, replace
from enum import StrEnum


class Side(StrEnum):
    """The line that is listened to."""

    FIRST = "FIRST"
    SECOND = "SECOND"


class Health(StrEnum):
    """How a line is: it says what the market does, it does not and may again, or it has ended for good."""

    GOOD = "GOOD"
    SILENT = "SILENT"
    ENDED = "ENDED"


@dataclass(frozen=True, slots=True)
class Patience:
    """``silent``: ms that the line which is listened to may be silent; one that has ended is left at once.
    ``steady``: ms that the first must have been good before it is listened to again."""

    silent: int = 10_000
    steady: int = 60_000


@dataclass(frozen=True, slots=True)
class Choice:
    """``bad_since`` is since when the line that is listened to is not good, ``good_since`` since when the first is;
    -1 for not. ``moves`` counts how often the other line was taken."""

    side: Side = Side.FIRST
    bad_since: int = -1
    good_since: int = -1
    moves: int = 0


def choose(patience: Patience, choice: Choice, first: Health, second: Health, now: int) -> Choice:
    """The line to listen to from now on. Nothing moves to a line that is not good."""
    since = (now if choice.good_since < 0 else choice.good_since) if first is Health.GOOD else -1
    mine, other = (first, second) if choice.side is Side.FIRST else (second, first)
    bad = -1 if mine is Health.GOOD else (now if choice.bad_since < 0 else choice.bad_since)
    stays = replace(choice, bad_since=bad, good_since=since)
    if other is not Health.GOOD:
        return stays
    given_up = bad >= 0 and (mine is Health.ENDED or now - bad >= patience.silent)
    wins_back = choice.side is Side.SECOND and now - since >= patience.steady
    if not (given_up or wins_back):
        return stays
    side = Side.SECOND if choice.side is Side.FIRST else Side.FIRST
    return Choice(side, good_since=since, moves=choice.moves + 1)
