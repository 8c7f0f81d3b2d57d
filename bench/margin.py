"""Portfolio margin of one group: 50 contracts held on both sides over two expiries, and 50 orders resting on them.

The baseline is bare arithmetic on arrays that lie ready: the same table of scenarios, its worst sum, and nothing
of the rest (exposure, add-ons, offsets between expiries, positions without their orders).
"""

import statistics
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta

import numpy as np

from bench.result import Result, interleaved, rounded
from core.instruments import Instrument, Kind
from core.margin import Net, group_margin
from core.scan import Ints, taken

LEGS, SPOT, STEP, LOT = 50, 2_500_000, 5_000, 75
TODAY = date(2026, 11, 23)
CALLS = 200


def legs() -> list[Net]:
    """Calls and puts round the price, nearer and next expiry, bought and written; an order rests on each."""
    made = []
    for number in range(LEGS):
        one = Instrument(
            number + 2, "NFO", f"NIFTY{number}", "NIFTY", Kind.CE if number % 2 else Kind.PE, LOT, 5, 1_800,
            underlying_id=1, expiry=TODAY + timedelta(days=8 if number % 3 else 36),
            strike=SPOT + (number - LEGS // 2) * STEP,
        )  # fmt: skip
        held = LOT * (1 + number % 4) * (1 if number % 5 < 2 else -1)
        rests = LOT * (1 + number % 3)
        made.append(Net(one, held, rests if number % 2 else 0, 0 if number % 2 else rests))
    return made


def milliseconds(act: Callable[[], object]) -> float:
    """The median call of many."""
    took = []
    for _ in range(CALLS):
        start = time.perf_counter()
        act()
        took.append((time.perf_counter() - start) * 1_000)
    return statistics.median(took)


def run() -> Iterator[Result]:
    """Milliseconds a group, with the arrays of the day's snapshot worked out; and of a snapshot just taken."""
    nets = legs()
    at = datetime(2026, 11, 23, 5, tzinfo=UTC)
    snapshot = taken(1, SPOT, TODAY, at, 1_400, 625)
    losses: Ints = np.array([snapshot.risk(net.instrument, True).losses for net in nets])
    units: Ints = np.array([[net.quantity, net.buy, net.sell] for net in nets], np.int64)

    def bare() -> int:
        table = units[:, :1] * losses
        table += units[:, 1:2] * np.maximum(losses, 0) + units[:, 2:] * np.maximum(-losses, 0)
        return max(0, int(table.sum(0).max()))

    ours, theirs = interleaved(
        lambda: milliseconds(lambda: group_margin(nets, snapshot, True)), lambda: milliseconds(bare)
    )
    value, base = statistics.median(ours), statistics.median(theirs)
    yield Result("margin_50_legs", rounded(value), "ms", rounded(base), rounded(value / base))
    first = []
    for number in range(5):
        snapshot = taken(2 + number, SPOT + number, TODAY, at, 1_400, 625)
        start = time.perf_counter()
        group_margin(nets, snapshot, True)
        first.append((time.perf_counter() - start) * 1_000)
    yield Result("margin_50_legs_new_snapshot", rounded(statistics.median(first)), "ms")
