"""An order's history in a broker's words, derived from its events: no step of it is a row of its own."""

from collections.abc import Mapping, Sequence

_ARRIVED = ("PUT ORDER REQ RECEIVED", "VALIDATION PENDING")
_RESTS = {"OPEN": ("OPEN PENDING", "OPEN"), "TRIGGER_PENDING": ("TRIGGER PENDING",)}
_ASKED_TO_CHANGE = ("MODIFY VALIDATION PENDING",)

# (event, status after it) -> what a broker's order history shows for it, the last word its state.
STEPS: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("PLACED", "AMO"): ("AMO REQ RECEIVED",),
    ("REJECTED", "REJECTED"): (*_ARRIVED, "REJECTED"),
    ("MODIFIED", "AMO"): ("MODIFY AMO REQ RECEIVED", "AMO REQ RECEIVED"),
    ("MODIFY_REFUSED", "AMO"): ("MODIFY AMO REQ RECEIVED", "NOT MODIFIED", "AMO REQ RECEIVED"),
    ("TRIGGERED", "OPEN"): _RESTS["OPEN"],
    ("FILLED", "OPEN"): ("OPEN",),
    ("FILLED", "COMPLETE"): ("COMPLETE",),
    ("EXPIRED", "CANCELLED"): ("CANCELLED",),
} | {
    (event, status): steps
    for status, rests in _RESTS.items()
    for event, steps in (
        ("PLACED", (*_ARRIVED, *rests)),
        ("RELEASED", (*_ARRIVED, *rests)),
        ("MODIFIED", (*_ASKED_TO_CHANGE, "MODIFY PENDING", "MODIFIED", rests[-1])),
        ("MODIFY_REFUSED", (*_ASKED_TO_CHANGE, "NOT MODIFIED", rests[-1])),
    )
}
OWN = frozenset({"exchange", "engine", "system"})


def steps_of(event: str, status: str, actor: str, before: str | None) -> tuple[str, ...]:
    """The words of one event. A person's cancel is pending first; the exchange's own is not; of an order that waits for
    its session it is the request that is cancelled. What has no words of its own shows its status."""
    if event == "CANCELLED":
        if before == "AMO":
            return ("CANCELLED AMO",)
        return ("CANCELLED",) if actor in OWN else ("CANCEL PENDING", "CANCELLED")
    return STEPS.get((event, status), (status.replace("_", " "),))


def turnovers(events: Sequence[str], turnover: int, values: Sequence[int]) -> list[int]:
    """What an order had traded for after each of its ``events``, in paise. ``turnover`` is what it has traded for after
    the last of them and ``values`` what each fill came to, both oldest first; of either the oldest may be missing."""
    left, found = list(values), []
    for event in reversed(events):
        found.append(turnover)
        if event == "FILLED" and left:
            turnover -= left.pop()
    return found[::-1]
