"""Whether a report adds up: the kept days and today against the ledger's own transfers, to the paisa."""

from collections.abc import Sequence
from typing import Any

from core.charges import HEADS
from core.money import as_number
from core.pnl import Point
from db.pnl import Read

Row = dict[str, Any]
FLOWS = ("deposits", "withdrawals", "realised", "charges")


def reconcile(found: Read, points: Sequence[Point]) -> Row:
    """What the equity at the end is made of, in rupees, and every check with its difference.

    ``lines``: {name, shown, ledger, difference} for the four flows of the days against the transfers, for equity
    against opening + flows + change of unrealised, for the sums by symbol and by kind. ``days`` are the dates on
    which the rows and the ledger differ, or whose equity moved by more than they say. ``difference`` is the
    largest of all; ``balanced`` when each is 0.
    """
    shown = {name: sum(getattr(point.of, name) for point in points) for name in FLOWS}
    ledger = {name: sum(each[name] for each in found.ledger) for name in FLOWS}
    opening = found.before.equity if found.before else 0
    equity = points[-1].of.equity if points else opening
    change = sum(point.unrealised_change for point in points)
    due = opening + ledger["deposits"] - ledger["withdrawals"] + ledger["realised"] - ledger["charges"] + change
    parts = {
        "realised by symbol": (sum(part.realised for part in found.parts), ledger["realised"]),
        "unrealised by symbol": (sum(part.unrealised - part.unrealised_before for part in found.parts), change),
        "charges by kind": (sum(each[head] for each in found.charges for head in HEADS), ledger["charges"]),
    }
    pairs = {name: (shown[name], ledger[name]) for name in FLOWS} | {"equity": (equity, due)} | parts
    lines = [_line(name, *pair) for name, pair in pairs.items()]
    differing = _days(found, points)
    largest = max((ours - theirs for ours, theirs in pairs.values()), key=abs)
    return {
        "opening_equity": as_number(opening),
        **{name: as_number(amount) for name, amount in shown.items()},
        "unrealised_change": as_number(change),
        "equity": as_number(equity),
        "difference": as_number(largest),
        "balanced": largest == 0 and not differing,
        "lines": lines,
        "days": differing,
    }


def _line(name: str, shown: int, ledger: int) -> Row:
    return {
        "name": name,
        "shown": as_number(shown),
        "ledger": as_number(ledger),
        "difference": as_number(shown - ledger),
    }


def _days(found: Read, points: Sequence[Point]) -> list[str]:
    nothing = dict.fromkeys(FLOWS, 0)
    moved = {each["day"]: {name: each[name] for name in FLOWS} for each in found.ledger}
    kept = {point.of.day: {name: getattr(point.of, name) for name in FLOWS} for point in points}
    wrong = {day for day in {*moved, *kept} if moved.get(day, nothing) != kept.get(day, nothing)}
    wrong |= {point.of.day for point in points if point.unexplained}
    return [day.isoformat() for day in sorted(wrong)]
