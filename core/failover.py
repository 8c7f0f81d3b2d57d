"""Which of two lines a live market listens to: a table of states without a clock of its own.

Times are ms of any clock that only runs forward. The first line is the owner's choice; the second takes over when the
first has been silent or late for a while, and gives way when the first has been good for longer than that, so that a
line which comes and goes does not take the market with it each time.
"""

from dataclasses import dataclass, replace
from enum import StrEnum


class Side(StrEnum):
    """The line that is listened to."""

    FIRST = "FIRST"
    SECOND = "SECOND"


class Health(StrEnum):
    """How a line is: it says what the market does, says it too late to be traded on, says nothing and may again, or
    has ended for good."""

    GOOD = "GOOD"
    LATE = "LATE"
    SILENT = "SILENT"
    ENDED = "ENDED"


@dataclass(frozen=True, slots=True)
class Patience:
    """``silent``: ms that the line which is listened to may be silent; one that has ended is left at once. ``late``: ms
    that it may be late. ``steady``: ms that the first must have been good before it is listened to again.

    A line is late by itself, or where it comes so much behind the other (``behind``, ms) that the fault is not this
    machine's clock; having been left for that it is good again only ``near`` the other, which keeps a line that lags
    now a little more and now a little less from taking the market along each time."""

    silent: int = 10_000
    steady: int = 60_000
    late: int = 10_000
    behind: int = 2_000
    near: int = 500


@dataclass(frozen=True, slots=True)
class Choice:
    """``bad_since`` is since when the line that is listened to is not good, ``good_since`` since when the first is;
    -1 for not. ``moves`` counts how often the other line was taken."""

    side: Side = Side.FIRST
    bad_since: int = -1
    good_since: int = -1
    moves: int = 0


def choose(patience: Patience, choice: Choice, first: Health, second: Health, now: int, behind: int = 0) -> Choice:
    """The line to listen to from now on. Nothing moves to a line that is not good.

    ``behind`` is by how many ms the first line's words come later than the second's, negative where sooner; 0 where
    that cannot be told.
    """
    first, second = _compared(patience, choice.side, first, second, behind)
    since = (now if choice.good_since < 0 else choice.good_since) if first is Health.GOOD else -1
    mine, other = (first, second) if choice.side is Side.FIRST else (second, first)
    bad = -1 if mine is Health.GOOD else (now if choice.bad_since < 0 else choice.bad_since)
    stays = replace(choice, bad_since=bad, good_since=since)
    if other is not Health.GOOD:
        return stays
    longest = {Health.ENDED: 0, Health.LATE: patience.late}.get(mine, patience.silent)
    given_up = bad >= 0 and now - bad >= longest
    wins_back = choice.side is Side.SECOND and now - since >= patience.steady
    if not (given_up or wins_back):
        return stays
    side = Side.SECOND if choice.side is Side.FIRST else Side.FIRST
    return Choice(side, good_since=since, moves=choice.moves + 1)


def _compared(patience: Patience, side: Side, first: Health, second: Health, behind: int) -> tuple[Health, Health]:
    """What the lines are where both are good and one comes behind the other."""
    if first is not Health.GOOD or second is not Health.GOOD:
        return first, second
    if side is Side.FIRST:
        return (Health.LATE if behind >= patience.behind else first), second
    if -behind >= patience.behind:
        return first, Health.LATE
    return (Health.LATE if behind > patience.near else first), second
